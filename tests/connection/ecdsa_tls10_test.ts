/**
 * ECDSA identities of every curve in TLS 1.1 and 1.0, whose signatures are over
 * SHA-1 (RFC 8422 section 5.4).
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { client, server } from "../../mod.ts";
import { issueCertificate } from "../../x509/issue/issue.ts";
import { TrustStore } from "../../x509/trust/trust_store.ts";

for (const keyType of ["P-256", "P-384", "P-521"] as const) {
  for (const version of ["TLSv1", "TLSv1.1"] as const) {
    Deno.test(`${keyType} keys serve in ${version}, at both ends`, async () => {
      const ca = await issueCertificate({ ca: true, names: ["CA"] });
      const own = await issueCertificate({
        names: ["example.com"],
        issuer: ca,
        keyType,
      });
      const trust = TrustStore.of(ca.cert);
      const common = {
        ...{ minVersion: version, maxVersion: version, trust },
        ...{ cert: own.cert, key: own.key, securityLevel: 0 },
      };
      const [up, down] = [new TransformStream(), new TransformStream()];
      await using there = server(
        { readable: up.readable, writable: down.writable },
        { ...common, clientAuth: "require" },
      );
      await using here = client(
        { readable: down.readable, writable: up.writable },
        { ...common, serverName: "example.com" },
      );
      const [info] = await Promise.all([here.handshake(), there.handshake()]);
      assertEquals(info.version, version);
      assertEquals(info.authorization.status, "verified");
      assertEquals(there.info.authorization.status, "verified");
      assertEquals(
        there.info.peerCertificates[0]?.publicKey.bits,
        {
          "P-256": 256,
          "P-384": 384,
          "P-521": 521,
        }[keyType],
      );
      // Together: each waits for the other's end.
      await Promise.all([here.close(), there.close()]);
    });
  }
}

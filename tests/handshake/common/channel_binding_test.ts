import { assertEquals, assertThrows } from "@std/assert";
import { channelBinding } from "../../../handshake/common/channel_binding.ts";
import { hashAlgorithms } from "../../../crypto/primitives/hash.ts";
import type { Established } from "../../../handshake/common/established.ts";
import { ProtocolVersion } from "../../../registry.ts";
import { nullValue, oid, sequence } from "../../../x509/asn1/der.ts";
import { Certificate } from "../../../x509/certificate/certificate.ts";
import { certificateDer } from "../../x509/_certificate.ts";

/** What the binding needs of a connection: nothing. */
const established = {} as Established;

// RFC 5929 section 4.1: SHA-256 in the place of MD5 and SHA-1, else the hash of
// the signature.
for (
  const [name, algorithm, hash] of [
    ["md5WithRSAEncryption", "1.2.840.113549.1.1.4", "SHA-256"],
    ["sha1WithRSAEncryption", "1.2.840.113549.1.1.5", "SHA-256"],
    ["sha256WithRSAEncryption", "1.2.840.113549.1.1.11", "SHA-256"],
    ["sha384WithRSAEncryption", "1.2.840.113549.1.1.12", "SHA-384"],
    ["sha512WithRSAEncryption", "1.2.840.113549.1.1.13", "SHA-512"],
  ] as const
) {
  Deno.test(`tls-server-end-point of a certificate with ${name} is its ${hash}`, () => {
    const signature = sequence(oid(algorithm), nullValue());
    const certificate = Certificate.parse(
      certificateDer({ signature, signatureAlgorithm: signature }),
    );
    assertEquals(
      channelBinding("tls-server-end-point", established, certificate),
      hashAlgorithms[hash].digest(certificate.raw),
    );
  });
}

// RFC 5929 section 3.1: "the first Finished message sent": the client's, or in
// an abbreviated handshake the server's.
Deno.test("tls-unique is the first Finished, which TLS 1.3 and sessions that are not bound do not have", () => {
  const verifyData = {
    client: new Uint8Array(12).fill(1),
    server: new Uint8Array(12).fill(2),
  };
  const unique = (terms: object) =>
    channelBinding(
      "tls-unique",
      {
        ...{ version: ProtocolVersion["TLSv1.2"], verifyData },
        ...{ extendedMasterSecret: true, resumed: false, ...terms },
      } as Established,
      undefined,
    );
  assertEquals(unique({}), verifyData.client);
  assertEquals(unique({ resumed: true }), verifyData.server);
  assertThrows(
    () => unique({ extendedMasterSecret: false }),
    TypeError,
    "RFC 7627",
  );
  assertThrows(
    () => unique({ version: ProtocolVersion["TLSv1.3"] }),
    TypeError,
    "TLS 1.3 has none",
  );
});

Deno.test("tls-server-end-point needs a certificate", () => {
  assertThrows(
    () => channelBinding("tls-server-end-point", established, undefined),
    TypeError,
    "the server has no certificate",
  );
});

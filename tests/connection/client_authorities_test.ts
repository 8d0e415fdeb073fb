/**
 * Which authorities a server's clients may come from: those that its options
 * name, and no others, and their names are sent.
 *
 * @module
 */

import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { createContext } from "../../connection/options/create_context.ts";
import type { ServerOptions } from "../../connection/options/options.ts";
import { issueCertificate } from "../../x509/issue/issue.ts";
import { Certificate } from "../../x509/certificate/certificate.ts";
import { TrustStore } from "../../x509/trust/trust_store.ts";
import { serverConfigOf } from "../_contexts.ts";
import {
  authority,
  certificate,
  connected,
  outcomes,
  pair,
  tlsError,
} from "../_pair.ts";

const ca = await authority;
const other = await issueCertificate({ ca: true, names: ["Other CA"] });
const { cert, key } = await certificate({ names: ["alice"] });
const foreign = await issueCertificate({ names: ["mallory"], issuer: other });

const VERSIONS = ["TLSv1.2", "TLSv1.3"] as const;
const WAYS = { caCerts: [ca.cert], trust: TrustStore.of(ca.cert) };

function subject(pem: string): string {
  return Certificate.fromPem(pem)[0]?.subjectName.raw.toHex() ?? "";
}

for (const maxVersion of VERSIONS) {
  for (const [way, value] of Object.entries(WAYS)) {
    const forServer = {
      trust: undefined,
      [way]: value,
      clientAuth: "require",
    } as ServerOptions;

    Deno.test(`server of ${maxVersion} accepts only clients that ${way} vouches for`, async () => {
      await using _ = await connected({ cert, key, maxVersion }, forServer);
      const stranger = { cert: foreign.cert, key: foreign.key };
      const told = await outcomes(
        await pair({
          onCertificateRequest: () => stranger,
          maxVersion,
        }, forServer),
      );
      assertEquals(tlsError(told.server).code, "unknown_issuer");
    });

    Deno.test(`server of ${maxVersion} sends the names of ${way} as acceptable authorities`, async () => {
      const asked: string[][] = [];
      const look = {
        cert,
        key,
        maxVersion,
        onCertificateRequest: (
          { certificateAuthorities }: {
            certificateAuthorities: readonly Uint8Array[];
          },
        ) => {
          asked.push(certificateAuthorities.map((name) => name.toHex()));
          return undefined;
        },
      };
      await using _ = await connected(look, forServer);
      await using _none = await connected(look, {
        ...forServer,
        certificateAuthorities: [],
      });
      await using _both = await connected(look, {
        ...forServer,
        certificateAuthorities: [ca.cert, other.cert, ca.cert],
      });
      assertEquals(asked, [
        [subject(ca.cert)],
        [],
        [subject(ca.cert), subject(other.cert)],
      ]);
    });
  }

  Deno.test(`server of ${maxVersion} that asks without trust verifies no client, not even one of a public authority`, async () => {
    for (const clientAuth of ["request", "require-any"] as const) {
      await using ends = await connected(
        { cert, key, maxVersion },
        { clientAuth, trust: undefined },
      );
      const { authorization } = ends.server.info;
      assertEquals(authorization.status, "unverified");
      assertEquals(authorization.error?.code, "unknown_issuer");
    }
  });
}

Deno.test("renegotiate() verifies clients only where the server says whom it trusts", async () => {
  await using ends = await connected(
    { cert, key, maxVersion: "TLSv1.2", renegotiation: "once" },
    { trust: undefined },
  );
  for (const clientAuth of ["require", "verify-if-given"] as const) {
    await assertRejects(
      () => ends.server.renegotiate({ clientAuth }),
      TypeError,
      `"caCerts"`,
    );
  }
  const reading = ends.client.read(new Uint8Array(1));
  await ends.server.renegotiate({ clientAuth: "request" });
  await ends.server.write(Uint8Array.of(1));
  assertEquals(await reading, 1);
});

Deno.test("a server's store is the given one, and never the default one", async () => {
  const config = await serverConfigOf({ caCerts: [ca.cert] });
  const store = await config.trust.store();
  assertEquals(store.size, 1);
  const without = await (await serverConfigOf({})).trust.store();
  assertEquals(without.size, 0);
});

Deno.test("option certificateAuthorities is refused by name where its names do not fit into a message", async () => {
  const many: string[] = [];
  for (let count = 0; count < 9; count++) {
    const subject = { CN: `${count}${"x".repeat(8000)}` };
    const { cert } = await issueCertificate({ names: [], subject, ca: true });
    many.push(cert);
  }
  assertThrows(
    () => createContext({ certificateAuthorities: many }),
    TypeError,
    `"certificateAuthorities"`,
  );
  // Names of trust that do not fit are left out, which lets the client choose.
  const config = await serverConfigOf({ trust: TrustStore.of(...many) });
  assertEquals(config.certificateAuthorities, []);
  assert(createContext({ certificateAuthorities: many.slice(1, 8) }));
});

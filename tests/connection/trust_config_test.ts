/**
 * What sessions go by when peers are judged in another way than before.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import type {
  ClientOptions,
  ServerOptions,
} from "../../connection/options/options.ts";
import { weakKeys } from "../../legacy.ts";
import { Crl } from "../../x509/status/crl.ts";
import { Certificate } from "../../x509/certificate/certificate.ts";
import { formatPem } from "../../x509/asn1/pem.ts";
import { TrustStore } from "../../x509/trust/trust_store.ts";
import { clientConfigOf, serverConfigOf } from "../_contexts.ts";
import { authority, certificate } from "../_pair.ts";

const { cert } = await authority;
const crl = await Deno.readFile(
  new URL("../x509/testdata/revocation/ca.crl.pem", import.meta.url),
);
const { cert: other, identity } = await certificate({ names: ["other.test"] });

/** A key that may be a log's. */
const log = identity.key.publicKey.spki;

/** The authority with OpenSSL's settings: refused for one purpose. */
function refusedFor(purpose: "serverAuth" | "clientAuth"): string {
  const [{ raw = new Uint8Array() } = {}] = Certificate.fromPem(cert);
  const last = purpose === "serverAuth" ? 1 : 2;
  const id = [0x06, 8, 0x2b, 6, 1, 5, 5, 7, 3, last];
  const settings = [0x30, 12, 0xa0, 10, ...id];
  return formatPem("TRUSTED CERTIFICATE", Uint8Array.of(...raw, ...settings));
}

/** The fingerprint of how a client judges its server. */
async function fingerprint(options: ClientOptions): Promise<string> {
  const all = { serverName: "localhost", ...options };
  return await (await clientConfigOf(all)).trust.fingerprint();
}

Deno.test("options that judge a peer alike have the same fingerprint", async () => {
  for (
    const [one, another] of [
      [{}, { alpnProtocols: ["h2"], caCerts: [] }],
      [{}, { trust: await TrustStore.default() }],
      // It is called again when a session is resumed.
      [{}, { verify: () => true }],
      [{ crls: [crl] }, { crls: [Crl.parse(crl)] }],
      [{ ctLogs: [{ key: log }] }, { ctLogs: [{ key: log, name: "a log" }] }],
      [
        { trust: TrustStore.of(cert, other) },
        { trust: TrustStore.of(other, cert) },
      ],
      [{ caCerts: [cert, other] }, { caCerts: [`${other}\n${cert}`] }],
      [{ strictCertificates: false }, {}],
    ]
  ) {
    assertEquals(
      await fingerprint(one ?? {}),
      await fingerprint(another ?? {}),
    );
  }
});

Deno.test("a server's authorities have the same fingerprint as caCerts and as a store", async () => {
  const of = async (options: ServerOptions) =>
    await (await serverConfigOf(options)).trust.fingerprint();
  const caCerts = await of({ caCerts: [cert] });
  assertEquals(await of({ trust: TrustStore.of(cert) }), caCerts);
  assertEquals(await of({ trust: TrustStore.none() }), await of({}));
  assert(await of({}) !== caCerts);
  assert(await of({ caCerts: [other] }) !== caCerts);
});

Deno.test("options that judge a peer otherwise have another fingerprint", async () => {
  const ways: ClientOptions[] = [
    {},
    { trust: TrustStore.of(cert) },
    { trust: TrustStore.of(cert, other) },
    { trust: TrustStore.of(refusedFor("serverAuth")) },
    { trust: TrustStore.of(refusedFor("clientAuth")) },
    { caCerts: [cert] },
    { caCerts: [refusedFor("serverAuth")] },
    { crls: [] },
    { crls: [crl] },
    { crls: () => [] },
    { crls: () => [] },
    { ocsp: () => undefined },
    { issuers: () => [] },
    { ctLogs: [] },
    { ctLogs: [{ key: log }] },
    { ctLogs: [{ key: log, retiredAt: new Date(1e12) }] },
    { ctLogs: [{ key: log, notAfterEnd: new Date(1e12) }] },
    { strictCertificates: true },
    { usage: "any" },
    { ocsp: () => undefined },
    { allowUnknownRevocation: true },
    { requireOcsp: true },
    { unsafelyIgnoreCertificateErrors: true },
    { unsafelyDisableHostnameVerification: true },
    { securityLevel: 1 },
    { legacy: [weakKeys] },
  ];
  const seen = new Map<string, ClientOptions>();
  for (const way of ways) {
    const found = await fingerprint(way);
    assertEquals(seen.get(found), undefined);
    seen.set(found, way);
  }
});

Deno.test("the refused uses of a certificate hold in a store that has it without", () => {
  const [authority] = Certificate.fromPem(cert);
  assert(authority !== undefined);
  const plain = TrustStore.of(cert);
  const refused = TrustStore.of(refusedFor("serverAuth"));
  for (const store of [plain.with(refused), refused.with(plain)]) {
    assertEquals(store.has(authority, "server"), false);
    assertEquals(store.has(authority, "client"), true);
  }
});

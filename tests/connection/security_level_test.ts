import { assert, assertEquals, assertThrows } from "@std/assert";
import { createContext } from "../../connection/options/create_context.ts";
import type { ContextOptions } from "../../connection/options/options.ts";
import { TLS_RSA_WITH_3DES_EDE_CBC_SHA, weakDigests } from "../../legacy.ts";
import { issueCertificate } from "../../x509/issue/issue.ts";
import { TrustStore } from "../../x509/trust/trust_store.ts";
import { settingsOf } from "../../connection/options/settings.ts";
import { changed, noOptions } from "../../connection/options/read.ts";
import { connected } from "../_pair.ts";

/** What options come to. */
function settings(options: ContextOptions) {
  return settingsOf(changed(noOptions, options, "a test"));
}

/** What is below a level, which level allows it, and what the error says. */
const refused: readonly [ContextOptions, RegExp][] = [
  [
    { securityLevel: 3, cipherSuites: ["TLS_RSA_WITH_AES_128_GCM_SHA256"] },
    /"cipherSuites": cipher suite TLS_RSA_WITH_AES_128_GCM_SHA256 is below security level 3; level 2 would allow it/,
  ],
  [
    {
      securityLevel: 4,
      cipherSuites: ["TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA"],
    },
    /level 3 would allow it/,
  ],
  [
    { securityLevel: 4, cipherSuites: ["TLS_AES_128_GCM_SHA256"] },
    /level 3 would allow it/,
  ],
  // A value of ./legacy is consent at the default level, and not above it.
  [
    {
      securityLevel: 3,
      cipherSuites: [TLS_RSA_WITH_3DES_EDE_CBC_SHA],
    },
    /level 2 would allow it/,
  ],
  [
    {
      securityLevel: 4,
      cipherSuites: [[
        "TLS_AES_256_GCM_SHA384",
        "TLS_AES_128_GCM_SHA256",
      ]],
    },
    /TLS_AES_128_GCM_SHA256 is below security level 4/,
  ],
  // All that the string selects.
  [
    { cipherSuites: "kRSA+AESGCM:@SECLEVEL=3", maxVersion: "TLSv1.2" },
    /"cipherSuites": cipher suite TLS_RSA_WITH_.* level 2 would allow it/,
  ],
  [
    { securityLevel: 4, groups: ["x25519", "secp384r1"] },
    /"groups": group x25519 of \d+ bits is below security level 4; level 3 would allow it, as would weakGroups/,
  ],
  [
    { securityLevel: 3, groups: "ffdhe2048" },
    /level 2 would allow it, as would weakGroups/,
  ],
  [
    { signatureSchemes: ["ecdsa_secp256r1_sha256", "ecdsa_sha1"] },
    /"signatureSchemes": signature scheme ecdsa_sha1 is below security level 2; level 0 would allow it, as would weakDigests of "@x\/tls\/legacy"/,
  ],
  [
    { certificateSignatureSchemes: ["rsa_pkcs1_sha1"] },
    /"certificateSignatureSchemes": signature scheme rsa_pkcs1_sha1/,
  ],
  [
    { securityLevel: 4, signatureSchemes: ["rsa_pss_rsae_sha256"] },
    /level 3 would allow it/,
  ],
  [
    { securityLevel: 3, minVersion: "TLSv1" },
    /"minVersion" below TLSv1.2 at security level 3.*level 2 would allow it/,
  ],
];

for (const [options, message] of refused) {
  Deno.test(`createContext() refuses ${Deno.inspect(options, { breakLength: Infinity })}`, () => {
    const { message: said } = assertThrows(
      () => createContext(options),
      TypeError,
    );
    assert(message.test(said), said);
  });
}

const allowed: readonly ContextOptions[] = [
  { cipherSuites: [TLS_RSA_WITH_3DES_EDE_CBC_SHA] },
  { securityLevel: 2, minVersion: "TLSv1" },
  { securityLevel: 3, cipherSuites: ["TLS_AES_128_GCM_SHA256"] },
  { securityLevel: 3, cipherSuites: ["TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA"] },
  { signatureSchemes: ["ecdsa_sha1"], legacy: [weakDigests] },
  { securityLevel: 0, certificateSignatureSchemes: ["rsa_pkcs1_sha1"] },
];

for (const options of allowed) {
  Deno.test(`createContext() accepts ${Deno.inspect(options, { breakLength: Infinity, depth: 1 })}`, () => {
    createContext(options);
  });
}

const names = (items: readonly { readonly name: string }[]) =>
  items.map(({ name }) => name);

Deno.test("securityLevel leaves of the defaults what is strong enough", () => {
  const at = (securityLevel: number) => settings({ securityLevel });
  const few = (level: number) => at(level).signatureSchemes.length;
  assertEquals(names(at(4).groups), [
    "X25519MLKEM768",
    "secp384r1",
    "secp521r1",
  ]);
  assertEquals(names(at(5).groups), ["secp521r1"]);
  for (const level of [4, 5]) {
    const suites = names(at(level).cipherSuites);
    assert(suites.includes("TLS_AES_256_GCM_SHA384"));
    assert(suites.every((name) => !name.includes("AES_128")), suites.join());
  }
  assert(few(3) > few(4) && few(4) > few(5) && few(5) > 0);
});

Deno.test("securityLevel leaves of a cipher string what is strong enough", () => {
  const { cipherSuites } = settings({
    cipherSuites: "ALL:@SECLEVEL=3",
    maxVersion: "TLSv1.2",
  });
  assert(cipherSuites.length > 0);
  const others = names(cipherSuites)
    .filter((name) => !/^TLS_(ECDHE|DHE|PSK_DHE)_/.test(name));
  assertEquals(others, []);
});

Deno.test("two ends at security level 5 meet", async () => {
  const keyType = "P-521";
  const ca = await issueCertificate({ names: ["CA"], ca: true, keyType });
  const { cert, key } = await issueCertificate({
    names: ["localhost"],
    issuer: ca,
    keyType,
  });
  const level = { securityLevel: 5 };
  await using ends = await connected(
    { ...level, trust: TrustStore.of(ca.cert) },
    { ...level, cert, key },
  );
  assertEquals(ends.client.info.group, "secp521r1");
});

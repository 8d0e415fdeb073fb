import { assert, assertEquals, assertThrows } from "@std/assert";
import config from "../../../deno.json" with { type: "json" };
import { cipherSuites } from "../../../crypto/suites/cipher_suites.ts";
import {
  cipherSuiteInfo,
  listCipherSuites,
  listGroups,
  listProtocols,
  listSignatureSchemes,
  VERSION,
} from "../../../crypto/suites/lists.ts";
import { weakCipherSuites as weak } from "../../../crypto/suites/weak_cipher_suites.ts";
import { NamedGroup, SignatureScheme } from "../../../registry.ts";
import { openssl, opensslTest } from "../_openssl.ts";

/** `openssl ciphers -v` of OpenSSL 3.0 and of one with weak ciphers. */
const LINES = [
  "TLS_AES_128_GCM_SHA256         TLSv1.3 Kx=any      Au=any   Enc=AESGCM(128)            Mac=AEAD",
  "ECDHE-ECDSA-AES256-CCM8        TLSv1.2 Kx=ECDH     Au=ECDSA Enc=AESCCM8(256)           Mac=AEAD",
  "DHE-RSA-CHACHA20-POLY1305      TLSv1.2 Kx=DH       Au=RSA   Enc=CHACHA20/POLY1305(256) Mac=AEAD",
  "ECDHE-RSA-AES256-SHA           TLSv1   Kx=ECDH     Au=RSA   Enc=AES(256)               Mac=SHA1",
  "AES128-SHA                     SSLv3   Kx=RSA      Au=RSA   Enc=AES(128)               Mac=SHA1",
  "ECDHE-PSK-AES256-CBC-SHA384    TLSv1   Kx=ECDHEPSK Au=PSK   Enc=AES(256)               Mac=SHA384",
  "RSA-PSK-AES128-GCM-SHA256      TLSv1.2 Kx=RSAPSK   Au=RSA   Enc=AESGCM(128)            Mac=AEAD",
  "AECDH-AES128-SHA               TLSv1   Kx=ECDH     Au=None  Enc=AES(128)               Mac=SHA1",
  "DES-CBC3-SHA                   SSLv3   Kx=RSA      Au=RSA   Enc=3DES(168)              Mac=SHA1",
  "ADH-RC4-MD5                    SSLv3   Kx=DH       Au=None  Enc=RC4(128)               Mac=MD5 ",
];

const all = [...cipherSuites, ...Object.values(weak)].map(cipherSuiteInfo);

Deno.test("listCipherSuites() describes suites as OpenSSL does", () => {
  for (const line of LINES) {
    const name = line.split(" ")[0];
    const info = all.find((each) => each.opensslName === name);
    assertEquals(info?.description, line);
  }
});

opensslTest(
  "listCipherSuites() gives numbers and lines of `openssl ciphers`",
  () => {
    const output = openssl(
      "ciphers",
      "-V",
      "-ciphersuites",
      cipherSuites.filter((each) =>
        each.name.startsWith("TLS_AES") ||
        each.name.startsWith("TLS_CHACHA")
      ).map((each) => each.name).join(":"),
      "ALL:@SECLEVEL=0",
    );
    assert(output !== undefined);
    const lines = new Map(
      output.trim().split("\n").map((line) => {
        const [id = "", text = ""] = line.trim().split(" - ");
        return [text.split(" ")[0], `${id} ${text.trimEnd()}`];
      }),
    );
    let compared = 0;
    for (const { id, opensslName, description } of all) {
      const line = lines.get(opensslName);
      if (line === undefined) {
        // What OpenSSL is not built with; all else it has.
        assert(/RC4|DES/.test(opensslName), opensslName);
        continue;
      }
      const hex = id.toString(16).toUpperCase().padStart(4, "0");
      const bytes = `0x${hex.slice(0, 2)},0x${hex.slice(2)}`;
      assertEquals(`${bytes} ${description.trimEnd()}`, line);
      compared++;
    }
    assert(compared >= cipherSuites.length, `${compared} compared`);
  },
);

opensslTest("listCipherSuites() gives IANA's names as OpenSSL has them", () => {
  const output = openssl("ciphers", "-stdname", "ALL:@SECLEVEL=0");
  assert(output !== undefined);
  const names = new Map(
    output.trim().split("\n").map((line) => {
      const [iana, , own] = line.trim().split(/\s+/);
      return [own, iana];
    }),
  );
  const shared = all.filter((each) => names.has(each.opensslName));
  assert(shared.length >= 70, `${shared.length} compared`);
  for (const { name, opensslName } of shared) {
    assertEquals(name, names.get(opensslName));
  }
});

Deno.test("listCipherSuites() has every suite once, the default ones first", () => {
  const rows = listCipherSuites();
  assertEquals(rows.length, cipherSuites.length);
  for (const field of ["id", "name", "opensslName"] as const) {
    assertEquals(new Set(rows.map((row) => row[field])).size, rows.length);
  }
  assertEquals(rows.filter((row) => row.isDefault).map((row) => row.name), [
    "TLS_AES_128_GCM_SHA256",
    "TLS_AES_256_GCM_SHA384",
    "TLS_CHACHA20_POLY1305_SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
    "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
  ]);
});

Deno.test("listCipherSuites() selects by version and by cipher string", () => {
  const names = (...options: Parameters<typeof listCipherSuites>) =>
    listCipherSuites(...options).map((row) => row.opensslName);
  assertEquals(
    names({ protocol: "TLSv1.3" }),
    [
      "TLS_AES_128_GCM_SHA256",
      "TLS_AES_256_GCM_SHA384",
      "TLS_CHACHA20_POLY1305_SHA256",
      "TLS_AES_128_CCM_SHA256",
      "TLS_AES_128_CCM_8_SHA256",
    ],
  );
  for (const row of listCipherSuites({ protocol: "TLSv1" })) {
    assert(row.protocols.includes("TLSv1"), row.name);
    assert(row.mac !== "AEAD", row.name);
  }
  assertEquals(
    names({ protocol: "TLSv1.2", cipherSuites: "AESGCM+ECDHE+aECDSA" }),
    ["ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-ECDSA-AES128-GCM-SHA256"],
  );
  assertEquals(
    names({ cipherSuites: [weak.TLS_RSA_WITH_RC4_128_SHA] }),
    ["RC4-SHA"],
  );
  assertThrows(() => names({ protocol: "SSLv3" }), TypeError, "RFC 7568");
});

Deno.test("listGroups() has all groups, the default ones first", () => {
  const groups = listGroups();
  assertEquals(
    groups.map((group) => group.name).sort(),
    Object.keys(NamedGroup).sort(),
  );
  assertEquals(
    groups.filter((group) => group.isDefault).map((group) => group.name),
    ["X25519MLKEM768", "x25519", "secp256r1", "secp384r1", "secp521r1"],
  );
  const p256 = groups.find((group) => group.name === "secp256r1");
  assertEquals([p256?.kind, p256?.bits, p256?.strength], ["ecdh", 256, 128]);
  assert(p256?.aliases.includes("prime256v1"));
});

Deno.test("listSignatureSchemes() has all schemes, the default ones first", () => {
  const schemes = listSignatureSchemes();
  assertEquals(
    schemes.map((scheme) => scheme.name).sort(),
    // What TLS 1.0 and 1.1 sign with is never named.
    Object.keys(SignatureScheme)
      .filter((name) => name !== "rsa_pkcs1_md5_sha1").sort(),
  );
  const others = schemes.findIndex((scheme) => !scheme.isDefault);
  assert(others > 0);
  assert(schemes.slice(others).every((scheme) => !scheme.isDefault));
  const pkcs1 = schemes.find((scheme) => scheme.name === "rsa_pkcs1_sha384");
  assertEquals(pkcs1, {
    id: 0x0501,
    name: "rsa_pkcs1_sha384",
    aliases: ["RSA+SHA384", "PKCS1WithSHA384"],
    keyType: "rsa",
    hash: "SHA-384",
    protocols: ["TLSv1.2"],
    strength: 192,
    isDefault: true,
  });
});

Deno.test("listProtocols() returns the versions, the highest first", () => {
  assertEquals(listProtocols(), ["TLSv1.3", "TLSv1.2", "TLSv1.1", "TLSv1"]);
});

Deno.test("VERSION is the version of the package", () => {
  assertEquals(VERSION, config.version);
});

Deno.test("lists say what does the work, as it is done", async () => {
  const suites = await listCipherSuites({
    protocol: "TLSv1.3",
    implementations: true,
  });
  assertEquals(
    suites.map(({ implementations: _, ...rest }) => rest),
    listCipherSuites({ protocol: "TLSv1.3" }),
  );
  const [small, large] = [20, 16_384];
  // From here on node:crypto is loaded, as in a process that is busy.
  for (const { name, implementations } of suites.slice(0, 3)) {
    const row = cipherSuites.find((each) => each.name === name);
    assert(row?.cipher.kind === "aead");
    const { aead } = row.cipher;
    const key = await aead.importKey(new Uint8Array(aead.keyLength));
    for (const [nth, length] of [small, large].entries()) {
      const { ciphertext } = key.seal(
        new Uint8Array(12),
        new Uint8Array(length),
        new Uint8Array(5),
      );
      await ciphertext;
      const isLater = ciphertext instanceof Promise;
      const by = implementations[nth]?.by;
      assertEquals(by === "WebCrypto", isLater, `${name}, ${length} bytes`);
    }
  }
  assertEquals(
    suites.find(({ name }) => name === "TLS_AES_128_CCM_SHA256")
      ?.implementations,
    [{ part: "records", by: "WebCrypto" }],
  );
  const groups = await listGroups({ implementations: true });
  const of = (name: string) =>
    groups.find((group) => group.name === name)?.implementations;
  assertEquals(of("X25519MLKEM768"), [
    { part: "x25519", by: "node:crypto" },
    { part: "ML-KEM-768", by: "WebCrypto" },
  ]);
  assertEquals(of("SecP384r1MLKEM1024"), [
    { part: "secp384r1", by: "node:crypto" },
    { part: "ML-KEM-1024", by: "WebCrypto" },
  ]);
  assertEquals(of("ffdhe2048"), [{ part: "ffdhe2048", by: "JavaScript" }]);
  const schemes = await listSignatureSchemes({ implementations: true });
  const by = Object.fromEntries(
    schemes.map(({ name, implementations }) => [
      name,
      implementations.map((each) => each.by),
    ]),
  );
  assertEquals(by["ecdsa_secp256r1_sha256"], ["WebCrypto", "WebCrypto"]);
  assertEquals(by["ed448"], ["noble", "noble"]);
  assertEquals(by["rsa_pss_rsae_sha256"], ["WebCrypto", "JavaScript"]);
  assertEquals(by["mldsa65"], ["WebCrypto", "WebCrypto"]);
  for (const row of [...suites, ...groups, ...schemes]) {
    assert(row.implementations.length > 0, row.name);
  }
});

Deno.test("lists refuse options that there are not", () => {
  // deno-lint-ignore no-explicit-any -- as JavaScript calls it
  const wrong: any[] = [{ implementations: 1 }, { probe: true }];
  for (const options of wrong) {
    for (const list of [listCipherSuites, listGroups, listSignatureSchemes]) {
      assertThrows(() => list(options), TypeError);
    }
  }
});

Deno.test("lists have who decrypts for RSA key exchange", async () => {
  const suites = await listCipherSuites({
    cipherSuites: ["AES128-SHA", weak.TLS_RSA_WITH_3DES_EDE_CBC_SHA],
    implementations: true,
  });
  for (const { implementations } of suites) {
    assertEquals(implementations, [
      { part: "records", by: "node:crypto" },
      { part: "RSA decryption, by servers", by: "node:crypto" },
    ]);
  }
});

import { assertEquals } from "@std/assert";
import { cipherSuites } from "../../../crypto/suites/cipher_suites.ts";
import {
  defaultNamedGroups,
  namedGroups,
} from "../../../crypto/groups/named_groups.ts";
import {
  defaultSignatureSchemes,
  signatureSchemeById,
  signatureSchemes,
} from "../../../crypto/signatures/signature_schemes.ts";
import { ProtocolVersion, SignatureScheme } from "../../../registry.ts";

Deno.test("the lists put what is on by default first", () => {
  assertEquals(
    namedGroups.slice(0, defaultNamedGroups.length),
    defaultNamedGroups,
  );
  assertEquals(
    signatureSchemes.slice(0, defaultSignatureSchemes.length),
    defaultSignatureSchemes,
  );
  assertEquals(cipherSuites[0]?.name, "TLS_AES_128_GCM_SHA256");
  for (const list of [namedGroups, signatureSchemes, cipherSuites]) {
    assertEquals(new Set(list.map(({ id }) => id)).size, list.length);
  }
});

Deno.test("signatureSchemes has each scheme of the registry once", () => {
  const rows = Object.fromEntries(
    signatureSchemes.map(({ name, id }) => [name, id]),
  );
  // Numbers from 0xfe00 on are for private use: those are not on the wire.
  const registered = Object.entries(SignatureScheme).filter(([, id]) =>
    id < 0xfe00
  );
  assertEquals(rows, Object.fromEntries(registered));
  for (const row of signatureSchemes) {
    assertEquals(signatureSchemeById(row.id), row);
  }
  assertEquals(signatureSchemeById(0x0a0a), undefined);
});

Deno.test("signatureSchemes says where TLS 1.3 allows a scheme (RFC 9846 section 4.3.3)", () => {
  const [v12, v13] = [ProtocolVersion["TLSv1.2"], ProtocolVersion["TLSv1.3"]];
  for (const { name, versions, curve, keyType } of signatureSchemes) {
    // RFC 9963: PKCS #1 signatures of clients have code points of their own.
    const only13 = name.startsWith("mldsa") || name.endsWith("_legacy");
    const only12 = !only13 && name.startsWith("rsa_pkcs1") ||
      name === "ecdsa_sha1";
    assertEquals(
      versions,
      only12 ? [v12] : only13 ? [v13] : [v12, v13],
      name,
    );
    assertEquals(
      curve,
      /^ecdsa_(secp\d+r1)_/.exec(name)?.[1],
      name,
    );
    assertEquals(
      keyType,
      name.startsWith("rsa_pss_pss")
        ? "rsa-pss"
        : name.startsWith("rsa")
        ? "rsa"
        : name.startsWith("ecdsa")
        ? "ec"
        : name.replace("mldsa", "ml-dsa-"),
    );
  }
});

Deno.test("signatureSchemes has the least RSA key of each scheme", () => {
  const least = Object.fromEntries(
    signatureSchemes.flatMap(({ name, minKeyBits }) =>
      minKeyBits === undefined ? [] : [[name, minKeyBits]]
    ),
  );
  assertEquals(least, {
    rsa_pss_rsae_sha256: 522,
    rsa_pss_rsae_sha384: 778,
    rsa_pss_rsae_sha512: 1034,
    rsa_pss_pss_sha256: 522,
    rsa_pss_pss_sha384: 778,
    rsa_pss_pss_sha512: 1034,
    rsa_pkcs1_sha256: 489,
    rsa_pkcs1_sha384: 617,
    rsa_pkcs1_sha512: 745,
    rsa_pkcs1_sha256_legacy: 489,
    rsa_pkcs1_sha384_legacy: 617,
    rsa_pkcs1_sha512_legacy: 745,
    rsa_pkcs1_sha1: 361,
  });
});

/**
 * New private keys, what they sign with, and the public keys that belong to
 * them.
 *
 * @module
 */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { ml_dsa44 } from "@noble/post-quantum/ml-dsa.js";
import { TlsError } from "../../../errors.ts";
import { generatePkcs8 } from "../../../crypto/signatures/generate_key.ts";
import {
  ecdsaCurves,
  isEcdsaCurve,
  isOctetKeyType,
  octetKeyTypes,
} from "../../../crypto/signatures/key_types.ts";
import { parsePublicKey } from "../../../crypto/signatures/public_key.ts";
import {
  signatureSchemes,
  tls10SignatureSchemes,
  verifyWithScheme,
} from "../../../crypto/signatures/signature_schemes.ts";
import { verifySignature } from "../../../crypto/signatures/signatures.ts";
import {
  canSign,
  schemesOf,
  SigningKey,
  type SigningKeyType,
} from "../../../crypto/signatures/signing_key.ts";
import { bitString, oid, sequence } from "../../../x509/asn1/der.ts";
import { readPrivateKey } from "../../../x509/keys/private_key_format.ts";
import { withoutWebCrypto } from "../_without.ts";

const MESSAGE = new TextEncoder().encode("what is signed");

async function newKey(type: SigningKeyType): Promise<SigningKey> {
  const { pkcs8 } = readPrivateKey(await generatePkcs8(type, 2048));
  return new SigningKey({ type, pkcs8 });
}

/** The SubjectPublicKeyInfo of a key that is not of RSA. */
async function publicKeyOf(key: SigningKey) {
  const { type } = key;
  assert(type !== "rsa" && type !== "rsa-pss");
  const algorithm = isEcdsaCurve(type)
    ? sequence(oid("1.2.840.10045.2.1"), oid(ecdsaCurves[type].oid))
    : sequence(oid(octetKeyTypes[type].oid));
  const bytes = await key.publicKey();
  return parsePublicKey(sequence(algorithm, bitString(bytes)));
}

/** The schemes of RFC 9846 section 4.3.3 by the type of key. */
const SCHEMES = {
  "P-256": ["ecdsa_secp256r1_sha256", "ecdsa_sha1"],
  "P-384": ["ecdsa_secp384r1_sha384", "ecdsa_sha1"],
  "P-521": ["ecdsa_secp521r1_sha512", "ecdsa_sha1"],
  "ed25519": ["ed25519"],
  "ed448": ["ed448"],
  "ml-dsa-44": ["mldsa44"],
  "ml-dsa-65": ["mldsa65"],
  "ml-dsa-87": ["mldsa87"],
} as const;

for (const type of Object.keys(SCHEMES) as (keyof typeof SCHEMES)[]) {
  Deno.test(`SigningKey of ${type} signs with each of its schemes`, async () => {
    const key = await newKey(type);
    const publicKey = await publicKeyOf(key);
    assertEquals(schemesOf(type), [...SCHEMES[type]]);
    for (const scheme of SCHEMES[type]) {
      await key.check(scheme);
      const row = signatureSchemes.find(({ name }) => name === scheme);
      assert(row !== undefined);
      const signature = await key.sign(scheme, MESSAGE);
      assert(await verifyWithScheme(row, publicKey, MESSAGE, signature));
      const other = MESSAGE.subarray(1);
      assert(!await verifyWithScheme(row, publicKey, other, signature));
      assert(canSign(type, scheme));
    }
    assert(!canSign(type, "rsa_pkcs1_sha256"));
    assertEquals(canSign(type, "ecdsa_sha1"), isEcdsaCurve(type));
  });
}

Deno.test("SigningKey of a curve makes ecdsa_sha1 where WebCrypto does not, with nonces of its own", async () => {
  for (const type of ["P-256", "P-384", "P-521"] as const) {
    const key = await newKey(type);
    const publicKey = await publicKeyOf(key);
    await key.check("ecdsa_sha1"); // imports it
    const [first, second] = await withoutWebCrypto(
      ["sign"],
      () =>
        Promise.all([
          key.sign("ecdsa_sha1", MESSAGE),
          key.sign("ecdsa_sha1", MESSAGE),
        ]),
    );
    assert(first.toHex() !== second.toHex());
    for (const signature of [first, second]) {
      const algorithm = { kind: "ecdsa", hash: "SHA-1" } as const;
      assert(await verifySignature(algorithm, publicKey, MESSAGE, signature));
    }
    const [scheme] = SCHEMES[type];
    await assertRejects(
      () => withoutWebCrypto(["sign"], () => key.sign(scheme, MESSAGE)),
      DOMException,
      "not here",
    );
  }
});

Deno.test("SigningKey of RSA signs with each scheme that its type has", async () => {
  for (const type of ["rsa", "rsa-pss"] as const) {
    const { privateKey, publicKey } = await crypto.subtle.generateKey(
      {
        name: "RSASSA-PKCS1-v1_5",
        modulusLength: 2048,
        publicExponent: Uint8Array.of(1, 0, 1),
        hash: "SHA-256",
      },
      true,
      ["sign", "verify"],
    );
    const pkcs8 = new Uint8Array(
      await crypto.subtle.exportKey("pkcs8", privateKey),
    );
    const spki = new Uint8Array(
      await crypto.subtle.exportKey("spki", publicKey),
    );
    const key = new SigningKey({ type, pkcs8 });
    const rows = [...signatureSchemes, ...tls10SignatureSchemes]
      .filter(({ keyType }) => keyType === type);
    assertEquals(rows.length, type === "rsa" ? 11 : 3);
    for (const row of rows) {
      await key.check(row.name).catch((error) => {
        // WebCrypto has none that this one could be imported for.
        assertEquals(row.name, "rsa_pkcs1_md5_sha1", String(error));
      });
      const signature = await key.sign(row.name, MESSAGE);
      const verifying = parsePublicKey(spki);
      assert(await verifyWithScheme(row, verifying, MESSAGE, signature));
      assert(canSign(type, row.name), row.name);
    }
    assert(!canSign(type, "ecdsa_sha1"));
  }
});

Deno.test("schemesOf() leaves out what an RSA key is too short for (RFC 8017 sections 9.1.1 and 9.2)", () => {
  const pkcs1 = ["256", "384", "512", "1"].map((bits) =>
    `rsa_pkcs1_sha${bits}`
  );
  assertEquals(schemesOf("rsa").length, 10);
  assertEquals(schemesOf("rsa", 1024).length, 9);
  assert(!schemesOf("rsa", 1024).includes("rsa_pss_rsae_sha512"));
  // SHA-512 twice, two bytes, and one bit more.
  const pss512 = 8 * (2 * 64 + 1) + 2;
  assertEquals(schemesOf("rsa-pss", pss512).length, 3);
  assertEquals(schemesOf("rsa-pss", pss512 - 1), [
    "rsa_pss_pss_sha256",
    "rsa_pss_pss_sha384",
  ]);
  assertEquals(
    schemesOf("rsa", 752 - 7).filter((name) => pkcs1.includes(name)),
    [
      ...["rsa_pkcs1_sha256", "rsa_pkcs1_sha384"],
      ...["rsa_pkcs1_sha512", "rsa_pkcs1_sha1"],
    ],
  );
  assert(!schemesOf("rsa", 752 - 8).includes("rsa_pkcs1_sha512"));
  assertEquals(schemesOf("rsa", 8), []);
});

Deno.test("generatePkcs8() makes a key of the type and size asked for", async () => {
  for (const bits of [1024, 2048]) {
    for (const type of ["rsa", "rsa-pss"] as const) {
      const pkcs8 = await generatePkcs8(type, bits);
      const key = await crypto.subtle.importKey(
        "pkcs8",
        new Uint8Array(pkcs8),
        { name: "RSA-PSS", hash: "SHA-256" },
        true,
        ["sign"],
      );
      const { n = "", e } = await crypto.subtle.exportKey("jwk", key);
      assertEquals(
        Uint8Array.fromBase64(n, { alphabet: "base64url" }).length * 8,
        bits,
      );
      assertEquals(e, "AQAB");
    }
  }
  // RFC 8410 section 7 and RFC 9881 section 6: where the secret stands.
  const starts = {
    "ed25519": "302e020100300506032b657004220420",
    "ed448": "3047020100300506032b6571043b0439",
    "ml-dsa-44": "3034020100300b0609608648016503040311042280" + "20",
    "ml-dsa-65": "3034020100300b0609608648016503040312042280" + "20",
    "ml-dsa-87": "3034020100300b0609608648016503040313042280" + "20",
  };
  for (const [type, start] of Object.entries(starts)) {
    assert(isOctetKeyType(type));
    const pkcs8 = await generatePkcs8(type, 0);
    const { secretLength } = octetKeyTypes[type];
    assertEquals(pkcs8.toHex().slice(0, start.length), start);
    assertEquals(pkcs8.length, start.length / 2 + secretLength);
    assert((await generatePkcs8(type, 0)).toHex() !== pkcs8.toHex());
  }
});

Deno.test("SigningKey signs with an expanded ML-DSA key, and refuses one whose parts do not belong together (FIPS 204 section 7.2)", async () => {
  const type = "ml-dsa-44";
  const { secretKey: expandedKey, publicKey } = ml_dsa44.keygen();
  // What it is imported from is not asked.
  const key = new SigningKey({ type, pkcs8: new Uint8Array(), expandedKey });
  await key.check("mldsa44");
  assertEquals(await key.publicKey(), publicKey);
  const signature = await key.sign("mldsa44", MESSAGE);
  assert(ml_dsa44.verify(signature, MESSAGE, publicKey));

  const changed = expandedKey.slice();
  changed.set([(changed[64] ?? 0) ^ 1], 64); // the hash of the public key
  for (const bad of [changed, expandedKey.subarray(1)]) {
    const error = await assertRejects(
      () =>
        new SigningKey({ type, pkcs8: new Uint8Array(), expandedKey: bad })
          .publicKey(),
      TlsError,
      "do not belong together",
    );
    assertEquals(error.code, "malformed_key");
  }
});

Deno.test("SigningKey check() rejects for bytes that are no key", async () => {
  const key = new SigningKey({ type: "P-256", pkcs8: new Uint8Array(40) });
  await assertRejects(() => key.check("ecdsa_secp256r1_sha256"), DOMException);
  // Imported once a purpose; the refusal is kept too.
  await assertRejects(() => key.sign("ecdsa_secp256r1_sha256", MESSAGE));
});

Deno.test("SigningKey is imported once for each purpose", async () => {
  const key = await newKey("P-256");
  await key.check("ecdsa_secp256r1_sha256");
  await withoutWebCrypto(["importKey"], async () => {
    await key.sign("ecdsa_secp256r1_sha256", MESSAGE);
  });
});

/**
 * What a file's bytes look like, and the words for it.
 *
 * @module
 */

import { assert, assertEquals, assertFalse } from "@std/assert";
import {
  article,
  foreign,
  foreignKey,
  isKeystore,
  KEYSTORE_HINT,
} from "../../../x509/asn1/key_structure.ts";

Deno.test("isKeystore() knows JKS and JCEKS by their first four bytes", () => {
  const bytes = (hex: string) => Uint8Array.fromHex(hex);
  assert(isKeystore(bytes("feedfeed00000002")));
  assert(isKeystore(bytes("cececece00000002")));
  for (
    const other of [
      "",
      "fe",
      "feedfe",
      "feedfeee",
      "cecececf",
      "cecefeed",
      "3082feed",
      "30feedfeed",
    ]
  ) assertFalse(isKeystore(bytes(other)), other);
});

Deno.test("foreignKey() says what stands there, and what to do about it", () => {
  const keystore = foreignKey("Java keystore");
  assertEquals(keystore.code, "unsupported_key");
  assertEquals(keystore.hint, KEYSTORE_HINT);
  const dsa = foreignKey("DSA key");
  assertEquals(dsa.code, "unsupported_key");
  assertEquals(
    dsa.hint,
    "Make an RSA, ECDSA or Ed25519 key, and have its certificate issued",
  );
  for (
    const [structure, words] of [
      ["certificate", "this is a certificate, not a private key"],
      [
        "certificate request",
        "this is a certificate request (CSR), not a private key",
      ],
      ["public key", "this is a public key, not a private key"],
      [
        "CRL",
        "this is a certificate revocation list (CRL), not a private key",
      ],
      ["unknown", "this is not a PKCS#8, PKCS#1 or SEC 1 structure"],
    ] as const
  ) {
    assertEquals(foreign(structure), words);
    const error = foreignKey(structure);
    assertEquals(error.code, "malformed_key");
    assertEquals(error.message, `Cannot read the private key: ${words}`);
    assertEquals(error.hint, undefined);
  }
  assertEquals(article("CRL"), "a CRL");
  assertEquals(article("encrypted PKCS#8"), "an encrypted PKCS#8");
});

/**
 * Which public keys there are checks of signatures for.
 *
 * @module
 */

import { assertEquals, assertStringIncludes } from "@std/assert";
import type { PublicKey } from "../../../crypto/signatures/public_key.ts";
import { unsupportedKey } from "../../../x509/path/supported_keys.ts";

function key(fields: Partial<PublicKey>): PublicKey {
  const bytes = new Uint8Array();
  return {
    type: "rsa",
    bits: 2048,
    spki: bytes,
    bytes,
    algorithm: {
      oid: "1.2.3",
      parameters: undefined,
      pss: undefined,
      raw: bytes,
    },
    ...fields,
  };
}

const rsa = (bits: number, ...exponent: number[]) =>
  key({ bits, publicExponent: Uint8Array.from(exponent) });

Deno.test("unsupportedKey() lets every key pass that signs in TLS", () => {
  for (
    const good of [
      rsa(2048, 1, 0, 1),
      rsa(16384, 3),
      rsa(2048, 3),
      rsa(2048, 0xff, 0xff, 0xff, 0xff),
      rsa(2048, 1, 1),
      key({ type: "rsa-pss", publicExponent: Uint8Array.of(1, 0, 1) }),
      key({ type: "ec", curve: "secp256r1", bits: 256 }),
      key({ type: "ec", curve: "secp384r1", bits: 384 }),
      key({ type: "ec", curve: "secp521r1", bits: 521 }),
      key({ type: "ed25519", bits: 256 }),
      key({ type: "ed448", bits: 456 }),
      key({ type: "ml-dsa-87", bits: 20736 }),
    ]
  ) assertEquals(unsupportedKey(good), undefined, good.type);
});

Deno.test("unsupportedKey() says what is wrong with the others", () => {
  for (
    const [bad, fact] of [
      [key({ type: "unknown" }), "its key is of the algorithm 1.2.3, which"],
      [key({ type: "dsa" }), "its key is for dsa, which signs nothing here"],
      [key({ type: "x25519" }), "its key is for x25519, which signs nothing"],
      [key({ type: "ec", bits: 0 }), "its key is on a curve without a name"],
      [
        key({ type: "ec", curve: "secp256k1", bits: 256 }),
        "its key is on secp256k1, and secp256r1",
      ],
      [rsa(16385, 3), "its RSA key has 16385 bits, more than 16384"],
      // RFC 8017 section 3.1: odd, and not below 3.
      [rsa(2048, 1), "public exponent of its RSA key is out of range"],
      [rsa(2048, 2), "is out of range"],
      [rsa(2048, 1, 0), "is out of range"],
      [rsa(2048, 1, 0, 0, 0, 1), "is out of range"],
    ] as const
  ) assertStringIncludes(unsupportedKey(bad) ?? "", fact);
});

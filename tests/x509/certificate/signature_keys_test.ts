/**
 * Which public keys signatures are checked with, and what a check costs.
 *
 * @module
 */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { PublicKey } from "../../../crypto/signatures/public_key.ts";
import {
  type CostlyKey,
  signatureCost,
  unsupportedKey,
} from "../../../x509/certificate/signature_keys.ts";

const F4 = Uint8Array.of(1, 0, 1);

function rsa(bits: number, publicExponent?: Uint8Array): CostlyKey {
  return {
    type: "rsa",
    bits,
    ...publicExponent && { publicExponent },
  };
}

Deno.test("signatureCost() of RSA grows with the square of the modulus", () => {
  for (const [bits, cost] of [[1024, 1], [2048, 1], [4096, 4], [16384, 64]]) {
    assertEquals(signatureCost(rsa(bits as number, F4), 0), cost);
    assertEquals(signatureCost(rsa(bits as number), 0), cost);
  }
});

Deno.test("signatureCost() of RSA grows with length and bits of the exponent", () => {
  const costs = [[3], [0x11], [1, 0, 1], [0xff, 0xff, 0xff], [
    0xff,
    0xff,
    0xff,
    0xff,
  ]].map((bytes) => signatureCost(rsa(16384, Uint8Array.from(bytes)), 0));
  assertEquals(costs, [14, 24, 64, 162, 216]);
});

Deno.test("signatureCost() of RSA keys that are refused unseen is small", () => {
  assertEquals(signatureCost(rsa(16385, F4), 0), 1);
  assertEquals(signatureCost(rsa(2048, new Uint8Array(6).fill(255)), 0), 1);
  // What the limits allow is counted.
  assertEquals(
    signatureCost(rsa(16384, Uint8Array.of(1, 0xff, 0xff, 0xff, 0xff)), 0) >
      200,
    true,
  );
});

Deno.test("signatureCost() knows which keys are slower than RSA", () => {
  const common = signatureCost(rsa(4096, F4), 0);
  for (
    const key of [
      { type: "ec", bits: 256, curve: "secp256r1" },
      { type: "ec", bits: 384, curve: "secp384r1" },
      { type: "ec", bits: 521, curve: "secp521r1" },
      { type: "ec", bits: 0 },
      { type: "ed448", bits: 456 },
      { type: "ml-dsa-44", bits: 10496 },
      { type: "ml-dsa-65", bits: 15616 },
      { type: "ml-dsa-87", bits: 20736 },
    ] as const
  ) {
    assert(signatureCost(key, 0) > common, key.type);
  }
});

Deno.test("signatureCost() counts what is hashed", () => {
  const key: CostlyKey = { type: "ed25519", bits: 256 };
  assertEquals(signatureCost(key, 1000), signatureCost(key, 0));
  assertEquals(signatureCost(key, 163_840), signatureCost(key, 0) + 10);
});

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

const rsaKey = (bits: number, ...exponent: number[]) =>
  key({ bits, publicExponent: Uint8Array.from(exponent) });

Deno.test("unsupportedKey() lets every key pass that signs in TLS", () => {
  for (
    const good of [
      rsaKey(2048, 1, 0, 1),
      rsaKey(16384, 3),
      rsaKey(2048, 3),
      rsaKey(2048, 0xff, 0xff, 0xff, 0xff),
      rsaKey(2048, 1, 1),
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
      [rsaKey(16385, 3), "its RSA key has 16385 bits, more than 16384"],
      // RFC 8017 section 3.1: odd, and not below 3.
      [rsaKey(2048, 1), "public exponent of its RSA key is out of range"],
      [rsaKey(2048, 2), "is out of range"],
      [rsaKey(2048, 1, 0), "is out of range"],
      [rsaKey(2048, 1, 0, 0, 0, 1), "is out of range"],
    ] as const
  ) assertStringIncludes(unsupportedKey(bad) ?? "", fact);
});

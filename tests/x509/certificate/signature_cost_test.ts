import { assert, assertEquals } from "@std/assert";
import {
  type CostlyKey,
  signatureCost,
} from "../../../x509/certificate/signature_cost.ts";

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

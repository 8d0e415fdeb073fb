import { assert, assertEquals } from "@std/assert";
import { nodeCrypto } from "../../../crypto/primitives/node_crypto.ts";
import {
  nodeHasSignatures,
  type NodeKeyType,
  nodeSign,
  nodeVerify,
} from "../../../crypto/signatures/node.ts";
import { ecdsaFromDer } from "../../../crypto/signatures/ecdsa_signature.ts";
import { verifySignature } from "../../../crypto/signatures/signatures.ts";
import { issueCertificate, parsePem } from "../../../x509/mod.ts";

const data = new Uint8Array(130).fill(7);

/** A key of a type, as connections have it. */
async function keyOf(keyType: "P-256" | "P-384" | "ed25519") {
  const { identity, key } = await issueCertificate({
    names: ["a.test"],
    keyType,
  });
  const publicKey = identity.chain[0]?.publicKey;
  const pkcs8 = parsePem(key)[0]?.der;
  assert(publicKey !== undefined && pkcs8 !== undefined);
  return { publicKey, pkcs8 };
}

for (
  const [keyType, type, hash, size] of [
    ["P-256", "P-256", "SHA-256", 32],
    ["P-384", "P-384", "SHA-384", 48],
    ["ed25519", "ed25519", undefined, 0],
  ] as const
) {
  Deno.test(`nodeSign() and nodeVerify() are as WebCrypto, ${type}`, async () => {
    assert(nodeHasSignatures(type));
    const { publicKey, pkcs8 } = await keyOf(keyType);
    const signature = nodeSign({}, pkcs8, type, hash, data);
    assert(signature !== undefined);
    const algorithm = hash === undefined
      ? { kind: "ed25519" } as const
      : { kind: "ecdsa", hash } as const;
    assert(await verifySignature(algorithm, publicKey, data, signature));
    const numbers = size === 0 ? signature : ecdsaFromDer(signature, size);
    assert(numbers !== undefined);
    const verify = (data: Uint8Array, signature: Uint8Array) =>
      nodeVerify(publicKey, type, hash, data, signature);
    assertEquals(verify(data, numbers), true);
    assertEquals(verify(data.slice(1), numbers), false);
    assertEquals(verify(data, numbers.toReversed()), false);
    assertEquals(verify(data, numbers.slice(1)), false);
    // Another thread hashes what is long.
    assertEquals(verify(new Uint8Array(20_000), numbers), undefined);
  });
}

Deno.test("nodeVerify() leaves keys that are not valid to others", async () => {
  const { publicKey } = await keyOf("P-256");
  const spki = publicKey.spki.slice();
  spki.fill(1, -64);
  const wrong = { ...publicKey, spki };
  const numbers = new Uint8Array(64).fill(1);
  assertEquals(nodeVerify(wrong, "P-256", "SHA-256", data, numbers), undefined);
  const { pkcs8 } = await keyOf("P-256");
  const cut = pkcs8.slice(0, -1);
  assertEquals(nodeSign({}, cut, "P-256", "SHA-256", data), undefined);
  // It is not their fault.
  assert(nodeHasSignatures("P-256"));
});

Deno.test("what node:crypto fails at is not tried again", async () => {
  const node = nodeCrypto();
  assert(node !== undefined);
  const { publicKey, pkcs8 } = await keyOf("P-384");
  const { sign, verify } = node;
  let calls = 0;
  const failing = () => {
    calls++;
    throw new Error("It does not work here");
  };
  try {
    Object.assign(node, { sign: failing, verify: failing });
    const type: NodeKeyType = "P-384";
    for (let time = 0; time < 3; time++) {
      const signature = new Uint8Array(96).fill(1);
      const found = nodeVerify(publicKey, type, "SHA-384", data, signature);
      assertEquals(found, undefined);
      const made = nodeSign({}, pkcs8, type, "SHA-384", data);
      assertEquals(made, undefined);
    }
    assertEquals(calls, 1);
    assert(!nodeHasSignatures(type, "SHA-384"));
  } finally {
    Object.assign(node, { sign, verify });
  }
});

Deno.test("a hash that node:crypto refuses does not turn off the others", async () => {
  const node = nodeCrypto();
  assert(node !== undefined);
  const { publicKey, pkcs8 } = await keyOf("P-256");
  const { verify } = node;
  const forbidding: typeof verify = (hash, ...rest) => {
    if (hash === "sha1") throw new Error("Invalid digest");
    return verify(hash, ...rest);
  };
  const signature = nodeSign({}, pkcs8, "P-256", "SHA-256", data);
  const numbers = signature && ecdsaFromDer(signature, 32);
  assert(numbers !== undefined);
  const verified = (hash: string) =>
    nodeVerify(publicKey, "P-256", hash, data, numbers);
  try {
    Object.assign(node, { verify: forbidding });
    assertEquals(verified("SHA-1"), undefined);
    assertEquals(verified("SHA-256"), true);
  } finally {
    Object.assign(node, { verify });
  }
});

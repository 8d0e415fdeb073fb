import { assertEquals, assertStrictEquals } from "@std/assert";
import { NodeAeadKey } from "../../../crypto/primitives/aead_node.ts";
import { nodeCrypto } from "../../../crypto/primitives/node_crypto.ts";

const node = nodeCrypto();
const key = new Uint8Array(16);
const nonce = new Uint8Array(12);
const data = crypto.getRandomValues(new Uint8Array(5000));

for (
  const [what, start, room, isCopied] of [
    ["alone in its buffer", 0, 0, false],
    ["with room for a block behind it", 0, 1, false],
    ["with more behind it", 0, 17, true],
    ["behind something else", 1, 0, true],
  ] as const
) {
  Deno.test({
    name: `NodeAeadKey ${isCopied ? "copies" : "keeps"} what it opens ${what}`,
    ignore: node === undefined,
    fn() {
      if (node === undefined) return;
      let given: ArrayBuffer | undefined;
      const opening = new NodeAeadKey(
        {
          ...node,
          createCipheriv: node.createCipheriv,
          createDecipheriv(name, key, nonce, options) {
            const decipher = node.createDecipheriv(name, key, nonce, options);
            const update = decipher.update.bind(decipher);
            decipher.update = (bytes) => {
              const opened = update(bytes);
              given = new ArrayBuffer(start + opened.length + room);
              const moved = new Uint8Array(given, start, opened.length);
              moved.set(opened);
              return moved;
            };
            return decipher;
          },
        },
        "aes-128-gcm",
        key,
      );
      const { ciphertext, tag } = opening.seal(nonce, data, key);
      const record = new Uint8Array([...ciphertext, ...tag]);
      const opened = opening.open(nonce, record, key);
      assertEquals(opened, data);
      assertStrictEquals(opened.buffer === given, !isCopied);
    },
  });
}

Deno.test({
  name: "NodeAeadKey copies what it seals out of memory that others share",
  ignore: node === undefined,
  fn() {
    if (node === undefined) return;
    const pool = new Uint8Array(8192);
    const sealing = new NodeAeadKey(
      {
        ...node,
        createDecipheriv: node.createDecipheriv,
        createCipheriv(name, key, nonce, options) {
          const cipher = node.createCipheriv(name, key, nonce, options);
          const update = cipher.update.bind(cipher);
          cipher.update = (bytes) => {
            const sealed = update(bytes);
            pool.set(sealed);
            return pool.subarray(0, sealed.length);
          };
          return cipher;
        },
      },
      "aes-128-gcm",
      key,
    );
    const { ciphertext } = sealing.seal(nonce, data, key);
    assertStrictEquals(ciphertext.buffer === pool.buffer, false);
    assertEquals(ciphertext, pool.subarray(0, data.length));
  },
});

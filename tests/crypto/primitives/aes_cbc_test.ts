import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  aes128cbc,
  aes256cbc,
  nobleCbcKey,
} from "../../../crypto/primitives/aes_cbc.ts";
import { nodeCbcKey } from "../../../crypto/primitives/cbc_node.ts";
import type { BlockCipherKey } from "../../../crypto/primitives/provider.ts";
import { tripleDesCbc } from "../../../crypto/primitives/triple_des.ts";

const IV = Uint8Array.fromHex("000102030405060708090a0b0c0d0e0f");
const PLAINTEXT = Uint8Array.fromHex(
  "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51" +
    "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710",
);

/** NIST SP 800-38A sections F.2.1 and F.2.5. */
const VECTORS = [
  {
    cipher: aes128cbc,
    key: "2b7e151628aed2a6abf7158809cf4f3c",
    ciphertext:
      "7649abac8119b246cee98e9b12e9197d5086cb9b507219ee95db113a917678b2" +
      "73bed6b8e3c1743b7116e69e222295163ff1caa1681fac09120eca307586e1a7",
  },
  {
    cipher: aes256cbc,
    key: "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4",
    ciphertext:
      "f58c4c04d6e5f1ba779eabfb5f7bfbd69cfc4e967edb808d679f777bc6702c7d" +
      "39f23369a9d9bacfa530e26304231461b2eb05e2c39be9fcda6c19078c6a9d1b",
  },
];

/** Each implementation, whichever the runtime would choose. */
async function implementations(
  name: string,
  key: Uint8Array,
): Promise<BlockCipherKey[]> {
  const node = nodeCbcKey(name.toLowerCase(), key, 16);
  assert(node !== undefined, "Deno has node:crypto");
  return [node, await nobleCbcKey(key)];
}

Deno.test("aes128cbc and aes256cbc match the examples of SP 800-38A", async () => {
  for (const { cipher, key, ciphertext } of VECTORS) {
    const bytes = Uint8Array.fromHex(key);
    const keys = [
      await cipher.importKey(bytes),
      ...await implementations(cipher.name, bytes),
    ];
    for (const each of keys) {
      assertEquals(each.encrypt(IV, PLAINTEXT).toHex(), ciphertext);
      const back = each.decrypt(IV, Uint8Array.fromHex(ciphertext));
      assertEquals(back.toHex(), PLAINTEXT.toHex());
    }
  }
});

Deno.test("aes128cbc and aes256cbc agree with WebCrypto at all lengths", async () => {
  for (const cipher of [aes128cbc, aes256cbc]) {
    const raw = crypto.getRandomValues(new Uint8Array(cipher.keyLength));
    const iv = crypto.getRandomValues(new Uint8Array(16));
    const reference = await crypto.subtle
      .importKey("raw", raw, "AES-CBC", false, ["encrypt"]);
    for (const length of [0, 16, 32, 256, 4096, 16640]) {
      const data = crypto.getRandomValues(new Uint8Array(length));
      const padded = new Uint8Array(
        await crypto.subtle.encrypt({ name: "AES-CBC", iv }, reference, data),
      );
      const expected = padded.slice(0, length);
      for (const key of await implementations(cipher.name, raw)) {
        assertEquals(key.encrypt(iv, data), expected);
        assertEquals(key.decrypt(iv, expected), data);
      }
    }
  }
});

Deno.test("BlockCipherKey does not change its inputs and returns buffers of its own", async () => {
  for (const key of await implementations("AES-128-CBC", new Uint8Array(16))) {
    const iv = new Uint8Array(16).fill(1);
    const data = new Uint8Array(32).fill(2);
    const first = key.encrypt(iv, data);
    const copy = first.slice();
    key.encrypt(iv, data.map((byte) => byte + 1));
    assertEquals(first, copy);
    assertEquals(first.constructor, Uint8Array);
    assertEquals([...new Set(iv), ...new Set(data)], [1, 2]);
  }
});

Deno.test({
  name:
    "BlockCipherKey keeps nothing of a record (a node:crypto cipher that is not ended stays for ever)",
  sanitizeResources: true,
  async fn() {
    for (const cipher of [aes128cbc, aes256cbc, tripleDesCbc]) {
      const key = await cipher.importKey(PLAINTEXT.slice(0, cipher.keyLength));
      const iv = IV.subarray(0, cipher.blockLength);
      assertEquals(key.decrypt(iv, key.encrypt(iv, PLAINTEXT)), PLAINTEXT);
    }
  },
});

Deno.test("BlockCipherKey keeps its key when the caller overwrites it", async () => {
  const raw = new Uint8Array(16).fill(9);
  const keys = await implementations("AES-128-CBC", raw);
  const before = keys.map((key) => key.encrypt(IV, PLAINTEXT));
  raw.fill(0);
  assertEquals(keys.map((key) => key.encrypt(IV, PLAINTEXT)), before);
});

Deno.test("BlockCipherKey refuses what is not whole blocks", async () => {
  for (const key of await implementations("AES-128-CBC", new Uint8Array(16))) {
    for (const length of [1, 15, 17]) {
      const data = new Uint8Array(length);
      assertThrows(() => key.encrypt(IV, data), RangeError, "whole blocks");
      assertThrows(() => key.decrypt(IV, data), RangeError, "whole blocks");
    }
  }
});

Deno.test("aes128cbc refuses a key of another length", () => {
  assertThrows(() => aes128cbc.importKey(new Uint8Array(32)), RangeError);
  assertThrows(() => aes256cbc.importKey(new Uint8Array(16)), RangeError);
});

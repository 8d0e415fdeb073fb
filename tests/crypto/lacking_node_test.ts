/**
 * A runtime whose `node:crypto` lacks some algorithms, as Bun's does: what was
 * found out is remembered, so these tests have a process state of their own.
 *
 * @module
 */

import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import process from "node:process";
import { TlsProtocolError } from "../../errors.ts";
import { curves, ecdhGroup } from "../../crypto/groups/ecdh.ts";
import { aes128gcm, chacha20poly1305 } from "../../crypto/primitives/aead.ts";
import { aes128cbc } from "../../crypto/primitives/aes_cbc.ts";
import { nodeCrypto } from "../../crypto/primitives/node_crypto.ts";
import { joined } from "../../crypto/primitives/sealed.ts";

/** Names of what was asked for, and threw. */
const refused: string[] = [];
const find = process.getBuiltinModule;
let sealed = 0;
process.getBuiltinModule = ((name: string) => {
  const whole = find(name as "node:crypto");
  return {
    ...whole,
    createCipheriv(cipher: string, ...rest: [Uint8Array, Uint8Array]) {
      const lacks = cipher === "chacha20-poly1305" || cipher.endsWith("cbc");
      // It was there when it was tried, and has gone.
      const isGone = cipher === "aes-128-gcm" && sealed++ > 2;
      if (!lacks && !isGone) return whole.createCipheriv(cipher, ...rest);
      refused.push(cipher);
      throw new TypeError("Unknown cipher");
    },
    generateKeyPairSync(type: "x448") {
      if (type === "x448") throw new TypeError("Unsupported");
      return whole.generateKeyPairSync(type);
    },
  };
}) as typeof process.getBuiltinModule;
const node = nodeCrypto();
process.getBuiltinModule = find;

const [nonce, text] = [new Uint8Array(12), new Uint8Array(20).fill(7)];

Deno.test("AEAD algorithms that node:crypto lacks go another way", async () => {
  assertEquals(typeof node?.createHmac, "function");
  for (const algorithm of [chacha20poly1305, aes128gcm]) {
    const key = await algorithm.importKey(new Uint8Array(algorithm.keyLength));
    for (let nth = 0; nth < 10; nth++) {
      const record = await joined(key.seal(nonce, text, nonce));
      assertEquals(await key.open(nonce, record, nonce), text);
      record[0] = 1 ^ (record[0] ?? 0);
      await assertRejects(
        async () => await key.open(nonce, record, nonce),
        TlsProtocolError,
        "tag does not match",
      );
    }
  }
  // Each was tried once, and not again.
  assertEquals(refused, ["chacha20-poly1305", "aes-128-gcm"]);
});

Deno.test("curves and ciphers that node:crypto lacks go another way", async () => {
  const group = ecdhGroup(curves.x448);
  const own = await group.offer();
  const { share, sharedSecret } = await group.accept(own.share);
  assertEquals(await own.complete(share), sharedSecret);

  const key = await aes128cbc.importKey(new Uint8Array(16));
  const [iv, blocks] = [new Uint8Array(16), new Uint8Array(32)];
  assertEquals(await key.decrypt(iv, await key.encrypt(iv, blocks)), blocks);
  assertThrows(() => node?.createCipheriv("aes-128-cbc", iv, iv), TypeError);
});

/**
 * The ciphers of encrypted key files, and the padding that they take off.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { nodeCrypto } from "../../../crypto/primitives/node_crypto.ts";
import {
  aes128Cbc,
  aes192Cbc,
  aes256Cbc,
  type CbcCipher,
  rc2Cbc128,
  rc2Cbc40,
  tripleDesCbc,
} from "../../../crypto/primitives/key_file_ciphers.ts";
import { Rc2Key } from "../../../crypto/primitives/rc2.ts";

const CIPHERS = [
  [aes128Cbc, "AES-128-CBC", 16, 16],
  [aes192Cbc, "AES-192-CBC", 24, 16],
  [aes256Cbc, "AES-256-CBC", 32, 16],
  [tripleDesCbc, "DES-EDE3-CBC", 24, 8],
  [rc2Cbc40, "RC2-40-CBC", 5, 8],
  [rc2Cbc128, "RC2-128-CBC", 16, 8],
] as const;

const keyOf = ({ keyLength }: CbcCipher) =>
  Uint8Array.from({ length: keyLength }, (_, at) => 7 * at + 1);
const ivOf = ({ blockLength }: CbcCipher) =>
  new Uint8Array(blockLength).fill(9);

/** The IV and ciphertext of one block, padded already. */
async function encrypted(
  cipher: CbcCipher,
  padded: Uint8Array<ArrayBuffer>,
): Promise<{ iv: Uint8Array; ciphertext: Uint8Array }> {
  const iv = ivOf(cipher);
  if (cipher.name.startsWith("AES")) {
    const { subtle } = crypto;
    const key = await subtle.importKey(
      "raw",
      keyOf(cipher),
      "AES-CBC",
      false,
      ["encrypt"],
    );
    const bytes = await subtle.encrypt({ name: "AES-CBC", iv }, key, padded);
    // Behind it there is the block that WebCrypto pads with.
    return { iv, ciphertext: new Uint8Array(bytes, 0, padded.length) };
  }
  if (cipher === tripleDesCbc) {
    const node = nodeCrypto();
    assert(node !== undefined);
    const state = node.createCipheriv("des-ede3-cbc", keyOf(cipher), iv);
    state.setAutoPadding(false);
    const ciphertext = new Uint8Array(state.update(padded));
    state.final();
    return { iv, ciphertext };
  }
  // RC2 has no encryption: an IV is found with which a block decrypts to this.
  const ciphertext = new Uint8Array(8).fill(5);
  const rc2 = new Rc2Key(keyOf(cipher), 8 * cipher.keyLength);
  const block = rc2.decryptBlock(ciphertext);
  return { iv: block.map((byte, at) => byte ^ (padded[at] ?? 0)), ciphertext };
}

/** One block that ends in `padding`. */
function block({ blockLength }: CbcCipher, padding: number[]) {
  const bytes = new Uint8Array(blockLength).fill(0xaa);
  bytes.set(padding, blockLength - padding.length);
  return bytes;
}

for (const [cipher, name, keyLength, blockLength] of CIPHERS) {
  const open = async (padded: Uint8Array<ArrayBuffer>) => {
    const { iv, ciphertext } = await encrypted(cipher, padded);
    return await cipher.decrypt(keyOf(cipher), iv, ciphertext);
  };

  Deno.test(`${name} takes the padding off (RFC 8018 section 6.1.1)`, async () => {
    assertEquals(
      [cipher.name, cipher.keyLength, cipher.blockLength],
      [name, keyLength, blockLength],
    );
    for (let length = 1; length <= blockLength; length++) {
      const padding = new Array(length).fill(length);
      assertEquals(
        await open(block(cipher, padding)),
        new Uint8Array(blockLength - length).fill(0xaa),
        `${length}`,
      );
    }
  });

  Deno.test(`${name} returns undefined if the padding is wrong`, async () => {
    const wrong = [
      [0],
      [blockLength + 1],
      new Array(blockLength).fill(blockLength + 1),
      [1, 2],
      [3, 2, 3],
      [3, 3, 2],
      [0xff],
    ];
    for (const padding of wrong) {
      assertEquals(await open(block(cipher, padding)), undefined, `${padding}`);
    }
  });

  Deno.test(`${name} gives nothing for what is not whole blocks, or none`, async () => {
    const { iv, ciphertext } = await encrypted(cipher, block(cipher, [1]));
    const key = keyOf(cipher);
    for (const length of [0, 1, blockLength - 1]) {
      const cut = ciphertext.subarray(0, length);
      assertEquals(await cipher.decrypt(key, iv, cut), undefined);
    }
    const longer = new Uint8Array([...ciphertext, 0]);
    assertEquals(await cipher.decrypt(key, iv, longer), undefined);
  });
}

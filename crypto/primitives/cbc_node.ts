/**
 * CBC mode without padding on `node:crypto`.
 *
 * @module
 */

import { owned } from "./bytes.ts";
import {
  cipherKey,
  nodeCan,
  type NodeCipher,
  nodeCrypto,
  type NodeDecipher,
} from "./node_crypto.ts";
import type { BlockCipherKey } from "./provider.ts";

/**
 * A key on `node:crypto`, or `undefined` where this runtime has none.
 *
 * @param name OpenSSL's name of the cipher, such as `"aes-128-cbc"`.
 */
export function nodeCbcKey(
  name: string,
  key: Uint8Array,
  blockLength: number,
): BlockCipherKey | undefined {
  const node = nodeCrypto();
  if (node === undefined) return undefined;
  const probe = () => {
    const zeros = new Uint8Array(blockLength);
    const ofNoValue = cipherKey(node, new Uint8Array(key.length));
    unpadded(node.createCipheriv(name, ofNoValue, zeros), zeros);
  };
  if (!nodeCan(name, probe)) return undefined;
  const own = cipherKey(node, new Uint8Array(key));
  return {
    encrypt(iv, data) {
      checkWholeBlocks(data, blockLength);
      return unpadded(node.createCipheriv(name, own, iv), data);
    },
    decrypt(iv, data) {
      checkWholeBlocks(data, blockLength);
      return unpadded(node.createDecipheriv(name, own, iv), data);
    },
  };
}

/**
 * Refuses data that is not whole blocks: an implementation would silently keep
 * the rest for later.
 *
 * @throws {RangeError} If the data is not whole blocks.
 */
export function checkWholeBlocks(data: Uint8Array, blockLength: number): void {
  if (data.length % blockLength !== 0) {
    throw new RangeError(
      `Cannot apply CBC: ${data.length} bytes are not whole blocks of ${blockLength}`,
    );
  }
}

function unpadded(
  cipher: NodeCipher | NodeDecipher,
  data: Uint8Array,
): Uint8Array {
  cipher.setAutoPadding(false);
  const whole = owned(cipher.update(data));
  // It returns no bytes, but Deno never frees a cipher that has not ended.
  cipher.final();
  return whole;
}

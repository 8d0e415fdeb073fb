/**
 * AES in CBC mode without padding (NIST SP 800-38A section 6.2), for the CBC
 * suites of TLS 1.2 and below. WebCrypto's AES-CBC always pads. Medians in µs
 * with Deno 2.9.6, one key, encrypting:
 *
 * | bytes | node | noble |
 * |--:|--:|--:|
 * | 256 | 5 | 9 |
 * | 4096 | 21 | 41 |
 * | 16384 | 61 | 105 |
 *
 * @module
 */

import { checkWholeBlocks, nodeCbcKey } from "./cbc_node.ts";
import type { BlockCipher, BlockCipherKey } from "./provider.ts";

const BLOCK_LENGTH = 16;

/** AES-128 in CBC mode. */
export const aes128cbc: BlockCipher = aesCbc("AES-128-CBC", 16);
/** AES-256 in CBC mode. */
export const aes256cbc: BlockCipher = aesCbc("AES-256-CBC", 32);

function aesCbc(name: string, keyLength: number): BlockCipher {
  return {
    name,
    keyLength,
    blockLength: BLOCK_LENGTH,
    importKey(key) {
      if (key.length !== keyLength) {
        throw new RangeError(
          `Cannot import the key: expected ${keyLength} bytes, got ${key.length}`,
        );
      }
      return nodeCbcKey(name.toLowerCase(), key, BLOCK_LENGTH) ??
        nobleCbcKey(key);
    },
  };
}

/**
 * A key on noble, for runtimes without `node:crypto`. Its AES is loaded only
 * here: what it does at import takes 3 ms.
 */
export async function nobleCbcKey(key: Uint8Array): Promise<BlockCipherKey> {
  const own = new Uint8Array(key);
  const { cbc } = await import("@noble/ciphers/aes.js");
  return {
    encrypt(iv, data) {
      checkWholeBlocks(data, BLOCK_LENGTH);
      return cbc(own, iv, UNPADDED).encrypt(data);
    },
    decrypt(iv, data) {
      checkWholeBlocks(data, BLOCK_LENGTH);
      return cbc(own, iv, UNPADDED).decrypt(data);
    },
  };
}

const UNPADDED = { disablePadding: true };

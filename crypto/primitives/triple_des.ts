/**
 * 3DES in CBC mode without padding (NIST SP 800-67), for peers that support
 * nothing better. Its blocks of 64 bits make it weak (Sweet32, RFC 8429 has
 * the reasons), and only `legacy.ts` reaches this file.
 *
 * @module
 */

import { nodeCbcKey } from "./cbc_node.ts";
import type { BlockCipher } from "./provider.ts";

/** 3DES with three keys, in CBC mode. */
export const tripleDesCbc: BlockCipher = {
  name: "3DES-EDE-CBC",
  keyLength: 24,
  blockLength: 8,
  importKey(key) {
    if (key.length !== 24) {
      throw new RangeError(
        `Cannot import the key: expected 24 bytes, got ${key.length}`,
      );
    }
    const imported = nodeCbcKey("des-ede3-cbc", key, 8);
    if (imported === undefined) {
      throw new TypeError(
        "Cannot use 3DES: it needs node:crypto, which this runtime lacks",
      );
    }
    return imported;
  },
};

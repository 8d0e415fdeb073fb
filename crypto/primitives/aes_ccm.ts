/**
 * The algorithms of AES-CCM (RFC 6655 section 3, RFC 9846 appendix B.4).
 *
 * @module
 */

import { Lazy } from "../../lazy.ts";
import type { AeadAlgorithm } from "./provider.ts";

/** AES-128-CCM (RFC 5116 section 5.3). */
export const aes128ccm: AeadAlgorithm = aesCcm("AES-128-CCM", 16, 16);
/** AES-256-CCM (RFC 5116 section 5.4). */
export const aes256ccm: AeadAlgorithm = aesCcm("AES-256-CCM", 32, 16);
/** AES-128-CCM with a tag of 8 bytes (RFC 6655 section 6.1). */
export const aes128ccm8: AeadAlgorithm = aesCcm("AES-128-CCM-8", 16, 8);
/** AES-256-CCM with a tag of 8 bytes (RFC 6655 section 6.2). */
export const aes256ccm8: AeadAlgorithm = aesCcm("AES-256-CCM-8", 32, 8);

function aesCcm(
  name: string,
  keyLength: number,
  tagLength: number,
): AeadAlgorithm {
  return {
    name,
    keyLength,
    nonceLength: 12,
    tagLength,
    // RFC 9147 section 4.5.3; there is no figure in RFC 9846.
    confidentialityLimit: 2 ** 23,
    async importKey(key) {
      if (key.length !== keyLength) {
        throw new RangeError(
          `Cannot import the key: expected ${keyLength} bytes, got ${key.length}`,
        );
      }
      // The caller may wipe it meanwhile.
      const own = key.slice();
      const { importAesCcmKey } = keys.loaded ?? await keys.load();
      return await importAesCcmKey(own, tagLength);
    },
  };
}

/** Few peers choose them. */
const keys = new Lazy("AES-CCM", () => import("./aes_ccm_key.ts"));

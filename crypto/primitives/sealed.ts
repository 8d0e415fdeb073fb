/**
 * The result of sealing a plaintext with an AEAD key.
 *
 * @module
 */

import { concat } from "@std/bytes";
import type { MaybePromise, Sealed } from "./provider.ts";

/** The ciphertext with the tag behind it, in one buffer. */
export function joined({ ciphertext, tag }: Sealed): MaybePromise<Uint8Array> {
  if (tag === undefined) return ciphertext;
  return ciphertext instanceof Promise
    ? ciphertext.then((bytes) => concat([bytes, tag]))
    : concat([ciphertext, tag]);
}

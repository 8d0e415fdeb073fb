/**
 * RC4, for peers that support nothing else. It is broken (RFC 7465), neither
 * WebCrypto nor noble has it, and only `legacy.ts` reaches this file.
 *
 * @module
 */

import type { StreamCipher, StreamCipherKey } from "./provider.ts";

/** RC4 with a key of 128 bits. */
export const rc4: StreamCipher = {
  name: "RC4",
  keyLength: 16,
  importKey: (key) => new Rc4Key(key),
};

/** A key stream of RC4, of a key of 5 to 256 bytes. */
export class Rc4Key implements StreamCipherKey {
  readonly #state: Uint8Array = Uint8Array.from({ length: 256 }, (_, at) => at);
  #i = 0;
  #j = 0;

  /** Schedules a key. */
  constructor(key: Uint8Array) {
    if (key.length < 5 || key.length > 256) {
      throw new RangeError(
        `Cannot import the RC4 key: expected 5 to 256 bytes, got ${key.length}`,
      );
    }
    const state = this.#state;
    let j = 0;
    for (let i = 0; i < 256; i++) {
      const at = byte(state, i);
      j = (j + at + byte(key, i % key.length)) & 0xff;
      state[i] = byte(state, j);
      state[j] = at;
    }
  }

  process(data: Uint8Array): Uint8Array {
    const state = this.#state;
    const result = new Uint8Array(data.length);
    let i = this.#i;
    let j = this.#j;
    for (let at = 0; at < data.length; at++) {
      i = (i + 1) & 0xff;
      const a = byte(state, i);
      j = (j + a) & 0xff;
      const b = byte(state, j);
      state[i] = b;
      state[j] = a;
      result[at] = byte(data, at) ^ byte(state, (a + b) & 0xff);
    }
    this.#i = i;
    this.#j = j;
    return result;
  }
}

/** The index is within bounds at every call. */
function byte(bytes: Uint8Array, at: number): number {
  return bytes[at] as number;
}

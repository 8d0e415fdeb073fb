/**
 * Bytes as keys of maps.
 *
 * @module
 */

/** Bytes as the key of a map: one character for each byte. */
export function bytesKey(bytes: Uint8Array): string {
  // A call of the runtime takes longer than this does for a few bytes.
  return bytes.length <= SHORT
    ? Reflect.apply(String.fromCharCode, undefined, bytes)
    : latin1.decode(bytes);
}

/** In bytes. */
const SHORT = 64;

const latin1 = new TextDecoder("latin1");

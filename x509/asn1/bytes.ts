/**
 * Bytes as keys of maps.
 *
 * @module
 */

/** Bytes as the key of a map: one character for each byte. */
export function bytesKey(bytes: Uint8Array): string {
  return latin1.decode(bytes);
}

const latin1 = new TextDecoder("latin1");

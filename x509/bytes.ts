/**
 * Bytes as text, compared, and as keys of maps.
 *
 * @module
 */

/** Bytes in lower-case hexadecimal. */
export function hex(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += HEX[byte];
  return text;
}

/** Whether both are the same. For what is public: it stops at a difference. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let at = 0; at < a.length; at++) if (a[at] !== b[at]) return false;
  return true;
}

/** Bytes as the key of a map: the decoder has one character for each byte. */
export function bytesKey(bytes: Uint8Array): string {
  return latin1.decode(bytes);
}

const HEX: readonly string[] = Array.from(
  { length: 256 },
  (_, byte) => byte.toString(16).padStart(2, "0"),
);

const latin1 = new TextDecoder("latin1");

/** Stand-in for `jsr:@std/bytes` where JSR cannot be reached: what we use of it. */

export function concat(
  buffers: readonly Uint8Array[],
): Uint8Array<ArrayBuffer> {
  let length = 0;
  for (const buffer of buffers) length += buffer.length;
  const joined = new Uint8Array(length);
  let at = 0;
  for (const buffer of buffers) {
    joined.set(buffer, at);
    at += buffer.length;
  }
  return joined;
}

export function equals(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let at = 0; at < a.length; at++) if (a[at] !== b[at]) return false;
  return true;
}

export function startsWith(source: Uint8Array, prefix: Uint8Array): boolean {
  return source.length >= prefix.length &&
    prefix.every((byte, at) => byte === source[at]);
}

export function endsWith(source: Uint8Array, suffix: Uint8Array): boolean {
  return source.length >= suffix.length &&
    equals(source.subarray(source.length - suffix.length), suffix);
}

export function indexOfNeedle(
  source: Uint8Array,
  needle: Uint8Array,
  start = 0,
): number {
  for (let at = Math.max(0, start); at + needle.length <= source.length; at++) {
    if (startsWith(source.subarray(at), needle)) return at;
  }
  return -1;
}

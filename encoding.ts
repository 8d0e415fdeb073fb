/**
 * Bytes as text: names, hex (RFC 4648 section 8), base64 (section 4) and
 * base64url (section 5). The methods of `Uint8Array` for these are newer than some
 * runtimes: they are used where they are.
 *
 * @module
 */

/**
 * A string that stands for these bytes and no others: what they are in UTF-8, a
 * byte order mark included. Of what is not UTF-8 each byte becomes a code unit
 * from U+DC00 on, which no UTF-8 decodes to. {@linkcode bytesOfName} reverses it.
 */
export function nameOfBytes(bytes: Uint8Array): string {
  // A host name, a protocol: a call of the runtime takes longer.
  if (bytes.length <= SHORT && bytes.every(isAscii)) return unitsOf(bytes);
  try {
    return utf8.decode(bytes);
  } catch {
    return Array.from(bytes, (byte) => String.fromCharCode(LONE + byte))
      .join("");
  }
}

function isAscii(byte: number): boolean {
  return byte < 0x80;
}

function unitsOf(bytes: Uint8Array): string {
  return Reflect.apply(String.fromCharCode, undefined, bytes);
}

/** The bytes that a string of {@linkcode nameOfBytes} stands for. */
export function bytesOfName(name: string): Uint8Array {
  return /^[\uDC00-\uDCFF]+$/.test(name)
    ? Uint8Array.from(name, (unit) => unit.charCodeAt(0) - LONE)
    : new TextEncoder().encode(name);
}

/** Lower-case hex digits. */
export function toHex(bytes: Uint8Array): string {
  const { toHex } = bytes as Encoding;
  return toHex === undefined ? hexOf(bytes) : toHex.call(bytes);
}

/** Base64 with padding, without line breaks. */
export function encodeBase64(bytes: Uint8Array): string {
  let binary = "";
  for (let at = 0; at < bytes.length; at += CHUNK) {
    binary += Reflect.apply(
      String.fromCharCode,
      undefined,
      bytes.subarray(at, at + CHUNK),
    );
  }
  return btoa(binary);
}

/** Base64 in the alphabet for URLs, without padding. */
export function encodeBase64Url(bytes: Uint8Array): string {
  return encodeBase64(bytes).replaceAll("+", "-").replaceAll("/", "_")
    .replace(/=+$/, "");
}

/** Reads base64 without whitespace. Returns `undefined` if it is not base64. */
export function decodeBase64(
  text: string,
): Uint8Array<ArrayBuffer> | undefined {
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) {
    return undefined;
  }
  return nativeFromBase64?.(text) ?? bytesOf(atob(text));
}

/** Reads base64url with or without padding, `undefined` if it is not that. */
export function decodeBase64Url(
  text: string,
): Uint8Array<ArrayBuffer> | undefined {
  const bare = text.replace(/={1,2}$/, "");
  if (!/^[\w-]*$/.test(bare) || bare.length % 4 === 1) return undefined;
  const padding = "=".repeat(-bare.length & 3);
  return decodeBase64(
    bare.replaceAll("-", "+").replaceAll("_", "/") + padding,
  );
}

/** The method of newer runtimes. */
interface Encoding {
  readonly toHex?: (this: unknown) => string;
}

function hexOf(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += HEX[byte];
  return text;
}

function bytesOf(binary: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(binary.length);
  for (let at = 0; at < bytes.length; at++) bytes[at] = binary.charCodeAt(at);
  return bytes;
}

/** The two digits of each byte. */
const HEX: readonly string[] = Array.from(
  { length: 256 },
  (_, byte) => byte.toString(16).padStart(2, "0"),
);

/** TypeScript's own types have had it only since this method is a standard. */
const nativeFromBase64:
  | ((text: string) => Uint8Array<ArrayBuffer>)
  | undefined = (Uint8Array as {
    fromBase64?(text: string): Uint8Array<ArrayBuffer>;
  }).fromBase64?.bind(Uint8Array);

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The first low surrogate: alone it stands for nothing. */
const LONE = 0xdc00;

/** In bytes: of more, the runtime's own decoder is as fast. */
const SHORT = 64;

/** Arguments that a call takes without running out of stack. */
const CHUNK = 8192;

/**
 * PEM: the textual encoding of RFC 7468, with the header lines of RFC 1421
 * that encrypted keys in OpenSSL's older form have.
 *
 * @module
 */

import { TlsError } from "../errors.ts";

/** What stands between one BEGIN and its END. */
export interface PemBlock {
  /** The label: `"CERTIFICATE"`. */
  readonly label: string;
  /** RFC 1421 header lines, such as `Proc-Type`; most blocks have none. */
  readonly headers: ReadonlyMap<string, string>;
  /** The decoded bytes. */
  readonly der: Uint8Array<ArrayBuffer>;
}

/**
 * Gives all blocks of a PEM text in their order. What stands outside of them is
 * passed over; lines may end in LF, CRLF or CR and be indented.
 *
 * @param text The text, or its bytes.
 * @returns The blocks; none, if the text has no BEGIN line.
 * @throws {TlsError} `malformed_pem`, if a block has no END line of the same
 * label or is not base64; the error names the line.
 *
 * @example Blocks and their labels
 * ```ts
 * import { formatPem, parsePem } from "@x/tls/x509";
 * import { assertEquals } from "@std/assert";
 *
 * const text = "Made today\n" + formatPem("X509 CRL", Uint8Array.of(1, 2, 3));
 * const [block] = parsePem(text);
 * assertEquals(block?.label, "X509 CRL");
 * assertEquals(block?.der, Uint8Array.of(1, 2, 3));
 * ```
 */
export function parsePem(text: string | Uint8Array): PemBlock[] {
  const source = typeof text === "string"
    ? text
    : new TextDecoder().decode(text);
  const lines = source.split(/\r\n|\n|\r/);
  const blocks: PemBlock[] = [];
  for (let at = 0; at < lines.length; at++) {
    const label = labelOf("BEGIN", lines[at] as string);
    if (label === undefined) continue;
    const end = findEnd(lines, at, label);
    blocks.push(readBlock(label, lines.slice(at + 1, end), at + 2));
    at = end;
  }
  if (blocks.length === 0) refuseLostLines(source);
  return blocks;
}

/**
 * Whether bytes hold PEM text rather than DER: there is a BEGIN line.
 *
 * @param bytes What a file has.
 */
export function isPem(bytes: Uint8Array): boolean {
  // No DER value of X.509 starts with a printable character but SEQUENCE's "0".
  return bytes[0] !== 0x30 ||
    new TextDecoder().decode(bytes.subarray(0, MAX_PREAMBLE)).includes(
      "-----BEGIN ",
    );
}

/**
 * Writes one PEM block, with lines of 64 characters and a newline at its end.
 *
 * @param label The label: `"CERTIFICATE"`.
 * @param der The bytes.
 * @param headers RFC 1421 header lines.
 */
export function formatPem(
  label: string,
  der: Uint8Array,
  headers: Iterable<readonly [string, string]> = [],
): string {
  const fields = [...headers].map(([name, value]) => `${name}: ${value}\n`);
  if (fields.length > 0) fields.push("\n");
  const body = encodeBase64(der).replace(/.{1,64}/g, "$&\n");
  return `-----BEGIN ${label}-----\n${
    fields.join("")
  }${body}-----END ${label}-----\n`;
}

/** Decodes base64 without whitespace; gives nothing if it is not base64. */
export function decodeBase64(
  text: string,
): Uint8Array<ArrayBuffer> | undefined {
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) {
    return undefined;
  }
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let at = 0; at < bytes.length; at++) bytes[at] = binary.charCodeAt(at);
  return bytes;
}

/** Encodes base64 without line breaks. */
export function encodeBase64(bytes: Uint8Array): string {
  let binary = "";
  for (let at = 0; at < bytes.length; at += CHUNK) {
    binary += String.fromCharCode(...bytes.subarray(at, at + CHUNK));
  }
  return btoa(binary);
}

/** The label of a BEGIN or END line; nothing, if the line is another one. */
function labelOf(boundary: "BEGIN" | "END", line: string): string | undefined {
  if (!line.includes("-----")) return undefined;
  const match = /^\s*-----(BEGIN|END) ([^-]*(?:-[^-]+)*)-----\s*$/.exec(line);
  return match?.[1] === boundary ? match[2] : undefined;
}

function findEnd(lines: readonly string[], start: number, label: string) {
  for (let at = start + 1; at < lines.length; at++) {
    const line = lines[at] as string;
    const found = labelOf("END", line);
    if (found === label) return at;
    if (found !== undefined) {
      malformed(
        at + 1,
        `END ${found} where END ${label} belongs: that is how line ${
          start + 1
        } begins`,
      );
    }
    if (labelOf("BEGIN", line) !== undefined) break;
  }
  return malformed(start + 1, `BEGIN ${label} has no END ${label}`);
}

function readBlock(
  label: string,
  lines: readonly string[],
  firstLine: number,
): PemBlock {
  const headers = new Map<string, string>();
  let body = 0;
  let last: string | undefined;
  for (; body < lines.length; body++) {
    const line = lines[body] as string;
    const colon = line.indexOf(":");
    if (colon > 0) {
      last = line.slice(0, colon).trim();
      headers.set(last, line.slice(colon + 1).trim());
    } else if (last !== undefined && /^[ \t]+\S/.test(line)) {
      // RFC 1421 section 4.4: a line that starts with a space continues one.
      headers.set(last, `${headers.get(last)}${line.trim()}`);
    } else break;
  }
  const base64 = lines.slice(body).join("").replace(/\s/g, "");
  const der = decodeBase64(base64);
  if (der !== undefined && der.length > 0) return { label, headers, der };
  if (base64 === "") malformed(firstLine, `the ${label} block is empty`);
  const offence = lines.findIndex((line, at) =>
    at >= body && !/^\s*[A-Za-z0-9+/]*={0,2}\s*$/.test(line)
  );
  return malformed(
    offence < 0 ? firstLine + lines.length - 1 : firstLine + offence,
    `the ${label} block is not base64${
      offence < 0 ? ": its length or padding is wrong" : ""
    }`,
  );
}

/** A text whose newlines were lost on the way, as in environment variables. */
function refuseLostLines(source: string): void {
  if (!source.includes("-----BEGIN ")) return;
  const escaped = source.includes("\\n");
  throw new TlsError(
    "malformed_pem",
    "Cannot read the PEM text: BEGIN does not stand on a line of its own",
    {
      hint: escaped
        ? String
          .raw`It has the two characters "\n" where line breaks belong: replace them`
        : "The line breaks of the text have been lost: restore them",
    },
  );
}

function malformed(line: number, fact: string): never {
  throw new TlsError(
    "malformed_pem",
    `Cannot read the PEM text: line ${line}: ${fact}`,
  );
}

/** Text that may stand before the first block of a file. */
const MAX_PREAMBLE = 65536;

/** Arguments of one call of `String.fromCharCode`. */
const CHUNK = 4096;

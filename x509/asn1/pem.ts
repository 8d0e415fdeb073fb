/**
 * PEM: the textual encoding of RFC 7468, with the header lines of RFC 1421
 * that encrypted keys in OpenSSL's older form have.
 *
 * @module
 */

import { TlsError } from "../../errors.ts";
import { decodeBase64, encodeBase64 } from "../../encoding.ts";

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
 * Returns all blocks of a PEM text in their order. It ignores what stands
 * outside of them; lines may end in LF, CRLF or CR and be indented.
 *
 * @param text The text, or its bytes.
 * @returns The blocks; none, if the text has no BEGIN line.
 * @throws {TlsError} `malformed_pem`, if a block has no END line of the same
 * label or is not base64; the error names the line.
 * @throws {TypeError} If it is given something else than text or bytes.
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
  const blocks = readPem(text);
  return blocks.map((block) => {
    if (block instanceof TlsError) throw block;
    return block;
  });
}

/**
 * Returns all blocks of a PEM text, with an error in place of each malformed
 * one: in a bundle, one bad block does not spoil the others.
 */
export function readPem(text: string | Uint8Array): (PemBlock | TlsError)[] {
  if (typeof text !== "string" && !(text instanceof Uint8Array)) {
    throw new TypeError(
      `Cannot read the PEM text: expected a string or Uint8Array, got ${
        text === null ? "null" : typeof text
      }`,
    );
  }
  const source = visibleText(
    typeof text === "string" ? text : decodePemBytes(text),
  );
  const lines = source.split(/\r\n|\n|\r/);
  const blocks: (PemBlock | TlsError)[] = [];
  for (let at = 0; at < lines.length; at++) {
    const label = labelOf("BEGIN", lines[at] as string);
    if (label === undefined) continue;
    const end = findEnd(lines, at, label);
    if (typeof end !== "number") {
      blocks.push(end);
      continue;
    }
    blocks.push(readBlock(label, lines.slice(at + 1, end), at + 2));
    at = end;
    // Files that were joined where the first had no newline at its end.
    const [, joined] = splitJoined(lines[end] as string);
    if (joined === undefined) continue;
    lines[end] = joined;
    at--;
  }
  if (blocks.length === 0 && source.includes("-----BEGIN ")) {
    blocks.push(lostLines(source));
  }
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
    decodePemBytes(bytes.subarray(0, MAX_PREAMBLE)).includes("-----BEGIN ");
}

/**
 * Text as UTF-8, or as UTF-16, in which PowerShell 5 writes what it redirects.
 */
export function decodePemBytes(bytes: Uint8Array): string {
  const [first, second] = bytes;
  const marked = first === 0xff && second === 0xfe
    ? "utf-16le"
    : first === 0xfe && second === 0xff
    ? "utf-16be"
    : undefined;
  // Without a mark: a character of ASCII has a zero byte beside it.
  const likely = second === 0 && first !== 0
    ? "utf-16le"
    : first === 0 && second !== 0
    ? "utf-16be"
    : "utf-8";
  return new TextDecoder(marked ?? likely).decode(bytes);
}

/** Removes invisible characters, which come with copied text. */
function visibleText(text: string): string {
  return INVISIBLE.test(text) ? text.replace(INVISIBLE_ALL, "") : text;
}

/**
 * Writes one PEM block, with lines of 64 characters and a newline at its end.
 *
 * @param label The label: `"CERTIFICATE"`.
 * @param der The bytes.
 * @param headers RFC 1421 header lines.
 * @returns The text.
 *
 * @example One certificate as text
 * ```ts
 * import { Certificate, formatPem, issueCertificate } from "@x/tls/x509";
 * import { assertEquals } from "@std/assert";
 *
 * const { cert, identity } = await issueCertificate({ names: ["localhost"] });
 * const [certificate] = identity.chain;
 * if (certificate instanceof Certificate) {
 *   assertEquals(formatPem("CERTIFICATE", certificate.raw), cert);
 * }
 * ```
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

/**
 * The label of a BEGIN or END line, or `undefined` if the line is another one.
 */
function labelOf(boundary: "BEGIN" | "END", line: string): string | undefined {
  if (!line.includes("-----")) return undefined;
  const match = /^\s*-----(BEGIN|END) ([^-]*(?:-[^-]+)*)-----\s*$/.exec(line);
  return match?.[1] === boundary ? match[2] : undefined;
}

/** What may be an END, and the BEGIN that follows on the same line. */
function splitJoined(line: string): [string, string?] {
  const at = line.indexOf("-----BEGIN ", 1);
  return at < 0 ? [line] : [line.slice(0, at), line.slice(at)];
}

/** The line of a block's end. */
function findEnd(
  lines: readonly string[],
  start: number,
  label: string,
): number | TlsError {
  for (let at = start + 1; at < lines.length; at++) {
    const line = lines[at] as string;
    const found = labelOf("END", splitJoined(line)[0]);
    if (found === label) return at;
    if (found !== undefined) {
      return malformed(
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
): PemBlock | TlsError {
  const { headers, body } = readHeaders(lines);
  const base64 = lines.slice(body).join("").replace(/\s/g, "");
  const der = decodeBase64(base64);
  if (der !== undefined && der.length > 0) return { label, headers, der };
  if (base64 === "") return malformed(firstLine, `the ${label} block is empty`);
  const offence = lines.findIndex((line, at) =>
    at >= body && !/^\s*[A-Za-z0-9+/]*={0,2}\s*$/.test(line)
  );
  return offence < 0
    ? malformed(
      firstLine + lines.length - 1,
      `the ${label} block is not base64: its length or padding is wrong`,
    )
    : malformed(firstLine + offence, `the ${label} block is not base64`);
}

/** RFC 1421 header lines, and the line where the base64 starts. */
function readHeaders(
  lines: readonly string[],
): { headers: Map<string, string>; body: number } {
  const headers = new Map<string, string>();
  let last: string | undefined;
  for (const [at, line] of lines.entries()) {
    const colon = line.indexOf(":");
    if (colon > 0) {
      last = line.slice(0, colon).trim();
      headers.set(last, line.slice(colon + 1).trim());
    } else if (last !== undefined && /^[ \t]+\S/.test(line)) {
      // RFC 1421 section 4.4: a line that starts with a space continues one.
      headers.set(last, `${headers.get(last)}${line.trim()}`);
    } else return { headers, body: at };
  }
  return { headers, body: lines.length };
}

/** A text whose newlines were lost on the way, as in environment variables. */
function lostLines(source: string): TlsError {
  return new TlsError(
    "malformed_pem",
    "Cannot read the PEM text: BEGIN does not stand on a line of its own",
    {
      hint: source.includes("\\n")
        ? String
          .raw`It has the two characters "\n" where line breaks belong: replace them`
        : "The line breaks of the text have been lost: restore them",
    },
  );
}

function malformed(line: number, fact: string): TlsError {
  return new TlsError(
    "malformed_pem",
    `Cannot read the PEM text: line ${line}: ${fact}`,
  );
}

/**
 * NUL, which UTF-16 that was read as UTF-8 is full of; the soft hyphen,
 * zero-width characters, marks of direction, and the byte order mark.
 */
const INVISIBLE =
  /[\0\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]/;
const INVISIBLE_ALL = new RegExp(INVISIBLE, "g");

/** Text that may stand before the first block of a file. */
const MAX_PREAMBLE = 65536;

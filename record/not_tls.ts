/**
 * Peers that do not speak TLS: which protocol their first bytes belong to.
 *
 * @module
 */

import { TlsError, TlsProtocolError } from "../errors.ts";
import { isContentType } from "./plaintext.ts";

/**
 * The error for first bytes that are no TLS record, or `undefined` if they may
 * be one. There are five at least, unless the peer ended before.
 */
export function notTls(bytes: Uint8Array): TlsError | undefined {
  if (isContentType(bytes[0] as number)) return undefined;
  const shown = `first bytes ${hex(bytes.subarray(0, SHOWN_BYTES))}`;
  if (isSslV2Hello(bytes)) {
    // RFC 6176 section 3: such a hello is never to be sent nor negotiated. A
    // peer that falls back from it understands an alert.
    return new TlsProtocolError(
      "protocol_version",
      `Cannot read a record: the peer sent an SSLv2 hello (${shown})`,
      {
        code: "not_tls",
        hint: "SSL 2.0 is prohibited by RFC 6176",
      },
    );
  }
  const text = String.fromCharCode(...bytes.subarray(0, LOOKED_AT_BYTES));
  const guess = PROTOCOLS.find(({ first }) =>
    typeof first === "function" ? first(bytes) : first.test(text)
  );
  return new TlsError(
    "not_tls",
    guess === undefined
      ? `Cannot read a record: the peer does not speak TLS (${shown})`
      : `Cannot read a record: the peer speaks ${guess.name}, not TLS (${shown})`,
    { hint: guess?.hint },
  );
}

/** RFC 5246 appendix E.2: a two-byte length with its high bit set, a type. */
function isSslV2Hello(bytes: Uint8Array): boolean {
  const [length = 0, , type] = bytes;
  return (length & 0x80) !== 0 && type === 1;
}

function hex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
}

/** A protocol and how it begins. */
interface Protocol {
  readonly name: string;
  /** Of the first bytes as Latin-1, or of the bytes. */
  readonly first: RegExp | ((bytes: Uint8Array) => boolean);
  readonly hint?: string;
}

const STARTTLS =
  "This port begins in plain text: use STARTTLS, or the port for implicit TLS";

/** Most specific first. */
const PROTOCOLS: readonly Protocol[] = [
  {
    name: "HTTP",
    first: /^HTTP\//,
    hint: "A plain HTTP server answered: is the port right?",
  },
  {
    name: "HTTP",
    first: /^(GET |PUT |POST |HEAD |PATCH|TRACE|DELET|OPTIO|CONNE)/,
    hint: "A client sent a plain HTTP request to a TLS port",
  },
  { name: "HTTP/2 without TLS", first: /^PRI \*/ },
  { name: "SSH", first: /^SSH-/ },
  { name: "FTP", first: /^220[ -][^\r\n]*FTP/i, hint: STARTTLS },
  { name: "SMTP", first: /^220[ -][^\r\n]*SMTP/i, hint: STARTTLS },
  { name: "SMTP or FTP", first: /^(220|421)[ -]/, hint: STARTTLS },
  { name: "SMTP", first: /^(EHLO|HELO) /i },
  { name: "POP3", first: /^\+OK/, hint: STARTTLS },
  { name: "IMAP", first: /^\* (OK|PR|BY)/, hint: STARTTLS },
  { name: "XMPP", first: /^<(\?xml|stre)/, hint: STARTTLS },
  {
    name: "the PROXY protocol",
    // HAProxy's proxy-protocol.txt sections 2.1 and 2.2.
    first: /^(PROXY|\r\n\r\n\0)/,
    hint: "Take the PROXY header off before TLS begins",
  },
  {
    name: "MySQL",
    // A packet's length, number 0, then protocol version 10 or an error.
    first: (bytes) =>
      bytes[2] === 0 && bytes[3] === 0 &&
      (bytes[4] === 0x0a || bytes[4] === 0xff),
    hint: "Send its SSLRequest before TLS begins",
  },
  {
    name: "PostgreSQL",
    // A length, then SSLRequest's or protocol 3.0's code.
    first: (bytes) =>
      bytes[0] === 0 && bytes[1] === 0 && bytes.length >= 8 &&
      (bytes[4] === 0x04 && bytes[5] === 0xd2 ||
        bytes[4] === 0 && bytes[5] === 3),
    hint: "Answer its SSLRequest before TLS begins",
  },
  {
    name: "PostgreSQL",
    // What is left of the answer to an SSLRequest: refused, or an error.
    first: /^(N$|E\0\0)/,
    hint: "The server refuses TLS",
  },
];

/** As many as a record's header has. */
const SHOWN_BYTES = 5;

/** As far as a greeting's first line is of interest. */
const LOOKED_AT_BYTES = 128;

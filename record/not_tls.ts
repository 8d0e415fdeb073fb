/**
 * Peers that do not speak TLS: which protocol their first bytes belong to.
 *
 * @module
 */

import { TlsError, TlsProtocolError } from "../errors.ts";
import { ContentType, ProtocolVersion } from "../registry.ts";
import {
  isContentType,
  MAX_PLAINTEXT_LENGTH,
  readHeader,
  RECORD_HEADER_LENGTH,
} from "./plaintext.ts";

/** Explains bytes that are not a record, the first ones or later ones. */
export type Others = (
  bytes: Uint8Array,
  isFirst: boolean,
) => TlsError | undefined;

/** Explains bytes that are not a record. The flows of handshakes have it set. */
export const others: Others = (bytes, isFirst) =>
  isFirst ? notTls(bytes) : notTlsAmid(bytes);

/**
 * The error for first bytes that are no TLS record, or `undefined` if they may
 * be one. There are five at least, unless the peer ended before.
 */
export function notTls(bytes: Uint8Array): TlsError | undefined {
  if (isContentType(bytes[0] as number)) return undefined;
  const firstBytes = bytes.slice(0, SHOWN_BYTES);
  const shown = `first bytes ${hex(firstBytes)}`;
  if (isSslV2Hello(bytes)) {
    // RFC 6176 section 3: such a hello is never to be sent nor negotiated. A
    // peer that falls back from it understands an alert.
    return new TlsProtocolError(
      "protocol_version",
      `Cannot read a record: the peer sent an SSLv2 hello (${shown})`,
      {
        code: "not_tls",
        hint: "SSL 2.0 is prohibited by RFC 6176",
        firstBytes,
      },
    );
  }
  const guess = guessOf(bytes);
  if (guess === undefined && isRecordOfOtherType(bytes)) {
    // RFC 9846 section 5: a record of an unknown type is unexpected.
    return new TlsProtocolError(
      "unexpected_message",
      `Cannot accept a record: its type ${bytes[0]} is unknown (${shown})`,
      { code: "not_tls", firstBytes },
    );
  }
  const leftOver = leftOverLength(bytes);
  if (leftOver > 0) {
    return new TlsError(
      "not_tls",
      `Cannot read a record: ${leftOver} bytes${
        guess === undefined ? "" : ` of ${guess.name}`
      } stand before the first one (${shown})`,
      { hint: LEFT_OVER, firstBytes },
    );
  }
  return new TlsError(
    "not_tls",
    guess === undefined
      ? `Cannot read a record: the peer does not speak TLS (${shown})`
      : `Cannot read a record: the peer speaks ${guess.name}, not TLS (${shown})`,
    { hint: guess?.hint, firstBytes },
  );
}

/**
 * The error for bytes behind records that are none themselves, or `undefined` if
 * they may be one: a back end that dies, or a proxy that times out, writes its
 * last words in plain text into the connection.
 */
export function notTlsAmid(bytes: Uint8Array): TlsError | undefined {
  if (isContentType(bytes[0] as number)) return undefined;
  const firstBytes = bytes.slice(0, SHOWN_BYTES);
  const shown = `first bytes ${hex(firstBytes)}`;
  const guess = guessOf(bytes) ?? plainText(bytes);
  const leftOver = leftOverLength(bytes);
  // RFC 9846 section 5: a record of an unknown type is unexpected.
  return new TlsProtocolError(
    "unexpected_message",
    leftOver > 0
      ? `Cannot read a record: ${leftOver} bytes that are not a record come before it (${shown})`
      : guess === undefined
      ? `Cannot accept a record: its type ${bytes[0]} is unknown (${shown})`
      : `Cannot read a record: the peer sent ${guess.name} in the middle of the connection (${shown})`,
    {
      ...leftOver > 0 || guess !== undefined
        ? { code: "not_tls" as const, hint: AMID }
        : {},
      firstBytes,
    },
  );
}

function guessOf(bytes: Uint8Array): Protocol | undefined {
  const text = latin1(bytes);
  return PROTOCOLS.find(({ first }) =>
    typeof first === "function" ? first(bytes) : first.test(text)
  );
}

function plainText(bytes: Uint8Array): Protocol | undefined {
  return TEXT.test(latin1(bytes))
    ? { name: "plain text", first: TEXT }
    : undefined;
}

function latin1(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes.subarray(0, LOOKED_AT_BYTES));
}

/**
 * How many bytes stand before the header of a handshake record or of an alert,
 * of which no peer makes a mistake in the version; 0, if there is none near.
 */
function leftOverLength(bytes: Uint8Array): number {
  const end = Math.min(bytes.length, LOOKED_AT_BYTES) - RECORD_HEADER_LENGTH;
  for (let at = 1; at <= end; at++) {
    const { type, version, length } = readHeader(bytes.subarray(at));
    const isHeader = type >= ContentType.alert &&
      type <= ContentType.application_data &&
      version >= ProtocolVersion.TLSv1 && version <= ProtocolVersion["TLSv1.2"];
    if (isHeader && length > 0 && length <= MAX_PLAINTEXT_LENGTH) return at;
  }
  return 0;
}

/** Whether all but the type is as in the header of a record. */
function isRecordOfOtherType(bytes: Uint8Array): boolean {
  if (bytes.length < RECORD_HEADER_LENGTH) return false;
  const { version, length } = readHeader(bytes);
  return version >= ProtocolVersion.TLSv1 &&
    version <= ProtocolVersion["TLSv1.2"] && length <= MAX_PLAINTEXT_LENGTH;
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

const LEFT_OVER =
  "They are left over from what came before: read the answer to STARTTLS to its end before the handshake, or give what was read too far as initialData";

const AMID =
  "The peer, or something between, gave up TLS: its own log says why";

/** The first byte is one of RESP's types; the rest would be in other words. */
const REDIS = /^(-(ERR|NOAU|DENI|LOAD|WRON)|\+PONG|\*\d+\r\n\$)/;

/** As text begins, whatever it is. */
const TEXT = /^[\t\n\r\x20-\x7e]{5}/;

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
  {
    name: "HTML",
    first: /^\s*<(!DOCT|html|head|body|h1)/i,
    hint: "A plain HTTP server or proxy answered: is the port right?",
  },
  { name: "SIP or RTSP", first: /^(SIP|RTSP)\// },
  { name: "SSH", first: /^SSH-/ },
  { name: "VNC", first: /^RFB 0/ },
  { name: "rsync", first: /^@RSYN/ },
  { name: "Redis", first: REDIS, hint: "Use its port for TLS (tls-port)" },
  {
    name: "AMQP",
    // deno-lint-ignore no-control-regex
    first: /^AMQP[\0-\x03]/,
    hint: "Use its port for TLS (5671)",
  },
  {
    name: "NATS",
    first: /^INFO [{]?/,
    hint: "Read its INFO line before TLS begins",
  },
  { name: "IRC", first: /^(:\S+ (NOTICE|\d{3}) |NOTICE |ERROR :)/ },
  { name: "memcached", first: /^ERROR\r\n/ },
  { name: "FTP", first: /^500 OOPS/, hint: "vsftpd failed: see its log" },
  { name: "FTP", first: /^220[ -][^\r\n]*FTP/i, hint: STARTTLS },
  { name: "SMTP", first: /^220[ -][^\r\n]*SMTP/i, hint: STARTTLS },
  { name: "SMTP or FTP", first: /^(220|421|5[0-5]\d)[ -]/, hint: STARTTLS },
  { name: "NNTP", first: /^20[01] /, hint: STARTTLS },
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
    name: "LDAP",
    // LDAPMessage: a SEQUENCE that begins with a messageID (RFC 4511).
    first: (bytes) =>
      bytes[0] === 0x30 &&
      (bytes[2] === 2 && bytes[3] === 1 ||
        bytes[1] === 0x84 && bytes[2] === 0 && bytes[3] === 0),
    hint: STARTTLS,
  },
  {
    name: "MQTT",
    // CONNECT with the name of the protocol, or CONNACK.
    // deno-lint-ignore no-control-regex
    first: /^(\x10.\0[\x04\x06]M|\x20\x02[\0\x01][\0-\x05])/s,
    hint: "Use its port for TLS (8883)",
  },
  {
    name: "TDS",
    // PRELOGIN, or a response: whole, with a length and SPID 0 (MS-TDS 2.2.3.1).
    // deno-lint-ignore no-control-regex
    first: /^[\x04\x12]\x01\0[\x08-\xff]\0/,
    hint: "SQL Server begins with its own PRELOGIN, and has TLS inside it",
  },
  {
    name: "SOCKS",
    // RFC 1928 sections 3 and 6; SOCKS 4 with a request.
    // deno-lint-ignore no-control-regex
    first: /^(\x05[\0-\x09\xff]|\x04[\x01\x02]..[^\0]|\0[\x5a-\x5d])/s,
    hint: "Finish with the proxy before TLS begins",
  },
  {
    name: "RDP",
    // A TPKT header around a connection request or confirm (X.224).
    // deno-lint-ignore no-control-regex
    first: /^\x03\0\0.[\x06-\xfe]/s,
    hint: "Negotiate TLS by its own connection request first",
  },
  {
    name: "Telnet",
    // IAC and a command (RFC 854).
    first: /^\xff[\xf0-\xfe]/,
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

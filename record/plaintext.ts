/**
 * The header of a record (RFC 9846 section 5.1): writing it, and the rules
 * that can be checked before its body is there.
 *
 * @module
 */

import { TlsProtocolError } from "../errors.ts";
import { ContentType, nameOf, ProtocolVersion } from "../registry.ts";
import type { RecordHeader } from "./transport.ts";

/** ContentType, ProtocolVersion and length. */
export const RECORD_HEADER_LENGTH = 5;

/** `TLSPlaintext.length` (RFC 9846 section 5.1). */
export const MAX_PLAINTEXT_LENGTH: number = 2 ** 14;

/** What the header of the next record must obey. */
export interface HeaderRules {
  /** The longest body, in bytes: it depends on the protection. */
  readonly maxLength: number;
  /** The version that it must name; without one, any of SSL 3.0 and later. */
  readonly version: number | undefined;
}

/** Writes a header to the five bytes from `at` on. */
export function writeHeader(
  into: Uint8Array,
  at: number,
  header: RecordHeader,
): void {
  into[at] = header.type;
  into[at + 1] = header.version >> 8;
  into[at + 2] = header.version & 0xff;
  into[at + 3] = header.length >> 8;
  into[at + 4] = header.length & 0xff;
}

/** Reads the header from the five bytes from `at` on. */
export function readHeader(bytes: Uint8Array, at = 0): RecordHeader {
  return {
    type: bytes[at] as number,
    version: uint16(bytes, at + 1),
    length: uint16(bytes, at + 3),
  };
}

/**
 * Checks a header.
 *
 * @throws {TlsProtocolError} `unexpected_message`, `protocol_version` or
 * `record_overflow`.
 */
export function checkHeader(header: RecordHeader, rules: HeaderRules): void {
  const { type, version, length } = header;
  // RFC 9846 section 5: a record of an unknown type is unexpected.
  if (!isContentType(type)) {
    throw new TlsProtocolError(
      "unexpected_message",
      `Cannot accept a record: its type ${type} is unknown`,
    );
  }
  checkVersion(version, rules.version);
  // RFC 9846 sections 5.1 and 5.2, RFC 5246 section 6.2.3.
  if (length > rules.maxLength) {
    throw new TlsProtocolError(
      "record_overflow",
      `Cannot accept a record: expected at most ${rules.maxLength} bytes, got ${length}`,
    );
  }
}

/** Whether records of this type exist (RFC 9846 section 5.1). */
export function isContentType(type: number): boolean {
  return type >= ContentType.change_cipher_spec &&
    type <= ContentType.application_data;
}

/**
 * RFC 9846 section 5.1: `legacy_record_version` is to be ignored, but what has
 * another major version is not a record. RFC 5246 section 6.2.1 has the version
 * that was negotiated, once it is.
 */
function checkVersion(version: number, wanted: number | undefined): void {
  const accepted = wanted === undefined
    ? version >> 8 === MAJOR_VERSION
    : version === wanted;
  if (accepted) return;
  throw new TlsProtocolError(
    "protocol_version",
    `Cannot accept a record: its version is ${
      nameOf(ProtocolVersion, version)
    }${wanted === undefined ? "" : `, not ${nameOf(ProtocolVersion, wanted)}`}`,
  );
}

function uint16(bytes: Uint8Array, at: number): number {
  return (bytes[at] as number) << 8 | (bytes[at + 1] as number);
}

/** That of all versions from SSL 3.0 on. */
const MAJOR_VERSION = 3;

/**
 * The header of a record (RFC 8446 section 5.1) and the limits on lengths.
 *
 * @module
 */

/** ContentType, ProtocolVersion and length. */
export const RECORD_HEADER_LENGTH = 5;

/** `TLSPlaintext.length` (RFC 8446 section 5.1). */
export const MAX_PLAINTEXT_LENGTH: number = 2 ** 14;

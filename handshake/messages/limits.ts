import { TlsProtocolError } from "../../errors.ts";
import { checked, type Codec, uint16, uint8 } from "../../record/codec.ts";

/** RFC 6066 section 4: 1 to 4 for 2^9 to 2^12 bytes. */
export type MaxFragmentLength = number;

/**
 * RFC 6066 section 4: a value "other than the allowed values" is answered with
 * `illegal_parameter`, by the server and the client alike.
 */
export const MaxFragmentLength: Codec<MaxFragmentLength> = checked(
  uint8,
  (value, name) => {
    if (value < 1 || value > 4) {
      throw new TlsProtocolError(
        "illegal_parameter",
        `Cannot accept ${name}: unknown value ${value}`,
      );
    }
  },
);

/** The MaxFragmentLength of 512, 1024, 2048 or 4096 bytes. */
export function maxFragmentLengthOf(bytes: number): MaxFragmentLength {
  return Math.log2(bytes) - 8;
}

/** RFC 8449 section 4, in bytes of plaintext. */
export type RecordSizeLimit = number;

/** RFC 8449 section 4: the least value that an endpoint may send, in bytes. */
const MIN_RECORD_SIZE_LIMIT = 64;

/**
 * RFC 8449 section 4: "An endpoint MUST treat receipt of a smaller value as a
 * fatal error and generate an "illegal_parameter" alert."
 */
export const RecordSizeLimit: Codec<RecordSizeLimit> = checked(
  uint16,
  (value, name) => {
    if (value < MIN_RECORD_SIZE_LIMIT) {
      throw new TlsProtocolError(
        "illegal_parameter",
        `Cannot accept ${name}: expected at least ${MIN_RECORD_SIZE_LIMIT}, got ${value}`,
      );
    }
  },
);

/**
 * RFC 8449 section 4: "An endpoint MUST NOT send a value higher than the
 * protocol-defined maximum record size", which is 2^14 up to TLS 1.2. Records of
 * TLS 1.3 have the content type in them, so that it is 2^14 + 1 there.
 */
export const MAX_RECORD_SIZE_LIMIT_TLS12: number = 2 ** 14;

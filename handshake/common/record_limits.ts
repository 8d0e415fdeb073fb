/**
 * How large records may be: record_size_limit (RFC 8449), which goes before
 * max_fragment_length (RFC 6066 section 4), where both sides have it.
 *
 * @module
 */

import { TlsProtocolError } from "../../errors.ts";
import type { RecordLayer } from "../../record/layer.ts";
import type { Extensions } from "../messages/extensions.ts";
import type { ClientHandshake, ServerHandshake } from "./flow.ts";
import {
  MAX_RECORD_SIZE_LIMIT_TLS12,
  type MaxFragmentLength,
} from "../messages/limits.ts";

/** The two extensions, as a server answers them. */
export type RecordLimits = Pick<
  Extensions<"ServerHello">,
  "record_size_limit" | "max_fragment_length"
>;

/** Whether a handshake has its keys when it learns of the limits. */
export type LimitsHoldFrom = "now" | "next_keys";

/**
 * What a server answers to what its client asks for.
 *
 * @param max The largest record_size_limit of the version: {@linkcode
 * MAX_RECORD_SIZE_LIMIT_TLS12} or one byte more.
 */
export function answerRecordLimits(
  { config, hello }: ServerHandshake,
  max: number = MAX_RECORD_SIZE_LIMIT_TLS12 + 1,
): RecordLimits {
  const { record_size_limit, max_fragment_length } = hello.extensions;
  // RFC 8449 section 5: MUST ignore the other one if both appear.
  return record_size_limit !== undefined && config.recordSizeLimit !== undefined
    ? { record_size_limit: Math.min(config.recordSizeLimit, max) }
    : { max_fragment_length };
}

/** What a server does by what it has answered, or a session has. */
export function useAnsweredLimits(
  { io: { records }, hello }: ServerHandshake,
  { record_size_limit, max_fragment_length }: RecordLimits,
  from: LimitsHoldFrom,
): void {
  limitRecords(records, from, {
    read: record_size_limit,
    // RFC 8449 section 4: the client has said how much it takes.
    write: hello.extensions.record_size_limit,
  });
  limitFragments(records, max_fragment_length);
}

/**
 * Applies the server's answer at a client.
 *
 * @param from When they hold from.
 * @param agreed The MaxFragmentLength of the session that is resumed.
 * @returns The MaxFragmentLength that holds, if there is one.
 * @throws {TlsProtocolError} `illegal_parameter`, if the answer does not fit
 * what was offered.
 */
export function acceptRecordLimits(
  { io: { records }, config }: ClientHandshake,
  { record_size_limit, max_fragment_length }: RecordLimits,
  from: LimitsHoldFrom,
  agreed?: MaxFragmentLength,
): MaxFragmentLength | undefined {
  if (record_size_limit !== undefined) {
    if (max_fragment_length !== undefined) {
      // RFC 8449 section 5: MUST be treated as a fatal error.
      throw new TlsProtocolError(
        "illegal_parameter",
        "Cannot accept the server's extensions: it answers both record_size_limit and max_fragment_length",
      );
    }
  }
  limitRecords(records, from, {
    // It was offered if it is answered, so it is there.
    read: record_size_limit && config.recordSizeLimit,
    write: record_size_limit,
  });
  if (
    max_fragment_length !== undefined &&
    max_fragment_length !== config.maxFragmentLength
  ) {
    throw new TlsProtocolError(
      "illegal_parameter",
      `Cannot accept the server's max_fragment_length: ${
        bytesOf(max_fragment_length)
      } bytes is not what was asked for`,
    );
  }
  const length = max_fragment_length ?? agreed;
  limitFragments(records, length);
  return length;
}

/**
 * RFC 8449 section 4: "Records are subject to the limits that were set in the
 * handshake that produces the keys that are used to protect those records."
 * Those of TLS 1.3 are in force already; below it they come later, and in a
 * renegotiation the limits of the handshake before hold until then, or end.
 */
function limitRecords(
  { reader, writer }: RecordLayer,
  from: LimitsHoldFrom,
  { read = Infinity, write = Infinity }: {
    readonly read: number | undefined;
    readonly write: number | undefined;
  },
): void {
  const limit = from === "now" ? "recordSizeLimit" : "nextRecordSizeLimit";
  reader[limit] = read;
  writer[limit] = write;
}

function limitFragments(
  { reader, writer }: RecordLayer,
  length: MaxFragmentLength | undefined,
): void {
  if (length === undefined) {
    // A renegotiation makes a session of its own, which may have none.
    reader.maxFragmentLength = Infinity;
    return;
  }
  reader.maxFragmentLength = bytesOf(length);
  writer.maxFragmentSize = Math.min(writer.maxFragmentSize, bytesOf(length));
}

/** RFC 6066 section 4: "2^9(1), 2^10(2), 2^11(3), 2^12(4)". */
function bytesOf(length: MaxFragmentLength): number {
  return 2 ** (8 + length);
}

/**
 * Skips rejected 0-RTT data (RFC 9846 section 4.3.10).
 *
 * @module
 */

import { TlsProtocolError } from "../errors.ts";
import { ContentType } from "../registry.ts";
import { RECORD_HEADER_LENGTH } from "./plaintext.ts";
import { noProtection } from "./protection.ts";
import type { QueuedRecord } from "./queued_record.ts";

/**
 * Finds the records to be dropped: those that do not open or, while a second
 * ClientHello is waited for, those of application data. The first one of
 * another kind ends it.
 */
export class EarlyDataSkip {
  #left: number;
  #isOver = false;

  /** Whether the records that follow are to be opened. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Allows `maxBytes` bytes, headers and protection included. */
  constructor(maxBytes: number) {
    this.#left = maxBytes;
  }

  /**
   * Whether to drop a record that is not pending any more.
   *
   * @throws {TlsProtocolError} `unexpected_message`, if there are too many.
   */
  drops(record: QueuedRecord): boolean {
    const { type, length } = record.header;
    // RFC 9846 appendix E.4: one may stand before the early data.
    if (this.#isOver || type === ContentType.change_cipher_spec) return false;
    const isEarlyData = type === ContentType.application_data &&
      (record.protection === noProtection || record.isBadRecordMac);
    if (!isEarlyData) {
      this.#isOver = true;
      return false;
    }
    this.#left -= RECORD_HEADER_LENGTH + length;
    if (this.#left < 0) {
      throw new TlsProtocolError(
        "unexpected_message",
        "Cannot skip early data: the client sent more than the limit",
      );
    }
    record.protection.undo?.();
    return true;
  }
}

/**
 * Skips rejected 0-RTT data (RFC 9846 section 4.3.10).
 *
 * @module
 */

import { TlsProtocolError } from "../errors.ts";
import { ContentType } from "../registry.ts";
import { noProtection } from "./protection.ts";
import type { QueuedRecord } from "./queued_record.ts";

/**
 * Finds the records to be dropped: those that do not open or, while a second
 * ClientHello is waited for, those of application data. The first one of
 * another kind ends it.
 */
export class EarlyDataSkip {
  #left: number;
  #recordsLeft = MAX_RECORDS;
  #isOver = false;

  /** Whether the records that follow are to be opened. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /**
   * Allows `maxBytes` bytes of content, padding included: without keys nobody
   * can tell the two apart (RFC 9846 section 4.7.1, `max_early_data_size`).
   */
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
    this.#left -= Math.max(0, length - EXPANSION);
    if (this.#left < 0 || --this.#recordsLeft < 0) {
      throw new TlsProtocolError(
        "unexpected_message",
        "Cannot skip early data: the client sent more than the limit",
      );
    }
    record.protection.undo?.();
    return true;
  }
}

/** The content type and the tag, which all suites of TLS 1.3 but CCM_8 have. */
const EXPANSION = 1 + 16;

/** Stops a client that sends records without content: each costs a decryption. */
const MAX_RECORDS = 1024;

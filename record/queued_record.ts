/**
 * A record between the transport and its turn.
 *
 * @module
 */

import { TlsProtocolError } from "../errors.ts";
import type { InputSlice } from "./input.ts";
import {
  type Fragment,
  noProtection,
  type RecordProtection,
} from "./protection.ts";
import type { RecordHeader } from "./transport.ts";

/** A record that is being opened, with its ciphertext until its turn comes. */
export class QueuedRecord {
  /** The record in the input. */
  readonly slice: InputSlice;
  /** Its header. */
  readonly header: RecordHeader;
  /** Whether it is being opened. */
  isPending = false;
  /** What it was opened with. */
  protection: RecordProtection = noProtection;
  #fragment: Fragment | undefined;
  #error: unknown;

  /** Opens nothing yet. */
  constructor(slice: InputSlice, header: RecordHeader) {
    this.slice = slice;
    this.header = header;
  }

  /** Opens it; `whenDone` is called if that is not at once. */
  open(protection: RecordProtection, whenDone: () => void): void {
    this.protection = protection;
    let opened;
    try {
      opened = protection.open(this.slice.bytes);
    } catch (error) {
      this.#error = error;
    }
    if (!(opened instanceof Promise)) {
      this.#fragment = opened;
      return;
    }
    this.isPending = true;
    opened.then((fragment) => {
      this.#fragment = fragment;
      this.isPending = false;
      whenDone();
    }, (error) => {
      this.#error = error;
      this.isPending = false;
      whenDone();
    });
  }

  /** Whether it is not authentic. */
  get isBadRecordMac(): boolean {
    return this.#error instanceof TlsProtocolError &&
      this.#error.alert === "bad_record_mac";
  }

  /** What it held; throws why it could not be opened. */
  result(): Fragment {
    if (this.#fragment === undefined) throw this.#error;
    return this.#fragment;
  }
}

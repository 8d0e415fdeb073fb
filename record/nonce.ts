/**
 * The per-record nonce (RFC 9846 section 5.3; the same in RFC 7905 section 2).
 *
 * @module
 */

import { TlsProtocolError } from "../errors.ts";

/**
 * A static IV with a sequence number that is exclusive-ored into it. The IV is
 * kept as numbers: an array would take several times the memory.
 */
export class AeadNonce {
  readonly #start: number;
  readonly #middle: number;
  readonly #end: number;
  #sequenceNumber: number;

  /** Starts at a sequence number. The IV has 12 bytes, as all of TLS have. */
  constructor(iv: Uint8Array, sequenceNumber = 0) {
    if (iv.length !== nonce.length) {
      throw new RangeError(
        `Cannot make nonces: expected an IV of ${nonce.length} bytes, got ${iv.length}`,
      );
    }
    const view = new DataView(iv.buffer, iv.byteOffset, iv.length);
    // Signed, which V8 has in place where an unsigned one may take an object.
    this.#start = view.getInt32(0);
    this.#middle = view.getInt32(4);
    this.#end = view.getInt32(8);
    this.#sequenceNumber = sequenceNumber;
  }

  /** That of the next record. */
  get sequenceNumber(): number {
    return this.#sequenceNumber;
  }

  /**
   * The nonce of the next record, in a buffer that the next call reuses, also
   * that of another connection: a key takes its input before its call returns.
   */
  next(): Uint8Array {
    const number = this.#sequenceNumber++;
    nonceView.setInt32(0, this.#start);
    nonceView.setInt32(4, this.#middle ^ number / 2 ** 32);
    nonceView.setInt32(8, this.#end ^ number);
    return nonce;
  }

  /** Takes the last call back. */
  undo(): void {
    this.#sequenceNumber--;
  }
}

/** The error of a key that has protected all the records that it may. */
export function keyExhausted(): TlsProtocolError {
  return new TlsProtocolError(
    "internal_error",
    "Cannot seal a record: the key has reached its limit of records",
  );
}

/** One for all. */
const nonce: Uint8Array<ArrayBuffer> = new Uint8Array(12);
const nonceView: DataView = new DataView(nonce.buffer);

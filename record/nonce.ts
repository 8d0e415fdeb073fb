/**
 * The per-record nonce (RFC 9846 section 5.3; the same in RFC 7905 section 2).
 *
 * @module
 */

import { TlsProtocolError } from "../errors.ts";

/** A static IV with a sequence number that is exclusive-ored into it. */
export class AeadNonce {
  readonly #iv: Uint8Array;
  #sequenceNumber = 0;

  /** Starts at sequence number 0. */
  constructor(iv: Uint8Array) {
    this.#iv = iv.slice();
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
    let rest = this.#sequenceNumber++;
    const iv = this.#iv;
    const nonce = iv.length === shared.length ? shared : iv.slice();
    // A number has 53 bits, which no connection uses up: seven bytes do.
    nonce.set(iv);
    for (let at = iv.length - 1; rest > 0; at--) {
      nonce[at] = (iv[at] as number) ^ (rest & 0xff);
      rest = Math.floor(rest / 256);
    }
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

/** One for all, of the length that the nonces of TLS have. */
const shared: Uint8Array = new Uint8Array(12);

/**
 * The per-record nonce (RFC 9846 section 5.3; the same in RFC 7905 section 2).
 *
 * @module
 */

import { TlsProtocolError } from "../errors.ts";

/** A static IV with a sequence number that is exclusive-ored into it. */
export class AeadNonce {
  readonly #iv: Uint8Array;
  readonly #nonce: Uint8Array;
  #sequenceNumber = 0;

  /** Starts at sequence number 0. */
  constructor(iv: Uint8Array) {
    this.#iv = iv.slice();
    this.#nonce = iv.slice();
  }

  /** That of the next record. */
  get sequenceNumber(): number {
    return this.#sequenceNumber;
  }

  /** The nonce of the next record, in a buffer that the next call reuses. */
  next(): Uint8Array {
    let rest = this.#sequenceNumber++;
    const iv = this.#iv;
    const nonce = this.#nonce;
    // A number has 53 bits, which no connection uses up: seven bytes do.
    for (let at = iv.length - 1; at >= iv.length - 7; at--) {
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

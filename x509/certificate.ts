/**
 * X.509 certificates (RFC 5280 section 4).
 *
 * @module
 */

/** A certificate. */
export class Certificate {
  /** All of it, in DER. */
  readonly raw: Uint8Array;

  private constructor(raw: Uint8Array) {
    this.raw = raw;
  }
}

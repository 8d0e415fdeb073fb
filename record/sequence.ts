/**
 * What TLS 1.2 and below authenticate beside the content of a record (RFC 5246
 * sections 6.2.3.1 and 6.2.3.3, RFC 2246 section 6.2.3.1): the same thirteen
 * bytes for a MAC and as additional data.
 *
 * @module
 */

/** Counts records, and makes `seq_num + type + version + length`. */
export class SequenceHeader {
  readonly #header: Uint8Array<ArrayBuffer> = new Uint8Array(13);
  readonly #view: DataView = new DataView(this.#header.buffer);
  #sequenceNumber = 0;

  /** That of the next record. */
  get sequenceNumber(): number {
    return this.#sequenceNumber;
  }

  /**
   * The header of the next record of `length` bytes, in a buffer that the
   * next call reuses.
   */
  next(type: number, version: number, length: number): Uint8Array {
    const number = this.#sequenceNumber++;
    this.#view.setUint32(0, number / 2 ** 32);
    this.#view.setUint32(4, number % 2 ** 32);
    this.#header[8] = type;
    this.#view.setUint16(9, version);
    this.#view.setUint16(11, length);
    return this.#header;
  }
}

/** The bytes of a {@linkcode SequenceHeader} that are `seq_num`. */
export const SEQUENCE_NUMBER_LENGTH = 8;

/**
 * The buffer that a socket reads into.
 *
 * @module
 */

import { Buffer } from "node:buffer";

/** A buffer that is small for a socket that is idle, and grows with its data. */
export class ReadBuffer {
  /** Where to read the next bytes into. */
  bytes: Uint8Array = new Uint8Array(MIN_SIZE);

  /** Takes the bytes that were read, which stay as they are from then on. */
  take(length: number): Buffer {
    const { bytes } = this;
    const size = sizeAfter(length, bytes.length);
    const isHandedOver = length * 2 >= bytes.length;
    if (isHandedOver || size !== bytes.length) {
      this.bytes = new Uint8Array(size);
    }
    return isHandedOver
      ? Buffer.from(bytes.buffer, 0, length)
      : Buffer.from(bytes.subarray(0, length));
  }
}

function sizeAfter(length: number, size: number): number {
  if (length === size) return Math.min(size * 4, MAX_SIZE);
  return length * 4 < size ? Math.max(size / 4, MIN_SIZE) : size;
}

/** Bytes: what an idle socket holds. */
const MIN_SIZE = 4096;

/** Bytes: four records. */
const MAX_SIZE = 65_536;

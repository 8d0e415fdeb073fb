/**
 * Helpers for bytes: constant-time comparison, random bytes, and the buffer
 * types that WebCrypto takes.
 *
 * @module
 */

import { equalBytes } from "@noble/ciphers/utils.js";

/**
 * Whether two secrets or MACs are equal. The time depends on their length
 * alone; values of different length are unequal.
 */
export function equalConstantTime(a: Uint8Array, b: Uint8Array): boolean {
  return equalBytes(a, b);
}

/** Bytes from the platform's cryptographic generator. */
export function randomBytes(length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += MAX_RANDOM_BYTES) {
    crypto.getRandomValues(bytes.subarray(at, at + MAX_RANDOM_BYTES));
  }
  return bytes;
}

/**
 * The same bytes as a type that WebCrypto takes. It refuses views of shared
 * memory, so those are copied; all others pass through as they are.
 */
export function bufferSource(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return isUnshared(bytes) ? bytes : new Uint8Array(bytes);
}

/**
 * The same bytes in a buffer that holds nothing else, so that it can be given
 * away, or transferred into a byte stream.
 */
export function owned(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  if (!isUnshared(bytes) || bytes.length !== bytes.buffer.byteLength) {
    return new Uint8Array(bytes);
  }
  // A Buffer of Node's is a subclass whose slice() does not copy.
  return bytes.constructor === Uint8Array
    ? bytes
    : new Uint8Array(bytes.buffer);
}

/**
 * A value of which nobody else has the bytes, if it is bytes: what a user gives may
 * be used for something else as soon as the call has returned, as parts of the pool
 * of Node's `Buffer` are.
 */
export function copied<T>(value: T): T | Uint8Array<ArrayBuffer> {
  return value instanceof Uint8Array ? new Uint8Array(value) : value;
}

function isUnshared(bytes: Uint8Array): bytes is Uint8Array<ArrayBuffer> {
  return bytes.buffer instanceof ArrayBuffer;
}

/** W3C WebCrypto section 10.1.1: `getRandomValues` returns no more per call. */
const MAX_RANDOM_BYTES = 65536;

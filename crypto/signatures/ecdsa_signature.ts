/**
 * ECDSA signatures: DER in TLS and X.509 (`ECDSA-Sig-Value` of RFC 3279 section
 * 2.2.3), the two numbers side by side in WebCrypto (IEEE P1363).
 *
 * @module
 */

import { concat } from "@std/bytes";
import {
  DerBytes,
  derElement,
  DerError,
  INTEGER,
  SEQUENCE,
} from "../primitives/der.ts";

/**
 * The numbers of a signature side by side, each of `size` bytes; or `undefined`
 * if it is not strict DER of two positive numbers of that size at the most.
 */
export function ecdsaFromDer(
  signature: Uint8Array,
  size: number,
): Uint8Array<ArrayBuffer> | undefined {
  let r: Uint8Array, s: Uint8Array;
  try {
    const outer = new DerBytes(signature);
    const sequence = outer.enter(SEQUENCE);
    outer.end();
    [r, s] = [sequence.unsigned(), sequence.unsigned()];
    sequence.end();
  } catch (error) {
    if (error instanceof DerError) return undefined;
    throw error;
  }
  if (r.length > size || s.length > size) return undefined;
  // A number of one byte may be zero; all others have their zeros stripped.
  if (r[0] === 0 || s[0] === 0) return undefined;
  const numbers = new Uint8Array(2 * size);
  numbers.set(r, size - r.length);
  numbers.set(s, 2 * size - s.length);
  return numbers;
}

/** The DER of two numbers that stand side by side. */
export function ecdsaToDer(signature: Uint8Array): Uint8Array {
  const half = signature.length / 2;
  return derElement(
    SEQUENCE,
    concat([
      derUnsigned(signature.subarray(0, half)),
      derUnsigned(signature.subarray(half)),
    ]),
  );
}

function derUnsigned(bytes: Uint8Array): Uint8Array {
  const start = bytes.findIndex((byte) => byte !== 0);
  const magnitude = start < 0 ? Uint8Array.of(0) : bytes.subarray(start);
  return derElement(
    INTEGER,
    (magnitude[0] ?? 0) < 0x80
      ? magnitude
      : concat([Uint8Array.of(0), magnitude]),
  );
}

/**
 * ECDSA signatures: DER in TLS and X.509 (`ECDSA-Sig-Value` of RFC 3279 section
 * 2.2.3), the two numbers side by side in WebCrypto (IEEE P1363).
 *
 * @module
 */

import { TlsError } from "../../errors.ts";
import {
  derContext,
  DerReader,
  integer,
  sequence,
} from "../../x509/asn1/der.ts";

/**
 * The numbers of a signature side by side, each of `size` bytes; or `undefined`
 * if it is not strict DER of two positive numbers of at most that size.
 */
export function ecdsaFromDer(
  signature: Uint8Array,
  size: number,
): Uint8Array<ArrayBuffer> | undefined {
  let r: Uint8Array, s: Uint8Array;
  try {
    const outer = DerReader.of(signature, SIGNATURE);
    const value = outer.sequence("");
    outer.end();
    [r, s] = [value.unsigned("r"), value.unsigned("s")];
    value.end();
  } catch (error) {
    if (error instanceof TlsError) return undefined;
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
  return sequence(
    integer(signature.subarray(0, half)),
    integer(signature.subarray(half)),
  );
}

/** Its errors are not seen: a malformed signature is a wrong one. */
const SIGNATURE = derContext("the signature", "bad_signature");

/**
 * How many bits of security keys and groups have, as OpenSSL counts them.
 *
 * @module
 */

import { isOctetKeyType, octetKeyTypes } from "./key_types.ts";
import type { PublicKey } from "./public_key.ts";

/** The strength of a key in bits, as OpenSSL counts it. */
export function keyStrength(
  { type, bits }: Pick<PublicKey, "type" | "bits">,
): number {
  switch (type) {
    case "rsa":
    case "rsa-pss":
      return rsaStrength(bits);
    case "dsa":
      return finiteFieldStrength(bits);
    case "ec":
      return curveStrength(bits);
    default:
      return isOctetKeyType(type) ? octetKeyTypes[type].strength : 0;
  }
}

/** The strength of a finite field group or DSA key of a size in bits. */
export function finiteFieldStrength(bits: number): number {
  return FINITE_FIELD.findLast(([size]) => bits >= size)?.[1] ?? 0;
}

/**
 * SP 800-56B appendix D, as OpenSSL rounds it: the cost of the number field
 * sieve to the next multiple of 8, and never above what SP 800-57 gives the next
 * size of its table: this comes to the values of table 4 there.
 */
function rsaStrength(bits: number): number {
  if (bits < 8) return 0;
  const x = bits * Math.LN2;
  const cost = (1.923 * Math.cbrt(x * Math.log(x) ** 2) - 4.69) / Math.LN2;
  const cap = bits <= 7680 ? 192 : bits <= 15360 ? 256 : 1200;
  return Math.min(Math.floor((Math.floor(cost) + 4) / 8) * 8, cap);
}

function curveStrength(bits: number): number {
  return CURVES.findLast(([size]) => bits >= size)?.[1] ??
    Math.floor(bits / 2);
}

/** SP 800-57 part 1 section 5.6.1: least size, strength. */
const FINITE_FIELD = [
  [1024, 80],
  [2048, 112],
  [3072, 128],
  [7680, 192],
  [15360, 256],
] as const;

/** SP 800-57 part 1 section 5.6.1: least size of the order, strength. */
const CURVES = [
  [160, 80],
  [224, 112],
  [256, 128],
  [384, 192],
  [512, 256],
] as const;

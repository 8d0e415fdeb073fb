/**
 * The arithmetic of finite field Diffie-Hellman.
 *
 * @module
 */

import { randomBytes } from "../primitives/bytes.ts";
import type {
  KeyShareAnswer,
  KeyShareOffer,
  RandomBytes,
} from "../primitives/provider.ts";
import { bitLength, refusal, toBigInt, toBytes } from "./ffdh_number.ts";

/** A group, and how its keys are made. */
export interface Field {
  readonly prime: bigint;
  readonly generator: bigint;
  readonly exponentBits: number;
  /** RFC 9846 section 4.3.8.1: public values are as long as the prime. */
  readonly padded: boolean;
}

/** The side that speaks first. */
export function offerShare(
  field: Field,
  random?: RandomBytes,
): KeyShareOffer {
  const key = new FiniteFieldKey(field, random);
  return {
    share: key.share,
    // What the arithmetic throws is to reject.
    // deno-lint-ignore require-await
    complete: async (peerShare: Uint8Array) => key.sharedSecret(peerShare),
  };
}

/** The side that answers. */
export function acceptShare(
  field: Field,
  peerShare: Uint8Array,
  random?: RandomBytes,
): KeyShareAnswer {
  const key = new FiniteFieldKey(field, random);
  const sharedSecret = key.sharedSecret(peerShare);
  return { share: key.share, sharedSecret };
}

class FiniteFieldKey {
  readonly #field: Field;
  readonly #exponent: bigint;
  readonly #length: number;
  readonly share: Uint8Array;

  constructor(field: Field, random: RandomBytes = randomBytes) {
    this.#field = field;
    this.#length = Math.ceil(bitLength(field.prime) / 8);
    this.#exponent = randomExponent(field, random);
    this.share = toBytes(
      power(field.generator, this.#exponent, field.prime),
      this.#length,
    );
  }

  /** RFC 9846 section 7.4.1: Z as long as the prime; 1.2 strips the zeros. */
  sharedSecret(peerShare: Uint8Array): Uint8Array {
    const { prime, padded } = this.#field;
    if (padded && peerShare.length !== this.#length) {
      throw refusal(
        "public value",
        `expected ${this.#length} bytes, got ${peerShare.length}`,
      );
    }
    const peer = peerShare.length > this.#length ? prime : toBigInt(peerShare);
    // RFC 9846 section 4.3.8.1: 1 < Y < p-1. Below TLS 1.3, RFC 7919 sections
    // 3 and 4: "with a fatal handshake_failure(40) alert".
    if (peer < 2n || peer > prime - 2n) {
      throw refusal(
        "public value",
        "it is out of range",
        padded ? "illegal_parameter" : "handshake_failure",
      );
    }
    return toBytes(power(peer, this.#exponent, prime), this.#length);
  }
}

/** RFC 7919 section 5.2: from 2 to p-2, or shorter where that is safe. */
function randomExponent(
  { prime, exponentBits }: Field,
  random: RandomBytes,
): bigint {
  const length = Math.ceil(exponentBits / 8);
  const top = 0xff >> (8 * length - exponentBits);
  while (true) {
    const bytes = random(length).slice();
    bytes.set([(bytes[0] ?? 0) & top]);
    const exponent = toBigInt(bytes);
    if (exponent >= 2n && exponent <= prime - 2n) return exponent;
  }
}

/** `base ** exponent % modulus`, four bits of the exponent at a time. */
function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  const powers = [1n];
  for (let at = 0; at < 15; at++) {
    powers.push((powers[at] ?? 1n) * base % modulus);
  }
  let result = 1n;
  for (const digit of exponent.toString(16)) {
    for (let at = 0; at < 4; at++) result = result * result % modulus;
    result = result * (powers[parseInt(digit, 16)] ?? 1n) % modulus;
  }
  return result;
}

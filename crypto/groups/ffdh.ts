/**
 * Finite field Diffie-Hellman: the groups of RFC 7919, and for TLS 1.2 whatever
 * a server names. No platform offers it well: WebCrypto and noble have none,
 * and Deno's `node:crypto` takes 3.3 ms for a secret of 2048 bits, for its
 * exponents are as long as the prime; here it is 0.5 ms.
 *
 * The time that the arithmetic takes depends on the numbers. An exponent is
 * used for one exchange alone, so that there is nothing to average over.
 *
 * @module
 */

import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import { type TlsAlertName, TlsProtocolError } from "../../errors.ts";
import { NamedGroup } from "../../registry.ts";
import { randomBytes } from "../primitives/bytes.ts";
import type { KeyExchangeGroup } from "../primitives/provider.ts";

/** The groups of RFC 7919 appendix A. */
export type FfdheName =
  | "ffdhe2048"
  | "ffdhe3072"
  | "ffdhe4096"
  | "ffdhe6144"
  | "ffdhe8192";

/** The row of a group of RFC 7919. */
export function ffdheGroup(name: FfdheName): KeyExchangeGroup {
  const { bits, strength, exponentBits } = ffdhe[name];
  return {
    id: NamedGroup[name],
    name,
    kind: "ffdh",
    strength,
    bits,
    ...exchange(() => ({
      prime: ffdhePrime(name),
      generator: 2n,
      exponentBits,
      padded: true,
    })),
  };
}

/**
 * The group of a TLS 1.2 ServerKeyExchange (RFC 5246 section 7.4.3). Its public
 * values need not be padded. The caller checks its size, and the signature over
 * it.
 *
 * @throws {TlsProtocolError} `illegal_parameter`, if the parameters are not
 * valid.
 */
export function dhGroup(
  prime: Uint8Array,
  generator: Uint8Array,
): KeyExchangeGroup {
  const p = toBigInt(prime);
  const g = toBigInt(generator);
  const bits = bitLength(p);
  if (bits > MAX_PRIME_BITS) {
    throw refusal("dh_p", `${bits} bits where ${MAX_PRIME_BITS} are allowed`);
  }
  if (p < 5n || p % 2n === 0n) throw refusal("dh_p", "it is not an odd prime");
  if (g < 2n || g > p - 2n) throw refusal("dh_g", "it is out of range");
  const known = ffdheNames.find((name) =>
    ffdhe[name].bits === bits && ffdhePrime(name) === p && g === 2n
  );
  return {
    id: known === undefined ? 0 : NamedGroup[known],
    name: known ?? `dh${bits}`,
    kind: "ffdh",
    strength: dhStrength(bits),
    bits,
    ...exchange(() => ({
      prime: p,
      generator: g,
      // Short exponents are safe where (p-1)/2 is known to be a prime.
      exponentBits: known === undefined ? bits : ffdhe[known].exponentBits,
      padded: false,
    })),
  };
}

/** `p` and `g` of a group, as a ServerKeyExchange has them. */
export function ffdheParameters(
  name: FfdheName,
): { prime: Uint8Array; generator: Uint8Array } {
  return {
    prime: toBytes(ffdhePrime(name), ffdhe[name].bits / 8),
    generator: Uint8Array.of(2),
  };
}

interface Field {
  readonly prime: bigint;
  readonly generator: bigint;
  readonly exponentBits: number;
  /** RFC 9846 section 4.3.8.1: public values are as long as the prime. */
  readonly padded: boolean;
}

function exchange(
  field: () => Field,
): Pick<KeyExchangeGroup, "offer" | "accept"> {
  // The arithmetic is synchronous; what it throws is to reject.
  // deno-lint-ignore require-await
  const offer = async () => {
    const key = new FiniteFieldKey(field());
    return {
      share: key.share,
      // deno-lint-ignore require-await
      complete: async (peerShare: Uint8Array) => key.sharedSecret(peerShare),
    };
  };
  // deno-lint-ignore require-await
  const accept = async (peerShare: Uint8Array) => {
    const key = new FiniteFieldKey(field());
    const sharedSecret = key.sharedSecret(peerShare);
    return { share: key.share, sharedSecret };
  };
  return { offer, accept };
}

class FiniteFieldKey {
  readonly #field: Field;
  readonly #exponent: bigint;
  readonly #length: number;
  readonly share: Uint8Array;

  constructor(field: Field) {
    this.#field = field;
    this.#length = Math.ceil(bitLength(field.prime) / 8);
    this.#exponent = randomExponent(field);
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
function randomExponent({ prime, exponentBits }: Field): bigint {
  const length = Math.ceil(exponentBits / 8);
  const top = 0xff >> (8 * length - exponentBits);
  while (true) {
    const bytes = randomBytes(length);
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

/**
 * RFC 7919 appendix A: `p = 2^b - 2^{b-64} + {[2^{b-130} e] + X} * 2^64 - 1`,
 * with X the least that makes p and (p-1)/2 primes.
 */
function ffdhePrime(name: FfdheName): bigint {
  let prime = primes.get(name);
  if (prime === undefined) {
    const { bits, x } = ffdhe[name];
    const b = BigInt(bits);
    prime = 2n ** b - 2n ** (b - 64n) +
      (eulersNumber(b - 130n) + x) * 2n ** 64n - 1n;
    primes.set(name, prime);
  }
  return prime;
}

/** `[2^bits e]`: the sum of 2^bits / n!, with 64 bits more for the rounding. */
function eulersNumber(bits: bigint): bigint {
  let sum = 0n;
  let term = 1n << (bits + 64n);
  for (let n = 1n; term > 0n; n++) {
    sum += term;
    term /= n;
  }
  return sum >> 64n;
}

/** NIST SP 800-57 part 1 table 2. */
function dhStrength(bits: number): number {
  if (bits >= 7680) return 192;
  if (bits >= 3072) return 128;
  if (bits >= 2048) return 112;
  return bits >= 1024 ? 80 : 0;
}

function refusal(
  what: string,
  reason: string,
  alert: TlsAlertName = "illegal_parameter",
): TlsProtocolError {
  return new TlsProtocolError(
    alert,
    `Cannot accept the Diffie-Hellman ${what}: ${reason}`,
  );
}

function toBigInt(bytes: Uint8Array): bigint {
  return bytes.length === 0 ? 0n : BigInt(`0x${bytesToHex(bytes)}`);
}

function toBytes(value: bigint, length: number): Uint8Array {
  return hexToBytes(value.toString(16).padStart(2 * length, "0"));
}

/** Of zero, 1. */
function bitLength(value: bigint): number {
  return value.toString(2).length;
}

/** RFC 7919 appendix A: X; exponents as long as its last sentences allow. */
const ffdhe = {
  ffdhe2048: { bits: 2048, x: 560316n, exponentBits: 225, strength: 112 },
  ffdhe3072: { bits: 3072, x: 2625351n, exponentBits: 275, strength: 128 },
  ffdhe4096: { bits: 4096, x: 5736041n, exponentBits: 325, strength: 128 },
  ffdhe6144: { bits: 6144, x: 15705020n, exponentBits: 375, strength: 128 },
  ffdhe8192: { bits: 8192, x: 10965728n, exponentBits: 400, strength: 192 },
} as const;

// The keys of the table above, which `Object.keys` types as mere strings.
const ffdheNames = Object.keys(ffdhe) as FfdheName[];
const primes = new Map<FfdheName, bigint>();

/** A server could otherwise make a client compute for minutes. */
const MAX_PRIME_BITS = 8192;

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

import { Lazy } from "../../lazy.ts";
import { NamedGroup } from "../../registry.ts";
import type { KeyExchangeGroup } from "../primitives/provider.ts";
import type { Field } from "./ffdh_key.ts";
import { bitLength, refusal, toBigInt, toBytes } from "./ffdh_number.ts";

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

function exchange(
  field: () => Field,
): Pick<KeyExchangeGroup, "offer" | "accept"> {
  return {
    async offer(random) {
      const { offerShare } = keys.loaded ?? await keys.load();
      return offerShare(field(), random);
    },
    async accept(peerShare, random) {
      const own = peerShare.slice();
      const { acceptShare } = keys.loaded ?? await keys.load();
      return acceptShare(field(), own, random);
    },
  };
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

/** Few peers choose these groups. */
const keys = new Lazy(
  "finite field Diffie-Hellman",
  () => import("./ffdh_key.ts"),
);

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

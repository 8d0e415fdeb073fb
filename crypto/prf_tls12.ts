/**
 * The pseudorandom functions of TLS 1.2 (RFC 5246 section 5) and of TLS 1.0
 * and 1.1 (RFC 2246 and 4346 section 5), and what is derived with them.
 *
 * @module
 */

import { concat } from "@std/bytes";
import { md5, sha1 } from "./primitives/hash.ts";
import type { HashAlgorithm } from "./primitives/provider.ts";

/** `PRF(secret, label, seed)`, with the given number of bytes. */
export type Prf = (
  secret: Uint8Array,
  label: string,
  seed: Uint8Array,
  length: number,
) => Uint8Array;

/**
 * The PRF of TLS 1.2 with the hash of the cipher suite (RFC 5246 section 5).
 */
export function prfTls12(hash: HashAlgorithm): Prf {
  return (secret, label, seed, length) =>
    pHash(hash, secret, concat([encoder.encode(label), seed]), length);
}

/**
 * The PRF of TLS 1.0 and 1.1 (RFC 4346 section 5): P_MD5 of the secret's first
 * half XOR P_SHA-1 of its second one. Of an odd length both have the byte in
 * the middle.
 */
export function prfTls10(
  secret: Uint8Array,
  label: string,
  seed: Uint8Array,
  length: number,
): Uint8Array {
  const half = Math.ceil(secret.length / 2);
  const labelAndSeed = concat([encoder.encode(label), seed]);
  const first = pHash(md5, secret.subarray(0, half), labelAndSeed, length);
  const second = pHash(
    sha1,
    secret.subarray(secret.length - half),
    labelAndSeed,
    length,
  );
  return first.map((byte, at) => byte ^ (second.at(at) ?? 0));
}

/** `ClientHello.random` and `ServerHello.random`. */
export interface HelloRandoms {
  readonly clientRandom: Uint8Array;
  readonly serverRandom: Uint8Array;
}

/** master_secret of a premaster secret (RFC 5246 section 8.1). */
export function masterSecret(
  prf: Prf,
  preMasterSecret: Uint8Array,
  randoms: HelloRandoms,
): Uint8Array {
  return prf(
    preMasterSecret,
    "master secret",
    concat([randoms.clientRandom, randoms.serverRandom]),
    MASTER_SECRET_LENGTH,
  );
}

/**
 * master_secret with the Extended Master Secret extension (RFC 7627 section
 * 4): the session hash covers all messages up to the ClientKeyExchange.
 */
export function extendedMasterSecret(
  prf: Prf,
  preMasterSecret: Uint8Array,
  sessionHash: Uint8Array,
): Uint8Array {
  return prf(
    preMasterSecret,
    "extended master secret",
    sessionHash,
    MASTER_SECRET_LENGTH,
  );
}

/**
 * The lengths of the parts of the key block that a cipher suite uses, in bytes.
 */
export interface KeyBlockLengths {
  /** `SecurityParameters.mac_key_length`. */
  readonly macKeyLength: number;
  /** `SecurityParameters.enc_key_length`. */
  readonly encKeyLength: number;
  /** `SecurityParameters.fixed_iv_length`; in TLS 1.0, the CBC IV's. */
  readonly fixedIvLength: number;
}

/** The six parts of the key block (RFC 5246 section 6.3). */
export interface KeyBlock {
  readonly clientWriteMacKey: Uint8Array;
  readonly serverWriteMacKey: Uint8Array;
  readonly clientWriteKey: Uint8Array;
  readonly serverWriteKey: Uint8Array;
  readonly clientWriteIv: Uint8Array;
  readonly serverWriteIv: Uint8Array;
}

/** Key expansion (RFC 5246 section 6.3): the server's random comes first. */
export function keyBlock(
  prf: Prf,
  master: Uint8Array,
  randoms: HelloRandoms,
  lengths: KeyBlockLengths,
): KeyBlock {
  const { macKeyLength, encKeyLength, fixedIvLength } = lengths;
  const block = prf(
    master,
    "key expansion",
    concat([randoms.serverRandom, randoms.clientRandom]),
    2 * (macKeyLength + encKeyLength + fixedIvLength),
  );
  let at = 0;
  const take = (length: number) => block.slice(at, at += length);
  return {
    clientWriteMacKey: take(macKeyLength),
    serverWriteMacKey: take(macKeyLength),
    clientWriteKey: take(encKeyLength),
    serverWriteKey: take(encKeyLength),
    clientWriteIv: take(fixedIvLength),
    serverWriteIv: take(fixedIvLength),
  };
}

/**
 * verify_data of a Finished (RFC 5246 section 7.4.9). The hash is of all
 * messages before it: with the PRF's hash in TLS 1.2, MD5 and then SHA-1 in
 * TLS 1.0 and 1.1.
 */
export function verifyData(
  prf: Prf,
  master: Uint8Array,
  sender: "client" | "server",
  handshakeHash: Uint8Array,
): Uint8Array {
  return prf(
    master,
    `${sender} finished`,
    handshakeHash,
    VERIFY_DATA_LENGTH,
  );
}

/**
 * Keying material exporter (RFC 5705 section 4). No context differs from an
 * empty one.
 *
 * @throws {RangeError} If the context does not fit into its length field.
 */
export function exportKeyingMaterial(
  prf: Prf,
  master: Uint8Array,
  randoms: HelloRandoms,
  options: {
    readonly label: string;
    readonly context: Uint8Array | undefined;
    readonly length: number;
  },
): Uint8Array {
  const { label, context, length } = options;
  const seed = [randoms.clientRandom, randoms.serverRandom];
  if (context !== undefined) {
    if (context.length > 0xffff) {
      throw new RangeError(
        `Cannot export with a context of ${context.length} bytes: 65535 are allowed`,
      );
    }
    seed.push(
      Uint8Array.of(context.length >> 8, context.length & 0xff),
      context,
    );
  }
  return prf(master, label, concat(seed), length);
}

/** `P_hash(secret, seed)` (RFC 5246 section 5). */
function pHash(
  hash: HashAlgorithm,
  secret: Uint8Array,
  seed: Uint8Array,
  length: number,
): Uint8Array {
  const key = hash.hmacKey(secret);
  const output = new Uint8Array(length);
  let a = seed;
  for (let at = 0; at < length; at += hash.length) {
    a = key.sign(a);
    output.set(key.sign(a, seed).subarray(0, length - at), at);
  }
  return output;
}

const MASTER_SECRET_LENGTH = 48;
const VERIFY_DATA_LENGTH = 12;
const encoder = new TextEncoder();

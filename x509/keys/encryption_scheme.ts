/**
 * Encryption under a passphrase: PBES2 (RFC 8018 section 6.2) and those of the
 * older schemes that PKCS#12 defines (RFC 7292 appendix C), as encrypted
 * PKCS#8 keys and PFX files name them.
 *
 * @module
 */

import { TlsError } from "../../errors.ts";
import { sha1 } from "../../crypto/primitives/hash.ts";
import {
  type KdfBudget,
  pbkdf2,
  scrypt,
  type ScryptCost,
} from "../../crypto/primitives/kdf.ts";
import {
  pkcs12Kdf,
  Pkcs12Purpose,
} from "../../crypto/primitives/pkcs12_kdf.ts";
import {
  aes128Cbc,
  aes192Cbc,
  aes256Cbc,
  type CbcCipher,
  rc2Cbc128,
  rc2Cbc40,
  tripleDesCbc,
} from "../../crypto/primitives/key_file_ciphers.ts";
import {
  type KeyFileHash,
  keyFileHash,
} from "../../crypto/primitives/key_file_hashes.ts";
import { type DerReader, Tag } from "../asn1/der.ts";
import type { KnownPassphrase } from "./passphrase.ts";

/** How something is encrypted, with all parameters but the passphrase. */
export interface EncryptionScheme {
  /**
   * Decrypts. Returns `undefined` if the padding shows that the passphrase is
   * wrong. If it does not show (once in 256 times), the result is noise.
   */
  decrypt(
    ciphertext: Uint8Array,
    passphrase: KnownPassphrase,
    budget: KdfBudget,
  ): Promise<Uint8Array | undefined>;
}

/** What is being read, for errors about algorithms that are not there. */
export interface EncryptionContext {
  /** As the object of "Cannot read": `"the private key"`. */
  readonly what: string;
  /** What to do about an algorithm that is refused. */
  readonly hint: string;
}

/**
 * Reads the AlgorithmIdentifier of an encryption scheme.
 *
 * @throws {TlsError} `unsupported_key`, with the name of an algorithm that is
 * not supported.
 */
export function readEncryptionScheme(
  algorithm: DerReader,
  context: EncryptionContext,
): EncryptionScheme {
  const name = algorithm.oid("algorithm");
  if (name === OID.pbes2) {
    const parameters = algorithm.sequence("PBES2-params");
    algorithm.end();
    return readPbes2(parameters, context);
  }
  const cipher = pkcs12Ciphers.get(name);
  if (cipher === undefined) refuse("is encrypted with", name, context);
  const parameters = algorithm.sequence("pkcs-12PbeParams");
  algorithm.end();
  return readPkcs12Pbe(parameters, cipher);
}

/** RFC 8018 appendix A.4. */
function readPbes2(
  parameters: DerReader,
  context: EncryptionContext,
): EncryptionScheme {
  const kdf = parameters.sequence("keyDerivationFunc");
  const encryption = parameters.sequence("encryptionScheme");
  parameters.end();
  const cipherName = encryption.oid("algorithm");
  const cipher = ciphers.get(cipherName);
  if (cipher === undefined) refuse("is encrypted with", cipherName, context);
  const iv = encryption.octetString("iv");
  if (iv.length !== cipher.blockLength) {
    encryption.fail(
      "iv",
      `expected ${cipher.blockLength} bytes, got ${iv.length}`,
    );
  }
  encryption.end();
  const derive = readKdf(kdf, cipher.keyLength, context);
  return {
    async decrypt(ciphertext, passphrase, budget) {
      const key = await derive(passphrase.bytes, budget);
      return await cipher.decrypt(key, iv, ciphertext);
    },
  };
}

/** Derives a key whose length is known already. */
export type KeyDerivation = (
  password: Uint8Array,
  budget: KdfBudget,
) => Promise<Uint8Array>;

/**
 * Reads a KeyDerivationFunc: PBKDF2 or scrypt.
 *
 * @param length Bytes of the key, or `undefined` if the parameters have to say
 * it.
 */
export function readKdf(
  kdf: DerReader,
  length: number | undefined,
  context: EncryptionContext,
): KeyDerivation {
  const name = kdf.oid("algorithm");
  if (name !== OID.pbkdf2 && name !== OID.scrypt) {
    refuse("has its key derived by", name, context);
  }
  const parameters = kdf.sequence("parameters");
  kdf.end();
  return name === OID.pbkdf2
    ? readPbkdf2(parameters, length, context)
    : readScrypt(parameters, length);
}

/** RFC 8018 appendix A.2. */
function readPbkdf2(
  parameters: DerReader,
  wanted: number | undefined,
  context: EncryptionContext,
): KeyDerivation {
  const salt = parameters.octetString("salt");
  const iterations = readIterations(parameters, "iterationCount");
  const length = readKeyLength(parameters, wanted);
  let hash: KeyFileHash = sha1;
  if (!parameters.done) {
    const prf = parameters.sequence("prf");
    const name = prf.oid("algorithm");
    const found = prfs.get(name);
    if (found === undefined) refuse("has its key derived with", name, context);
    if (!prf.done) prf.null("parameters");
    prf.end();
    hash = found;
  }
  parameters.end();
  return (password, budget) =>
    pbkdf2(hash, password, { salt, iterations, length, budget });
}

/** RFC 7914 section 7. */
function readScrypt(
  parameters: DerReader,
  wanted: number | undefined,
): KeyDerivation {
  const salt = parameters.octetString("salt");
  const cost: ScryptCost = {
    n: parameters.integer("costParameter"),
    r: parameters.integer("blockSize"),
    p: parameters.integer("parallelizationParameter"),
  };
  const length = readKeyLength(parameters, wanted);
  parameters.end();
  // RFC 7914 section 2: N is a power of two above 1, below 2^(128 * r / 8).
  if (
    cost.n < 2 || (cost.n & (cost.n - 1)) !== 0 ||
    cost.n >= 2 ** (16 * cost.r)
  ) {
    parameters.fail("costParameter", `${cost.n} is none`);
  }
  // A blockSize of 0 leaves no N either.
  if (cost.p < 1) parameters.fail("parallelizationParameter", "is 0");
  return (password, budget) => scrypt(password, { salt, cost, length, budget });
}

/** RFC 7292 appendix C: SHA-1 with Triple DES or RC2. */
function readPkcs12Pbe(
  parameters: DerReader,
  { cipher, material }: Pkcs12Cipher,
): EncryptionScheme {
  const salt = parameters.octetString("salt");
  const iterations = readIterations(parameters, "iterations");
  parameters.end();
  return {
    async decrypt(ciphertext, passphrase, budget) {
      const derive = (purpose: number, length: number) =>
        pkcs12Kdf(sha1, passphrase.pkcs12, {
          salt,
          iterations,
          purpose,
          length,
          budget,
        });
      const derived = await derive(Pkcs12Purpose.key, material);
      const key = new Uint8Array(cipher.keyLength);
      key.set(derived);
      // Triple DES with two keys: the first one is used again as the third.
      key.set(derived.subarray(0, cipher.keyLength - material), material);
      const iv = await derive(Pkcs12Purpose.iv, cipher.blockLength);
      return await cipher.decrypt(key, iv, ciphertext);
    },
  };
}

function readIterations(parameters: DerReader, field: string): number {
  const iterations = parameters.integer(field);
  if (iterations < 1) parameters.fail(field, "is 0");
  return iterations;
}

function readKeyLength(
  parameters: DerReader,
  wanted: number | undefined,
): number {
  const found = parameters.has(Tag.INTEGER)
    ? parameters.integer("keyLength")
    : wanted;
  if (found === undefined) parameters.fail("keyLength", "is missing");
  if (found !== (wanted ?? found) || found < 1 || found > MAX_KEY_LENGTH) {
    parameters.fail("keyLength", `${found} is not the key's`);
  }
  return found;
}

function refuse(fact: string, name: string, context: EncryptionContext): never {
  throw new TlsError(
    "unsupported_key",
    `Cannot read ${context.what}: it ${fact} ${
      refusedNames.get(name) ?? name
    }, which is not supported`,
    { hint: context.hint },
  );
}

const OID = {
  pbes2: "1.2.840.113549.1.5.13",
  pbkdf2: "1.2.840.113549.1.5.12",
  scrypt: "1.3.6.1.4.1.11591.4.11",
} as const;

interface Pkcs12Cipher {
  readonly cipher: CbcCipher;
  /** Bytes that are derived for its key. */
  readonly material: number;
}

/** RFC 7292 appendix C. */
const pkcs12Ciphers: ReadonlyMap<string, Pkcs12Cipher> = new Map([
  // pbeWithSHAAnd3-KeyTripleDES-CBC
  ["1.2.840.113549.1.12.1.3", { cipher: tripleDesCbc, material: 24 }],
  // pbeWithSHAAnd2-KeyTripleDES-CBC
  ["1.2.840.113549.1.12.1.4", { cipher: tripleDesCbc, material: 16 }],
  // pbeWithSHAAnd128BitRC2-CBC
  ["1.2.840.113549.1.12.1.5", { cipher: rc2Cbc128, material: 16 }],
  // pbewithSHAAnd40BitRC2-CBC
  ["1.2.840.113549.1.12.1.6", { cipher: rc2Cbc40, material: 5 }],
]);

const ciphers: ReadonlyMap<string, CbcCipher> = new Map([
  ["2.16.840.1.101.3.4.1.2", aes128Cbc],
  ["2.16.840.1.101.3.4.1.22", aes192Cbc],
  ["2.16.840.1.101.3.4.1.42", aes256Cbc],
  ["1.2.840.113549.3.7", tripleDesCbc],
]);

/**
 * The hash of each pseudorandom function: RFC 8018 appendix B.1, and NIST's
 * HMAC with SHA-3.
 */
export const prfs: ReadonlyMap<string, KeyFileHash> = new Map([
  ["1.2.840.113549.2.7", keyFileHash("SHA-1")],
  ["1.2.840.113549.2.8", keyFileHash("SHA-224")],
  ["1.2.840.113549.2.9", keyFileHash("SHA-256")],
  ["1.2.840.113549.2.10", keyFileHash("SHA-384")],
  ["1.2.840.113549.2.11", keyFileHash("SHA-512")],
  ["1.2.840.113549.2.12", keyFileHash("SHA-512/224")],
  ["1.2.840.113549.2.13", keyFileHash("SHA-512/256")],
  ["2.16.840.1.101.3.4.2.13", keyFileHash("SHA3-224")],
  ["2.16.840.1.101.3.4.2.14", keyFileHash("SHA3-256")],
  ["2.16.840.1.101.3.4.2.15", keyFileHash("SHA3-384")],
  ["2.16.840.1.101.3.4.2.16", keyFileHash("SHA3-512")],
]);

/** What is refused, by name. */
const refusedNames: ReadonlyMap<string, string> = new Map([
  ["1.2.840.113549.1.5.1", "PBES1 with MD2 and DES"],
  ["1.2.840.113549.1.5.3", "PBES1 with MD5 and DES"],
  ["1.2.840.113549.1.5.4", "PBES1 with MD2 and RC2"],
  ["1.2.840.113549.1.5.6", "PBES1 with MD5 and RC2"],
  ["1.2.840.113549.1.5.10", "PBES1 with SHA-1 and DES"],
  ["1.2.840.113549.1.5.11", "PBES1 with SHA-1 and RC2"],
  ["1.2.840.113549.1.12.1.1", "128-bit RC4"],
  ["1.2.840.113549.1.12.1.2", "40-bit RC4"],
  ["1.2.840.113549.3.2", "RC2-CBC"],
  ["1.3.14.3.2.7", "DES-CBC"],
  ["2.16.840.1.101.3.4.1.6", "AES-128-GCM"],
  ["2.16.840.1.101.3.4.1.26", "AES-192-GCM"],
  ["2.16.840.1.101.3.4.1.46", "AES-256-GCM"],
  ["1.2.840.113549.2.6", "HMAC-MD5"],
]);

/** More than any MAC or cipher takes: stops derivations that only cost time. */
const MAX_KEY_LENGTH = 256;

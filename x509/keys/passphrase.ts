/**
 * What opens encrypted keys and PFX files.
 *
 * @module
 */

import { TlsError } from "../../errors.ts";
import {
  DEFAULT_MAX_ITERATIONS,
  KdfBudget,
} from "../../crypto/primitives/kdf.ts";
import { pkcs12Password } from "../../crypto/primitives/pkcs12_kdf.ts";

/**
 * A passphrase as text or bytes, or a function that returns it when a file
 * needs one: it may ask its user, and returns `undefined` if there is none.
 */
export type Passphrase = string | Uint8Array | PassphraseCallback;

/** Returns a passphrase, or `undefined` if there is none. */
export type PassphraseCallback = () =>
  | string
  | Uint8Array
  | undefined
  | Promise<string | Uint8Array | undefined>;

/**
 * The budget of one file.
 *
 * @throws {RangeError} If the limit is not a whole number from 1 on.
 */
export function kdfBudget(
  what: string,
  maxIterations: number = DEFAULT_MAX_ITERATIONS,
): KdfBudget {
  if (Number.isSafeInteger(maxIterations) && maxIterations > 0) {
    return new KdfBudget(maxIterations);
  }
  throw new RangeError(
    `Cannot read ${what}: "maxIterations" must be a whole number from 1 on, got ${maxIterations}`,
  );
}

/** A passphrase that is at hand. */
export interface KnownPassphrase {
  /** As PKCS#5 takes it: UTF-8, if it was given as text. */
  readonly bytes: Uint8Array;
  /** As PKCS#12 takes it: UTF-16 with two zero bytes at its end. */
  readonly pkcs12: Uint8Array;
}

/** Asks for the passphrase. Returns `undefined` if there is none. */
export async function askPassphrase(
  passphrase: Passphrase | undefined,
): Promise<KnownPassphrase | undefined> {
  const given = typeof passphrase === "function"
    ? await passphrase()
    : passphrase;
  if (given === undefined) return undefined;
  if (typeof given === "string") {
    const bytes = new TextEncoder().encode(given);
    return { bytes, pkcs12: pkcs12Password(given) };
  }
  if (given instanceof Uint8Array) {
    const bytes = new Uint8Array(given);
    return { bytes, pkcs12: pkcs12Password(decodeText(bytes)) };
  }
  throw new TypeError(
    `Cannot use the passphrase: expected a string or Uint8Array, got ${typeof given}`,
  );
}

/** As OpenSSL does it: UTF-8, or Latin-1 if it is not that. */
function decodeText(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })
      .decode(bytes);
  } catch {
    return Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
  }
}

/**
 * No passphrase at all: PKCS#12 files tell it apart from an empty one, which
 * there is two zero bytes long.
 */
export const NO_PASSPHRASE: KnownPassphrase = {
  bytes: new Uint8Array(0),
  pkcs12: new Uint8Array(0),
};

/**
 * Asks for the passphrase that a file needs.
 *
 * @throws {TlsError} `passphrase_required`, if there is none.
 */
export async function requirePassphrase(
  passphrase: Passphrase | undefined,
  what: string,
  fact: string,
): Promise<KnownPassphrase> {
  const known = await askPassphrase(passphrase);
  if (known !== undefined) return known;
  throw new TlsError(
    "passphrase_required",
    `Cannot read ${what}: ${fact} and no passphrase was given`,
    { hint: 'Give it in the option "passphrase"' },
  );
}

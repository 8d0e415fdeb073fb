/**
 * Certificates with their keys, read when they are needed.
 *
 * @module
 */

import { TlsError } from "../errors.ts";
import type { Identity } from "../handshake/config.ts";
import { parseKeyPair } from "../x509/key_pair.ts";
import { isIdentity } from "./option_checks.ts";
import type { IdentityInput } from "./options.ts";

/**
 * Reads an identity that is not read yet.
 *
 * @throws {TypeError} If what `giver`, an option, has or gave is none.
 * @throws {TlsError} If it cannot be read, or the key does not match.
 */
export async function identityOf(
  input: IdentityInput,
  giver: string,
): Promise<Identity> {
  isIdentity(input, giver);
  if ("chain" in input) return input;
  const { cert, key, passphrase } = input;
  return await ownFault(parseKeyPair(cert, key, { passphrase }));
}

/**
 * What is wrong with our own certificate is no fault of the peer's, which an
 * alert of its own would tell it: `internal_error` it is.
 */
export async function ownFault<T>(reading: Promise<T>): Promise<T> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof TlsError) error.alert = "internal_error";
    throw error;
  }
}

/**
 * Certificates with their keys, read when they are needed.
 *
 * @module
 */

import {
  refusalOfKey,
  type SecurityPolicy,
} from "../../crypto/security_level.ts";
import { TlsError } from "../../errors.ts";
import type { Identity } from "../../handshake/config.ts";
import { TlsCertificateError } from "../../x509/errors.ts";
import { parseKeyPair } from "../../x509/key_pair.ts";
import { isIdentity } from "./values.ts";
import type { IdentityInput } from "./options.ts";

/**
 * Reads an identity that is not read yet, and looks at one that is.
 *
 * @throws {TypeError} If what `giver`, an option, has or gave is none.
 * @throws {TlsError} If it cannot be read, or the key does not match.
 */
export async function identityOf(
  input: IdentityInput,
  giver: string,
): Promise<Identity> {
  isIdentity(input, giver);
  if ("chain" in input) {
    // Its order is the caller's; its key must be that of the first.
    await ownFault(parseKeyPair(input.chain.slice(0, 1), input.key));
    return input;
  }
  const { cert, key, passphrase } = input;
  return await ownFault(parseKeyPair(cert, key, { passphrase }));
}

/**
 * Refuses a key of ours that is below the security level, as OpenSSL does: no
 * peer with the same level would accept it.
 *
 * @throws {TlsCertificateError} `weak_key`
 */
export function requireStrength(
  { chain }: Identity,
  security: SecurityPolicy,
): void {
  const [leaf] = chain;
  const weak = leaf && refusalOfKey(leaf.publicKey, security);
  if (weak === undefined) return;
  throw new TlsCertificateError(
    "weak_key",
    `Cannot use our certificate of "${leaf?.subject}": ${weak}`,
    { certificate: leaf, chain, alert: "internal_error" },
  );
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

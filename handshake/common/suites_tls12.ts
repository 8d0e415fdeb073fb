/**
 * Which cipher suites go with which versions, keys and identities before TLS
 * 1.3, for both sides.
 *
 * @module
 */

import {
  type CipherSuite,
  isTls13CipherSuite,
} from "../../crypto/suites/cipher_suites.ts";
import { isOwnKey } from "../../x509/keys/own_keys.ts";
import type { LocalIdentity } from "./local_identity.ts";

/** Whether a version before TLS 1.3 has a suite. */
export function belongsTo(suite: CipherSuite, version: number): boolean {
  return suite.minVersion <= version && version <= suite.maxVersion &&
    !isTls13CipherSuite(suite);
}

/** Whether the certificate's key decrypts the premaster secret. */
export function decrypts({ keyExchange }: CipherSuite): boolean {
  return keyExchange === "RSA" || keyExchange === "RSA_PSK";
}

/** Whether an identity has an RSA key that decrypts. */
export function canDecrypt({ key }: LocalIdentity): boolean {
  return key.publicKey.type === "rsa" &&
    (isOwnKey(key) || key.decrypt !== undefined);
}

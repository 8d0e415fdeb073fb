/**
 * The default provider: every algorithm that there is without `legacy.ts`, in
 * order of preference, on WebCrypto and on what stands in for it.
 *
 * @module
 */

import { randomBytes } from "./bytes.ts";
import type { CipherSuite } from "./cipher_suite.ts";
import { cipherSuites } from "./cipher_suites.ts";
import { namedGroups } from "./named_groups.ts";
import type { KeyExchangeGroup } from "./provider.ts";
import {
  type SignatureSchemeRow,
  signatureSchemes,
} from "./signature_schemes.ts";

/** The cryptography of a connection: lists in order of preference. */
export interface CryptoProvider {
  /** Cipher suites of all versions. */
  readonly cipherSuites: readonly CipherSuite[];
  /** Key exchange groups. */
  readonly groups: readonly KeyExchangeGroup[];
  /** Signature schemes. */
  readonly signatureSchemes: readonly SignatureSchemeRow[];
  /** So many bytes from a cryptographic generator. */
  random(length: number): Uint8Array;
}

/** The provider on WebCrypto. */
export const webCryptoProvider: CryptoProvider = {
  cipherSuites,
  groups: namedGroups,
  signatureSchemes,
  random: randomBytes,
};

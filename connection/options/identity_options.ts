/**
 * The options that give our certificates and keys.
 *
 * @module
 */

import type { CertificateInput, KeyInput } from "../../x509/keys/inputs.ts";
import type { Identity } from "../../x509/keys/key_pair.ts";
import type { Passphrase } from "../../x509/keys/private_key.ts";

/** A key that is shown as it is, without a certificate (RFC 7250). */
export interface RawPublicKeyInput {
  /** `true`: no certificate goes with the key. */
  readonly rawPublicKey: true;
  /** PEM, DER, or a `Signer`. */
  readonly key: KeyInput;
  /** Opens the key. */
  readonly passphrase?: Passphrase | undefined;
}

/** A certificate with its key: parsed, or to be parsed. */
export type IdentityInput = Identity | RawPublicKeyInput | {
  /** PEM, the leaf first, or DER of one certificate. */
  readonly cert: CertificateInput;
  /** PEM, DER, or a `Signer`. */
  readonly key: KeyInput;
  /** Opens the key. */
  readonly passphrase?: Passphrase | undefined;
  /**
   * A DelegatedCredential (RFC 9345) that the key of the first certificate
   * signed for this side; `key` is the key that it delegates to. Peers that do
   * not take it need another identity.
   */
  readonly delegatedCredential?: Uint8Array | undefined;
};

/** The options of both sides that give our certificates and keys. */
export interface IdentityOptions {
  /** Our certificate: PEM with its chain, or DER. */
  cert?: CertificateInput | undefined;
  /** Its private key: PEM, DER, or a `Signer`. */
  key?: KeyInput | undefined;
  /** Opens `key` or `pfx`, if it is encrypted. */
  passphrase?: Passphrase | undefined;
  /** Certificate and key in PKCS #12. */
  pfx?: Uint8Array | undefined;
  /**
   * Several certificates with their keys, to choose from; keys without a
   * certificate as `{ rawPublicKey: true, key }` (RFC 7250).
   *
   * @default {[]}
   */
  certificates?: readonly IdentityInput[] | undefined;
}

/**
 * What a CertificateRequest of TLS 1.2 and below admits (RFC 5246 section 7.4.4).
 *
 * @module
 */

import { suiteAuthentication } from "../../crypto/signatures/key_types.ts";
import { ClientCertificateType } from "../../registry.ts";
import type { SessionRequest } from "../session/session_state.ts";
import type { ClientConfig } from "./config.ts";
import type { LocalIdentity } from "./local_identity.ts";
import { usableSchemes } from "./signatures_tls12.ts";
import { profileOf } from "./tls12_profile.ts";

/** Which schemes and identities a request admits. */
export function admittedByTls12(
  { certificateTypes, signatureSchemes }: SessionRequest,
  config: ClientConfig,
  version: number,
): {
  readonly schemes: readonly number[];
  readonly isOfType: (identity: LocalIdentity) => boolean;
} {
  return {
    schemes: usableSchemes(profileOf(version), config, signatureSchemes),
    isOfType: (identity) => hasRequestedType(identity, certificateTypes),
  };
}

/** RFC 5246 section 7.4.4, and RFC 8422 section 5.5: EdDSA is ecdsa_sign. */
function hasRequestedType(
  { key }: LocalIdentity,
  certificateTypes: readonly number[],
): boolean {
  const isRsa = suiteAuthentication(key.publicKey) === "RSA";
  const { rsa_sign, ecdsa_sign } = ClientCertificateType;
  return certificateTypes.includes(isRsa ? rsa_sign : ecdsa_sign);
}

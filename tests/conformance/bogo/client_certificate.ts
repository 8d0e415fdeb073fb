/**
 * The choice of a client's certificate as the runner has it: by issuer only
 * where a credential says so, and not without one where there are some.
 *
 * @module
 */

import {
  type CertificateRequestInfo,
  type IdentityInput,
  listSignatureSchemes,
  TlsProtocolError,
} from "../../../mod.ts";
import { type Identity, PrivateKey } from "../../../x509/mod.ts";
import { type Credentials, inputOf } from "./credentials.ts";

/**
 * Chooses.
 *
 * @returns The first that fits; `undefined` if the module is to choose;
 * `null`, if there is none to choose from.
 * @throws {TlsProtocolError} If there are some and none fits.
 */
export function chooseClientCertificate(
  { identities, mustMatchIssuer }: Credentials,
  info: CertificateRequestInfo,
): IdentityInput | null | undefined {
  if (identities.length === 0) return null;
  const chosen = identities.find((identity) =>
    fits(identity, info) &&
    (!mustMatchIssuer.has(identity) || isFromOneOf(identity, info))
  );
  if (chosen === undefined) {
    throw new TlsProtocolError(
      "handshake_failure",
      "none of the certificates fits",
      { code: "no_common_signature_scheme" },
    );
  }
  // Where issuers say nothing against it, the module comes to the same.
  return identities.every((identity) => isFromOneOf(identity, info))
    ? undefined
    : inputOf(chosen);
}

/** Whether the server accepts the type of key, and a scheme that it can do. */
function fits(
  { chain, key }: Identity,
  info: CertificateRequestInfo,
): boolean {
  const { certificateTypes, signatureSchemes, version } = info;
  if (info.rawPublicKey !== (chain.length === 0)) return false;
  const { type, curve } = key.publicKey;
  const wanted = type.startsWith("rsa") ? "rsa_sign" : "ecdsa_sign";
  if (certificateTypes.length > 0 && !certificateTypes.includes(wanted)) {
    return false;
  }
  // Before TLS 1.2 the type of the key says the scheme.
  if (version === "TLSv1.1" || version === "TLSv1") {
    return type === "rsa" || type === "ec";
  }
  return listSignatureSchemes().some(({ name, keyType, protocols }) =>
    keyType === type && protocols.includes(version) &&
    signatureSchemes.includes(name) &&
    (key instanceof PrivateKey || key.schemes === undefined ||
      key.schemes.some((scheme) => scheme === name)) &&
    (type !== "ec" || version !== "TLSv1.3" || name.includes(`${curve}`))
  );
}

function isFromOneOf(
  { chain }: Identity,
  { certificateAuthorities }: CertificateRequestInfo,
): boolean {
  if (certificateAuthorities.length === 0) return true;
  const names = new Set(certificateAuthorities.map((name) => name.toHex()));
  return chain.some(({ issuerName }) => names.has(issuerName.raw.toHex()));
}

/**
 * X.509 certificates: reading, trust, verification, revocation, private keys,
 * and issuing for development and tests.
 *
 * Nothing here reads a file unless its name says so, and what a certificate is
 * checked against is always given by the program.
 *
 * @example Read a certificate
 * ```ts
 * import { Certificate, issueCertificate } from "@x/tls/x509";
 * import { assertEquals } from "@std/assert";
 *
 * const { cert } = await issueCertificate({ names: ["example.com"] });
 * const [certificate] = Certificate.fromPem(cert);
 * assertEquals(certificate?.subject, "CN=example.com");
 * ```
 *
 * @module
 */

export {
  type TlsAlertName,
  type TlsCertificateErrorCode,
  type TlsConnectionErrorCode,
  TlsError,
  type TlsErrorCode,
  type TlsErrorOptions,
  type TlsKeyErrorCode,
  type TlsSide,
  type TlsStage,
} from "../errors.ts";
export {
  type AlgorithmIdentifier,
  type PssParameters,
} from "./asn1/algorithm.ts";
export {
  Certificate,
  type CertificateOptions,
  type FingerprintAlgorithm,
} from "./certificate/certificate.ts";
export {
  Crl,
  type CrlExtensions,
  type CrlReason,
  type IssuingDistributionPoint,
  type RevokedCertificate,
} from "./status/crl.ts";
export {
  TlsCertificateError,
  type TlsCertificateErrorOptions,
} from "./certificate/errors.ts";
export type {
  AccessDescription,
  AuthorityKeyIdentifier,
  BasicConstraints,
  CertificateExtensions,
  CertificatePolicy,
  DistributionPoint,
  DistributionPointName,
  Extension,
  GeneralSubtree,
  KeyUsage,
  NameConstraints,
  PolicyConstraints,
  PolicyMapping,
  ReasonFlag,
} from "./certificate/extensions.ts";
export type { FetchCache, FetchContext, FetchOptions } from "./fetch/cache.ts";
export { type CrlSource, fetchCrls } from "./fetch/fetch_crls.ts";
export { fetchIssuers, type IssuerSource } from "./fetch/fetch_issuers.ts";
export {
  fetchOcsp,
  type OcspFetcher,
  type OcspSource,
} from "./fetch/fetch_ocsp.ts";
export type { GeneralName } from "./certificate/general_name.ts";
export {
  DistinguishedName,
  type NameAttribute,
  type RelativeDistinguishedName,
} from "./certificate/name.ts";
export type { NodeCertificate, NodeName } from "./certificate/node_object.ts";
export {
  type OcspCertId,
  type OcspResponderId,
  OcspResponse,
  type OcspResponseStatus,
  type OcspSingleResponse,
} from "./status/ocsp.ts";
export {
  type CertificateViolation,
  lintCertificate,
  type LintCertificateOptions,
} from "./lint/lint.ts";
export { formatPem, parsePem, type PemBlock } from "./asn1/pem.ts";
export type {
  PublicKey,
  PublicKeyType,
} from "../crypto/signatures/public_key.ts";
export type { CtLog } from "./path/ct_logs.ts";
export {
  TrustStore,
  type TrustStoreOptions,
  type TrustStoreProblem,
  type TrustUsage,
} from "./trust/trust_store.ts";
export {
  type CertificateRequest,
  type CertificateRequestOptions,
  createCertificateRequest,
} from "./issue/certificate_request.ts";
export {
  type ExtensionInput,
  issueCertificate,
  type IssuedCertificate,
  type IssuedKeyType,
  type IssueOptions,
  type NameConstraintsInput,
  type SubjectInput,
} from "./issue/issue.ts";
export {
  type DelegatedCredentialOptions,
  type IssuedDelegatedCredential,
  issueDelegatedCredential,
} from "./issue/delegated_credential.ts";
export type { CertificateInput, KeyInput } from "./keys/inputs.ts";
export { type Identity, parseKeyPair } from "./keys/key_pair.ts";
export { loadKeyPair } from "./keys/load_key_pair.ts";
export { parsePfx, type PfxIdentity, type PfxOptions } from "./keys/pfx.ts";
export {
  type Passphrase,
  type PassphraseCallback,
  PrivateKey,
  type PrivateKeyOptions,
  type SignatureSchemeName,
  type Signer,
  type SignerPublicKey,
} from "./keys/private_key.ts";
export {
  type CertificateUsage,
  type Verdict,
  verifyChain,
  type VerifyChainOptions,
  verifyHostname,
} from "./path/verify.ts";

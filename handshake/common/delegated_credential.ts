/**
 * Delegated credentials (RFC 9345): a key for a few days, which the key of a
 * certificate signed for a server or for a client. Either shows them, and the
 * other verifies them.
 *
 * @module
 */

import { equals } from "@std/bytes";
import {
  parsePublicKey,
  type PublicKey,
} from "../../crypto/signatures/public_key.ts";
import {
  signatureSchemeById,
  verifyWithScheme,
} from "../../crypto/signatures/signature_schemes.ts";
import { refusalOfKey } from "../../crypto/suites/security_level.ts";
import { TlsError, TlsProtocolError } from "../../errors.ts";
import { decode } from "../../record/codec.ts";
import { nameOf, ProtocolVersion, SignatureScheme } from "../../registry.ts";
import type { Certificate } from "../../x509/certificate/certificate.ts";
import {
  type Credential,
  DelegatedCredential,
  DELEGATION_USAGE,
  delegationContent,
  type DelegationSide,
} from "../../x509/certificate/delegated_credential.ts";
import type { ClientConfig, HandshakeConfig, ServerConfig } from "./config.ts";
import type { Delegation } from "./local_identity.ts";
import { schemeFitsKey } from "./negotiate.ts";
import type { PeerChain } from "./peer_chain.ts";

/**
 * Verifies the credential that came with a peer's certificate (RFC 9345 section
 * 4.1.3). The certificate itself is judged elsewhere.
 *
 * @returns The chain with the key of the credential.
 * @throws {TlsProtocolError} `illegal_parameter`, if the credential is invalid.
 */
export async function acceptDelegation(
  config: ClientConfig | ServerConfig,
  chain: PeerChain,
  raw: Uint8Array,
): Promise<PeerChain> {
  const { leaf } = chain;
  if (leaf === undefined) throw invalid("it came with a raw public key");
  const credential = decode(DelegatedCredential, raw, "DelegatedCredential");
  const { cred } = credential;
  const notAfter = leaf.notBefore.getTime() + 1000 * cred.validTime;
  checkTime(notAfter, config.now());
  checkUsage(leaf);
  const publicKey = readKey(cred);
  checkScheme(config, cred, publicKey);
  const weak = refusalOfKey(publicKey, config.security);
  if (weak !== undefined) throw invalid(weak);
  const side = config.side === "client" ? "server" : "client";
  const isAccepted = config.signatureSchemes.includes(credential.algorithm);
  if (!isAccepted || !await isSignedBy(leaf, credential, side)) {
    throw invalid(`the certificate's key did not sign it for a ${side}`);
  }
  const scheme = cred.dcCertVerifyAlgorithm;
  return { ...chain, publicKey, delegation: { scheme, notAfter } };
}

/** Section 4.1.3, steps 1 and 2. */
function checkTime(notAfter: number, now: number): void {
  if (now > notAfter) throw invalid("it has expired");
  if (notAfter > now + MAX_VALIDITY) {
    throw invalid("it is valid for more than seven days from now");
  }
}

/** Section 4.2: "It has the DelegationUsage extension", and digitalSignature. */
function checkUsage({ extensions, keyUsage }: Certificate): void {
  if (!extensions.some(({ oid }) => oid === DELEGATION_USAGE)) {
    throw invalid("the certificate lacks the DelegationUsage extension");
  }
  if (!keyUsage.includes("digitalSignature")) {
    throw invalid("the certificate's keyUsage lacks digitalSignature");
  }
}

/** Sections 4.1.1 and 4.1.2: of those that we listed; and it fits the key. */
function checkScheme(
  { delegatedCredentialSchemes }: HandshakeConfig,
  { dcCertVerifyAlgorithm: id }: Credential,
  key: PublicKey,
): void {
  const row = signatureSchemeById(id);
  if (
    row === undefined || !delegatedCredentialSchemes.includes(id) ||
    !schemeFitsKey(row, key, ProtocolVersion["TLSv1.3"])
  ) {
    throw invalid(
      `${
        nameOf(SignatureScheme, id)
      } was not offered or does not fit its ${key.type} key`,
    );
  }
}

function readKey({ subjectPublicKeyInfo }: Credential): PublicKey {
  return parsePublicKey(subjectPublicKeyInfo.slice(), {
    what: "the key of the delegated credential",
    maxLength: subjectPublicKeyInfo.length,
    error: invalid,
  });
}

/** Section 4.1.3, step 5. */
async function isSignedBy(
  { raw, publicKey }: Certificate,
  { cred, algorithm, signature }: DelegatedCredential,
  side: DelegationSide,
): Promise<boolean> {
  const row = signatureSchemeById(algorithm);
  if (
    row === undefined || row.clientOnly ||
    !schemeFitsKey(row, publicKey, ProtocolVersion["TLSv1.3"])
  ) return false;
  const content = delegationContent(side, raw, cred, algorithm);
  return await verifyWithScheme(row, publicKey, content, signature);
}

function invalid(why: string): TlsProtocolError {
  return new TlsProtocolError(
    "illegal_parameter",
    `Cannot accept the delegated credential: ${why} (RFC 9345 section 4.1.3)`,
  );
}

/**
 * Reads a credential to show.
 *
 * @throws {TlsError} `decode_error`, if it cannot be read; `key_mismatch`, if the
 * key is not the one that it delegates to, or that of the certificate did not sign
 * it.
 * @throws {TypeError} If no peer may accept its scheme, or the certificate.
 */
export async function readDelegation(
  raw: Uint8Array,
  leaf: Certificate | undefined,
  key: Pick<PublicKey, "spki">,
): Promise<Delegation> {
  const credential = decode(DelegatedCredential, raw, "delegatedCredential");
  const { cred, algorithm } = credential;
  const scheme = cred.dcCertVerifyAlgorithm;
  // Section 4: "the public key MUST NOT use the rsaEncryption OID".
  const row = signatureSchemeById(scheme);
  if (row === undefined || row.keyType === "rsa") {
    throw new TypeError(
      `Cannot use "delegatedCredential": ${
        nameOf(SignatureScheme, scheme)
      } may not sign with one (RFC 9345 section 4)`,
    );
  }
  if (!equals(cred.subjectPublicKeyInfo, key.spki)) {
    throw new TlsError(
      "key_mismatch",
      'Cannot use "delegatedCredential": it is for another key than "key"',
    );
  }
  if (leaf === undefined) {
    throw new TypeError(
      'Cannot use "delegatedCredential": "cert" has no certificate',
    );
  }
  const side = await sideOf(leaf, credential);
  const notAfter = leaf.notBefore.getTime() + 1000 * cred.validTime;
  const notBefore = notAfter - MAX_VALIDITY;
  return { side, raw: raw.slice(), scheme, algorithm, notBefore, notAfter };
}

/** Whom the certificate signed it for: only the signature tells. */
async function sideOf(
  leaf: Certificate,
  credential: DelegatedCredential,
): Promise<DelegationSide> {
  if (await isSignedBy(leaf, credential, "server")) return "server";
  if (await isSignedBy(leaf, credential, "client")) return "client";
  throw new TlsError(
    "key_mismatch",
    'Cannot use "delegatedCredential": the key of the certificate did not sign it',
  );
}

/** RFC 9345 section 4.1.3: seven days, in milliseconds. */
const MAX_VALIDITY = 604_800_000;

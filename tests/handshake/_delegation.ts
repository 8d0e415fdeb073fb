/**
 * Delegated credentials (RFC 9345), right ones and wrong ones.
 *
 * @module
 */

import { assert } from "@std/assert";
import { signatureSchemesOf } from "../../x509/keys/private_key.ts";
import {
  type Credential,
  DelegatedCredential,
  delegationContent,
  type DelegationSide,
} from "../../x509/certificate/delegated_credential.ts";
import { encode } from "../../record/codec.ts";
import { SignatureScheme } from "../../registry.ts";
import {
  Certificate,
  issueCertificate,
  type IssuedCertificate,
  PrivateKey,
} from "../../x509/mod.ts";
import { tls13 } from "../../handshake/messages/message_kinds.ts";
import { editing, type Mischief } from "../_hostile_peer.ts";
import { authority, certificate } from "../_pair.ts";

export const DELEGATION_USAGE = {
  oid: "1.3.6.1.4.1.44363.44",
  value: Uint8Array.of(5, 0),
};

export const ecdsa = SignatureScheme.ecdsa_secp256r1_sha256;
export const DAY = 86_400;

/** A certificate that may delegate. */
export const issued: IssuedCertificate = await issueCertificate({
  names: ["localhost"],
  issuer: await authority,
  extensions: [DELEGATION_USAGE],
});

/** The key of the credentials. */
export const key = await PrivateKey.parse((await certificate()).key);

/** What a credential is made of. */
export interface Making {
  /** Who may show it. */
  readonly side?: DelegationSide;
  readonly by?: IssuedCertificate;
  readonly to?: PrivateKey;
  /** From now on. */
  readonly seconds?: number;
  readonly scheme?: number;
  readonly algorithm?: number;
  /** Signs something else. */
  readonly forged?: boolean;
}

/** Signs a credential. */
export async function delegate(
  {
    side = "server",
    by = issued,
    to = key,
    seconds = DAY,
    scheme = ecdsa,
    algorithm = ecdsa,
    forged = false,
  }: Making = {},
): Promise<Uint8Array> {
  const [leaf] = Certificate.fromPem(by.cert);
  assert(leaf !== undefined);
  const age = Math.floor((Date.now() - leaf.notBefore.getTime()) / 1000);
  const cred: Credential = {
    validTime: age + seconds,
    dcCertVerifyAlgorithm: scheme,
    subjectPublicKeyInfo: to.publicKey.spki,
  };
  const signer = await PrivateKey.parse(by.key);
  const content = delegationContent(side, leaf.raw, cred, algorithm);
  if (forged) content.reverse();
  const [name] = signatureSchemesOf(signer.publicKey);
  assert(name !== undefined);
  const signature = await signer.sign(name, content);
  return encode(DelegatedCredential, { cred, algorithm, signature });
}

/** It may not delegate. */
export const plain = await issueCertificate({
  names: ["localhost"],
  issuer: await authority,
});

/** It may not sign. */
export const agreeing = await issueCertificate({
  names: ["localhost"],
  issuer: await authority,
  keyUsage: ["keyAgreement"],
  extensions: [DELEGATION_USAGE],
});

/** A key that no credential may be for. */
export const rsa = await PrivateKey.parse(
  (await certificate({ keyType: "rsa-2048" })).key,
);

/** Credentials for a side that the other side refuses. */
export const invalid: readonly [says: string, Making, IssuedCertificate?][] = [
  ["it has expired", { seconds: -2 }],
  ["more than seven days", { seconds: 7 * DAY + 60 }],
  ["lacks the DelegationUsage extension", { by: plain }, plain],
  ["keyUsage lacks digitalSignature", { by: agreeing }, agreeing],
  ["key did not sign it", { forged: true }],
  ["key did not sign it", { by: plain }],
  ["key did not sign it", { algorithm: SignatureScheme.ed25519 }],
  ["key did not sign it", { algorithm: 0x9999 }],
  ["was not offered or does not fit", {
    to: rsa,
    scheme: SignatureScheme.rsa_pss_rsae_sha256,
  }],
  ["was not offered or does not fit", { scheme: SignatureScheme.ed25519 }],
  ["was not offered or does not fit", {
    scheme: SignatureScheme.ecdsa_secp384r1_sha384,
  }],
];

/** Names another scheme in CertificateVerify than the credential. */
export const ofAnotherScheme: Mischief = editing(
  tls13.certificateVerify,
  (message) => ({
    ...message,
    algorithm: SignatureScheme.rsa_pss_rsae_sha256,
  }),
);

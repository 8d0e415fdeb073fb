/**
 * CertificateVerify and Finished, made and checked, for both sides; and the
 * proofs that they were. The classes below have a private field and only their
 * types are exported: a handshake that forgets a check does not compile.
 *
 * @module
 */

import { equalConstantTime } from "../crypto/bytes.ts";
import {
  signatureSchemeById,
  verifyWithScheme,
} from "../crypto/signature_schemes.ts";
import type { SignatureSchemeName } from "../crypto/signing_key.ts";
import { TlsError, TlsProtocolError } from "../errors.ts";
import { nameOf, SignatureScheme } from "../registry.ts";
import type { Certificate } from "../x509/certificate.ts";
import { orderHint } from "../x509/chain_order.ts";
import type { KeyUsage } from "../x509/extension_values.ts";
import { keyUsageError } from "../x509/key_usage.ts";
import { cachedCertificate, readChain } from "../x509/certificate_cache.ts";
import type { ClientConfig, Identity, ServerConfig } from "./config.ts";
import { type Authorization, judge, type ParsedCertificates } from "./judge.ts";
import type { SessionState } from "./session_state.ts";

export type { Authorization, ParsedCertificates };
export { parseShown } from "./judge.ts";

/** What a peer showed of itself. */
export interface PeerCertificates {
  /** From the leaf to the anchor, where a path was verified. */
  readonly verifiedChain: readonly Certificate[];
  /** Whether, and how well, it is known. */
  readonly authorization: Authorization;
  /** As it sent them, leaf first. */
  readonly certificates: readonly Certificate[];
  /** The staple of the leaf, in DER. */
  readonly ocspResponse: Uint8Array | undefined;
  /** The SCTs that came with the leaf. */
  readonly signedCertificateTimestamps: readonly Uint8Array[];
  /** The scheme that it signed the handshake with. */
  readonly signatureScheme: number | undefined;
}

/** Proof that a peer was authenticated as the configuration demands. */
class PeerAuthentication implements PeerCertificates {
  readonly certificates: readonly Certificate[];
  readonly verifiedChain: readonly Certificate[];
  readonly authorization: Authorization;
  readonly ocspResponse: Uint8Array | undefined;
  readonly signedCertificateTimestamps: readonly Uint8Array[];
  readonly signatureScheme: number | undefined;
  readonly #proven = true;

  constructor(peer: PeerCertificates) {
    this.certificates = peer.certificates;
    this.verifiedChain = peer.verifiedChain;
    this.authorization = peer.authorization;
    this.ocspResponse = peer.ocspResponse;
    this.signedCertificateTimestamps = peer.signedCertificateTimestamps;
    this.signatureScheme = peer.signatureScheme;
  }

  /** Whether a value is such a proof. */
  static is(value: object): value is PeerAuthentication {
    return #proven in value;
  }
}

/** Proof that the peer's Finished was right. */
class VerifiedFinished {
  readonly #verifyData: Uint8Array;

  constructor(verifyData: Uint8Array) {
    this.#verifyData = verifyData;
  }

  /** The peer's verify_data. */
  get verifyData(): Uint8Array {
    return this.#verifyData;
  }
}

export type { PeerAuthentication, VerifiedFinished };

/**
 * Checks a Finished (RFC 8446 section 4.4.4; RFC 5246 section 7.4.9): whatever
 * is wrong with it, its length too, is `decrypt_error`.
 *
 * @throws {TlsProtocolError} `decrypt_error`, if it is wrong.
 */
export function verifyFinished(
  received: Uint8Array,
  expected: Uint8Array,
): VerifiedFinished {
  if (!equalConstantTime(received, expected)) {
    throw new TlsProtocolError(
      "decrypt_error",
      "Cannot accept Finished: verify_data is wrong",
    );
  }
  return new VerifiedFinished(expected);
}

/** RFC 8446 section 4.4.3: what a CertificateVerify of TLS 1.3 signs. */
export function certificateVerifyContent(
  signer: "client" | "server",
  transcriptHash: Uint8Array,
): Uint8Array {
  const context = new TextEncoder().encode(
    `${" ".repeat(64)}TLS 1.3, ${signer} CertificateVerify\0`,
  );
  const content = new Uint8Array(context.length + transcriptHash.length);
  content.set(context);
  content.set(transcriptHash, context.length);
  return content;
}

/**
 * Signs with the key of an identity.
 *
 * @throws {TlsError} `internal_error`, if the key refuses.
 */
export async function signWithIdentity(
  identity: Identity,
  scheme: number,
  content: Uint8Array,
): Promise<Uint8Array> {
  const name = nameOf(SignatureScheme, scheme) as SignatureSchemeName;
  try {
    const signature: unknown = await identity.key.sign(name, content);
    if (signature instanceof Uint8Array) return signature;
    throw new TypeError(`sign() gave ${typeof signature}, no Uint8Array`);
  } catch (cause) {
    throw new TlsError(
      "internal_error",
      `Cannot sign the handshake with ${name}: the key refused`,
      { cause, alert: "internal_error" },
    );
  }
}

/** A signature by the key of the leaf, over the handshake. */
export interface HandshakeSignature {
  /** SignatureScheme. */
  readonly scheme: number;
  /** What was signed. */
  readonly content: Uint8Array;
  /** The signature as it was sent. */
  readonly signature: Uint8Array;
}

/**
 * Authenticates a peer by its certificates and its signature, both checked
 * side by side; the certificate's fault is the one that is told.
 *
 * @param previous The same peer before a renegotiation: as its certificate must
 * be the same one, what was judged then still holds (as at Go and BoringSSL).
 * @throws {TlsCertificateError} If the certificates are refused.
 * @throws {TlsProtocolError} `decrypt_error`, if the signature is wrong.
 */
export async function authenticatePeer(
  config: ClientConfig | ServerConfig,
  shown: ParsedCertificates,
  signed: HandshakeSignature,
  previous?: PeerCertificates,
): Promise<PeerAuthentication> {
  const signature = verifyHandshakeSignature(shown, signed);
  signature.catch(() => {});
  const keyUsage = "digitalSignature";
  const judged = await judgeUnlessKnown(config, shown, { keyUsage, previous });
  await signature;
  return new PeerAuthentication({
    certificates: shown.certificates,
    ...judged,
    ocspResponse: shown.ocspResponse,
    signedCertificateTimestamps: shown.signedCertificateTimestamps,
    signatureScheme: signed.scheme,
  });
}

/**
 * Authenticates a TLS 1.2 server whose key proves itself by what follows: it
 * decrypts the premaster secret (RFC 5246 section 7.4.7.1).
 */
export async function authenticateByDecryption(
  config: ClientConfig,
  shown: ParsedCertificates,
  previous?: PeerCertificates,
): Promise<PeerAuthentication> {
  const keyUsage = "keyEncipherment";
  return new PeerAuthentication({
    certificates: shown.certificates,
    ...await judgeUnlessKnown(config, shown, { keyUsage, previous }),
    ocspResponse: shown.ocspResponse,
    signedCertificateTimestamps: shown.signedCertificateTimestamps,
    signatureScheme: undefined,
  });
}

async function judgeUnlessKnown(
  config: ClientConfig | ServerConfig,
  shown: ParsedCertificates,
  { keyUsage, previous }: {
    readonly keyUsage: KeyUsage;
    readonly previous: PeerCertificates | undefined;
  },
): Promise<Pick<PeerCertificates, "verifiedChain" | "authorization">> {
  const isJudged = previous !== undefined && previous.certificates.length > 0 &&
    // A server may demand more now than when it let an unverified client pass.
    (config.side === "client" ||
      previous.authorization.status === "verified") &&
    // The key may have been used in another way then.
    keyUsageError(shown.leaf, keyUsage, shown.certificates) === undefined;
  if (!isJudged) return await judge(config, shown, keyUsage);
  const { verifiedChain, authorization } = previous;
  return { verifiedChain, authorization };
}

/** A peer that showed no certificate, where that is allowed: PSK, or no request. */
export function peerWithoutCertificate(): PeerAuthentication {
  return new PeerAuthentication({
    certificates: [],
    verifiedChain: [],
    authorization: { status: "none" },
    ocspResponse: undefined,
    signedCertificateTimestamps: [],
    signatureScheme: undefined,
  });
}

/** A peer that was authenticated when the session was made. */
export function peerOfSession(session: SessionState): PeerAuthentication {
  return new PeerAuthentication({
    certificates: readChain(session.peerCertificates).certificates,
    verifiedChain: session.verifiedChain.map(cachedCertificate),
    authorization: authorizationOfSession(session),
    ocspResponse: session.ocspResponse.length > 0
      ? session.ocspResponse
      : undefined,
    signedCertificateTimestamps: session.signedCertificateTimestamps,
    signatureScheme: session.signatureScheme || undefined,
  });
}

function authorizationOfSession(session: SessionState): Authorization {
  switch (session.authorization) {
    case SESSION_VERIFIED:
      return { status: "verified" };
    case SESSION_UNVERIFIED:
      return {
        status: "unverified",
        error: new TlsError(
          "certificate_unknown",
          "The certificate was not verified when the resumed session was made",
        ),
      };
    default:
      return { status: "none" };
  }
}

/** `SessionState.authorization` of a peer. */
export function sessionAuthorization(peer: PeerCertificates): number {
  const { status } = peer.authorization;
  if (status === "none") return 0;
  return status === "verified" ? SESSION_VERIFIED : SESSION_UNVERIFIED;
}

const SESSION_VERIFIED = 1;
/** `SessionState.authorization` of a peer that was let pass unverified. */
export const SESSION_UNVERIFIED = 2;

/** The signature over the handshake, by the key of the leaf. */
async function verifyHandshakeSignature(
  { leaf, certificates }: ParsedCertificates,
  { scheme, content, signature }: HandshakeSignature,
): Promise<void> {
  const row = signatureSchemeById(scheme);
  const valid = row !== undefined &&
    await verifyWithScheme(row, leaf.publicKey.spki, content, signature);
  if (!valid) {
    throw new TlsProtocolError(
      "decrypt_error",
      "Cannot accept the signature over the handshake: it is wrong",
      { code: "decrypt_error", hint: orderHint(certificates) },
    );
  }
}

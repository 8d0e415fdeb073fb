/**
 * CertificateVerify and Finished, made and checked, for both sides; and the
 * proofs that they were. The classes below have a private field and only their
 * types are exported: a handshake that forgets a check does not compile.
 *
 * @module
 */

import { equalConstantTime } from "../../crypto/primitives/bytes.ts";
import {
  signatureSchemeById,
  verifyWithScheme,
} from "../../crypto/signatures/signature_schemes.ts";
import type { SignatureSchemeName } from "../../crypto/signatures/signing_key.ts";
import { TlsError, TlsProtocolError } from "../../errors.ts";
import { nameOf, SignatureScheme } from "../../registry.ts";
import type { Certificate } from "../../x509/certificate/certificate.ts";
import { orderHint } from "../../x509/certificate/chain_order.ts";
import type { KeyUsage } from "../../x509/certificate/extension_values.ts";
import { keyUsageError } from "../../x509/certificate/key_usage.ts";
import type { Verdict } from "../../x509/path/verify.ts";
import type { ClientConfig, Identity, ServerConfig } from "./config.ts";
import { pskOf } from "./external_psk.ts";
import {
  type Authorization,
  judge,
  judgeAgain,
  type ParsedCertificates,
  refusalOfAnonymous,
} from "./peer_verification.ts";
import type { ResumableSession } from "./resumable.ts";

export type { Authorization, ParsedCertificates };
export { parseShown } from "./peer_verification.ts";

/** A peer as it is known. */
export interface PeerCertificates {
  /** As it sent them, leaf first; none, if it showed none. */
  readonly certificates: readonly Certificate[];
  /** The verdict on them. */
  readonly verdict: Verdict | undefined;
  /** From the leaf to the anchor, where a path was verified. */
  readonly verifiedChain: readonly Certificate[];
  /** Whether, and how well, it is known. */
  readonly authorization: Authorization;
  /** The staple of the leaf, in DER. */
  readonly ocspResponse: Uint8Array | undefined;
  /** The SCTs that came with the leaf. */
  readonly signedCertificateTimestamps: readonly Uint8Array[];
  /** The scheme that it signed the handshake with. */
  readonly signatureScheme: number | undefined;
}

/** What a peer proved itself by. */
interface PeerProof
  extends Omit<PeerCertificates, "verifiedChain" | "authorization"> {
  /** It proved to have an external PSK. */
  readonly hasPsk: boolean;
}

/** Proof that a peer was authenticated as the configuration demands. */
class PeerAuthentication implements PeerCertificates {
  readonly certificates: readonly Certificate[];
  readonly verdict: Verdict | undefined;
  readonly verifiedChain: readonly Certificate[];
  readonly authorization: Authorization;
  readonly ocspResponse: Uint8Array | undefined;
  readonly signedCertificateTimestamps: readonly Uint8Array[];
  readonly signatureScheme: number | undefined;
  readonly #proven = true;

  constructor(proof: PeerProof) {
    const { verdict } = proof;
    this.certificates = proof.certificates;
    this.verdict = verdict;
    this.verifiedChain = verdict?.status === "verified" ? verdict.path : [];
    this.authorization = authorizationOf(proof);
    this.ocspResponse = proof.ocspResponse;
    this.signedCertificateTimestamps = proof.signedCertificateTimestamps;
    this.signatureScheme = proof.signatureScheme;
  }

  /** Whether a value is such a proof. */
  static is(value: object): value is PeerAuthentication {
    return #proven in value;
  }
}

function authorizationOf({ verdict, hasPsk }: PeerProof): Authorization {
  if (verdict === undefined) return { status: hasPsk ? "psk" : "none" };
  const [error] = verdict.errors;
  return error === undefined
    ? { status: "verified" }
    : { status: "unverified", error };
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
  const verdict = await judgeUnlessKnown(config, shown, { keyUsage, previous });
  await signature;
  return peerWithCertificates(shown, verdict, signed.scheme);
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
  const verdict = await judgeUnlessKnown(config, shown, { keyUsage, previous });
  return peerWithCertificates(shown, verdict);
}

function peerWithCertificates(
  shown: ParsedCertificates,
  verdict: Verdict,
  signatureScheme?: number,
): PeerAuthentication {
  const { certificates, ocspResponse, signedCertificateTimestamps } = shown;
  return new PeerAuthentication({
    certificates,
    verdict,
    hasPsk: false,
    ocspResponse,
    signedCertificateTimestamps,
    signatureScheme,
  });
}

async function judgeUnlessKnown(
  config: ClientConfig | ServerConfig,
  shown: ParsedCertificates,
  { keyUsage, previous }: {
    readonly keyUsage: KeyUsage;
    readonly previous: PeerCertificates | undefined;
  },
): Promise<Verdict> {
  const verdict = previous?.verdict;
  const isJudged = verdict !== undefined &&
    // A server may demand more now than when it let an unverified client pass.
    (config.side === "client" || verdict.errors.length === 0) &&
    // The key may have been used in another way then.
    keyUsageError(shown.leaf, keyUsage, shown.certificates) === undefined;
  return isJudged ? verdict : await judge(config, shown, keyUsage);
}

/**
 * A peer that showed no certificate, where that is allowed: it proved to have an
 * external PSK, or it was not asked, or it had none, or its suite is anonymous.
 */
export function peerWithoutCertificate(
  by: "psk" | "nothing",
): PeerAuthentication {
  return new PeerAuthentication({
    certificates: [],
    verdict: undefined,
    hasPsk: by === "psk",
    ocspResponse: undefined,
    signedCertificateTimestamps: [],
    signatureScheme: undefined,
  });
}

/**
 * A server of an anonymous suite (RFC 5246 appendix F.1.1.1): nobody stands for
 * it but the caller's word.
 *
 * @throws {TlsCertificateError} `certificate_refused`, if `verify` refuses it.
 */
export async function anonymousServer(
  config: ClientConfig,
): Promise<PeerAuthentication> {
  const refused = await refusalOfAnonymous(config, false);
  if (refused !== undefined) throw refused;
  return peerWithoutCertificate("nothing");
}

/**
 * The peer of a session, as it was authenticated when the session was made. The
 * caller's `verify` is asked about its certificates again.
 *
 * @returns Nothing, if they would be refused now: a full handshake is due.
 */
export async function peerOfSession(
  config: ClientConfig | ServerConfig,
  { state }: ResumableSession,
): Promise<PeerAuthentication | undefined> {
  const { peer } = state;
  if (peer.certificates.length === 0) {
    if (pskOf(state) !== undefined) return peerWithoutCertificate("psk");
    // A server that showed neither is anonymous.
    const refused = config.side === "client" &&
      await refusalOfAnonymous(config, true);
    return refused ? undefined : peerWithoutCertificate("nothing");
  }
  const judged = await judgeAgain(config, peer);
  return judged && peerWithCertificates(
    judged.shown,
    judged.verdict,
    peer.signatureScheme || undefined,
  );
}

/** The signature over the handshake, by the key of the leaf. */
async function verifyHandshakeSignature(
  { leaf, certificates }: ParsedCertificates,
  { scheme, content, signature }: HandshakeSignature,
): Promise<void> {
  const row = signatureSchemeById(scheme);
  const valid = row !== undefined &&
    await verifyWithScheme(row, leaf.publicKey, content, signature);
  if (!valid) {
    throw new TlsProtocolError(
      "decrypt_error",
      "Cannot accept the signature over the handshake: it is wrong",
      { code: "decrypt_error", hint: orderHint(certificates) },
    );
  }
}

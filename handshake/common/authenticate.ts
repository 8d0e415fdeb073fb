/**
 * CertificateVerify and Finished, made and checked, for both sides; and the
 * proofs that they were. The classes below have a private field and only their
 * types are exported: a handshake that forgets a check does not compile.
 *
 * @module
 */

import type { CipherSuite } from "../../crypto/suites/cipher_suites.ts";
import { equalConstantTime } from "../../crypto/primitives/bytes.ts";
import {
  signatureSchemeById,
  verifyWithScheme,
} from "../../crypto/signatures/signature_schemes.ts";
import type { PublicKey } from "../../crypto/signatures/public_key.ts";
import type { SignatureSchemeName } from "../../crypto/signatures/signing_key.ts";
import { TlsError, TlsProtocolError } from "../../errors.ts";
import { nameOf, SignatureScheme } from "../../registry.ts";
import type { Certificate } from "../../x509/certificate/certificate.ts";
import { orderHint } from "../../x509/certificate/chain_order.ts";
import type { KeyUsage } from "../../x509/certificate/extension_values.ts";
import { keyUsageError } from "../../x509/certificate/key_usage.ts";
import type { Verdict } from "../../x509/path/verdict.ts";
import type { ClientAuth, ClientConfig, ServerConfig } from "./config.ts";
import type { LocalIdentity } from "./local_identity.ts";
import { authenticatingPskOf } from "./external_psk.ts";
import { type PeerChain, rawPublicKeyIn } from "./peer_chain.ts";
import {
  type Authorization,
  refusalOfAnonymous,
  reviewSessionPeer,
  verifyPeerChain,
} from "./peer_verification.ts";
import type { ResumableSession } from "./resumable.ts";
import type { SessionPsk } from "../session/session_state.ts";

export type { Authorization };

/** A peer as it is known. */
export interface PeerCertificates {
  /** As it sent them, leaf first; none, if it showed none. */
  readonly certificates: readonly Certificate[];
  /** The key that it sent in place of certificates (RFC 7250). */
  readonly rawPublicKey: PublicKey | undefined;
  /**
   * When the delegated credential expires that signed in place of the
   * certificate's key (RFC 9345).
   */
  readonly delegatedCredentialNotAfter: Date | undefined;
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

/** What a peer proved its identity by. */
type PeerProof =
  | {
    readonly chain: PeerChain;
    readonly verdict: Verdict;
    readonly signatureScheme: number | undefined;
  }
  | WithoutCertificate;

/** Why a peer may be accepted without a certificate. */
export type WithoutCertificate =
  /** It proves with its Finished that it has the external PSK. */
  | { readonly by: "psk"; readonly psk: SessionPsk }
  /** It is the server of an anonymous suite. */
  | { readonly by: "anonymous suite"; readonly suite: CipherSuite }
  /** It is a client that was not asked for one. */
  | { readonly by: "not requested" }
  /** It is a client that was asked and had none, which the policy allows. */
  | { readonly by: "not sent"; readonly clientAuth: OptionalClientAuth }
  /** It resumes a session that was made without one. */
  | { readonly by: "session"; readonly session: ResumableSession };

/** Policies that let a client go without a certificate. */
export type OptionalClientAuth = Exclude<
  ClientAuth,
  "require" | "require-any"
>;

/** Proof that a peer was authenticated as the configuration demands. */
class PeerAuthentication implements PeerCertificates {
  readonly authorization: Authorization;
  readonly verdict: Verdict | undefined;
  readonly signatureScheme: number | undefined;
  readonly #chain: PeerChain | undefined;

  constructor(proof: PeerProof) {
    this.authorization = authorizationOf(proof);
    if ("by" in proof) return;
    this.verdict = proof.verdict;
    this.signatureScheme = proof.signatureScheme;
    this.#chain = proof.chain;
  }

  /** Whether a value is such a proof. */
  static is(value: object): value is PeerAuthentication {
    return #chain in value;
  }

  get certificates(): readonly Certificate[] {
    return this.#chain?.certificates ?? [];
  }

  get rawPublicKey(): PublicKey | undefined {
    return this.#chain && rawPublicKeyIn(this.#chain);
  }

  get delegatedCredentialNotAfter(): Date | undefined {
    const { delegation } = this.#chain ?? {};
    return delegation && new Date(delegation.notAfter);
  }

  get verifiedChain(): readonly Certificate[] {
    return this.verdict?.status === "verified" ? this.verdict.path : [];
  }

  get ocspResponse(): Uint8Array | undefined {
    return this.#chain?.ocspResponse;
  }

  get signedCertificateTimestamps(): readonly Uint8Array[] {
    return this.#chain?.signedCertificateTimestamps ?? [];
  }
}

function authorizationOf(proof: PeerProof): Authorization {
  if ("by" in proof) return { status: hasPsk(proof) ? "psk" : "none" };
  const [error] = proof.verdict.errors;
  return error === undefined
    ? { status: "verified" }
    : { status: "unverified", error };
}

function hasPsk(proof: WithoutCertificate): boolean {
  return proof.by === "psk" ||
    proof.by === "session" &&
      authenticatingPskOf(proof.session.state) !== undefined;
}

/** Proof that the peer's Finished was right. */
class VerifiedFinished {
  #verifyData: Uint8Array | undefined;

  constructor(verifyData: Uint8Array) {
    this.#verifyData = verifyData;
  }

  /** The peer's verify_data. */
  get verifyData(): Uint8Array {
    if (this.#verifyData === undefined) {
      throw new TypeError("Cannot get verify_data: it is kept elsewhere");
    }
    return this.#verifyData;
  }

  /** Keeps nothing but the proof: verify_data is kept elsewhere. */
  release(): void {
    this.#verifyData = undefined;
  }
}

export type { PeerAuthentication, VerifiedFinished };

/**
 * Checks a Finished (RFC 9846 section 4.5.3; RFC 5246 section 7.4.9).
 *
 * @throws {TlsProtocolError} `decrypt_error`, if it is wrong; `decode_error`,
 * if it has another length, which the syntax gives: RFC 9846 section 6, a
 * message that "cannot be parsed according to the syntax".
 */
export function verifyFinished(
  received: Uint8Array,
  expected: Uint8Array,
): VerifiedFinished {
  if (received.length !== expected.length) {
    throw new TlsProtocolError(
      "decode_error",
      `Cannot decode Finished.verifyData: expected ${expected.length} bytes, got ${received.length}`,
    );
  }
  if (!equalConstantTime(received, expected)) {
    throw new TlsProtocolError(
      "decrypt_error",
      "Cannot accept Finished: verify_data is wrong",
    );
  }
  return new VerifiedFinished(expected);
}

/** RFC 9846 section 4.5.2: what a CertificateVerify of TLS 1.3 signs. */
export function certificateVerifyContent(
  signer: "client" | "server",
  transcriptHash: Uint8Array,
): Uint8Array {
  const context = contexts[signer] ??= new TextEncoder().encode(
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
  identity: LocalIdentity,
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
 * at the same time. If both are wrong, the error is that of the certificates.
 *
 * @param previous The same peer before a renegotiation: as its certificate must
 * be the same one, what was judged then still holds (as at Go and BoringSSL).
 * @throws {TlsCertificateError} If the certificates are refused.
 * @throws {TlsProtocolError} `decrypt_error`, if the signature is wrong.
 */
export async function authenticatePeer(
  config: ClientConfig | ServerConfig,
  chain: PeerChain,
  signed: HandshakeSignature,
  previous?: PeerCertificates,
): Promise<PeerAuthentication> {
  const signature = verifyHandshakeSignature(chain, signed);
  signature.catch(() => {});
  const keyUsage = "digitalSignature";
  const verdict = await verifyUnlessKnown(config, chain, {
    keyUsage,
    previous,
  });
  await signature;
  return new PeerAuthentication({
    chain,
    verdict,
    signatureScheme: signed.scheme,
  });
}

/**
 * Authenticates a TLS 1.2 server whose key proves itself by what follows: it
 * decrypts the premaster secret (RFC 5246 section 7.4.7.1).
 */
export async function authenticateByDecryption(
  config: ClientConfig,
  chain: PeerChain,
  previous?: PeerCertificates,
): Promise<PeerAuthentication> {
  const keyUsage = "keyEncipherment";
  const verdict = await verifyUnlessKnown(config, chain, {
    keyUsage,
    previous,
  });
  return new PeerAuthentication({ chain, verdict, signatureScheme: undefined });
}

async function verifyUnlessKnown(
  config: ClientConfig | ServerConfig,
  chain: PeerChain,
  { keyUsage, previous }: {
    readonly keyUsage: KeyUsage;
    readonly previous: PeerCertificates | undefined;
  },
): Promise<Verdict> {
  const verdict = previous?.verdict;
  const isKnown = verdict !== undefined &&
    // A server may demand more now than when it let an unverified client pass.
    (config.side === "client" || verdict.errors.length === 0) &&
    // The key may have been used in another way then.
    (chain.leaf === undefined ||
      keyUsageError(chain.leaf, keyUsage, chain.certificates) === undefined);
  return isKnown ? verdict : await verifyPeerChain(config, chain, keyUsage);
}

/**
 * Accepts a peer without a certificate.
 *
 * @param proof Why it needs none.
 * @throws {TypeError} If the suite is not anonymous, or the session has
 * certificates: a fault of our own.
 */
export function peerWithoutCertificate(
  proof: WithoutCertificate,
): PeerAuthentication {
  const isProof = proof.by === "anonymous suite"
    ? proof.suite.authentication === "anon"
    : proof.by !== "session" ||
      proof.session.state.peer.certificates.length === 0;
  if (!isProof) {
    throw new TypeError(`Cannot go without a certificate: no ${proof.by}`);
  }
  return new PeerAuthentication(proof);
}

/**
 * Accepts the server of an anonymous suite (RFC 5246 appendix F.1.1.1), which
 * only the option `verify` can refuse.
 *
 * @throws {TlsCertificateError} `certificate_refused`, if `verify` refuses it.
 */
export async function anonymousServer(
  config: ClientConfig,
  suite: CipherSuite,
): Promise<PeerAuthentication> {
  const refused = await refusalOfAnonymous(config, false);
  if (refused !== undefined) throw refused;
  return peerWithoutCertificate({ by: "anonymous suite", suite });
}

/**
 * The peer of a session, as it was authenticated when the session was made. The
 * option `verify` is asked about its certificates again.
 *
 * @returns `undefined` if it would be refused now: a full handshake is due.
 */
export async function peerOfSession(
  config: ClientConfig | ServerConfig,
  session: ResumableSession,
): Promise<PeerAuthentication | undefined> {
  const { peer } = session.state;
  if (peer.certificates.length === 0) {
    // A server that showed neither a certificate nor a PSK is anonymous.
    const refused = config.side === "client" &&
      authenticatingPskOf(session.state) === undefined &&
      await refusalOfAnonymous(config, true);
    return refused
      ? undefined
      : peerWithoutCertificate({ by: "session", session });
  }
  const reviewed = await reviewSessionPeer(config, peer);
  return reviewed && new PeerAuthentication({
    ...reviewed,
    signatureScheme: peer.signatureScheme || undefined,
  });
}

/** The signature over the handshake, by the key of the leaf. */
async function verifyHandshakeSignature(
  { publicKey, certificates }: PeerChain,
  { scheme, content, signature }: HandshakeSignature,
): Promise<void> {
  const row = signatureSchemeById(scheme);
  const valid = row !== undefined &&
    await verifyWithScheme(row, publicKey, content, signature);
  if (!valid) {
    throw new TlsProtocolError(
      "decrypt_error",
      "Cannot accept the signature over the handshake: it is wrong",
      { code: "decrypt_error", hint: orderHint(certificates) },
    );
  }
}

/** What stands before the hash, encoded once. */
const contexts: { client?: Uint8Array; server?: Uint8Array } = {};

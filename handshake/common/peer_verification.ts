/**
 * Verifies a peer's certificates, and asks the option `verify` about the
 * verdict.
 *
 * @module
 */

import {
  type TlsCertificateErrorCode,
  TlsError,
  type TlsErrorOptions,
} from "../../errors.ts";
import { Lazy } from "../../lazy.ts";
import { CertificateType } from "../../registry.ts";
import { cachedCertificate } from "../../x509/certificate/certificate_cache.ts";
import { TlsCertificateError } from "../../x509/certificate/errors.ts";
import type { KeyUsage } from "../../x509/certificate/extension_values.ts";
import type { Verdict } from "../../x509/path/verdict.ts";
import { cachedVerdict } from "../../x509/path/verdict_cache.ts";
import {
  DEFAULT_MAX_DEPTH,
  type VerifyInput,
} from "../../x509/path/verify_peer.ts";
import type { ClientConfig, ServerConfig } from "./config.ts";
import type { PeerVerdict } from "./callback_info.ts";
import {
  type CertificateChain,
  type PeerChain,
  rawPublicKeyIn,
  readPeerChain,
} from "./peer_chain.ts";
import type { SessionPeer } from "../session/session_state.ts";

/** Whether, and how well, a peer is known. */
export interface Authorization {
  /**
   * `"verified"`: its certificate was verified; `"unverified"`: it was not, and
   * the caller chose to go on; `"psk"`: it proved to have the external
   * pre-shared key of `info.pskIdentity`, and showed no certificate; `"none"`:
   * neither.
   */
  readonly status: "verified" | "unverified" | "psk" | "none";
  /** Why it is unverified. */
  readonly error?: TlsError;
}

/**
 * Verifies a peer's certificates, and asks the option `verify` about the
 * verdict.
 *
 * @param keyUsage What the leaf's key does in the handshake.
 * @throws {TlsCertificateError} If the certificates are refused.
 */
export async function verifyPeerChain(
  config: ClientConfig | ServerConfig,
  chain: PeerChain,
  keyUsage: KeyUsage,
): Promise<Verdict> {
  const verdict = isOfCertificates(chain)
    ? withError(
      withUnreadable(await verdictOn(config, chain, keyUsage), chain),
      errorWithoutName(config, chain),
    )
    : (await rawPublicKeys.load())
      .verdictOnRawPublicKey(config, chain.publicKey);
  const refused = await refusal(config, chain, verdict, false);
  if (refused !== undefined) throw refused;
  return verdict;
}

/**
 * Reviews the certificates of a session. The verdict is the one that the
 * session was made with; `verify` is asked again, because pins and deny lists
 * change.
 *
 * @returns `undefined` if the certificates would be refused now.
 */
export async function reviewSessionPeer(
  config: ClientConfig | ServerConfig,
  peer: SessionPeer,
): Promise<{ chain: PeerChain; verdict: Verdict } | undefined> {
  const chain = await chainOfSession(peer);
  const verdict = verdictOfSession(peer, chain);
  const refused = await refusal(config, chain, verdict, true);
  return refused === undefined ? { chain, verdict } : undefined;
}

async function chainOfSession(peer: SessionPeer): Promise<PeerChain> {
  const {
    certificates,
    ocspResponse,
    signedCertificateTimestamps,
    delegatedUntil: notAfter,
    signatureScheme: scheme,
  } = peer;
  if (peer.certificateType === CertificateType.RawPublicKey) {
    return (await rawPublicKeys.load()).rawPublicKeyOf(certificates);
  }
  const chain = readPeerChain({
    certificates,
    ocspResponse: ocspResponse.length > 0 ? ocspResponse : undefined,
    signedCertificateTimestamps,
  });
  return notAfter === 0
    ? chain
    : { ...chain, delegation: { scheme, notAfter } };
}

function isOfCertificates(chain: PeerChain): chain is CertificateChain {
  return chain.leaf !== undefined;
}

function verdictOfSession(
  peer: SessionPeer,
  { certificates: chain }: PeerChain,
): Verdict {
  const path = peer.path.map(cachedCertificate);
  return {
    status: peer.verified === 1 ? "verified" : "unverified",
    path,
    errors: peer.errors.map(({ code, message, certificate }) =>
      new TlsCertificateError(
        // It was checked when the session was read.
        code as TlsCertificateErrorCode,
        message,
        { chain, certificate: [...chain, ...path][certificate - 1] },
      )
    ),
    warnings: [],
    policies: peer.policies,
  };
}

/**
 * Asks `verify` about a server of an anonymous suite, which shows no
 * certificate. Without `verify` it is accepted, as `unsafelyAllowAnonymous`
 * offered the suite.
 *
 * @returns Why it is refused, if it is.
 */
export async function refusalOfAnonymous(
  config: ClientConfig,
  resumed: boolean,
): Promise<TlsError | undefined> {
  const error = new TlsCertificateError(
    "no_certificate",
    "Cannot verify the server: its cipher suite is anonymous, so it sends no certificate, which allows man-in-the-middle attacks",
  );
  const verdict: Verdict = {
    status: "unverified",
    path: [],
    errors: [error],
    warnings: [],
    policies: [],
  };
  return await refusal(config, undefined, verdict, resumed);
}

/**
 * Adds certificates that could not be read: as errors if an issuer is missing,
 * which one of them may be, otherwise as warnings.
 */
function withUnreadable(
  verdict: Verdict,
  { unreadable }: PeerChain,
): Verdict {
  const { errors, warnings } = verdict;
  if (unreadable.length === 0) return verdict;
  return errors[0]?.code === "unknown_issuer"
    ? { ...verdict, errors: [...unreadable, ...errors] }
    : { ...verdict, warnings: [...warnings, ...unreadable] };
}

/**
 * The error for a server's certificate when no name is known to verify it for.
 * The caller may have counted on a PSK, or on `verify`: that does not make any
 * certificate of any name acceptable.
 */
function errorWithoutName(
  config: ClientConfig | ServerConfig,
  chain: CertificateChain,
): TlsCertificateError | undefined {
  if (config.side === "server" || config.verifyName !== undefined) return;
  const { trust } = config;
  if (
    trust.unsafelyIgnoreCertificateErrors ||
    trust.unsafelyDisableHostnameVerification
  ) return undefined;
  return new TlsCertificateError(
    "hostname_mismatch",
    'Cannot accept the certificate: no option "serverName" says which name it must be valid for',
    { certificate: chain.leaf, chain: chain.certificates },
  );
}

/** Adds an error to a verdict, if there is one. */
function withError(
  verdict: Verdict,
  error: TlsCertificateError | undefined,
): Verdict {
  return error === undefined ? verdict : {
    ...verdict,
    status: "unverified",
    errors: [...verdict.errors, error],
  };
}

async function verdictOn(
  config: ClientConfig | ServerConfig,
  chain: CertificateChain,
  keyUsage: KeyUsage,
): Promise<Verdict> {
  const { trust } = config;
  const input = { ...await verifyInput(config, chain), keyUsage };
  const { ownStore } = trust;
  if (ownStore !== undefined) {
    const verdict = await cachedVerdict({ ...input, trust: ownStore.store });
    if (verdict.status === "verified" && ownStore.isEnough(verdict.path)) {
      return verdict;
    }
  }
  return await cachedVerdict({ ...input, trust: await trust.store() });
}

/** What a verification of a peer's certificates goes by. */
export async function verifyInput(
  config: ClientConfig | ServerConfig,
  chain: Pick<
    CertificateChain,
    "leaf" | "certificates" | "ocspResponse" | "signedCertificateTimestamps"
  >,
): Promise<Omit<VerifyInput, "trust">> {
  const { trust } = config;
  const name = config.side === "client" ? config.verifyName : undefined;
  return {
    leaf: chain.leaf,
    intermediates: chain.certificates.slice(1),
    name,
    usage: trust.usage ?? (config.side === "client" ? "server" : "client"),
    // A client is not asked for a staple.
    isServer: config.side === "client",
    now: new Date(config.now()),
    maxDepth: DEFAULT_MAX_DEPTH,
    strict: trust.strictCertificates,
    policies: {},
    security: config.security,
    crls: trust.crls,
    sources: trust.sources,
    allowUnknownRevocation: trust.allowUnknownRevocation,
    ocspResponse: chain.ocspResponse &&
      (await revocation.load()).readStaple(chain.ocspResponse, chain.leaf),
    requireOcsp: trust.requireOcsp,
    ctLogs: trust.ctLogs,
    signedCertificateTimestamps: chain.signedCertificateTimestamps,
  };
}

async function refusal(
  config: ClientConfig | ServerConfig,
  shown: PeerChain | undefined,
  verdict: Verdict,
  resumed: boolean,
): Promise<TlsError | undefined> {
  const normal = isAcceptable(config, verdict) ? undefined : verdict.errors[0];
  const { verify } = config;
  if (verify === undefined) return normal;
  const serverName = config.side === "client"
    ? config.serverName ?? config.verifyName?.value
    : undefined;
  const chain = shown?.certificates ?? [];
  const asked: PeerVerdict = {
    ...verdict,
    side: config.side,
    serverName,
    chain,
    rawPublicKey: shown && rawPublicKeyIn(shown),
    ocspResponse: shown?.ocspResponse?.slice(),
    resumed,
  };
  try {
    const answer = await verify(asked);
    if (answer === undefined) return normal;
    // Only `true` accepts: an error may have been returned instead of thrown.
    return answer === true ? undefined : refusedByCaller(shown);
  } catch (cause) {
    // A TlsError that the callback throws chooses the alert.
    const alert = cause instanceof TlsError ? cause.alert : undefined;
    return refusedByCaller(
      shown,
      alert === undefined ? { cause } : { cause, alert },
    );
  }
}

function refusedByCaller(
  shown: PeerChain | undefined,
  options?: TlsErrorOptions,
): TlsCertificateError {
  const what = shown === undefined
    ? "anonymous server"
    : shown.leaf === undefined
    ? "raw public key"
    : "certificate";
  return new TlsCertificateError(
    "certificate_refused",
    `Cannot accept the ${what}: the verify callback refused it`,
    { ...options, certificate: shown?.leaf, chain: shown?.certificates },
  );
}

/**
 * The five policies of Go's crypto/tls, and the checks that were turned off.
 */
function isAcceptable(
  config: ClientConfig | ServerConfig,
  verdict: Verdict,
): boolean {
  const { trust } = config;
  if (verdict.status === "verified") return true;
  if (trust.unsafelyIgnoreCertificateErrors) return true;
  // No anonymous suite is offered without unsafelyAllowAnonymous.
  if (verdict.errors[0]?.code === "no_certificate") return true;
  if (config.side === "server") {
    return config.clientAuth === "request" ||
      config.clientAuth === "require-any";
  }
  return trust.unsafelyDisableHostnameVerification &&
    verdict.errors.every((error) => error.code === "hostname_mismatch");
}

/** What reads and judges raw public keys. */
export const rawPublicKeys = new Lazy(
  "raw public keys",
  () => import("./raw_public_key.ts"),
);

const revocation = new Lazy(
  "revocation",
  () => import("../../x509/path/path_revocation.ts"),
);

/**
 * A peer's certificates: read, verified, and the caller's word on the verdict.
 *
 * @module
 */

import {
  type TlsCertificateErrorCode,
  TlsError,
  type TlsErrorOptions,
  TlsProtocolError,
} from "../../errors.ts";
import { encode } from "../../record/codec.ts";
import type { Certificate } from "../../x509/certificate/certificate.ts";
import {
  cachedCertificate,
  readChain,
  type ShownChain,
} from "../../x509/certificate/certificate_cache.ts";
import { TlsCertificateError } from "../../x509/certificate/errors.ts";
import type { KeyUsage } from "../../x509/certificate/extension_values.ts";
import { SctList } from "../../x509/status/sct.ts";
import {
  DEFAULT_MAX_DEPTH,
  type Verdict,
  verifyPeer,
} from "../../x509/path/verify.ts";
import type { ClientConfig, PeerVerdict, ServerConfig } from "./config.ts";
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

/** What a peer sent to be authenticated by. */
export interface ShownCertificates {
  /** Certificates in DER, leaf first; one at least. */
  readonly chain: readonly Uint8Array[];
  /** The staple of the leaf. */
  readonly ocspResponse: Uint8Array | undefined;
  /** SCTs of the leaf. */
  readonly signedCertificateTimestamps: readonly Uint8Array[];
}

/** The certificates of a message, read. */
export interface ParsedCertificates extends ShownCertificates, ShownChain {
  /** The first of them. */
  readonly leaf: Certificate;
}

/**
 * Reads the certificates of a message.
 *
 * @throws {TlsCertificateError} `malformed_certificate`, if the leaf is none.
 */
export function parseShown(shown: ShownCertificates): ParsedCertificates {
  const { certificates, unreadable } = readChain(shown.chain);
  const [leaf] = certificates;
  if (leaf === undefined) {
    throw new TlsProtocolError(
      "decode_error",
      "Cannot accept Certificate: certificate_list is empty",
    );
  }
  return { ...shown, certificates, unreadable, leaf };
}

/**
 * The verdict on certificates, and the caller's word on the verdict.
 *
 * @param keyUsage What the leaf's key does in the handshake.
 * @throws {TlsCertificateError} If they are refused.
 */
export async function judge(
  config: ClientConfig | ServerConfig,
  shown: ParsedCertificates,
  keyUsage: KeyUsage,
): Promise<Verdict> {
  const judged = withUnreadable(
    await verdictOn(config, shown, keyUsage),
    shown,
  );
  const verdict = withError(
    judged,
    nameless(config, shown),
  );
  const { certificates } = shown;
  const refused = await refusal(config, certificates, verdict, false);
  if (refused !== undefined) throw refused;
  return verdict;
}

/**
 * The same for the certificates of a session: the verdict is the one that it
 * was made with, and the caller is asked again, as pins and lists of those who
 * are refused change.
 *
 * @returns Nothing, if they would be refused now.
 */
export async function judgeAgain(
  config: ClientConfig | ServerConfig,
  peer: SessionPeer,
): Promise<{ shown: ParsedCertificates; verdict: Verdict } | undefined> {
  const shown = parseShown({
    chain: peer.certificates,
    ocspResponse: peer.ocspResponse.length > 0 ? peer.ocspResponse : undefined,
    signedCertificateTimestamps: peer.signedCertificateTimestamps,
  });
  const verdict = verdictOfSession(peer, shown);
  const { certificates } = shown;
  const refused = await refusal(config, certificates, verdict, true);
  return refused === undefined ? { shown, verdict } : undefined;
}

function verdictOfSession(
  peer: SessionPeer,
  { certificates: chain }: ParsedCertificates,
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
 * The caller's word on a server of an anonymous suite, which shows nothing:
 * `unsafelyAllowAnonymous` has let it pass where `verify` says no more.
 *
 * @returns Why it is refused, if it is.
 */
export async function refusalOfAnonymous(
  config: ClientConfig,
  resumed: boolean,
): Promise<TlsError | undefined> {
  const error = new TlsCertificateError(
    "no_certificate",
    "Cannot verify the server: its suite is anonymous, so it shows no certificate, and anyone can be in the middle",
  );
  const verdict: Verdict = {
    status: "unverified",
    path: [],
    errors: [error],
    warnings: [],
    policies: [],
  };
  return await refusal(config, [], verdict, resumed);
}

/**
 * Certificates that could not be read: where an issuer is missing they are the
 * reason, and elsewhere a warning.
 */
function withUnreadable(
  verdict: Verdict,
  { unreadable }: ParsedCertificates,
): Verdict {
  const { errors, warnings } = verdict;
  if (unreadable.length === 0) return verdict;
  return errors[0]?.code === "unknown_issuer"
    ? { ...verdict, errors: [...unreadable, ...errors] }
    : { ...verdict, warnings: [...warnings, ...unreadable] };
}

/**
 * A certificate that is good for some name is not good for none: a server must
 * not get by with any certificate, where the caller counted on a PSK or on what
 * `verify` says.
 */
function nameless(
  config: ClientConfig | ServerConfig,
  shown: ParsedCertificates,
): TlsCertificateError | undefined {
  if (config.side === "server" || config.verifyName !== undefined) return;
  const { trust } = config;
  if (
    trust.unsafelyIgnoreCertificateErrors ||
    trust.unsafelyDisableHostnameVerification
  ) return undefined;
  return new TlsCertificateError(
    "hostname_mismatch",
    "Cannot accept the certificate: no serverName says for which name it must be",
    { certificate: shown.leaf, chain: shown.certificates },
  );
}

/** A verdict with one error more, if there is one. */
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
  shown: ParsedCertificates,
  keyUsage: KeyUsage,
): Promise<Verdict> {
  const { trust } = config;
  const { signedCertificateTimestamps: scts } = shown;
  const name = config.side === "client" ? config.verifyName : undefined;
  return await verifyPeer({
    leaf: shown.leaf,
    intermediates: shown.certificates.slice(1),
    trust: await trust.store(),
    name,
    usage: trust.usage ?? (config.side === "client" ? "server" : "client"),
    // A client is not asked for a staple.
    isServer: config.side === "client",
    keyUsage,
    now: new Date(config.now()),
    maxDepth: DEFAULT_MAX_DEPTH,
    strict: trust.strictCertificates,
    policies: {},
    security: config.security,
    crls: trust.crls,
    sources: trust.sources,
    allowUnknownRevocation: trust.allowUnknownRevocation,
    ocspResponse: shown.ocspResponse,
    requireOcsp: trust.requireOcsp,
    ctLogs: trust.ctLogs,
    signedCertificateTimestamps: scts.length === 0
      ? undefined
      : encode(SctList, [...scts]),
  });
}

async function refusal(
  config: ClientConfig | ServerConfig,
  chain: readonly Certificate[],
  verdict: Verdict,
  resumed: boolean,
): Promise<TlsError | undefined> {
  const normal = isAcceptable(config, verdict) ? undefined : verdict.errors[0];
  const { verify } = config;
  if (verify === undefined) return normal;
  const serverName = config.side === "client"
    ? config.serverName ?? config.verifyName?.value
    : undefined;
  const asked: PeerVerdict = {
    ...verdict,
    side: config.side,
    serverName,
    chain,
    resumed,
  };
  try {
    const answer = await verify(asked);
    if (answer === undefined) return normal;
    // Nothing else accepts: an error that is returned accepts nothing.
    return answer === true ? undefined : refusedByCaller(chain);
  } catch (cause) {
    // The alert, where the callback has an opinion on it.
    const alert = cause instanceof TlsError ? cause.alert : undefined;
    return refusedByCaller(
      chain,
      alert === undefined ? { cause } : { cause, alert },
    );
  }
}

function refusedByCaller(
  chain: readonly Certificate[],
  options?: TlsErrorOptions,
): TlsCertificateError {
  const [certificate] = chain;
  return new TlsCertificateError(
    "certificate_refused",
    certificate === undefined
      ? "Cannot accept the anonymous server: the verify callback refused it"
      : "Cannot accept the certificate: the verify callback refused it",
    { ...options, certificate, chain },
  );
}

/** Go's policies, and what the caller chose to do without. */
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

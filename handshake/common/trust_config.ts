/**
 * How a peer is judged: types only.
 *
 * @module
 */

import type { MaybePromise } from "../../crypto/primitives/provider.ts";
import type { Certificate } from "../../x509/certificate/certificate.ts";
import type { CtLogs } from "../../x509/path/ct_logs.ts";
import type { PathSources } from "../../x509/path/sources.ts";
import type { Crl } from "../../x509/status/crl.ts";
import type { TrustStore } from "../../x509/trust/trust_store.ts";

/** How a peer's certificates are judged. */
export interface TrustConfig {
  /** The trust anchors, read when they are first needed. */
  readonly store: () => MaybePromise<TrustStore>;
  /**
   * A part of the store that is tried first, as the whole takes longer to read:
   * a chain that is good for it is good for the whole.
   */
  readonly ownStore: {
    readonly store: TrustStore;
    /** Whether that holds for the path that was found. */
    readonly isEnough: (path: readonly Certificate[]) => boolean;
  } | undefined;
  /** Raw public keys to trust: each SubjectPublicKeyInfo in hex. */
  readonly publicKeys: readonly string[];
  /** A server for which nobody says whom to trust: the store is empty. */
  readonly trustsNobody: boolean;
  /** What the peer's certificate must be for; by its side if not given. */
  readonly usage: "server" | "client" | "any" | undefined;
  /** RFC 5280 and the Baseline Requirements to the letter. */
  readonly strictCertificates: boolean;
  /** Goes on whatever the verdict says. */
  readonly unsafelyIgnoreCertificateErrors: boolean;
  /** Goes on whatever name the certificate has. */
  readonly unsafelyDisableHostnameVerification: boolean;
  /** Revocation lists. */
  readonly crls?: readonly Crl[] | undefined;
  /** What fetches what is missing. */
  readonly sources?: PathSources | undefined;
  /** Lets a status that did not come out pass. */
  readonly allowUnknownRevocation: boolean;
  /** Refuses a server without a staple. */
  readonly requireOcsp: boolean;
  /** Refuses a server without a timestamp of one of these logs. */
  readonly ctLogs: CtLogs | undefined;
  /**
   * Equal for two configurations that come to the same verdicts: bound to
   * sessions. The trust anchors are read for it.
   */
  readonly fingerprint: () => Promise<string>;
}

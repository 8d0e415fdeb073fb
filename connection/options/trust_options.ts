/**
 * The options that verify a peer, for both sides.
 *
 * @module
 */

import type { MaybePromise } from "../../crypto/primitives/provider.ts";
import type {
  ConnectionHandle,
  PeerVerdict,
} from "../../handshake/common/callback_info.ts";
import type { Crl } from "../../x509/status/crl.ts";
import type { CrlSource } from "../../x509/fetch/fetch_crls.ts";
import type { IssuerSource } from "../../x509/fetch/fetch_issuers.ts";
import type { OcspSource } from "../../x509/fetch/fetch_ocsp.ts";
import type { TrustStore } from "../../x509/trust/trust_store.ts";

/** What a side is authenticated by, as IANA's registry of RFC 7250 names it. */
export type CertificateTypeName = "X509" | "RawPublicKey";

/**
 * How the peer's certificate is verified.
 *
 * @example What `verify` can be: first use, a pin, another name, one exception
 * ```ts
 * import type { PeerVerdict } from "@x/tls";
 * import { verifyHostname } from "@x/tls/x509";
 *
 * function trustOnFirstUse(known: Map<string, string>) {
 *   return ({ chain, serverName = "" }: PeerVerdict) => {
 *     const shown = chain[0]?.fingerprint("SHA-256");
 *     if (shown === undefined) return false; // a raw public key, or nothing
 *     if (!known.has(serverName)) known.set(serverName, shown);
 *     return known.get(serverName) === shown;
 *   };
 * }
 *
 * function pinKey(spki: Uint8Array) {
 *   return ({ status, path }: PeerVerdict) =>
 *     status === "verified" &&
 *     path.some(({ publicKey }) => publicKey.spki.toHex() === spki.toHex());
 * }
 *
 * function alsoFor(name: string) {
 *   return ({ chain: [leaf], errors }: PeerVerdict) => {
 *     if (errors.some(({ code }) => code !== "hostname_mismatch")) return false;
 *     if (leaf) verifyHostname(leaf, name); // throws, which refuses
 *     return true;
 *   };
 * }
 *
 * function knownExpired(fingerprint: string) {
 *   return ({ chain, errors }: PeerVerdict) =>
 *     errors.every(({ code }) => code === "certificate_expired") &&
 *     chain[0]?.fingerprint("SHA-256") === fingerprint;
 * }
 * ```
 */
export interface TrustOptions {
  /**
   * Certificates to trust, in PEM, or in DER of one. A client trusts them in
   * addition to the default store. A server trusts only them: they are the
   * authorities that may issue certificates of clients.
   */
  caCerts?: readonly (string | Uint8Array)[] | undefined;
  /** What to trust, in place of the default store. */
  trust?: TrustStore | undefined;
  /**
   * What a peer may show, in order of preference: certificates, or its public key
   * alone (RFC 7250). A raw public key is accepted if it is in
   * `trustedPublicKeys` or if `verify` accepts it; it has no name, no dates and
   * no issuer that could be verified.
   *
   * @default {["X509"]}
   */
  peerCertificateTypes?: readonly CertificateTypeName[] | undefined;
  /**
   * The raw public keys to trust, each as PEM ("PUBLIC KEY") or as DER of a
   * SubjectPublicKeyInfo. They say nothing about certificates.
   *
   * @default {[]}
   */
  trustedPublicKeys?: readonly (string | Uint8Array)[] | undefined;
  /**
   * Accepts delegated credentials (RFC 9345): keys that the key of the peer's
   * certificate signed for seven days or less, if the certificate allows it. A
   * server says so to clients whose certificate it asks for. TLS 1.3 only.
   *
   * @default {false}
   */
  delegatedCredentials?: boolean | undefined;
  /**
   * Called with the verdict on the peer's certificate. Its result decides:
   * `true` accepts, `false` refuses, `undefined` leaves the verdict as it is; a
   * throw refuses with that cause and, if it is a `TlsError` with an `alert`,
   * with that alert. Any other value refuses. Where no name can be checked, the
   * verdict has `hostname_mismatch`. For an anonymous server `chain` is empty,
   * and for a raw public key, which `rawPublicKey` then has.
   * That the leaf's keyUsage fits what its key does is part of the verdict up
   * to TLS 1.2; TLS 1.3 always refuses a key that may not sign.
   *
   * It is called on every connection. When a session is resumed, the peer shows
   * no certificate: then `resumed` is `true`, and chain and verdict are those
   * that the session was made with. A client calls it before it offers the
   * session, a server before it accepts it. A refusal leads to a full
   * handshake, in which `verify` is called for the certificate that the peer
   * sends.
   *
   * `true` accepts all `errors`: look at each of them. One code may have
   * several causes: `wrong_key_usage` is for the leaf's keyUsage, for its
   * extended key usage, and for issuers that may not issue; the text says
   * which, and `certificate` says of which certificate.
   */
  verify?:
    | ((
      verdict: PeerVerdict,
      connection: ConnectionHandle,
    ) => MaybePromise<boolean | void>)
    | undefined;
  /**
   * What the peer's certificate must be issued for. Servers of XMPP, SMTP and
   * LDAP dial one another with certificates for servers, and public authorities
   * issue no others: `"any"` accepts one for servers or for clients. By default
   * a client expects a certificate for servers, and a server one for clients.
   */
  usage?: "server" | "client" | "any" | undefined;
  /**
   * Also refuses certificates that break a rule of RFC 5280 or of the
   * CA/Browser Forum's Baseline Requirements, as `strict` of `verifyChain`
   * does: the error's `rule` names it.
   *
   * @default {false}
   */
  strictCertificates?: boolean | undefined;
  /**
   * Revocation lists, or a function that returns them, as `fetchCrls()` of
   * `./x509` does; the status of the leaf must then be known.
   */
  crls?: readonly (Crl | string | Uint8Array)[] | CrlSource | undefined;
  /**
   * Returns an OCSP response if the peer stapled none that counts, as
   * `fetchOcsp()` of `./x509` does.
   */
  ocsp?: OcspSource | undefined;
  /** Returns intermediates that the peer forgot, as `fetchIssuers()` does. */
  issuers?: IssuerSource | undefined;
  /**
   * Accepts a certificate whose revocation status is unknown.
   *
   * @default {false}
   */
  allowUnknownRevocation?: boolean | undefined;
  /**
   * Accepts any certificate. This allows man-in-the-middle attacks.
   *
   * @default {false}
   */
  unsafelyIgnoreCertificateErrors?: boolean | undefined;
  /**
   * Accepts a certificate for any name. This allows every customer of a trusted
   * authority to be in the middle.
   *
   * @default {false}
   */
  unsafelyDisableHostnameVerification?: boolean | undefined;
  /**
   * Permits the anonymous suites of `./legacy` in `cipherSuites`, which
   * authenticate no one. This allows man-in-the-middle attacks.
   *
   * @default {false}
   */
  unsafelyAllowAnonymous?: boolean | undefined;
}

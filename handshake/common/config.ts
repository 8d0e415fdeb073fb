/**
 * What a handshake needs, checked already: types only. A context of
 * `connection/options/` makes these from a caller's options, under the names of
 * the options; nothing below reads options again.
 *
 * @module
 */

import type {
  KeyExchangeGroup,
  MaybePromise,
  RandomBytes,
} from "../../crypto/primitives/provider.ts";
import type { CipherSuite } from "../../crypto/suites/cipher_suites.ts";
import type { SecurityPolicy } from "../../crypto/suites/security_level.ts";
import type { ReferenceName } from "../../x509/certificate/name_match.ts";
import type { EchConfig } from "../messages/ech_config.ts";
import type {
  Session,
  SessionCacheLike,
  SessionStore,
} from "../session/session.ts";
import type { TicketKeys } from "../session/ticket_keys.ts";
import type {
  CertificateRequestInfo,
  ClientHelloInfo,
  EarlyDataSession,
  PeerVerdict,
} from "./callback_info.ts";
import type { CertificateCompression } from "./certificate_compressor.ts";
import type { ConnectionConfig } from "./connection_config.ts";
import type { EarlyDataPolicy } from "./early_data_policy.ts";
import type { EchKeys } from "./ech_keys.ts";
import type { EarlyShares } from "./key_shares.ts";
import type { LocalIdentity } from "./local_identity.ts";
import type { PskConfig } from "./psk_config.ts";
import type { TrustConfig } from "./trust_config.ts";

/** What both sides have. */
export interface HandshakeConfig extends ConnectionConfig {
  /** The lowest version to accept, as in the registry. */
  readonly minVersion: number;
  /** The highest version to offer. */
  readonly maxVersion: number;
  /** All that are on, highest first: one between those two may be off. */
  readonly versions: readonly number[];
  /** In order of preference. */
  readonly cipherSuites: readonly CipherSuite[];
  /** In order of preference. */
  readonly groups: readonly KeyExchangeGroup[];
  /** SignatureScheme numbers that we accept, in order of preference. */
  readonly signatureSchemes: readonly number[];
  /** What certificates may be signed with, where that is another list. */
  readonly certificateSignatureSchemes: readonly number[] | undefined;
  /** The security level, with the exceptions of `legacy`. */
  readonly security: SecurityPolicy;
  /** Sessions without the extended master secret are kept and resumed, too. */
  readonly weakSessions: boolean;
  /** Whether a TLS 1.2 peer may renegotiate. */
  readonly renegotiation: "never" | "once" | "freely";
  /** How often it may in `renegotiationWindow`. */
  readonly renegotiationLimit: number;
  /** The time that `renegotiationLimit` is for, in seconds. */
  readonly renegotiationWindow: number;
  /** The smallest finite field group of TLS 1.2 to accept, in bits. */
  readonly minDhSize: number;
  /** ALPN protocols, in order of preference, as `nameOfBytes` has them. */
  readonly alpnProtocols: readonly string[];
  /** CertificateType numbers that we accept, in order of preference. */
  readonly peerCertificateTypes: readonly number[];
  /**
   * SignatureSchemes that the peer's delegated credentials may sign with; none,
   * if it may show none.
   */
  readonly delegatedCredentialSchemes: readonly number[];
  /** What certificates are compressed with, in order of preference. */
  readonly certificateCompression: readonly CertificateCompression[];
  /** Our certificates, to choose from. */
  readonly identities: readonly LocalIdentity[];
  /** How the peer's certificates are judged. */
  readonly trust: TrustConfig;
  /** The caller's last word on a verdict. */
  readonly verify:
    | ((verdict: PeerVerdict) => Promise<boolean | void>)
    | undefined;
  /** External pre-shared keys. */
  readonly psk: PskConfig | undefined;
  /** Whether certificates go with an external PSK (RFC 9973). */
  readonly certificateWithPsk: "never" | "allow" | "require";
  /** record_size_limit (RFC 8449) that we announce, if we do. */
  readonly recordSizeLimit: number | undefined;
  /** The clock, in milliseconds since 1970. */
  readonly now: () => number;
  /** Returns `length` random bytes. */
  readonly random: RandomBytes;
  /** The same, where ephemeral keys are made of it, too: the option is given. */
  readonly keyRandom: RandomBytes | undefined;
  /** Called with lines of the key log (RFC 9850); never throws. */
  readonly keyLog: ((line: string) => void) | undefined;
  /** RFC 8701 values are sent. */
  readonly grease: boolean;
}

/** RFC 9149 section 3: ClientTicketRequest. */
export interface TicketRequest {
  /** Tickets for a connection that resumes nothing. */
  readonly newSessionCount: number;
  /** Tickets for one that resumes a session. */
  readonly resumptionCount: number;
}

/** What a client has besides. */
export interface ClientConfig extends HandshakeConfig {
  readonly side: "client";
  /** host_name of the server_name extension; none is sent without. */
  readonly serverName: string | undefined;
  /** The DNS name or IP address that the certificate must be for. */
  readonly verifyName: ReferenceName | undefined;
  /** What to resume. */
  readonly session: Session | undefined;
  /** Where to look for sessions and keep new ones. */
  readonly sessionCache: SessionCacheLike | undefined;
  /** The key of this server in the cache. */
  readonly sessionKey: string;
  /** Called with each new session; never throws. */
  readonly onSession: ((session: Session) => void) | undefined;
  /** Chooses the certificate to answer a request with. */
  readonly onCertificateRequest:
    | ((
      info: CertificateRequestInfo,
    ) => Promise<LocalIdentity | null | undefined>)
    | undefined;
  /** Asks for a staple. */
  readonly requestOcsp: boolean;
  /** Asks for SCTs (RFC 6962 section 3.3.1). */
  readonly requestScts: boolean;
  /** Somebody takes new sessions: without, no ticket is asked for. */
  readonly keepsSessions: boolean;
  /** ticket_request that is sent (RFC 9149), if one is. */
  readonly ticketRequest: TicketRequest | undefined;
  /** CertificateType numbers of what we can show, in order of preference. */
  readonly certificateTypes: readonly number[];
  /** Offers post-handshake authentication. */
  readonly postHandshakeAuth: boolean;
  /** MaxFragmentLength that is asked for (RFC 6066 section 4), if one is. */
  readonly maxFragmentLength: number | undefined;
  /** How many key shares the first ClientHello has. */
  readonly keyShares: readonly KeyExchangeGroup[];
  /** Those shares, if their keys were made while the transport was dialled. */
  readonly madeShares: EarlyShares | undefined;
  /** TLS_FALLBACK_SCSV is sent (RFC 7507). */
  readonly fallback: boolean;
  /** What the ClientHello is encrypted for (RFC 9849), or GREASE ECH. */
  readonly ech: EchConfig | "grease" | undefined;
  /** Says what is sent as early data, if anything is. */
  readonly earlyData:
    | ((session: EarlyDataSession) => Promise<Uint8Array | undefined>)
    | undefined;
  /**
   * What a connection keeps of this after its handshake, where connections to
   * the same server can share it.
   */
  readonly kept?: ClientConfig | undefined;
}

/** Go's five policies. */
export type ClientAuth =
  | "none"
  | "request"
  | "require-any"
  | "verify-if-given"
  | "require";

/** What a server has besides. */
export interface ServerConfig extends HandshakeConfig {
  readonly side: "server";
  /** Whether and how clients are authenticated. */
  readonly clientAuth: ClientAuth;
  /** Distinguished names for certificate_authorities. */
  readonly certificateAuthorities: readonly Uint8Array[];
  /** Identities by name; undefined goes on with `identities`. */
  readonly sni:
    | ((
      serverName: string | undefined,
    ) => MaybePromise<readonly LocalIdentity[] | ServerConfig | undefined>)
    | undefined;
  /** Sees the ClientHello before anything is decided. */
  readonly onClientHello:
    | ((info: ClientHelloInfo) => MaybePromise<ServerConfig | undefined>)
    | undefined;
  /** Chooses the ALPN protocol in place of `alpnProtocols`. */
  readonly onAlpn:
    | ((
      protocols: readonly string[],
      info: ClientHelloInfo,
    ) => MaybePromise<string | Uint8Array | undefined>)
    | undefined;
  /** The name that a client asks for is acknowledged. */
  readonly acknowledgeServerName: boolean;
  /** Suites that are alike to us: the client's order decides among them. */
  readonly equalCipherSuites: readonly (readonly CipherSuite[])[];
  /** Our order of suites decides, rather than the client's. */
  readonly preferServerCipherSuites: boolean;
  /** Seals and opens tickets; none are issued without. */
  readonly ticketKeys: TicketKeys | undefined;
  /** Sessions by ID. */
  readonly sessionStore: SessionStore | undefined;
  /** How many tickets follow a handshake. */
  readonly tickets: number;
  /** Lifetime of a session in seconds. */
  readonly sessionTimeout: number;
  /** Sessions of another context are not resumed. */
  readonly sessionIdContext: Uint8Array;
  /** Returns the OCSP response to staple for the chosen chain. */
  readonly onOcspRequest:
    | ((identity: LocalIdentity) => MaybePromise<Uint8Array | undefined>)
    | undefined;
  /** DHE parameters for clients that name no group of RFC 7919. */
  readonly dhParams:
    | { readonly prime: Uint8Array; readonly generator: Uint8Array }
    | undefined;
  /** `"cookie"` answers the first ClientHello with a HelloRetryRequest. */
  readonly helloRetry: "needed" | "cookie";
  /** Opens encrypted ClientHellos (RFC 9849). */
  readonly ech: EchKeys | "backend" | undefined;
  /** How early data is accepted, if it is. */
  readonly earlyData: EarlyDataPolicy | undefined;
  /** Data may be sent before the client's Finished has come. */
  readonly halfRtt: boolean;
}

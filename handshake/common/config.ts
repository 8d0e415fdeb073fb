/**
 * What a handshake needs, checked already: types only. A context of
 * `connection/options/` makes these from a caller's options, under the names of
 * the options; nothing below reads options again.
 *
 * @module
 */

import type { CipherSuite } from "../../crypto/suites/cipher_suites.ts";
import type {
  KeyExchangeGroup,
  MaybePromise,
  RandomBytes,
} from "../../crypto/primitives/provider.ts";
import type { PublicKey } from "../../crypto/signatures/public_key.ts";
import type { SecurityPolicy } from "../../crypto/suites/security_level.ts";
import type { EarlyShares } from "./key_shares.ts";
import type { Certificate } from "../../x509/certificate/certificate.ts";
import type { Crl } from "../../x509/status/crl.ts";
import type { ReferenceName } from "../../x509/certificate/name_match.ts";
import type { PathSources } from "../../x509/path/sources.ts";
import type { Identity } from "../../x509/keys/key_pair.ts";
import type { CtLogs } from "../../x509/path/ct_logs.ts";
import type { TrustStore } from "../../x509/trust/trust_store.ts";
import type { Verdict } from "../../x509/path/verdict.ts";
import type { KemKey } from "../../crypto/hpke/kem.ts";
import type { UntimedEvent } from "../io/events.ts";
import type { EchConfig } from "../messages/ech_config.ts";
import type { ECHConfig } from "../messages/extension_table.ts";
import type {
  Session,
  SessionCacheLike,
  SessionStore,
} from "../session/session.ts";
import type { TicketKeys } from "../session/ticket_keys.ts";

/**
 * One of our certificate chains with its key, and what is sent with the chain.
 * An empty chain stands for the key alone, as a raw public key (RFC 7250).
 */
export interface LocalIdentity extends Identity {
  /** A staple for the leaf, in DER. */
  readonly ocspResponse?: Uint8Array | undefined;
  /** A delegated credential, to whose key `key` is the private one. */
  readonly delegation?: Delegation | undefined;
  /** SCTs to send with the leaf (RFC 6962 section 3.3). */
  readonly signedCertificateTimestamps?: readonly Uint8Array[] | undefined;
}

/** A delegated credential that we show (RFC 9345). */
export interface Delegation {
  /** The DelegatedCredential as it is sent. */
  readonly raw: Uint8Array;
  /** The SignatureScheme that its key signs with. */
  readonly scheme: number;
  /** The SignatureScheme that the certificate's key signed it with. */
  readonly algorithm: number;
  /** Until then clients refuse it, as it is valid for too long. */
  readonly notBefore: number;
  /** When it expires, in milliseconds since 1970. */
  readonly notAfter: number;
}

/** What the connection goes by, and not its handshake. */
export interface ConnectionConfig {
  /** Milliseconds that a handshake may take; 0 for no limit. */
  readonly handshakeTimeout: number;
  /** Milliseconds that a read of the transport may take. */
  readonly readTimeout: number | undefined;
  /** Milliseconds that a write to the transport may take. */
  readonly writeTimeout: number | undefined;
  /** Whether we may go on writing when the peer has ended. */
  readonly allowHalfOpen: boolean;
  /** Most content of a record that we send, in bytes. */
  readonly maxFragmentSize: number | undefined;
  /** Small records at the start of a burst. */
  readonly dynamicRecordSizing: boolean;
  /** Zeros to add to a record of TLS 1.3, by its type and length. */
  readonly padding: ((type: number, length: number) => number) | undefined;
  /** Largest Certificate message to read, in bytes. */
  readonly maxCertificateSize: number;
  /** Called for every event; never throws. */
  readonly onEvent: ((event: UntimedEvent) => void) | undefined;
  /** Called with a line for each record and message; never throws. */
  readonly trace: ((line: string) => void) | undefined;
  /** What it says of messages. */
  readonly traceDepth: TraceDepth;
}

/** What a trace says of messages: names and lengths, or their fields too. */
export type TraceDepth = "messages" | "fields";

/**
 * An algorithm that compresses certificates (RFC 8879), where the runtime lacks
 * it or a dictionary is shared with the peer.
 */
export interface CertificateCompressor {
  /** Its number in the registry of RFC 8879 section 7.3, such as 2 for brotli. */
  readonly id: number;
  /**
   * Compresses the body of a Certificate message.
   *
   * @returns The result, or `undefined` to send the message as it is.
   */
  compress(message: Uint8Array): MaybePromise<Uint8Array | undefined>;
  /**
   * Decompresses the body of a Certificate message; an error refuses the peer.
   *
   * @param length The length of the result in bytes, as the peer says. It is
   * not above `maxCertificateSize`; stop where there is more.
   */
  decompress(compressed: Uint8Array, length: number): MaybePromise<Uint8Array>;
}

/** An algorithm of our own by its number alone, or the caller's. */
export type CertificateCompression =
  | CertificateCompressor
  | { readonly id: number };

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

/** Which connection a callback is about. */
export interface ConnectionHandle {
  /** Counts the connections of this process. */
  readonly id: number;
  /** Our side of the connection. */
  readonly side: "client" | "server";
  /** Our address, where the transport has one. */
  readonly localAddr: Deno.Addr | undefined;
  /** The peer's address, if the transport has one. */
  readonly remoteAddr: Deno.Addr | undefined;
  /** The name that the client asks for, as soon as it is known. */
  readonly serverName: string | undefined;
  /** The ClientHello, at a server that has read it. */
  readonly clientHello: ClientHelloInfo | undefined;
}

/** What `verify` decides on. */
export interface PeerVerdict extends Verdict {
  /** Our side of the connection. */
  readonly side: "client" | "server";
  /** The name that the server was asked for, if any. */
  readonly serverName: string | undefined;
  /** The certificates as the peer sent them. */
  readonly chain: readonly Certificate[];
  /** The OCSP response that the server stapled, in DER. */
  readonly ocspResponse: Uint8Array | undefined;
  /**
   * The key that the peer sent in place of certificates (RFC 7250), and proves to
   * have; then `chain` and `path` are empty.
   */
  readonly rawPublicKey: PublicKey | undefined;
  /**
   * Whether the verdict is that of a session that is about to be resumed: the
   * peer shows no certificate on this connection, and those of the session
   * count. If `verify` refuses, a full handshake follows, and `verify` is
   * called for what the peer shows in it.
   */
  readonly resumed: boolean;
}

/** An external PSK, as a client has it. */
export interface ClientPsk {
  /** PSK identity (RFC 9846 section 4.3.11, RFC 4279 section 2). */
  readonly identity: Uint8Array;
  /** The key. */
  readonly key: Uint8Array;
  /** The hash that it is for (RFC 9846 section 4.3.11). */
  readonly hash: "SHA-256" | "SHA-384";
  /**
   * It is imported (RFC 9258) with this context, and used in no other way.
   */
  readonly importContext?: Uint8Array | undefined;
}

/** What a server's look-up finds. */
export type PskAnswer = Omit<ClientPsk, "identity">;

/** External PSKs of either side. */
export interface PskConfig {
  /** A client's keys, perhaps by the hint of a TLS 1.2 server. */
  readonly client?: (hint?: string) => MaybePromise<readonly ClientPsk[]>;
  /** A server's look-up. */
  readonly server?: (
    identity: Uint8Array,
  ) => MaybePromise<PskAnswer | undefined>;
  /** psk_identity_hint that a TLS 1.2 server sends. */
  readonly hint?: string | undefined;
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
  /** SignatureSchemes that delegated credentials may sign with; none, if off. */
  readonly delegatedCredentialSchemes: readonly number[];
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
}

/** A session that can carry early data, as the option `earlyData` gets it. */
export interface EarlyDataSession {
  /** The most bytes that the server accepts. */
  readonly maxSize: number;
  /**
   * The ALPN protocol of the session, which the early data must be of: the
   * server rejects it if it chooses another one now.
   */
  readonly alpnProtocol: string | undefined;
  /** The IANA name of the cipher suite that protects the early data. */
  readonly cipherSuite: string;
}

/** What a CertificateRequest asks for. */
export interface CertificateRequestInfo {
  /** Distinguished names of acceptable CAs, in DER. */
  readonly certificateAuthorities: readonly Uint8Array[];
  /** Names of the schemes that the server accepts in CertificateVerify. */
  readonly signatureSchemes: readonly string[];
  /**
   * Kinds of keys that the server accepts, such as `"rsa_sign"` (RFC 5246
   * section 7.4.4); empty in TLS 1.3, where the schemes say it.
   */
  readonly certificateTypes: readonly string[];
  /** Whether a raw public key is asked for (RFC 7250), not certificates. */
  readonly rawPublicKey: boolean;
  /** The negotiated version. */
  readonly version: string;
  /**
   * Whether the request is that of a session, before the session is offered. It
   * is resumed only if the answer is the certificate that the session was made
   * with.
   */
  readonly resumed: boolean;
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

/** How a server accepts early data. */
export interface EarlyDataPolicy {
  /** Most bytes on one connection: what tickets promise. */
  readonly maxSize: number;
  /** How far the age of a ticket may be off, in milliseconds. */
  readonly window: number;
  /** Where ClientHellos are recorded; without it, in this process. */
  readonly replay: ReplayStore | undefined;
}

/**
 * Where a server, or all servers of a fleet, record that a ticket has carried
 * early data. The stores of `./redis` and `./kv` are such stores.
 */
export interface ReplayStore {
  /**
   * Sets the value of a key if there is none (`expected` is `undefined`), in
   * one step that no other machine can come between.
   *
   * @returns Whether there was none, and it is set.
   */
  compareAndSet(
    key: string,
    expected: undefined,
    value: Uint8Array,
  ): MaybePromise<boolean>;
}

/** A server's keys for Encrypted ClientHello (RFC 9849). */
export interface EchKeys {
  /** They are tried in this order. */
  readonly keys: readonly EchKey[];
  /** What clients get whose ClientHello none of them opens. */
  readonly retryConfigs: ECHConfig[];
}

/** A configuration with its private key. */
export interface EchKey {
  readonly config: EchConfig;
  readonly key: KemKey;
}

/** A ClientHello as the server's callbacks see it. */
export interface ClientHelloInfo {
  /** host_name of the server_name extension. */
  readonly serverName: string | undefined;
  /** Versions offered, such as `"TLSv1.3"`, the client's order. */
  readonly versions: readonly string[];
  /** Suites offered, by IANA name or number. */
  readonly cipherSuites: readonly string[];
  /** Groups offered, by IANA name or number. */
  readonly groups: readonly string[];
  /** Signature schemes offered, by IANA name or number. */
  readonly signatureSchemes: readonly string[];
  /** ec_point_formats. */
  readonly pointFormats: readonly number[];
  /**
   * ALPN protocols offered. One that is not UTF-8 has a code unit from U+DC00 on
   * for each byte: the string is no other protocol's, and options take it back.
   */
  readonly alpnProtocols: readonly string[];
  /** The same as they were sent. */
  readonly alpnProtocolBytes: readonly Uint8Array[];
  /**
   * Distinguished names, in DER, of the authorities that the client accepts (RFC
   * 9846 section 4.3.4).
   */
  readonly certificateAuthorities: readonly Uint8Array[];
  /** Types of all extensions, in wire order. */
  readonly extensions: readonly number[];
  /** The address of the client, where the transport has one. */
  readonly remoteAddr: unknown;
  /** The ClientHello message as received. */
  readonly raw: Uint8Array;
}

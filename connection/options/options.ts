/**
 * The options of all entries, and their meaning.
 *
 * @module
 */

import type { CipherSuiteList } from "../../crypto/suites/cipher_suite.ts";
import type { MaybePromise } from "../../crypto/primitives/provider.ts";
import type { LegacyPermit } from "../../crypto/suites/security_level.ts";
import type {
  CertificateCompressor,
  CertificateRequestInfo,
  ClientAuth,
  ClientHelloInfo,
  ConnectionHandle,
  TraceDepth,
} from "../../handshake/common/config.ts";
import type { HandshakeEvent } from "../../handshake/io/events.ts";
import type {
  Session,
  SessionCacheLike,
  SessionStore,
} from "../../handshake/session/session.ts";
import type { TicketKeySource } from "../../handshake/session/ticket_keys.ts";
import type { CertificateInput, KeyInput } from "../../x509/keys/inputs.ts";
import type { Identity } from "../../x509/keys/key_pair.ts";
import type { Passphrase } from "../../x509/keys/private_key.ts";
import type { CtLog } from "../../x509/path/ct_logs.ts";
import type { EarlyDataFunction, EarlyDataOptions } from "./early_data.ts";
import type { CertificateTypeName, TrustOptions } from "./trust_options.ts";

/**
 * Options that `createContext` checked and read once. Pass it as `context` to
 * any entry; other options override it.
 */
export interface TlsContext {
  /**
   * A copy with some options changed.
   *
   * A staple and timestamps belong to a certificate: if that changes and they
   * do not, they are removed.
   *
   * @param changes The options to change; one that is `undefined` is removed.
   * @returns A new context; this one stays as it is.
   * @throws {TypeError} If an option is not valid.
   */
  with(changes: ContextOptions): TlsContext;
}

/** A version by its name. */
export type TlsVersion = "TLSv1.3" | "TLSv1.2" | "TLSv1.1" | "TLSv1";

/** A key that is shown as it is, without a certificate (RFC 7250). */
export interface RawPublicKeyInput {
  /** `true`: no certificate goes with the key. */
  readonly rawPublicKey: true;
  /** PEM, DER, or a `Signer`. */
  readonly key: KeyInput;
  /** Opens the key. */
  readonly passphrase?: Passphrase | undefined;
}

/** An algorithm of RFC 8879 by its name. */
export type CertificateCompressionName = "zlib" | "brotli" | "zstd";

/** A certificate with its key: parsed, or to be parsed. */
export type IdentityInput = Identity | RawPublicKeyInput | {
  /** PEM, the leaf first, or DER of one certificate. */
  readonly cert: CertificateInput;
  /** PEM, DER, or a `Signer`. */
  readonly key: KeyInput;
  /** Opens the key. */
  readonly passphrase?: Passphrase | undefined;
  /**
   * A DelegatedCredential (RFC 9345) that the key of the first certificate
   * signed for a server; `key` is the key that it delegates to. Clients that do
   * not take it need another identity.
   */
  readonly delegatedCredential?: Uint8Array | undefined;
};

/** What a name can have: an identity, changed options, or a context. */
export type NamedInput = IdentityInput | ServerOptions | TlsContext;

/** An external PSK as a client gives it. */
export interface PskInput {
  /** PSK identity; a string is its UTF-8. */
  readonly identity: string | Uint8Array;
  /** The key: 16 random bytes or more. */
  readonly key: Uint8Array;
  /** The hash that it is used with. @default {"SHA-256"} */
  readonly hash?: "SHA-256" | "SHA-384" | undefined;
  /**
   * Imports the key into TLS 1.3 (RFC 9258): what is used are keys made of it, one
   * for each hash that suites have, so that one key is enough for all of them.
   * Both sides must do so, with the same context. `hash` is then that of the key
   * itself. The key is not used below TLS 1.3.
   */
  readonly import?: PskImport | undefined;
}

/** How an external PSK is imported (RFC 9258). */
export interface PskImport {
  /**
   * What the key was made for, such as the names of its two holders, which
   * nobody can then exchange; a string is its UTF-8. It is empty if not given.
   */
  readonly context?: string | Uint8Array | undefined;
}

/**
 * An external PSK as a server's look-up returns it. If it has an identity, that
 * must be the one asked for.
 */
export type PskAnswer =
  & Omit<PskInput, "identity">
  & Partial<Pick<PskInput, "identity">>;

/** A client's external PSKs. */
export type ClientPskOption =
  | PskInput
  | readonly PskInput[]
  | ((
    hint: string | undefined,
    connection: ConnectionHandle,
  ) => MaybePromise<PskInput | readonly PskInput[] | undefined | null>);

/** How many tickets a client asks for (RFC 9149). */
export interface TicketRequestOption {
  /** After a full handshake, 0 to 255. @default {2} */
  readonly newSession?: number | undefined;
  /** After a session was resumed, 0 to 255. @default {1} */
  readonly resumption?: number | undefined;
}

/** A server's look-up of external PSKs. */
export type ServerPskOption = (
  identity: Uint8Array,
  connection: ConnectionHandle,
) => MaybePromise<PskAnswer | undefined | null>;

/**
 * Encrypted ClientHello at a client (RFC 9849): what the ClientHello, with the
 * name of the server in it, is encrypted for; or `"grease"`, which sends random
 * bytes in the same form (section 6.2).
 */
export type ClientEchOption = "grease" | {
  /** ECHConfigList, as the parameter `ech` in the DNS has it (RFC 9848). */
  readonly configList: Uint8Array;
  /**
   * What `connect` does if the server cannot decrypt the ClientHello, and has
   * proved to be the one for the public name: `"keys"` connects once more if it
   * sent other configurations; `"any"` also connects without encryption if it
   * sent none of RFC 9849, as section 6.1.6 of that advises. Otherwise it is a
   * `TlsEchRejectedError`. That proof is a certificate for the public name, also
   * where an option with "unsafely" in its name is set.
   *
   * @default {"never"}
   */
  readonly retry?: "never" | "keys" | "any" | undefined;
};

/** A key for Encrypted ClientHello. */
export type EchKeyInput = string | Uint8Array | {
  /** PEM of RFC 9934: a private key, and an ECHConfigList for it. */
  readonly pem: string | Uint8Array;
  /**
   * Whether clients get the configuration whose ClientHello no key opens.
   *
   * @default {`true` for the first key}
   */
  readonly retry?: boolean | undefined;
};

/** The keys of a server with Encrypted ClientHello (RFC 9849). */
export interface EchKeysOption {
  /**
   * The keys, newest first: PEM of RFC 9934, as `echConfig` makes it. Older ones
   * only open what clients encrypt for them.
   */
  readonly keys: EchKeyInput | readonly EchKeyInput[];
}

/**
 * Encrypted ClientHello at a server (RFC 9849): the keys of one that clients
 * reach; or `"backend"`, for one behind a client-facing server, which has decrypted
 * the ClientHello (see `openClientHello` in `@x/tls/ech`). What reaches a back end
 * is not authenticated: that it comes from the client-facing server is for the
 * network to ensure.
 */
export type ServerEchOption = EchKeysOption | "backend";

/** Options of both sides. */
export interface TlsOptions extends TrustOptions {
  /** Options that `createContext` checked; other options override them. */
  context?: TlsContext | undefined;
  /** The lowest version. @default {"TLSv1.2"} */
  minVersion?: TlsVersion | undefined;
  /** The highest version. @default {"TLSv1.3"} */
  maxVersion?: TlsVersion | undefined;
  /**
   * All versions that are on, in any order, in place of `minVersion` and
   * `maxVersion`: there may be one in the middle that is off.
   *
   * A server selects the highest that it and the client have. A client sends its
   * versions in supported_versions, which servers of TLS 1.3 go by (RFC 9846
   * section 4.3.1). Others know only of a highest version: one that selects a
   * version in the middle that is off is refused with `protocol_version`. The
   * mark of a server that supports a higher version than it selects (section
   * 4.2.3) is heeded as ever.
   */
  versions?: readonly TlsVersion[] | undefined;
  /**
   * The enabled suites, in order of preference: names of IANA or OpenSSL,
   * values of `./legacy`, or one OpenSSL cipher string. A version without a
   * suite is off. A nested list is an equal-preference group: the
   * server takes the client's favourite among them.
   */
  cipherSuites?: string | CipherSuiteList | undefined;
  /**
   * Groups for the key exchange, in order of preference. secp521r1 is the last
   * of the defaults, for certificates and servers with nothing else; it is not
   * in Mozilla's "intermediate" profile: leave it out to fulfil that.
   *
   * `"pq"` stands for the groups that resist a quantum computer, and for no
   * others: hybrids with ML-KEM, and behind them ML-KEM alone. A peer that has
   * none of them is refused, and so is TLS 1.2, which has none.
   *
   * @default {["X25519MLKEM768", "x25519", "secp256r1", "secp384r1",
   * "secp521r1"]}
   */
  groups?: string | readonly string[] | undefined;
  /**
   * Signature schemes to accept from the peer, in order of preference.
   *
   * `"rsa_pkcs1_sha256_legacy"` and its kin (RFC 9963) let a client of TLS 1.3
   * sign with PKCS #1 v1.5, for keys in hardware that cannot make RSA-PSS. They
   * are off by default: a server that has them here accepts such signatures, and
   * a client that has them makes them if the server asks for them and the key
   * has nothing better.
   */
  signatureSchemes?: string | readonly string[] | undefined;
  /**
   * Signature schemes to accept in certificates, if they differ from
   * `signatureSchemes`.
   */
  certificateSignatureSchemes?: string | readonly string[] | undefined;
  /**
   * OpenSSL's security level, 0 to 5: how strong keys, digests, groups and
   * suites must be, and above 2 also forward secrecy, no session ticket below
   * TLS 1.3 and no TLS 1.1 or 1.0. A named item below the level is a
   * `TypeError`; defaults, and what a cipher string selects, are left out
   * instead. Without this option the level is that of `@SECLEVEL` in
   * `cipherSuites`, or 2.
   */
  securityLevel?: number | undefined;
  /**
   * Exceptions from `./legacy`, which permit keys, groups and digests below the
   * security level, and sessions without the extended master secret.
   *
   * @default {[]}
   */
  legacy?: readonly LegacyPermit[] | undefined;
  /**
   * ALPN protocols, in order of preference (RFC 7301): a string is its UTF-8.
   *
   * @default {[]}
   */
  alpnProtocols?: readonly (string | Uint8Array)[] | undefined;
  /**
   * Algorithms that compress certificates in TLS 1.3 (RFC 8879), in order of
   * preference. The peer is offered all of them, and our own certificate is
   * compressed with the first that the peer has. The result is kept for the next
   * handshake. `"zlib"` works in every runtime; `"brotli"` and `"zstd"` need a
   * `node:zlib` that has them. An object brings an algorithm of yours.
   *
   * Off by default: it saves 10 to 30 % of a chain of RSA or ECDSA certificates
   * and nothing of a post-quantum one, takes time on both sides, and lets
   * strangers feed a decompressor.
   *
   * @default {[]}
   */
  certificateCompression?:
    | readonly (CertificateCompressionName | CertificateCompressor)[]
    | undefined;
  /** Our certificate: PEM with its chain, or DER. */
  cert?: CertificateInput | undefined;
  /** Its private key: PEM, DER, or a `Signer`. */
  key?: KeyInput | undefined;
  /** Opens `key` or `pfx`, if it is encrypted. */
  passphrase?: Passphrase | undefined;
  /** Certificate and key in PKCS #12. */
  pfx?: Uint8Array | undefined;
  /**
   * Several certificates with their keys, to choose from; keys without a
   * certificate as `{ rawPublicKey: true, key }` (RFC 7250).
   *
   * @default {[]}
   */
  certificates?: readonly IdentityInput[] | undefined;
  /**
   * Called with each line of the key log (RFC 9850), without the newline. For
   * debugging only: these lines decrypt everything. If it throws, nothing
   * fails: `onEvent` gets the error as `callback_failed`.
   */
  keyLog?:
    | ((line: string, connection: ConnectionHandle) => void)
    | undefined;
  /**
   * Called for every event of a connection: when a handshake begins, is done or
   * fails, for messages, alerts and key changes, and at the end. If it throws,
   * nothing fails: the error is dropped.
   */
  onEvent?:
    | ((
      event: HandshakeEvent,
      connection: ConnectionHandle,
    ) => void)
    | undefined;
  /**
   * Called with a readable line for each record and message. If it throws, the
   * same applies as for `keyLog`.
   */
  trace?:
    | ((line: string, connection: ConnectionHandle) => void)
    | undefined;
  /**
   * What `trace` and `setTrace()` say of messages: their names and lengths, or all of their
   * fields as well, in the words of the RFCs. Neither shows a secret; tickets
   * and the like are shown by their length.
   *
   * @default {"messages"}
   */
  traceDepth?: TraceDepth | undefined;
  /**
   * Milliseconds that a handshake may take, the first one or a renegotiation;
   * 0 for no limit. The answer to a renegotiation may follow data, of which
   * little is buffered: time in which you do not read the data counts.
   *
   * @default {60000}
   */
  handshakeTimeout?: number | undefined;
  /** Milliseconds that a read of the transport may take. */
  readTimeout?: number | undefined;
  /** Milliseconds that a write to the transport may take. */
  writeTimeout?: number | undefined;
  /**
   * Aborts the connection at any time: dialling, the handshake, and later what
   * reads and writes, as `abort()` does. Pending calls reject with its reason.
   * For a limit on the time to connect use `handshakeTimeout`: a signal of
   * `AbortSignal.timeout()` ends a connection that is in use.
   */
  signal?: AbortSignal | undefined;
  /**
   * Whether we may continue writing after the peer's close_notify.
   *
   * @default {true}
   */
  allowHalfOpen?: boolean | undefined;
  /** Largest content of a record that we send, in bytes: 64 to 16384. */
  maxFragmentSize?: number | undefined;
  /**
   * Largest content of a record that the peer may send, in bytes: 64 to 16385
   * (RFC 8449).
   */
  recordSizeLimit?: number | undefined;
  /**
   * Sends small records at the start of a burst, for less delay.
   *
   * @default {false}
   */
  dynamicRecordSizing?: boolean | undefined;
  /**
   * Returns how many zeros to add to a record of TLS 1.3 with that length of
   * content.
   */
  padding?: ((length: number) => number) | undefined;
  /** Largest Certificate message to read, in bytes. @default {131072} */
  maxCertificateSize?: number | undefined;
  /** External pre-shared keys: a client's keys, a server's look-up. */
  psk?: ClientPskOption | ServerPskOption | undefined;
  /**
   * Uses an external PSK of `psk` together with certificates in TLS 1.3 (RFC 9973):
   * certificates authenticate as they do without it, and the PSK, which many may
   * know, protects what is sent should the key exchange be broken one day.
   *
   * `"require"` refuses a peer that does not do so; a client with it resumes no
   * sessions. With `"allow"` such a peer may go on with its certificate alone, and
   * a server also accepts a client with its PSK alone. A client does not: it offers
   * no suite of TLS 1.2 in which the PSK stands for the certificate.
   *
   * @default {"never"}
   */
  certificateWithPsk?: "never" | "allow" | "require" | undefined;
  /** Early data: what a client sends, or what a server accepts. */
  earlyData?: Uint8Array | EarlyDataFunction | EarlyDataOptions | undefined;
  /** Whether a TLS 1.2 peer may renegotiate. @default {"never"} */
  renegotiation?: "never" | "once" | "freely" | undefined;
  /** How often it may renegotiate in `renegotiationWindow`. @default {3} */
  renegotiationLimit?: number | undefined;
  /** The time that `renegotiationLimit` is for, in seconds. @default {600} */
  renegotiationWindow?: number | undefined;
  /** The smallest DHE group to accept, in bits. @default {2048} */
  minDhSize?: number | undefined;
  /**
   * Sends reserved values without meaning (RFC 8701), so that peers keep
   * ignoring unknown values: a client in its ClientHello, a server in its
   * tickets and its requests for a certificate of TLS 1.3. Without them, ClientHellos of the same options differ
   * in their random fields only.
   *
   * @default {true}
   */
  grease?: boolean | undefined;
  /** Encrypted ClientHello (RFC 9849): a client's configurations, a server's keys. */
  ech?: ClientEchOption | ServerEchOption | undefined;
  /** Returns the time, as a date or in milliseconds since 1970. For tests. */
  now?: (() => number | Date) | undefined;
  /**
   * Returns `length` random bytes, for tests: with the same bytes and the same
   * `now` a handshake repeats byte by byte, but for signatures to which the
   * platform adds random bytes of its own: RSASSA-PSS, on most also ECDSA and
   * ML-DSA. Keys of type Ed25519 have none.
   *
   * All secrets are made of these bytes, ephemeral keys included: anyone who can
   * guess them reads the connection. And keys are made in JavaScript then, whose
   * time depends on them.
   *
   * @default {the random bytes of the platform}
   */
  random?: ((length: number) => Uint8Array) | undefined;
  /** Bytes that were read from the transport already. */
  initialData?: Uint8Array | undefined;
}

/** Options of a client. */
export interface ClientOptions extends TlsOptions {
  /**
   * Encrypts the ClientHello, and in it the name of the server, for the
   * configurations that the server has in the DNS (RFC 9849); `"grease"` sends
   * what looks like it.
   *
   * Nothing falls back to a ClientHello in the clear: a list that has nothing
   * that can be used here is a `TypeError`, and a server that cannot decrypt the
   * ClientHello is a `TlsEchRejectedError`, unless `retry` says otherwise. Other
   * observers than the network still learn the name from the DNS.
   */
  ech?: ClientEchOption | undefined;
  /**
   * External pre-shared keys, or a function that returns them; it gets the
   * psk_identity_hint of a TLS 1.2 server, if there is one.
   */
  psk?: ClientPskOption | undefined;
  /**
   * Early data (RFC 9846 section 2.3): bytes that leave with the first message,
   * before the handshake, in TLS 1.3 and with a session whose ticket allows it. A
   * function gets that session, and returns the bytes for it, or nothing.
   *
   * **They may be replayed.** An attacker can have the server get these bytes
   * more than once, and they are less secret than what follows: who learns the
   * keys of the session later can read them. Give only what does no harm twice,
   * such as a GET request without effects.
   *
   * All of the bytes are sent early or none. Afterwards `info.earlyData` says
   * whether they have arrived: unless it is `"accepted"`, send them yourself,
   * they are never sent again by themselves. It is known before anything else is
   * sent. Without this option nothing is sent early.
   */
  earlyData?: Uint8Array | EarlyDataFunction | undefined;
  /**
   * The server name to request and verify; `false` sends none.
   *
   * @default {`hostname`, unless it is an address}
   */
  serverName?: string | false | undefined;
  /** A session to resume. */
  session?: Session | undefined;
  /**
   * Where to look for sessions and keep new ones; without it, none is resumed.
   * A session is offered only if each side would authenticate itself now as it
   * did when the session was made; otherwise a full handshake follows. A client
   * without a name (`serverName`, `hostname`) does not use it.
   */
  sessionCache?: SessionCacheLike | undefined;
  /**
   * Asks the server for a number of session tickets (RFC 9149), where sessions
   * are kept: a client that opens several connections side by side needs one for
   * each. The server may send fewer.
   */
  ticketRequest?: TicketRequestOption | undefined;
  /**
   * Called with each new session. If it throws, nothing fails: `onEvent` gets
   * the error as `callback_failed`.
   */
  onSession?:
    | ((session: Session, connection: ConnectionHandle) => void)
    | undefined;
  /**
   * Chooses the certificate when the server asks for one; `null` for none. It
   * is also called, with `resumed: true`, before a session is offered in which
   * the server had asked for one: a different answer leads to a full handshake.
   */
  onCertificateRequest?:
    | ((
      info: CertificateRequestInfo,
      connection: ConnectionHandle,
    ) => MaybePromise<IdentityInput | null | undefined>)
    | undefined;
  /** Refuses a server without a good OCSP staple. @default {false} */
  requireOcsp?: boolean | undefined;
  /** Refuses a server without a timestamp of one of these logs (RFC 6962). */
  ctLogs?: readonly CtLog[] | undefined;
  /**
   * What we can show a server that asks for it, in order of preference (RFC
   * 7250). Name it where `onCertificateRequest` has what `certificates` lacks.
   *
   * @default {the types of what is in `certificates`}
   */
  certificateTypes?: readonly CertificateTypeName[] | undefined;
  /**
   * Accepts delegated credentials (RFC 9345): keys that the key of the server's
   * certificate signed for seven days or less, if the certificate allows it.
   *
   * @default {false}
   */
  delegatedCredentials?: boolean | undefined;
  /**
   * Lets the server ask for a certificate later (RFC 9846 section 4.7.2).
   *
   * @default {`true` if there is a certificate}
   */
  postHandshakeAuth?: boolean | undefined;
  /**
   * Asks for an OCSP staple, which `info.ocspResponse` then has.
   *
   * @default {true}
   */
  requestOcsp?: boolean | undefined;
  /**
   * Asks for signed certificate timestamps (RFC 6962), which
   * `info.signedCertificateTimestamps` then has.
   *
   * @default {true}
   */
  requestScts?: boolean | undefined;
  /**
   * Tells the server that this is another try, with a lower `maxVersion` than a
   * try that failed (TLS_FALLBACK_SCSV of RFC 7507): a server that supports a
   * higher version refuses it with `inappropriate_fallback`, as an attacker may
   * have made the first try fail.
   *
   * @default {false}
   */
  fallback?: boolean | undefined;
  /**
   * Asks the server to keep the content of records, its own and ours, within
   * this number of bytes (RFC 6066 section 4). A server may decline; one that
   * supports `recordSizeLimit` uses that instead, if it is set.
   */
  maxFragmentLength?: 512 | 1024 | 2048 | 4096 | undefined;
  /**
   * Groups of the key shares in the first ClientHello. An empty list forces a
   * HelloRetryRequest (one extra round trip).
   */
  keyShares?: string | readonly string[] | undefined;
}

/** What a look-up is for. */
export interface LookupOptions {
  /** The family of addresses that is asked for, if it is one. */
  readonly family: 4 | 6 | undefined;
  /** Aborted when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
}

/** Finds the addresses of a host. */
export type Lookup = (
  hostname: string,
  options: LookupOptions,
) => MaybePromise<string | readonly string[]>;

/** Options of `connect`. */
export interface ConnectOptions extends ClientOptions {
  /** The host to dial: a name or an address. @default {"127.0.0.1"} */
  hostname?: string | undefined;
  /** The port to dial. */
  port?: number | undefined;
  /** A unix socket to dial. */
  path?: string | undefined;
  /** Dials addresses of one family alone: IPv4 or IPv6. */
  family?: 4 | 6 | undefined;
  /**
   * Finds the addresses of `hostname`, in place of the system. They are dialled
   * by turns of their families, at intervals of 250 ms (RFC 8305). The
   * certificate must still be for `hostname`.
   */
  lookup?: Lookup | undefined;
  /**
   * The local address to dial from, one of this machine's; `0.0.0.0` or `::` for
   * any. Addresses of the other family are not dialled. In Deno, Node.js and Bun; where the runtime
   * cannot do it the option is a `TypeError`.
   */
  localAddress?: string | undefined;
  /**
   * The local port to dial from; 0 for any. Addresses are then dialled one after
   * the other, and not at once. It is available where `localAddress` is.
   */
  localPort?: number | undefined;
}

/** Options of a server. */
export interface ServerOptions extends TlsOptions {
  /**
   * Opens encrypted ClientHellos (RFC 9849). The names, certificates and
   * protocols of the ClientHello inside count; a client whose ClientHello no key
   * opens gets the certificate for the public name, and the configurations.
   * `"backend"` takes ClientHellos that a client-facing server has decrypted.
   */
  ech?: ServerEchOption | undefined;
  /**
   * Returns the external pre-shared key for the identity that a client sends.
   * It is also called before resuming a session that was made with such a key:
   * if it returns another key or none, the session is not resumed.
   */
  psk?: ServerPskOption | undefined;
  /**
   * Whether and how clients are authenticated by certificates. A client with an
   * external PSK is authenticated by that, and is not asked (RFC 9846 section
   * 4.4.2): if `psk` finds a key, `"require"` demands nothing more.
   *
   * `"verify-if-given"` and `"require"` need `caCerts` or `trust`: the
   * authorities that may issue certificates of clients. Without `clientAuth`
   * these verify clients that are asked later, by `requestCertificate()` or
   * `renegotiate({ clientAuth })`.
   *
   * @default {"none"}
   */
  clientAuth?: ClientAuth | undefined;
  /**
   * Certificates of acceptable authorities, in PEM: their names are sent to
   * clients. An empty list sends none.
   *
   * @default {the names of `caCerts` or `trust`, if they fit into 65,535 bytes}
   */
  certificateAuthorities?: readonly (string | Uint8Array)[] | undefined;
  /**
   * Certificates or options by server name: a table, or a function. In
   * `*.example.com` the `*` is any one label; `*` alone is for all other names
   * and for clients that send none. Identities and options change this server's
   * own options; an identity replaces all identities of the server. A context
   * is used alone, with the ticket keys and the session store of this server if
   * it has none.
   */
  sni?:
    | Readonly<Record<string, NamedInput>>
    | ((
      serverName: string | undefined,
      connection: ConnectionHandle,
    ) => MaybePromise<NamedInput | undefined | null>)
    | undefined;
  /**
   * Called with the ClientHello before anything is chosen. Returns other
   * options or another context, like the values of `sni`, or throws to refuse
   * the client.
   */
  onClientHello?:
    | ((
      info: ClientHelloInfo,
      connection: ConnectionHandle,
    ) => MaybePromise<NamedInput | void | null>)
    | undefined;
  /**
   * Chooses among the ALPN protocols that the client offers. `clientHello` of
   * the connection has their bytes.
   */
  onAlpn?:
    | ((
      protocols: readonly string[],
      connection: ConnectionHandle,
    ) => MaybePromise<string | Uint8Array | undefined>)
    | undefined;
  /**
   * Whether to acknowledge the name that a client asks for, as RFC 6066 section
   * 3 asks of servers that use it. In a context that `onClientHello` returns,
   * `false` says that the name made no difference.
   *
   * @default {true}
   */
  acknowledgeServerName?: boolean | undefined;
  /** Whether our order of suites decides. @default {true} */
  preferServerCipherSuites?: boolean | undefined;
  /**
   * Ticket keys, 48 or 32 random bytes each, sealing key first; or what gives
   * such, as `sharedTicketKeys()` of `./fleet` does for several machines.
   *
   * @default {own keys, which rotate}
   */
  ticketKeys?: readonly Uint8Array[] | TicketKeySource | undefined;
  /**
   * Where to keep sessions by ID; setting it turns them on. Like ticket keys,
   * it may be shared: a session is resumed only if each side would authenticate
   * itself now as it did when the session was made.
   */
  sessionStore?: SessionStore | undefined;
  /** Lifetime of sessions in seconds. @default {86400} */
  sessionTimeout?: number | undefined;
  /**
   * Sessions of another context are not resumed; up to 32 bytes.
   *
   * @default {""}
   */
  sessionIdContext?: string | Uint8Array | undefined;
  /** How many tickets follow a handshake; 0 for none. @default {2} */
  tickets?: number | undefined;
  /**
   * Accepts early data of clients that resume a session (RFC 9846 section 2.3),
   * and says so in tickets. `earlyData` of the connection has it, apart from all
   * other data: read it there, or cancel it. A listener gives such a connection
   * as soon as early data is accepted, before its handshake is over; writing
   * works from then on.
   *
   * **Early data may be replayed.** A ticket carries it once where all servers
   * that know its keys share the record in `replay`, and clients may still send
   * it twice. Do nothing for it that must not be done twice before
   * `handshake()` of the connection has resolved. Without this option early data
   * is rejected.
   */
  earlyData?: EarlyDataOptions | undefined;
  /**
   * Sends data right behind the server's Finished, without waiting for the
   * client's (RFC 9846 section 2): a server that speaks first, as those of SMTP,
   * IMAP and FTP do, saves a round trip. A listener then gives a connection of
   * TLS 1.3 when the server's part of the handshake is done: `write` works,
   * `info` has the results so far, and reads wait for the client. The handshake
   * may still fail, as `handshake()` and reads of the connection tell. In TLS
   * 1.2 and below everything waits for the client, as without this option.
   *
   * **Until `handshake()` has resolved, the client has proved nothing**: its
   * ClientHello may be a replay, although only the client that made it can read
   * the data. So it is refused together with `clientAuth`, as data would go out
   * before the client has shown its certificate; `requestCertificate()` of the
   * connection can ask for one later. `serve()` has no use for it: clients of
   * HTTP speak first.
   *
   * @default {false}
   */
  halfRtt?: boolean | undefined;
  /** An OCSP response to staple, in DER. */
  ocspResponse?: Uint8Array | undefined;
  /** Returns the OCSP response to staple. */
  onOcspRequest?:
    | ((
      identity: Identity,
      connection: ConnectionHandle,
    ) => MaybePromise<Uint8Array | undefined | null>)
    | undefined;
  /** SCTs to send with the certificate (RFC 6962 section 3.3). */
  signedCertificateTimestamps?: readonly Uint8Array[] | undefined;
  /** psk_identity_hint for TLS 1.2 clients. */
  pskIdentityHint?: string | undefined;
  /** Finite field groups for DHE-RSA of TLS 1.2, beside RFC 7919's. */
  dhParams?: string | Uint8Array | undefined;
  /**
   * `"cookie"` makes every client answer a HelloRetryRequest first.
   *
   * @default {"needed"}
   */
  helloRetry?: "needed" | "cookie" | undefined;
}

/** Options of either side, for a context. */
export type ContextOptions =
  & Omit<ClientOptions, "psk" | "earlyData" | "ech">
  & Omit<ServerOptions, "psk" | "earlyData" | "ech">
  & Pick<TlsOptions, "psk" | "earlyData" | "ech">;

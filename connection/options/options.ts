/**
 * The options of clients and servers, and of contexts, which hold them.
 *
 * @module
 */

import type { MaybePromise } from "../../crypto/primitives/provider.ts";
import type { ClientAuth } from "../../handshake/common/config.ts";
import type {
  CertificateRequestInfo,
  ClientHelloInfo,
  ConnectionHandle,
} from "../../handshake/common/callback_info.ts";
import type { Identity } from "../../x509/keys/key_pair.ts";
import type { CtLog } from "../../x509/path/ct_logs.ts";
import type { EarlyDataFunction, EarlyDataOptions } from "./early_data.ts";
import type { ClientEchOption, ServerEchOption } from "./ech_options.ts";
import type { IdentityInput, IdentityOptions } from "./identity_options.ts";
import type { LimitOptions } from "./limit_options.ts";
import type { NegotiationOptions } from "./negotiation_options.ts";
import type { ObserverOptions } from "./observer_options.ts";
import type { ClientPskOption, ServerPskOption } from "./psk_options.ts";
import type {
  ClientSessionOptions,
  ServerSessionOptions,
} from "./session_options.ts";
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

/** What a name can have: an identity, changed options, or a context. */
export type NamedInput = IdentityInput | ServerOptions | TlsContext;

/** Options of both sides. */
export interface TlsOptions
  extends
    NegotiationOptions,
    IdentityOptions,
    TrustOptions,
    LimitOptions,
    ObserverOptions {
  /** Options that `createContext` checked; other options override them. */
  context?: TlsContext | undefined;
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
export interface ClientOptions extends TlsOptions, ClientSessionOptions {
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

/** Options of a server. */
export interface ServerOptions extends TlsOptions, ServerSessionOptions {
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
   * connection can ask for one later. In `serve()` it is a `TypeError`: clients of
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

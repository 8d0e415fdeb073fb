/**
 * TLS for Deno, client and server, over sockets or any pair of Web Streams.
 *
 * @example Connect, write, read
 * ```ts ignore
 * import { connect } from "@x/tls";
 *
 * await using conn = await connect({ hostname: "example.com", port: 443 });
 * await conn.write(new TextEncoder().encode("GET / HTTP/1.0\r\n\r\n"));
 * await conn.readable.pipeTo(Deno.stdout.writable, { preventClose: true });
 * ```
 *
 * @module
 */

export { acme, AcmeCertificates } from "./acme/acme.ts";
export type { AcmeEvent, AcmeOptions } from "./acme/options.ts";
export type { ExternalAccount } from "./acme/account_key.ts";
export { AcmeError } from "./acme/problem.ts";
export type { SharedStore } from "./acme/store.ts";
export { connect } from "./connection/connect.ts";
export type {
  EarlyDataFunction,
  EarlyDataOptions,
} from "./connection/options/early_data.ts";
export {
  type ChannelBindingType,
  type CloseResult,
  type ConnectionStats,
  type Duplex,
  TlsConn,
  type VerifyData,
} from "./connection/conn.ts";
export {
  createContext,
  setDefaultContext,
} from "./connection/options/create_context.ts";
export type {
  Authorization,
  ConnectionInfo,
  HandshakeTiming,
} from "./connection/info.ts";
export { keyLogFile } from "./connection/key_log_file.ts";
export { type CloseOptions, listen, TlsListener } from "./connection/listen.ts";
export type {
  ListenerEvent,
  ListenOptions,
  SocketListener,
} from "./connection/options/listen_options.ts";
export type {
  ClientOptions,
  ContextOptions,
  NamedInput,
  ServerOptions,
  TlsContext,
  TlsOptions,
} from "./connection/options/options.ts";
export type {
  CertificateCompressionName,
  NegotiationOptions,
  TlsVersion,
} from "./connection/options/negotiation_options.ts";
export type { LimitOptions } from "./connection/options/limit_options.ts";
export type { ObserverOptions } from "./connection/options/observer_options.ts";
export type {
  ClientEchOption,
  EchKeyInput,
  EchKeysOption,
  ServerEchOption,
} from "./connection/options/ech_options.ts";
export type {
  ClientPskOption,
  PskAnswer,
  PskImport,
  PskInput,
  ServerPskOption,
} from "./connection/options/psk_options.ts";
export type {
  ConnectOptions,
  Lookup,
  LookupOptions,
} from "./connection/options/connect_options.ts";
export type {
  IdentityInput,
  IdentityOptions,
  RawPublicKeyInput,
} from "./connection/options/identity_options.ts";
export type {
  ClientSessionOptions,
  ServerSessionOptions,
  TicketRequestOption,
} from "./connection/options/session_options.ts";
export { createTransform, type TlsTransform } from "./connection/transform.ts";
export type { Socket, SocketConn } from "./connection/transport/transport.ts";
export type {
  CertificateTypeName,
  TrustOptions,
} from "./connection/options/trust_options.ts";
export { client, server } from "./connection/wrap.ts";
export {
  type CipherSuiteInfo,
  type GroupInfo,
  type Implementation,
  listCipherSuites,
  type ListCipherSuitesOptions,
  listGroups,
  type ListOptions,
  listProtocols,
  listSignatureSchemes,
  type PartImplementation,
  type SignatureSchemeInfo,
  VERSION,
  type WithImplementations,
} from "./crypto/suites/lists.ts";
export type { CipherSuiteList } from "./crypto/suites/cipher_suite.ts";
export {
  type CipherString,
  type CipherStringOptions,
  parseCipherString,
} from "./crypto/suites/cipher_string.ts";
export type { MaybePromise } from "./crypto/primitives/provider.ts";
export {
  peekClientHello,
  type PeekClientHelloOptions,
  type PeekedClientHello,
} from "./connection/peek_client_hello.ts";
export {
  pipeDuplex,
  type PipeDuplexOptions,
} from "./connection/pipe_duplex.ts";
export {
  type FoundScramBinding,
  type NoScramBinding,
  type ScramBinding,
  scramBinding,
} from "./connection/scram_binding.ts";
export * from "./errors.ts";
export type {
  FetchOptions,
  ProxyOptions,
} from "./connection/options/fetch_options.ts";
export type { HttpOptions } from "./connection/options/http_options.ts";
export { createFetch } from "./http/create_fetch.ts";
export type {
  CreateFetchOptions,
  TlsFetch,
  TlsRequestInit,
} from "./http/fetch_options.ts";
export type {
  FailedInfo,
  ServeHandler,
  ServeInfo,
  ServeOptions,
  ServeUnixOptions,
} from "./http/options.ts";
export { ProxyError } from "./http/proxy_error.ts";
export { serve } from "./http/serve.ts";
export { TlsHttpServer } from "./http/server.ts";
export type { RequestTls } from "./http/tls_info.ts";
export type { TraceOptions } from "./connection/engine/trace.ts";
export type { RenegotiationOptions } from "./handshake/common/after_handshake.ts";
export type { PeerCertificates } from "./handshake/common/authenticate.ts";
export type { ClientAuth } from "./handshake/common/config.ts";
export type { CertificateCompressor } from "./handshake/common/certificate_compressor.ts";
export type {
  CertificateRequestInfo,
  ClientHelloInfo,
  ConnectionHandle,
  EarlyDataSession,
  PeerVerdict,
} from "./handshake/common/callback_info.ts";
export type { ReplayStore } from "./handshake/common/early_data_policy.ts";
export type { TraceDepth } from "./handshake/common/connection_config.ts";
export type { HandshakeEvent } from "./handshake/io/events.ts";
export {
  Session,
  SessionCache,
  type SessionCacheLike,
  type SessionStore,
} from "./handshake/session/session.ts";
export type { TicketKeySource } from "./handshake/session/ticket_keys.ts";
export { TlsCertificateError } from "./x509/certificate/errors.ts";

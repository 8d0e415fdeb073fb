/**
 * `node:tls` by its own names, over the TLS of this module: the same in Node.js,
 * Deno and Bun.
 *
 * @example An echo server and a client
 * ```ts
 * import { connect, createServer } from "@x/tls/node/tls";
 * import { issueCertificate } from "@x/tls/x509";
 * import { assertEquals } from "@std/assert";
 * import { once } from "node:events";
 * import type { AddressInfo } from "node:net";
 *
 * const { cert, key } = await issueCertificate({ names: ["localhost"] });
 * const server = createServer({ cert, key }, (socket) => socket.pipe(socket));
 * await once(server.listen(0, "127.0.0.1"), "listening");
 * const { port } = server.address() as AddressInfo;
 *
 * const socket = connect({ port, servername: "localhost", ca: cert });
 * await once(socket, "secureConnect");
 * assertEquals(socket.getProtocol(), "TLSv1.3");
 * socket.end("hello");
 * assertEquals(String((await once(socket, "data"))[0]), "hello");
 * await once(socket, "close");
 * server.close();
 * ```
 *
 * @module
 */

import { convertALPNProtocols } from "./alpn.ts";
import {
  getCACertificates,
  rootCertificateList,
  setDefaultCACertificates,
} from "./authorities.ts";
import { callable } from "./callable.ts";
import { getCertificateCompressionAlgorithms } from "./certificate_compression.ts";
import { getCiphers } from "./ciphers.ts";
import { connect } from "./connect.ts";
import { defaults } from "./defaults.ts";
import { requireNumber } from "./errors.ts";
import { replaceable } from "./replaceable.ts";
import type { SecureVersion } from "./protocols.ts";
import { createSecureContext, SecureContext } from "./secure_context.ts";
import { createSecurePair } from "./secure_pair.ts";
import { createServer, Server } from "./server.ts";
import { checkServerIdentity } from "./server_identity.ts";
import { TLSSocket } from "./tls_socket.ts";

export type { NodeCertificate } from "../../x509/certificate/node_object.ts";
export type { TlsConn } from "../../connection/conn.ts";
export { NodeSocket } from "../socket.ts";
export { StreamSocket } from "../stream_socket.ts";
export type { AlpnTarget } from "./alpn.ts";
export { CarriedSocket } from "./carried_socket.ts";
export type { CertificateCompressionAlgorithm } from "./certificate_compression.ts";
export type {
  BinaryLike,
  CredentialOptions,
  KeyWithPassphrase,
  PfxWithPassphrase,
} from "./credentials.ts";
export { HandshakingSocket } from "./handshaking_socket.ts";
export type { ContextHandle, SecureContextOptions } from "./secure_context.ts";
export type { SecureConnectListener } from "./connect.ts";
export type { SecureConnectionListener } from "./server.ts";
export type { SecureVersion, VersionOptions } from "./protocols.ts";
export type {
  AlpnCallbackInfo,
  CommonConnectionOptions,
  ConnectionOptions,
  OnReadOptions,
  PskClientAnswer,
  SniCallback,
  TlsServerOptions,
  TLSSocketOptions,
} from "./socket_options.ts";
export type { SslHandle } from "./tls_socket.ts";
export { SecurePair } from "./secure_pair.ts";
export {
  checkServerIdentity,
  connect,
  convertALPNProtocols,
  createSecureContext,
  createSecurePair,
  createServer,
  getCACertificates,
  getCertificateCompressionAlgorithms,
  getCiphers,
  SecureContext,
  Server,
  setDefaultCACertificates,
  TLSSocket,
};

/**
 * How often a client may renegotiate in `CLIENT_RENEG_WINDOW`. The member of the
 * default export changes it.
 */
export const CLIENT_RENEG_LIMIT: number = 3;

/** In seconds. */
export const CLIENT_RENEG_WINDOW: number = 600;

/** All of `node:tls`, with the defaults that a program may change. */
const tls: NodeTls = {
  get CLIENT_RENEG_LIMIT() {
    return defaults.clientRenegLimit;
  },
  set CLIENT_RENEG_LIMIT(limit) {
    requireNumber(limit, "CLIENT_RENEG_LIMIT");
    defaults.clientRenegLimit = limit;
  },
  get CLIENT_RENEG_WINDOW() {
    return defaults.clientRenegWindow;
  },
  set CLIENT_RENEG_WINDOW(seconds) {
    requireNumber(seconds, "CLIENT_RENEG_WINDOW");
    defaults.clientRenegWindow = seconds;
  },
  checkServerIdentity,
  connect,
  convertALPNProtocols,
  createSecurePair,
  createServer,
  getCACertificates,
  getCertificateCompressionAlgorithms,
  getCiphers,
  SecureContext: callable(SecureContext),
  Server: callable(Server),
  setDefaultCACertificates,
  TLSSocket: callable(TLSSocket),
  get createSecureContext() {
    return replaceable.createSecureContext;
  },
  set createSecureContext(replacement) {
    replaceable.createSecureContext = replacement;
  },
  get DEFAULT_CIPHERS() {
    return defaults.ciphers;
  },
  set DEFAULT_CIPHERS(ciphers) {
    defaults.ciphers = ciphers;
  },
  get DEFAULT_ECDH_CURVE() {
    return defaults.ecdhCurve;
  },
  set DEFAULT_ECDH_CURVE(curve) {
    defaults.ecdhCurve = curve;
  },
  get DEFAULT_MIN_VERSION() {
    return defaults.versions.minVersion;
  },
  set DEFAULT_MIN_VERSION(minVersion) {
    defaults.versions = { ...defaults.versions, minVersion };
  },
  get DEFAULT_MAX_VERSION() {
    return defaults.versions.maxVersion;
  },
  set DEFAULT_MAX_VERSION(maxVersion) {
    defaults.versions = { ...defaults.versions, maxVersion };
  },
  get rootCertificates() {
    return rootCertificateList();
  },
};

/** What the default export has. */
export interface NodeTls {
  /** As the export of that name. */
  readonly checkServerIdentity: typeof checkServerIdentity;
  /** As the export of that name. */
  readonly connect: typeof connect;
  /** As the export of that name. */
  readonly convertALPNProtocols: typeof convertALPNProtocols;
  /** The same; programs may replace it, and `connect` then calls theirs. */
  createSecureContext: typeof createSecureContext;
  /** As the export of that name. */
  readonly createSecurePair: typeof createSecurePair;
  /** As the export of that name. */
  readonly createServer: typeof createServer;
  /** As the export of that name. */
  readonly getCACertificates: typeof getCACertificates;
  /** As the export of that name. */
  readonly getCertificateCompressionAlgorithms:
    typeof getCertificateCompressionAlgorithms;
  /** As the export of that name. */
  readonly getCiphers: typeof getCiphers;
  /** The class; it may be called without `new`. */
  readonly SecureContext: typeof SecureContext;
  /** The class; it may be called without `new`. */
  readonly Server: typeof Server;
  /** As the export of that name. */
  readonly setDefaultCACertificates: typeof setDefaultCACertificates;
  /** The class; it may be called without `new`. */
  readonly TLSSocket: typeof TLSSocket;
  /** How often a client may renegotiate in `CLIENT_RENEG_WINDOW`. */
  CLIENT_RENEG_LIMIT: number;
  /** In seconds. */
  CLIENT_RENEG_WINDOW: number;
  /** The cipher string of contexts that have none. */
  DEFAULT_CIPHERS: string;
  /** The groups of contexts that have none. */
  DEFAULT_ECDH_CURVE: string;
  /** The lowest version of contexts that have none. */
  DEFAULT_MIN_VERSION: SecureVersion;
  /** The highest version of contexts that have none. */
  DEFAULT_MAX_VERSION: SecureVersion;
  /** Mozilla's authorities, as PEM. */
  readonly rootCertificates: readonly string[];
}

export default tls;

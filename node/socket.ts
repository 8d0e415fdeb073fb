/**
 * A connection as a stream of Node that shows what a `tls.TLSSocket` shows.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { X509Certificate } from "node:crypto";
import { noInfo } from "../connection/engine/state.ts";
import type { ConnectionInfo } from "../connection/info.ts";
import type { NodeCertificate } from "../x509/certificate/node_object.ts";
import {
  type NodeSocketOptions,
  type NodeSocketSource,
  StreamSocket,
} from "./stream_socket.ts";
import {
  authorizationError,
  certificateObject,
  type CipherInfo,
  cipherInfo,
  type EphemeralKeyInfo,
  ephemeralKeyInfo,
  isAuthorized,
} from "./views.ts";

export type { NodeSocketOptions, NodeSocketSource };

/**
 * Makes a TLS connection a `stream.Duplex` that drivers of Node take for a
 * `tls.TLSSocket`. The connection belongs to the socket from then on.
 *
 * With a promise, which `connect()` gives, the socket is there at once: it is
 * `connecting`, takes writes, and emits `connect`, `secureConnect` and `ready`
 * when the handshake is done. With an open connection these events come in the
 * next turn.
 *
 * `end()` sends close_notify behind all that was written; `destroy()` aborts the
 * connection. Errors come as the event `error`: those of TLS as `TlsError`,
 * those of the transport as they are. The peer's close_notify is `end`; an end
 * without one is an error with the code `truncated`, unless we have ended first
 * and nothing has come since: many servers do not answer a close_notify.
 *
 * @param source The connection, or a promise of it.
 * @param options Whether writing goes on behind the peer's end.
 * @returns The socket.
 * @throws {TypeError} If `source` is neither.
 *
 * @example PostgreSQL's driver, over a connection that is TLS already
 * ```ts ignore
 * import { connect } from "@x/tls";
 * import { toNodeSocket } from "@x/tls/node";
 * import { Agent, get } from "node:http";
 *
 * const agent = new Agent({ keepAlive: true });
 * agent.createConnection = () =>
 *   toNodeSocket(connect({ hostname: "example.com", port: 443 }));
 * get("http://example.com/", { agent }, (response) => response.resume());
 * ```
 */
export function toNodeSocket(
  source: NodeSocketSource,
  options: NodeSocketOptions = {},
): NodeSocket {
  return new NodeSocket(source, options);
}

/**
 * A TLS connection, shaped as a `tls.TLSSocket`.
 *
 * @example What a driver may ask
 * ```ts ignore
 * import { connect } from "@x/tls";
 * import { toNodeSocket } from "@x/tls/node";
 *
 * const socket = toNodeSocket(connect({ hostname: "example.com", port: 443 }));
 * socket.on("secureConnect", () => {
 *   console.log(socket.getProtocol(), socket.getCipher()?.name);
 *   console.log(socket.getPeerCertificate().subject);
 * });
 * ```
 */
export class NodeSocket extends StreamSocket {
  /** Always `true`. */
  readonly encrypted = true as const;

  /** Whether the peer was verified, or has the pre-shared key. */
  get authorized(): boolean {
    return isAuthorized(this.#info);
  }

  /**
   * Why the peer was not verified, where the options let that pass: OpenSSL's
   * name where it has one, such as `"CERT_HAS_EXPIRED"`.
   */
  get authorizationError(): string | null {
    return authorizationError(this.#info);
  }

  /**
   * The ALPN protocol, a character for each byte; `false` if there is none,
   * `null` before the handshake.
   */
  get alpnProtocol(): string | false | null {
    const { version, alpnProtocolBytes: bytes } = this.#info;
    if (version === undefined) return null;
    return bytes === undefined ? false : Buffer.from(bytes).toString("latin1");
  }

  /** The name that the client asked for, `null` before the handshake. */
  get servername(): string | false | null {
    const { version, serverName } = this.#info;
    return version === undefined ? null : serverName ?? false;
  }

  /** Whether the handshake is under way. */
  get secureConnecting(): boolean {
    return this.connecting;
  }

  /**
   * The protocol version.
   *
   * @returns Such as `"TLSv1.3"`; `null` before the handshake.
   */
  getProtocol(): string | null {
    return this.#info.version ?? null;
  }

  /**
   * The cipher suite.
   *
   * @returns Its names, or `undefined` before the handshake.
   */
  getCipher(): CipherInfo | undefined {
    return cipherInfo(this.#info);
  }

  /**
   * The group of the key exchange.
   *
   * @returns Its type and name; an object without members if there was none.
   */
  getEphemeralKeyInfo(): EphemeralKeyInfo | Record<string, never> {
    return ephemeralKeyInfo(this.#info) ?? {};
  }

  /**
   * Whether a session was resumed.
   *
   * @returns `true` if so.
   */
  isSessionReused(): boolean {
    return this.#info.resumed;
  }

  /**
   * The peer's certificate.
   *
   * @param detailed Whether `issuerCertificate` has the rest of the chain.
   * @returns It in Node's shape; an object without members if there is none.
   */
  getPeerCertificate(
    detailed = false,
  ): NodeCertificate | Record<string, never> {
    const { peerCertificates, verifiedChain } = this.#info;
    const chain = [...peerCertificates, ...verifiedChain];
    return certificateObject(
      peerCertificates[0],
      detailed ? chain : undefined,
    );
  }

  /**
   * Our own certificate.
   *
   * @returns It in Node's shape; an object without members if we showed none.
   */
  getCertificate(): NodeCertificate | Record<string, never> {
    return certificateObject(this.#info.localCertificate);
  }

  /**
   * The peer's certificate, for `node:crypto`.
   *
   * @returns A new object, or `undefined` if there is none.
   */
  getPeerX509Certificate(): X509Certificate | undefined {
    const [certificate] = this.#info.peerCertificates;
    return certificate && new X509Certificate(certificate.raw);
  }

  /**
   * Our own certificate, for `node:crypto`.
   *
   * @returns A new object, or `undefined` if we showed none.
   */
  getX509Certificate(): X509Certificate | undefined {
    const certificate = this.#info.localCertificate;
    return certificate && new X509Certificate(certificate.raw);
  }

  /**
   * verify_data of our Finished. In TLS 1.2 one of the two is tls-unique (RFC
   * 5929 section 3).
   *
   * @returns The bytes, or `undefined` before the handshake.
   */
  getFinished(): Buffer | undefined {
    return this.#finished("local");
  }

  /**
   * verify_data of the peer's Finished.
   *
   * @returns The bytes, or `undefined` before the handshake.
   */
  getPeerFinished(): Buffer | undefined {
    return this.#finished("peer");
  }

  /**
   * Exports keying material, with Node's order of arguments.
   *
   * @param length In bytes.
   * @param label Registered at IANA, or beginning with `"EXPERIMENTAL"`.
   * @param context Binds the key to its purpose.
   * @returns The bytes, the same at both ends.
   * @throws {TypeError} If the handshake has not finished, or this connection
   * exports nothing.
   * @throws {RangeError} If label, context or length are too short or too long.
   */
  exportKeyingMaterial(
    length: number,
    label: string,
    context?: Uint8Array,
  ): Buffer {
    if (this.conn === undefined) {
      throw new TypeError(
        "Cannot export keying material: the handshake has not finished",
      );
    }
    return Buffer.from(this.conn.exportKeyingMaterial(label, context, length));
  }

  #finished(whose: "local" | "peer"): Buffer | undefined {
    const { conn } = this;
    const verifyData = conn?.verifyData;
    if (conn === undefined || verifyData === undefined) return undefined;
    const isClients = (conn.side === "client") === (whose === "local");
    return Buffer.from(isClients ? verifyData.client : verifyData.server);
  }

  get #info(): ConnectionInfo {
    return this.conn?.info ?? NO_INFO;
  }
}

/** Before there is a connection. */
const NO_INFO = noInfo("client");

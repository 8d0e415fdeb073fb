/**
 * A socket of TLS by Node's name.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { X509Certificate } from "node:crypto";
import { nextTick } from "node:process";
import type { Duplex } from "node:stream";
import { TlsAlertError } from "../../errors.ts";
import type { NodeCertificate } from "../../x509/certificate/node_object.ts";
import { unguarded } from "../ends.ts";
import { certificateObject, type EphemeralKeyInfo } from "../views.ts";
import { groupAsInNode, schemeAsInNode } from "./ciphers.ts";
import { binary } from "./credentials.ts";
import {
  invalidArgType,
  nodeError,
  requireFunction,
  requireInteger,
  requireString,
} from "./errors.ts";
import { HandshakingSocket, traceToStderr } from "./handshaking_socket.ts";
import { sslError } from "./openssl_errors.ts";
import {
  createSecureContext,
  SecureContext,
  type SecureContextOptions,
} from "./secure_context.ts";
import type { TLSSocketOptions } from "./socket_options.ts";

/** What old programs find under `ssl`. */
export interface SslHandle {
  /** What is wrong with the peer's certificate, if something is. */
  verifyError(): Error | null;
}

/**
 * A socket of TLS, client or server, over a socket of `node:net`, any other
 * `stream.Duplex`, or one that it dials itself.
 *
 * As Node's class of that name, a client verifies its server only where
 * `connect()` made it: here look at `authorized`.
 *
 * @example A server over any stream
 * ```ts ignore
 * import { createSecureContext, TLSSocket } from "@x/tls/node/tls";
 * import { readFileSync } from "node:fs";
 * import { createServer } from "node:net";
 *
 * const cert = readFileSync("cert.pem");
 * const key = readFileSync("key.pem");
 * const secureContext = createSecureContext({ cert, key });
 * createServer((raw) => {
 *   const socket = new TLSSocket(raw, { isServer: true, secureContext });
 *   socket.end("hello");
 * }).listen(8443);
 * ```
 */
export class TLSSocket extends HandshakingSocket {
  /** What old programs look at. */
  readonly ssl: SslHandle = {
    verifyError: () => this.peerJudge.verifyError ?? null,
  };

  /**
   * Wraps a stream.
   *
   * @param socket The stream; without one, `connect()` dials.
   * @param options The options.
   * @throws {TypeError} If an option has a wrong type, or the stream is none.
   */
  constructor(socket?: Duplex | null, options: TLSSocketOptions = {}) {
    super(socket, options);
    if (options.session) this.setSession(options.session);
  }

  /** Whether the peer was verified, or has the pre-shared key. */
  override get authorized(): boolean {
    return this.peerJudge.authorized;
  }

  /** Why the peer was not verified: OpenSSL's name. */
  override get authorizationError(): string | null {
    return this.peerJudge.authorizationError;
  }

  /** @internal Whether the handshake is done. */
  get _secureEstablished(): boolean {
    return this.isSecure;
  }

  /** The name that the client asks for; `false` if none. */
  override get servername(): string | false | null {
    return this.askedName ?? super.servername;
  }

  /** @internal Node's own: what a connection holds goes with it. */
  _destroySSL(): void {}

  /**
   * Sets the name to ask for, before the handshake.
   *
   * @param name The name.
   * @throws {TypeError} If it is not a string.
   * @throws {Error} At a server.
   */
  setServername(name: string): void {
    requireString(name, "name");
    if (this.isServer) {
      throw nodeError(
        "ERR_TLS_SNI_FROM_SERVER",
        "Cannot issue SNI from a TLS server-side socket",
      );
    }
    this.askedName = name;
  }

  /**
   * Sets the session to resume, before the handshake.
   *
   * @param session What `getSession()` gave.
   */
  setSession(session: string | ArrayBufferView): void {
    this.offered = typeof session === "string"
      ? Buffer.from(session, "latin1")
      : binary(session, "session");
  }

  /**
   * Shows another certificate to this client: for `ALPNCallback` and
   * `SNICallback`.
   *
   * @param context Options, or what `createSecureContext` gave.
   */
  setKeyCert(context: SecureContextOptions | SecureContext): void {
    this.keyCert = context instanceof SecureContext
      ? context
      : createSecureContext(context);
  }

  /**
   * The session, for another connection: it is secret.
   *
   * @returns It; before the handshake that was set, if one was; empty where the
   * server has sent none yet, as of TLS 1.3 it does later: see `session`.
   */
  getSession(): Buffer | undefined {
    const session = this.session ?? this.offered;
    return session ?? (this.isSecure ? Buffer.alloc(0) : undefined);
  }

  /**
   * The ticket of the session.
   *
   * @returns It, or `undefined` if there is none.
   */
  getTLSTicket(): Buffer | undefined {
    return this.ticket;
  }

  /**
   * The protocol version.
   *
   * @returns Such as `"TLSv1.3"`; `null` before the handshake, and once the
   * socket is destroyed.
   */
  override getProtocol(): string | null {
    return this.destroyed ? null : super.getProtocol();
  }

  /**
   * The group of the key exchange.
   *
   * @returns Its type, name and size; `null` at a server, as in Node; an object
   * without members if there was none.
   */
  override getEphemeralKeyInfo(): EphemeralKeyInfo | Record<string, never> {
    // Node's own type has no null either.
    if (this.isServer) return null as unknown as Record<string, never>;
    const group = this.conn?.info.group;
    return (group === undefined ? undefined : groupAsInNode(group)) ?? {};
  }

  /**
   * The signature schemes that both sides have.
   *
   * @returns Their names in OpenSSL's words, such as `"RSA-PSS+SHA256"`.
   */
  getSharedSigalgs(): string[] {
    return (this.conn?.info.sharedSignatureSchemes ?? []).map(schemeAsInNode);
  }

  /**
   * The peer's certificate.
   *
   * @param detailed Whether `issuerCertificate` has the rest of the chain.
   * @returns It in Node's shape; an object without members if there is none.
   */
  override getPeerCertificate(
    detailed = false,
  ): NodeCertificate | Record<string, never> {
    const [leaf] = this.conn?.info.peerCertificates ?? [];
    return certificateObject(leaf, detailed ? this.peerJudge.chain : undefined);
  }

  /**
   * The peer's certificate, for `node:crypto`.
   *
   * @returns A new object with those of its issuers that the peer sent, or
   * `undefined` if there is none.
   */
  override getPeerX509Certificate(): X509Certificate | undefined {
    const { peerCertificates = [] } = this.conn?.info ?? {};
    let issuer: X509Certificate | undefined;
    for (const { raw } of peerCertificates.toReversed()) {
      const value = issuer;
      issuer = Object.defineProperty(
        new X509Certificate(raw),
        "issuerCertificate",
        { value, configurable: true, enumerable: true },
      );
    }
    return issuer;
  }

  /**
   * Exports keying material.
   *
   * @param length In bytes.
   * @param label What it is for.
   * @param context Binds it to its purpose.
   * @returns The bytes, the same at both ends.
   * @throws {Error} `ERR_TLS_INVALID_STATE` before the handshake is done.
   */
  override exportKeyingMaterial(
    length: number,
    label: string,
    context?: Uint8Array,
  ): Buffer {
    requireInteger(length, "length", 1, 2 ** 31 - 1);
    requireString(label, "label");
    if (context !== undefined && !ArrayBuffer.isView(context)) {
      throw invalidArgType(
        "context",
        "an instance of Buffer, TypedArray, or DataView",
        context,
      );
    }
    if (!this.isSecure) {
      throw nodeError(
        "ERR_TLS_INVALID_STATE",
        "TLS socket connection must be securely established",
      );
    }
    return super.exportKeyingMaterial(length, label, context);
  }

  /**
   * Limits the content of records.
   *
   * @param size In bytes, 512 to 16384. @default {16384}
   * @returns Whether it was in that range.
   */
  setMaxSendFragment(size: number): boolean {
    requireInteger(size, "size", -(2 ** 31), 2 ** 31 - 1);
    if (size < 512 || size > 16384) return false;
    this.fragmentSize = size;
    if (this.isSecure) this.conn?.setMaxFragmentSize(size);
    return true;
  }

  /** Writes records and messages to stderr from now on. */
  enableTrace(): void {
    this.isTracing = true;
    if (this.conn !== undefined) traceToStderr(this.conn);
  }

  /** Refuses every renegotiation from now on. */
  disableRenegotiation(): void {
    this.isRenegotiable = false;
    this.conn?.disableRenegotiation();
  }

  /**
   * Runs another handshake, in TLS 1.2 and below.
   *
   * @param options `requestCert` and `rejectUnauthorized`.
   * @param callback Called with an error or `null`.
   * @returns Whether it was begun.
   */
  renegotiate(
    options: { requestCert?: boolean; rejectUnauthorized?: boolean },
    callback?: (error: Error | null) => void,
  ): boolean {
    if (typeof options !== "object" || options === null) {
      throw invalidArgType("options", "of type object", options);
    }
    if (callback !== undefined) requireFunction(callback, "callback");
    const { conn } = this;
    if (this.destroyed || conn === undefined) return false;
    const done = (error: Error | null) => nextTick(() => callback?.(error));
    if (this.getProtocol() === "TLSv1.3") {
      done(sslError("wrong ssl version"));
      return false;
    }
    if (this.refusesRenegotiation) {
      done(sslError("no renegotiation"));
      return false;
    }
    const { requestCert, rejectUnauthorized = true } = options;
    const clientAuth = requestCert === undefined
      ? undefined
      : !requestCert
      ? "none"
      : rejectUnauthorized
      ? "require-any"
      : "request";
    if (requestCert) this.peerJudge.refuses = rejectUnauthorized;
    conn.renegotiate(this.isServer ? { clientAuth } : {}).then(
      () => {
        this.peerJudge.reveal();
        unguarded(() => this.emitOpen());
        done(null);
      },
      (error) => {
        if (isRefusal(error)) done(sslError("no renegotiation", error));
        // The end of the connection has events of its own.
        else if (error instanceof TypeError) done(error);
      },
    );
    return true;
  }
}

/** The peer goes on without another handshake (RFC 5246 section 7.2.2). */
function isRefusal(error: unknown): error is TlsAlertError {
  return error instanceof TlsAlertError && error.alert === "no_renegotiation";
}

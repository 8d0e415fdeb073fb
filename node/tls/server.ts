/**
 * `tls.Server`.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { captureRejectionSymbol } from "node:events";
import { Server as NetServer, type Socket } from "node:net";
import { alpnBytes, alpnNames } from "./alpn.ts";
import {
  connectionReset,
  invalidArgType,
  nodeError,
  requireFunction,
  requireNumber,
  requireString,
} from "./errors.ts";
import {
  createSecureContext,
  SecureContext,
  type SecureContextOptions,
} from "./secure_context.ts";
import { ServerContexts } from "./server_context.ts";
import type { SniCallback, TlsServerOptions } from "./socket_options.ts";
import { TLSSocket } from "./tls_socket.ts";

/** What is called for each connection whose handshake is done. */
export type SecureConnectionListener = (socket: TLSSocket) => void;

/**
 * A server of TLS, as a server of `node:net`.
 *
 * @example Echo
 * ```ts ignore
 * import { createServer } from "@x/tls/node/tls";
 * import { readFileSync } from "node:fs";
 *
 * const cert = readFileSync("cert.pem");
 * const key = readFileSync("key.pem");
 * const server = createServer({ cert, key }, (socket) => socket.pipe(socket));
 * server.on("tlsClientError", (error) => console.error(error.code));
 * server.listen(8443);
 * ```
 */
export class Server extends NetServer {
  /** @internal The contexts of its connections. */
  readonly tlsContexts: ServerContexts;
  readonly #options: TlsServerOptions;
  readonly #names: { pattern: RegExp; context: SecureContext }[] = [];
  #connections = 0;
  readonly #alpnProtocols: Buffer | undefined;
  #context: SecureContext;

  /**
   * Checks options; `listen()` begins.
   *
   * @param options The options.
   * @param listener Called for each connection whose handshake is done.
   * @throws {TypeError} If an option has a wrong type.
   */
  constructor(
    options?: TlsServerOptions | SecureConnectionListener | null,
    listener?: SecureConnectionListener,
  ) {
    const given = readOptions(options);
    super({ ...given, allowHalfOpen: given.allowHalfOpen ?? false });
    this.#options = given;
    // Of old; getConnections() is the newer way.
    const get = () => this.#connections;
    Object.defineProperty(this, "connections", { get, configurable: true });
    const { ALPNProtocols, ALPNCallback } = given;
    this.#alpnProtocols = alpnBytes(ALPNProtocols);
    this.#context = createSecureContext(serverDefaults(given));
    checkServerOptions(given);
    this.tlsContexts = new ServerContexts({
      server: this,
      requestCert: given.requestCert === true,
      rejectUnauthorized: given.rejectUnauthorized !== false,
      alpnProtocols: alpnNames(ALPNProtocols),
      alpnCallback: ALPNCallback,
      sniCallback: given.SNICallback ?? this.#findByName(),
      pskCallback: given.pskCallback,
      pskIdentityHint: given.pskIdentityHint,
    }, this.#context.ticketKeys);
    const called = typeof options === "function" ? options : listener;
    if (called) this.on("secureConnection", called);
    this.on("connection", (raw: Socket) => this.#accept(raw));
  }

  /** The protocols of ALPN, in the form of the wire, if the options have some. */
  get ALPNProtocols(): Buffer | undefined {
    return this.#alpnProtocols;
  }

  /** What chooses among protocols, if the options have it. */
  get ALPNCallback(): TlsServerOptions["ALPNCallback"] {
    return this.#options.ALPNCallback;
  }

  /** Whether clients are asked for certificates. */
  get requestCert(): boolean {
    return this.tlsContexts.settings.requestCert;
  }

  /** Whether clients that were not verified are refused. */
  get rejectUnauthorized(): boolean {
    return this.tlsContexts.settings.rejectUnauthorized;
  }

  /**
   * Replaces certificates and all else of the context, for the connections that
   * follow.
   *
   * @param options The options.
   * @throws {TypeError} If an option has a wrong type.
   */
  setSecureContext(options: SecureContextOptions): void {
    if (typeof options !== "object" || options === null) {
      throw invalidArgType("options", "of type object", options);
    }
    this.#context = createSecureContext(serverDefaults(options));
    const keys = this.#context.ticketKeys;
    if (keys !== undefined) this.tlsContexts.ticketKeys = keys;
  }

  /**
   * Adds a context for a name.
   *
   * @param servername The name; `*` stands for any one label.
   * @param context Options, or what `createSecureContext` gave.
   * @throws {Error} If there is no name.
   */
  addContext(
    servername: string,
    context: SecureContextOptions | SecureContext,
  ): void {
    if (!servername) {
      throw nodeError(
        "ERR_TLS_REQUIRED_SERVER_NAME",
        '"servername" is required parameter for Server.addContext',
      );
    }
    const labels = servername.toLowerCase()
      .replace(/([.^$+?\-\\[\]{}])/g, "\\$1").replaceAll("*", "[^.]*");
    this.#names.push({
      pattern: new RegExp(`^${labels}$`),
      context: context instanceof SecureContext
        ? context
        : createSecureContext(context),
    });
  }

  /**
   * The keys of tickets.
   *
   * @returns 48 bytes, secret.
   */
  getTicketKeys(): Buffer {
    return this.tlsContexts.ticketKeys;
  }

  /**
   * Sets the keys of tickets, for the connections that follow.
   *
   * @param keys 48 bytes.
   */
  setTicketKeys(keys: Uint8Array): void {
    if (!ArrayBuffer.isView(keys)) {
      throw invalidArgType(
        "buffer",
        "an instance of Buffer, TypedArray, or DataView",
        keys,
      );
    }
    if (keys.byteLength !== 48) {
      throw nodeError(
        "ERR_ASSERTION",
        "Session ticket keys must be a 48-byte buffer",
      );
    }
    this.tlsContexts.ticketKeys = Buffer.from(keys);
  }

  /** @internal What a worker of `node:cluster` asks the others for. */
  _getServerData(): { ticketKeys: string } {
    return { ticketKeys: this.getTicketKeys().toString("hex") };
  }

  /** @internal What a worker of `node:cluster` gets from the others. */
  _setServerData({ ticketKeys }: { ticketKeys: string }): void {
    this.setTicketKeys(Buffer.from(ticketKeys, "hex"));
  }

  /** A listener that rejects ends its connection. */
  override [captureRejectionSymbol](
    error: Error,
    event: string,
    ...args: unknown[]
  ): void {
    const [socket] = args;
    if (event === "secureConnection" && socket instanceof TLSSocket) {
      socket.destroy(error);
    } else this.emit("error", error);
  }

  /** The context that was added last for a name. */
  #findByName(): SniCallback {
    return (servername, callback) => {
      const found = this.#names.findLast(({ pattern }) =>
        pattern.test(servername.toLowerCase())
      );
      callback(null, found?.context);
    };
  }

  #accept(raw: Socket): void {
    const { highWaterMark, handshakeTimeout } = this.#options;
    const { settings } = this.tlsContexts;
    const socket = new TLSSocket(raw, {
      secureContext: this.#context,
      isServer: true,
      server: this,
      requestCert: settings.requestCert,
      rejectUnauthorized: settings.rejectUnauthorized,
      handshakeTimeout: handshakeTimeout || 120_000,
      enableTrace: this.#options.enableTrace,
      allowHalfOpen: this.#options.allowHalfOpen,
      pauseOnCreate: this.#options.pauseOnConnect,
      highWaterMark,
    });
    socket.leaveErrorsToServer();
    this.#connections++;
    socket.on("close", () => this.#connections--);
    let isTold = false;
    const tell = (error: Error) => {
      if (isTold) return;
      isTold = true;
      this.emit("tlsClientError", error, socket);
    };
    socket.on("_tlsError", tell);
    // As in Node: an error that no listener takes ends its connection alone.
    socket.on("error", tell);
    // A renegotiation is no new connection.
    socket.once("secure", () => {
      isTold = true;
      this.emit("secureConnection", socket);
    });
    socket.on("close", () => tell(connectionReset("socket hang up")));
  }
}

/**
 * Makes a server.
 *
 * @param options The options.
 * @param listener Called for each connection whose handshake is done.
 * @returns The server; `listen()` begins.
 * @throws {TypeError} If an option has a wrong type.
 *
 * @example A server on a port that the system chooses
 * ```ts
 * import { createServer } from "@x/tls/node/tls";
 * import { issueCertificate } from "@x/tls/x509";
 * import { once } from "node:events";
 *
 * const { cert, key } = await issueCertificate({ names: ["localhost"] });
 * const server = createServer({ cert, key }, (socket) => socket.end("hello"));
 * await once(server.listen(0), "listening");
 * server.close();
 * ```
 */
export function createServer(
  options?: TlsServerOptions | SecureConnectionListener | null,
  listener?: SecureConnectionListener,
): Server {
  return new Server(options, listener);
}

function readOptions(
  options: TlsServerOptions | SecureConnectionListener | null | undefined,
): TlsServerOptions {
  if (typeof options === "function") return {};
  if (options === null || options === undefined) return {};
  if (typeof options === "object") return options;
  throw invalidArgType("options", "an instance of Object", options);
}

function serverDefaults(options: TlsServerOptions): SecureContextOptions {
  return { ...options, honorCipherOrder: options.honorCipherOrder ?? true };
}

function checkServerOptions(options: TlsServerOptions): void {
  const { ALPNCallback, ALPNProtocols, SNICallback } = options;
  if (ALPNCallback) requireFunction(ALPNCallback, "options.ALPNCallback");
  if (ALPNCallback && ALPNProtocols) {
    throw nodeError(
      "ERR_TLS_ALPN_CALLBACK_WITH_PROTOCOLS",
      "The ALPNCallback and ALPNProtocols TLS options are mutually exclusive",
      TypeError,
    );
  }
  requireNumber(
    options.handshakeTimeout ?? 0,
    "options.handshakeTimeout",
  );
  if (SNICallback) requireFunction(SNICallback, "options.SNICallback");
  if (options.pskCallback) {
    requireFunction(options.pskCallback, "options.pskCallback");
  }
  if (options.pskIdentityHint) {
    requireString(options.pskIdentityHint, "options.pskIdentityHint");
  }
  if (
    options.enableTrace !== undefined &&
    typeof options.enableTrace !== "boolean"
  ) {
    throw invalidArgType(
      "options.enableTrace",
      "of type boolean",
      options.enableTrace,
    );
  }
}

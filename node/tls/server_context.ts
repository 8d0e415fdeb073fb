/**
 * The options of a server as one of our contexts, with what its events and
 * callbacks say.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import type { EventEmitter } from "node:events";
import { randomBytes } from "node:crypto";
import { createContext } from "../../connection/options/create_context.ts";
import type {
  ContextOptions,
  TlsContext,
} from "../../connection/options/options.ts";
import type { IdentityInput } from "../../connection/options/identity_options.ts";
import { TlsProtocolError } from "../../errors.ts";
import type {
  ClientHelloInfo,
  ConnectionHandle,
} from "../../handshake/common/callback_info.ts";
import type { SessionStore } from "../../handshake/session/session.ts";
import type { Certificate } from "../../x509/certificate/certificate.ts";
import { unguarded } from "../ends.ts";
import { alpnText } from "./alpn.ts";
import { defaults } from "./defaults.ts";
import { type NodeError, nodeError } from "./errors.ts";
import { findSocket, socketOf } from "./registry.ts";
import type { SecureContext } from "./secure_context.ts";
import { findKey, unknownIdentity } from "./server_psk.ts";
import type { AlpnCallbackInfo, SniCallback } from "./socket_options.ts";
import type { HookedSocket } from "./hooks.ts";

/** What a server, or a socket of its own, says about its connections. */
export interface ServerSettings {
  /** What has the events: a server, or nobody. */
  readonly server: EventEmitter | undefined;
  readonly requestCert: boolean;
  readonly rejectUnauthorized: boolean;
  readonly alpnProtocols: readonly Uint8Array[];
  readonly alpnCallback:
    | ((info: AlpnCallbackInfo) => string | undefined)
    | undefined;
  readonly sniCallback: SniCallback | undefined;
  readonly pskCallback: ((...args: never[]) => unknown) | undefined;
  readonly pskIdentityHint: string | undefined;
}

/** The contexts of one server. */
export class ServerContexts {
  readonly #settings: ServerSettings;
  #ticketKeys: Buffer;
  /** Weak: an SNICallback may make a context for each connection. */
  #contexts = new WeakMap<
    SecureContext,
    { mark: string; made: Promise<TlsContext> }
  >();

  /** Starts with keys for tickets, or makes some. */
  constructor(settings: ServerSettings, ticketKeys?: Buffer) {
    this.#settings = settings;
    this.#ticketKeys = ticketKeys ?? randomBytes(48);
  }

  /** What the server says. */
  get settings(): ServerSettings {
    return this.#settings;
  }

  /** The keys of tickets. */
  get ticketKeys(): Buffer {
    return Buffer.from(this.#ticketKeys);
  }
  set ticketKeys(keys: Buffer) {
    this.#ticketKeys = Buffer.from(keys);
    this.#contexts = new WeakMap();
  }

  /** Our context for one of Node's, made when it is first needed. */
  of(secureContext: SecureContext): Promise<TlsContext> {
    const { clientRenegLimit, clientRenegWindow } = defaults;
    const mark = [
      this.#mark(),
      secureContext.revision,
      clientRenegLimit,
      clientRenegWindow,
    ].join(" ");
    const found = this.#contexts.get(secureContext);
    if (found?.mark === mark) return found.made;
    const made = this.#make(secureContext);
    made.catch(() => this.#contexts.delete(secureContext));
    this.#contexts.set(secureContext, { mark, made });
    return made;
  }

  /** Events without a listener cost nothing. */
  #mark(): string {
    return EVENTS.map((event) => this.#has(event) ? "1" : "0").join("");
  }

  #has(event: string): boolean {
    return (this.#settings.server?.listenerCount(event) ?? 0) > 0;
  }

  async #make(secureContext: SecureContext): Promise<TlsContext> {
    const settings = this.#settings;
    const { requestCert, rejectUnauthorized } = settings;
    const { sniCallback, alpnCallback, pskCallback } = settings;
    const options: ContextOptions = {
      ...await secureContext.load(),
      ...secureContext.serverOptions(),
      clientAuth: requestCert
        ? rejectUnauthorized ? "require-any" : "request"
        : "none",
      verify: (verdict, connection) => socketOf(connection).judge(verdict),
      ticketKeys: [this.#ticketKeys],
      ...renegotiationOf(secureContext),
      alpnProtocols: settings.alpnProtocols,
      acknowledgeServerName: true,
      onEvent: (event, connection) => findSocket(connection)?.noteEvent(event),
    };
    const hasNone = !secureContext.hasIdentity && pskCallback === undefined &&
      options.certificates?.length === 0;
    if (options.tickets === 0) delete options.ticketKeys;
    if (sniCallback !== undefined) {
      options.sni = async (name, connection) => {
        const found = await this.#byName(name, connection);
        if (found === undefined && hasNone) refuseWithoutCertificate();
        return found;
      };
    }
    if (alpnCallback !== undefined) {
      // It may choose the certificate, too, so it comes before that.
      options.onClientHello = (info, connection) =>
        this.#askForProtocol(alpnCallback, info, connection);
      options.onAlpn = (_, connection) => socketOf(connection).chosenProtocol;
    }
    if (pskCallback !== undefined) {
      options.psk = (identity: Uint8Array, connection: ConnectionHandle) =>
        unlessFailed(
          connection,
          () => findKey(pskCallback, identity, connection),
        ).then((found) => found ?? unknownIdentity(secureContext, connection));
      const { pskIdentityHint: hint } = settings;
      if (hint !== undefined) options.pskIdentityHint = checkHint(hint);
    }
    Object.assign(options, this.#listened(secureContext));
    if (
      hasNone && sniCallback === undefined && alpnCallback === undefined
    ) {
      options.onClientHello = refuseWithoutCertificate;
    }
    return createContext(options);
  }

  /** What the events with a listener need. */
  #listened(secureContext: SecureContext): ContextOptions {
    const { server } = this.#settings;
    const options: ContextOptions = {};
    if (this.#has("newSession") || this.#has("resumeSession")) {
      options.sessionStore = sessionStore(server);
    }
    if (this.#has("OCSPRequest")) {
      options.onOcspRequest = ({ chain: [leaf, issuer] }) =>
        leaf &&
        askForOcsp(server, leaf, issuer ?? secureContext.issuerOf(leaf));
    }
    if (this.#has("keylog")) {
      options.keyLog = (line, connection) =>
        emitted(
          server,
          "keylog",
          Buffer.from(`${line}\n`),
          socketOf(connection),
        );
    }
    return options;
  }

  async #askForProtocol(
    callback: (info: AlpnCallbackInfo) => string | undefined,
    { alpnProtocols, alpnProtocolBytes, serverName }: ClientHelloInfo,
    connection: ConnectionHandle,
  ): Promise<{ certificates: readonly IdentityInput[] } | undefined> {
    const socket = socketOf(connection);
    socket.noteServername(serverName);
    if (alpnProtocols.length === 0) return undefined;
    const protocols = alpnProtocolBytes.map(alpnText);
    const chosen = await unlessFailed(
      connection,
      () =>
        callback.call(socket, {
          servername: serverName ?? "",
          protocols: [...protocols],
        }),
    );
    requireOffered(chosen, protocols);
    socket.chosenProtocol = alpnProtocols[protocols.indexOf(chosen)];
    const { certificates } = await socket.keyCert?.load() ?? {};
    return certificates && { certificates };
  }

  async #byName(
    name: string | undefined,
    connection: ConnectionHandle,
  ): Promise<TlsContext | undefined> {
    const { sniCallback } = this.#settings;
    socketOf(connection).noteServername(name);
    if (name === undefined || sniCallback === undefined) return undefined;
    const socket = socketOf(connection);
    const found = await unlessFailed(
      connection,
      () => askByName(sniCallback, socket, name),
    );
    socket.chosenContext = found;
    return found && await this.of(found);
  }
}

/** `CLIENT_RENEG_LIMIT` and its window, as they are now. */
function renegotiationOf({ bits }: SecureContext): ContextOptions {
  const { clientRenegLimit: limit, clientRenegWindow: window } = defaults;
  if (bits.noRenegotiation || limit < 1) return { renegotiation: "never" };
  return {
    renegotiation: "freely",
    renegotiationLimit: inRange(limit),
    renegotiationWindow: inRange(window),
  };
}

function inRange(number: number): number {
  return Math.max(1, Math.min(Math.floor(number), 2 ** 31 - 1));
}

function askByName(
  callback: SniCallback,
  socket: HookedSocket,
  name: string,
): Promise<SecureContext | undefined> {
  return new Promise((resolve, reject) => {
    callback.call(socket, name, (error, context) => {
      if (error) reject(error);
      else if (context === undefined || context === null) resolve(undefined);
      else if (isContext(context)) resolve(context);
      else reject(invalidContext());
    });
  });
}

/** Calls what is the caller's: where that fails, Node closes without a word. */
async function unlessFailed<T>(
  connection: ConnectionHandle,
  call: () => T | Promise<T>,
): Promise<T> {
  try {
    return await call();
  } catch (error) {
    socketOf(connection).cutOff(error);
    throw error;
  }
}

/** By its shape: there may be two copies of this module. */
function isContext(value: SecureContext): boolean {
  return typeof value.load === "function";
}

function invalidContext(): NodeError {
  return nodeError("ERR_TLS_INVALID_CONTEXT", "Invalid SNI context", TypeError);
}

function refuseWithoutCertificate(): never {
  throw new TlsProtocolError(
    "handshake_failure",
    "Cannot serve the client: there is no certificate",
    { code: "no_common_cipher_suite" },
  );
}

/** @throws {TlsProtocolError} If the client does not offer a protocol. */
function requireOffered(
  chosen: string | undefined,
  protocols: readonly string[],
): asserts chosen is string {
  if (chosen !== undefined && protocols.includes(chosen)) return;
  // RFC 7301 section 3.2.
  throw new TlsProtocolError(
    "no_application_protocol",
    "Cannot agree on a protocol: ALPNCallback chose none that the client offers",
    chosen === undefined ? {} : {
      cause: nodeError(
        "ERR_TLS_ALPN_CALLBACK_INVALID_RESULT",
        `ALPN callback returned a value (${chosen}) that did not match any of the client's offered protocols (${
          protocols.join(", ")
        })`,
        TypeError,
      ),
    },
  );
}

/** `newSession` and `resumeSession`, by which servers share sessions. */
function sessionStore(server: EventEmitter | undefined): SessionStore {
  return {
    get: (key) =>
      new Promise((resolve, reject) => {
        const answer = (error?: Error | null, data?: unknown) => {
          if (error) reject(error);
          else resolve(ArrayBuffer.isView(data) ? bytesOf(data) : undefined);
        };
        const id = Buffer.from(key, "hex");
        if (!emitted(server, "resumeSession", id, answer)) resolve(undefined);
      }),
    set: (key, session) =>
      new Promise<void>((resolve) => {
        const id = Buffer.from(key, "hex");
        const data = Buffer.from(session);
        const done = () => resolve();
        if (!emitted(server, "newSession", id, data, done)) resolve();
      }),
    delete: () => {},
  };
}

function askForOcsp(
  server: EventEmitter | undefined,
  leaf: Certificate,
  issuer: Certificate | undefined,
): Promise<Uint8Array | undefined> {
  return new Promise((resolve, reject) => {
    const answer = (error?: NodeError | null, response?: unknown) => {
      if (error) reject(error);
      else {resolve(
          ArrayBuffer.isView(response) ? bytesOf(response) : undefined,
        );}
    };
    const given = issuer === undefined ? null : Buffer.from(issuer.raw);
    const shown = Buffer.from(leaf.raw);
    if (!emitted(server, "OCSPRequest", shown, given, answer)) {
      resolve(undefined);
    }
  });
}

/** Whether a listener has it, and has not thrown: that is an uncaught exception. */
function emitted(
  server: EventEmitter | undefined,
  event: string,
  ...args: unknown[]
): boolean {
  return unguarded(() => server?.emit(event, ...args)) ?? false;
}

/** @throws {Error} If it is longer than OpenSSL's PSK_MAX_IDENTITY_LEN. */
function checkHint(hint: string): string {
  if (Buffer.byteLength(hint) <= 256) return hint;
  throw nodeError(
    "ERR_TLS_PSK_SET_IDENTITY_HINT_FAILED",
    "Failed to set PSK identity hint",
  );
}

/** The bytes of a view. */
export function bytesOf(view: ArrayBufferView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength).slice();
}

const EVENTS = ["keylog", "newSession", "resumeSession", "OCSPRequest"];

/**
 * A listener whose connections are ready to use.
 *
 * @module
 */

import type { TicketKeys } from "../handshake/ticket_keys.ts";
import { observed, TlsConn } from "./conn.ts";
import {
  Context,
  contextOf,
  definedOnly,
  perConnection,
} from "./options/context.ts";
import {
  LISTEN_RULES,
  type ListenOptions,
  refuseOtherPlaces,
  serverOptions,
  type SocketListener,
} from "./options/listen_options.ts";
import { isNamePattern, isTicketKeys } from "./options/values.ts";
import { checkOptions } from "./options/table.ts";
import type {
  ContextOptions,
  ServerOptions,
  TlsContext,
} from "./options/options.ts";
import { PendingHandshakes } from "./pending_handshakes.ts";
import { namePattern, tableLookUp } from "./options/server_names.ts";
import { type SocketConn, transportOf } from "./transport.ts";
import { requireIdentity, serverEngine } from "./wrap.ts";

/**
 * A listener: `Deno.TlsListener` with connections whose handshake, verification
 * of the client included, is over. Handshakes run side by side; one that fails
 * or takes its time is nobody else's concern.
 *
 * @example A server on loopback
 * ```ts
 * import { connect, listen } from "@x/tls";
 * import { issueCertificate, TrustStore } from "@x/tls/x509";
 * import { assertEquals } from "@std/assert";
 *
 * const ca = await issueCertificate({ names: ["Test CA"], ca: true });
 * const { cert, key } = await issueCertificate({
 *   names: ["localhost"],
 *   issuer: ca,
 * });
 * using listener = listen({ hostname: "127.0.0.1", port: 0, cert, key });
 * const [there, here] = await Promise.all([
 *   listener.accept(),
 *   connect({
 *     hostname: "127.0.0.1",
 *     port: (listener.addr as Deno.NetAddr).port,
 *     serverName: "localhost",
 *     trust: TrustStore.of(ca.cert),
 *   }),
 * ]);
 * assertEquals(there.info.cipherSuite, here.info.cipherSuite);
 * await Promise.all([there.close(), here.close()]);
 * ```
 */
export class TlsListener implements AsyncIterable<TlsConn>, Disposable {
  readonly #listener: SocketListener;
  readonly #options: ListenOptions;
  readonly #named = new Map<string, Context>();
  readonly #ready: TlsConn[] = [];
  readonly #waiting: PromiseWithResolvers<TlsConn>[] = [];
  readonly #pending = new PendingHandshakes();
  #context: Context;
  /** What of the options is for each connection. */
  #own: ContextOptions;
  /** The context with those of `addContext`, until either changes. */
  #effective: Context | undefined;
  #accepting = false;
  #closed: { readonly error: unknown } | undefined;

  /** @internal Use `listen`. */
  constructor(listener: SocketListener, options: ListenOptions) {
    this.#listener = listener;
    this.#options = options;
    this.#own = serverOptions(options);
    this.#context = contextOf(this.#own);
  }

  /** Where it listens. */
  get addr(): Deno.Addr {
    return this.#listener.addr;
  }

  /**
   * The next connection.
   *
   * @returns A connection whose handshake is over.
   * @throws {Deno.errors.BadResource} If the listener was closed.
   * @throws {TlsError} If our own certificate or key cannot be used.
   */
  accept(): Promise<TlsConn> {
    return observed(this.#accept());
  }

  async #accept(): Promise<TlsConn> {
    if (this.#ready.length === 0 && this.#closed === undefined) {
      // What is wrong with our own certificate is nobody's handshake error.
      await this.#context.server();
    }
    // Now, as much may have come about meanwhile.
    const ready = this.#ready.shift();
    if (ready !== undefined) {
      this.#pending.free();
      return ready;
    }
    if (this.#closed !== undefined) throw this.#closed.error;
    const waiter = Promise.withResolvers<TlsConn>();
    this.#waiting.push(waiter);
    this.#start();
    return await waiter.promise;
  }

  /** Stops listening; connections go on, handshakes under way do not. */
  close(): void {
    if (this.#closed !== undefined) return;
    this.#listener.close();
    this.#end(new Deno.errors.BadResource("Listener has been closed"));
  }

  /** Closes. */
  [Symbol.dispose](): void {
    this.close();
  }

  /**
   * The connections, until the listener is closed; as Deno's, leaving the loop
   * closes it.
   */
  async *[Symbol.asyncIterator](): AsyncIterableIterator<TlsConn> {
    for (;;) {
      let conn;
      try {
        conn = await this.accept();
      } catch (error) {
        // As Deno's: closing ends it, all else is an error.
        if (
          error instanceof Deno.errors.BadResource ||
          error instanceof Deno.errors.Interrupted
        ) return;
        throw error;
      }
      let isLeft = true;
      try {
        yield conn;
        isLeft = false;
      } finally {
        if (isLeft) this.close();
      }
    }
  }

  /** Has the process wait for this listener. */
  ref(): void {
    this.#listener.ref?.();
  }

  /** Has the process not wait for it. */
  unref(): void {
    this.#listener.unref?.();
  }

  /**
   * Uses other options, certificates among them, for connections from now on.
   * They stand in the place of all that were there, `clientAuth` included:
   * `context.with({ cert, key })` changes some. Only timeouts, `signal` and
   * `allowHalfOpen` stay as they are where nothing else is given, and the keys
   * of tickets, unless it is a context that has its own.
   *
   * @param context A context, or options of which to make one.
   * @throws {TypeError} As `createContext`.
   */
  setContext(context: TlsContext | ServerOptions): void {
    this.#context = givenContext(context, this.#context.ticketKeys);
    this.#own = {
      ...perConnection(this.#own),
      ...this.#context.options,
      ...(context instanceof Context ? {} : definedOnly(context)),
    };
    this.#effective = undefined;
  }

  /**
   * Uses other options for clients that ask for a name.
   *
   * @param name The name; `*.example.com` stands for any one label.
   * @param options A context, or options of which to make one.
   * @throws {TypeError} As `createContext`, and if the name is none.
   */
  addContext(name: string, options: TlsContext | ServerOptions): void {
    isNamePattern(name, "name");
    this.#named.set(namePattern(name), givenContext(options));
    this.#effective = undefined;
  }

  /**
   * Replaces the keys of tickets for connections from now on.
   *
   * @param keys 48 or 32 bytes each: the first seals, all open.
   * @throws {TypeError} If a key has another length, or tickets are off.
   */
  setTicketKeys(keys: readonly Uint8Array[]): void {
    isTicketKeys(keys, "ticketKeys");
    this.#ticketKeys().replace(keys);
  }

  /**
   * The keys of tickets, for other servers or a later start: keep them secret.
   *
   * @returns The material, that of the key that seals first.
   * @throws {TypeError} If tickets are off.
   */
  getTicketKeys(): Uint8Array[] {
    return this.#ticketKeys().export();
  }

  #ticketKeys() {
    const keys = this.#context.ticketKeys;
    if (keys === undefined) {
      throw new TypeError(`Cannot get at ticket keys: "tickets" is 0`);
    }
    return keys;
  }

  /** Takes sockets while somebody waits for connections. */
  #start(): void {
    if (this.#accepting) return;
    this.#accepting = true;
    this.#acceptSockets().catch((error) => {
      this.#end(error);
      try {
        this.#listener.close();
      } catch {
        // It is closed, which is why there are no more sockets.
      }
    });
  }

  async #acceptSockets(): Promise<void> {
    const limit = this.#options.maxPendingHandshakes ?? DEFAULT_MAX_PENDING;
    while (this.#closed === undefined && this.#waiting.length > 0) {
      if (this.#pending.size + this.#ready.length >= limit) {
        await this.#pending.waitForSlot();
        continue;
      }
      const socket = await this.#acceptSocket();
      if (socket !== undefined) this.#shake(socket);
    }
    // At once: whoever waits from now on starts it again.
    this.#accepting = false;
  }

  /** The next socket; nothing for a client that is gone already. */
  async #acceptSocket(): Promise<SocketConn | undefined> {
    try {
      const socket = await this.#listener.accept();
      socket.setNoDelay?.(true);
      return socket;
    } catch (error) {
      // accept(2) tells of clients that gave up in the queue.
      if (
        error instanceof Deno.errors.ConnectionAborted ||
        error instanceof Deno.errors.ConnectionReset
      ) return undefined;
      if (!isShortage(error)) throw error;
      await this.#pending.waitOutShortage();
      return undefined;
    }
  }

  /** Runs one handshake, in nobody's way. */
  #shake(socket: SocketConn): void {
    const context = this.#effective ??= this.#contextWithNames();
    const conn = new TlsConn(
      serverEngine(transportOf(socket), context, this.#own),
    );
    this.#pending.add(conn);
    conn.handshake().then(
      () => this.#deliver(conn),
      (error) => this.#report(error, socket.remoteAddr),
    ).finally(() => {
      this.#pending.delete(conn);
    });
  }

  #contextWithNames(): Context {
    if (this.#named.size === 0) return this.#context;
    const find = tableLookUp(this.#named);
    const { onClientHello } = this.#context.options;
    return this.#context.with({
      onClientHello: async (info) =>
        await onClientHello?.(info) ?? find(info.serverName),
    });
  }

  #deliver(conn: TlsConn): void {
    if (this.#closed !== undefined) return conn.abort(this.#closed.error);
    const waiter = this.#waiting.shift();
    if (waiter === undefined) this.#ready.push(conn);
    else waiter.resolve(conn);
  }

  #report(error: unknown, remoteAddr: Deno.Addr): void {
    // What close() ends is nobody's handshake error.
    if (this.#closed !== undefined) return;
    try {
      this.#options.onHandshakeError?.(error, { remoteAddr });
    } catch (thrown) {
      // A fault of the caller's; as of any event listener, it must be seen.
      reportError(thrown);
    }
  }

  #end(error: unknown): void {
    if (this.#closed !== undefined) return;
    this.#closed = { error };
    this.#pending.abort(error);
    for (const conn of this.#ready.splice(0)) conn.abort(error);
    for (const waiter of this.#waiting.splice(0)) waiter.reject(error);
    this.#pending.free();
  }
}

/** Whether accept(2) failed for want of what may be there again soon. */
function isShortage(error: unknown): boolean {
  return error instanceof Error && "code" in error &&
    SHORTAGES.has(String(error.code));
}

/**
 * Listens for TLS clients.
 *
 * @param options Where and how; a certificate with its key at least.
 * @returns The listener.
 * @throws {TypeError} If an option is not as it must be.
 * @throws {RangeError} If a number is out of range.
 * @throws {TlsError} If `caCerts`, `crls` or the like cannot be read.
 * @throws {Deno.errors.AddrInUse} And what else `Deno.listen` throws.
 *
 * @example Echo
 * ```ts ignore
 * import { listen } from "@x/tls";
 *
 * const cert = await Deno.readTextFile("cert.pem");
 * const key = await Deno.readTextFile("key.pem");
 * for await (const conn of listen({ port: 8443, cert, key })) {
 *   conn.readable.pipeTo(conn.writable).catch(() => {});
 * }
 * ```
 */
export function listen(options: ListenOptions): TlsListener {
  checkOptions(options, "server", "listen()", LISTEN_RULES);
  const { hostname, port, path, listener, reusePort, tcpBacklog } = options;
  refuseOtherPlaces(options);
  requireIdentity(contextOf(serverOptions(options)));
  const socket = listener ??
    (path !== undefined
      ? Deno.listen({ transport: "unix", path })
      : Deno.listen({
        port: port ?? 0,
        ...(hostname === undefined ? {} : { hostname }),
        ...(reusePort === undefined ? {} : { reusePort }),
        ...(tcpBacklog === undefined ? {} : { tcpBacklog }),
      }));
  return new TlsListener(socket, options);
}

/** A context, or options of which to make one; that has these keys of tickets. */
function givenContext(
  given: TlsContext | ServerOptions,
  ticketKeys?: TicketKeys,
): Context {
  const context = given instanceof Context
    ? given
    : contextOf(checked(given), ticketKeys);
  requireIdentity(context);
  return context;
}

function checked(given: TlsContext | ServerOptions): ServerOptions {
  checkOptions(given, "server", "a listener's context");
  return given as ServerOptions;
}

/** Descriptors and memory: a listener outlives that there are none. */
const SHORTAGES: ReadonlySet<string> = new Set([
  "EMFILE",
  "ENFILE",
  "ENOBUFS",
  "ENOMEM",
]);

/** A slow client costs one of these and its own time, not more. */
const DEFAULT_MAX_PENDING = 256;

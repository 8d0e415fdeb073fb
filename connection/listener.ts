/**
 * A listener whose connections are ready to use.
 *
 * @module
 */

import type { TicketKeys } from "../handshake/session/ticket_keys.ts";
import { engineOf, observed, TlsConn } from "./conn.ts";
import {
  type CloseOptions,
  drainOf,
  OpenConnections,
} from "./open_connections.ts";
import type { Engine } from "./engine/engine.ts";
import { closedError, isNamed } from "../platform/platform.ts";
import { ACME_TLS_1 } from "../registry.ts";
import type { SocketListener } from "./options/listen_options.ts";
import type {
  NamedInput,
  ServerOptions,
  TlsContext,
} from "./options/options.ts";
import { callObserver } from "./options/hooks.ts";
import { ticketKeyList } from "./options/session_values.ts";
import { acceptSocket, PendingHandshakes } from "./pending_handshakes.ts";
import { ListenerEvents } from "./listener_events.ts";
import type {
  AddressedHandle,
  Contexts,
  ListenerSettings,
} from "./listener_settings.ts";
import { type SocketConn, transportOf } from "./transport/transport.ts";

/**
 * A listener: `Deno.TlsListener` with connections whose handshake, verification
 * of the client included, is over. Handshakes run side by side; one that fails
 * or is slow does not affect the others.
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
  readonly #contexts: Contexts;
  readonly #settings: ListenerSettings;
  readonly #ready: TlsConn[] = [];
  readonly #waiting: PromiseWithResolvers<TlsConn>[] = [];
  readonly #pending = new PendingHandshakes();
  readonly #open = new OpenConnections();
  readonly #isReady: Promise<void>;
  /** Removes the listener of the signal. */
  readonly #over = new AbortController();
  #accepting = false;
  readonly #events: ListenerEvents;
  /** Settles when nothing waits for a socket. */
  #sockets: Promise<void> | undefined;
  #closed: { readonly error: unknown } | undefined;

  /** @internal Use `listen`. */
  constructor(
    listener: SocketListener,
    contexts: Contexts,
    settings: ListenerSettings,
  ) {
    this.#listener = listener;
    this.#contexts = contexts;
    this.#settings = settings;
    this.#events = new ListenerEvents(settings.onListenerEvent);
    this.#isReady = observed(this.#load());
    const { signal } = settings;
    const abort = () => this.#stop(signal?.reason);
    signal?.addEventListener("abort", abort, { signal: this.#over.signal });
  }

  /**
   * Where it listens.
   *
   * @throws {TypeError} On Node.js and Bun, before `ready`.
   */
  get addr(): Deno.Addr {
    return this.#listener.addr;
  }

  /**
   * Resolves when the certificates were read and can be used, and it listens.
   *
   * @returns Rejects with the error of one that cannot be used: then the
   * listener is closed, and its port is free.
   */
  get ready(): Promise<void> {
    return this.#isReady;
  }

  /**
   * The next connection.
   *
   * @returns A connection whose handshake is over.
   * @throws {Deno.errors.BadResource} If the listener was closed; the reason of
   * `signal`, if that closed it.
   * @throws {TlsError} If our own certificate or key cannot be used.
   */
  accept(): Promise<TlsConn> {
    return observed(this.#accept());
  }

  async #accept(): Promise<TlsConn> {
    // A fault of our own certificate is not a handshake error.
    if (this.#closed === undefined) await this.#isReady;
    // Check again, as things may have changed meanwhile.
    const ready = this.#ready.shift();
    if (ready !== undefined) {
      this.#pending.free();
      return ready;
    }
    if (this.#closed !== undefined) {
      // Then the port is free.
      await this.#sockets;
      throw this.#closed.error;
    }
    const waiter = Promise.withResolvers<TlsConn>();
    this.#waiting.push(waiter);
    this.#start();
    return await waiter.promise;
  }

  async #load(): Promise<void> {
    try {
      await Promise.all([this.#contexts.load(), this.#listener.ready]);
      if (this.#closed === undefined) {
        this.#events.tell(() => ({ type: "listening", addr: this.addr }));
      }
    } catch (error) {
      this.#stop(error);
      throw error;
    }
  }

  /**
   * How many of its connections are open: those that wait for `accept()` too, and
   * those whose handshake has failed, until the client has read why.
   */
  get connections(): number {
    return this.#open.size;
  }

  /**
   * Stops listening. Connections stay open, and handshakes in progress end.
   *
   * @param options With `drain`, how long open connections have to end.
   * @returns Resolves when none is open; without `drain`, at once.
   * @throws {TypeError} If an option is unknown, or no number.
   * @throws {RangeError} If `drain` is out of range.
   *
   * @example Ten seconds for those that are there
   * ```ts
   * import { listen } from "@x/tls";
   * import { issueCertificate } from "@x/tls/x509";
   * import { assertEquals } from "@std/assert";
   *
   * const { cert, key } = await issueCertificate({ names: ["localhost"] });
   * const listener = listen({ hostname: "127.0.0.1", port: 0, cert, key });
   * await listener.close({ drain: 10_000 });
   * assertEquals(listener.connections, 0);
   * ```
   */
  close(options: CloseOptions = {}): Promise<void> {
    const drain = drainOf(options);
    this.#stop(closedError("Listener has been closed"));
    return drain === undefined
      ? Promise.resolve()
      : this.#open.drain(drain, this.#closed?.error);
  }

  #stop(error: unknown): void {
    if (this.#closed !== undefined) return;
    this.#end(error);
    this.#listener.close();
  }

  /** Closes. */
  [Symbol.dispose](): void {
    this.close();
  }

  /**
   * The connections, until the listener is closed; as in Deno, leaving the loop
   * closes it.
   */
  async *[Symbol.asyncIterator](): AsyncIterableIterator<TlsConn> {
    for (;;) {
      let conn;
      try {
        conn = await this.accept();
      } catch (error) {
        // As in Deno: closing ends the loop, anything else is an error.
        if (
          isNamed(error, "BadResource") || isNamed(error, "Interrupted") ||
          this.#settings.signal?.aborted
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

  /** Keeps the process alive while it listens. */
  ref(): void {
    this.#listener.ref?.();
  }

  /** Lets the process end while it listens. */
  unref(): void {
    this.#listener.unref?.();
  }

  /**
   * Uses other options, including certificates, for new connections. They
   * replace all previous options, including `clientAuth`; to change only some,
   * use `context.with({ cert, key })`. Timeouts and `allowHalfOpen` keep their
   * values unless new ones are given. Ticket keys and session store stay too,
   * unless the context has its own. Options that `addContext` got apply on top
   * of the new ones.
   *
   * @param context A context, or options of which to make one.
   * @returns Resolves when the certificates were read and are in use. It
   * rejects if one of them cannot be used; then the previous options stay.
   * @throws {TypeError} As `createContext`.
   */
  setContext(context: TlsContext | ServerOptions): Promise<void> {
    return observed(this.#contexts.set(context));
  }

  /**
   * Uses other options for clients that ask for a name. They change the
   * listener's options; a certificate in them replaces all certificates of the
   * listener. A context is used alone, with the ticket keys and the session
   * store of the listener if it has none.
   *
   * @param name The name; in `*.example.com` the `*` is any one label; `*`
   * alone is for all other names and for clients that send none.
   * @param options A context, or what differs from the listener's options.
   * @returns Resolves when the certificates were read and are in use. It
   * rejects if one of them cannot be used; then the previous options stay.
   * @throws {TypeError} As `createContext`, and if the name is not valid.
   */
  addContext(name: string, options: NamedInput): Promise<void> {
    return observed(this.#contexts.add(name, options));
  }

  /**
   * Replaces the ticket keys for new connections, those that machines share
   * included.
   *
   * @param keys 48 or 32 random bytes each: the first seals, all open.
   * @throws {TypeError} If a key has another length or is all zeros, or tickets
   * are off.
   */
  setTicketKeys(keys: readonly Uint8Array[]): void {
    this.#ticketKeys().replace(ticketKeyList(keys, "ticketKeys"));
  }

  /**
   * The ticket keys, for other servers or a restart: keep them secret.
   *
   * @returns The material, sealing key first.
   * @throws {TypeError} If tickets are off.
   */
  getTicketKeys(): Uint8Array[] {
    return this.#ticketKeys().export();
  }

  #ticketKeys(): TicketKeys {
    const keys = this.#contexts.ticketKeys;
    if (keys === undefined) {
      throw new TypeError(`Cannot use ticket keys: "tickets" is 0`);
    }
    return keys;
  }

  /** Accepts sockets while a caller waits for connections. */
  #start(): void {
    if (this.#accepting) return;
    this.#accepting = true;
    this.#sockets = this.#acceptSockets().catch((error) => {
      this.#end(error);
      try {
        this.#listener.close();
      } catch {
        // The listener was closed: there are no more sockets.
      }
    });
  }

  async #acceptSockets(): Promise<void> {
    const { maxPendingHandshakes: limit, maxConnections } = this.#settings;
    while (this.#closed === undefined && this.#waiting.length > 0) {
      if (this.#pending.size + this.#open.size >= maxConnections) {
        this.#events.pause("maxConnections");
        await this.#open.waitForEnd();
        continue;
      }
      if (this.#pending.size + this.#ready.length >= limit) {
        this.#events.pause("maxPendingHandshakes");
        await this.#pending.waitForSlot();
        continue;
      }
      if (this.#events.paused !== "resources") this.#events.resume();
      const socket = await acceptSocket(
        this.#listener,
        this.#pending,
        this.#events,
      );
      if (socket !== undefined) this.#shake(socket);
    }
    // At once: a caller that waits from now on starts it again.
    this.#accepting = false;
  }

  /** Runs one handshake without blocking others. */
  #shake(socket: SocketConn): void {
    const engine = this.#settings.engine(transportOf(socket));
    const conn = new TlsConn(engine);
    this.#pending.add(conn);
    engine.onSettled = () => this.#deliver(conn);
    engine.handshakes.first().then(
      () => this.#deliver(conn),
      (error) => {
        // Its socket is open until the client has had time to read our alert.
        this.#open.add(conn);
        this.#report(error, engine);
      },
    ).finally(() => {
      this.#pending.delete(conn);
      this.#open.free();
    });
  }

  /**
   * Passes a connection to a caller: once, as one with early data, or with option
   * `halfRtt`, is ready before its handshake is over.
   */
  #deliver(conn: TlsConn): void {
    if (!this.#pending.delete(conn)) return;
    if (this.#closed !== undefined) return conn.abort(this.#closed.error);
    this.#open.add(conn);
    // It ends itself: its peer has seen what it wanted to see.
    if (engineOf(conn).handshakes.settled?.alpnProtocol === ACME_TLS_1) return;
    const waiter = this.#waiting.shift();
    if (waiter === undefined) this.#ready.push(conn);
    else waiter.resolve(conn);
  }

  #report(error: unknown, engine: Engine): void {
    // A handshake that close() ends is not a handshake error.
    if (this.#closed !== undefined) return;
    const { onHandshakeError } = this.#settings;
    callObserver(
      () => onHandshakeError?.(error, engine.handle as AddressedHandle),
      (thrown) => engine.tellFailure("onHandshakeError", thrown),
    );
  }

  #end(error: unknown): void {
    if (this.#closed !== undefined) return;
    this.#closed = { error };
    this.#events.tell(() => ({ type: "closed", error }));
    this.#over.abort();
    this.#pending.abort(error);
    for (const conn of this.#ready.splice(0)) conn.abort(error);
    this.#pending.free();
    this.#open.free();
    // The port is free when the wait for the next socket has ended, too.
    const waiting = this.#waiting.splice(0);
    Promise.resolve(this.#sockets).then(() => {
      for (const waiter of waiting) waiter.reject(error);
    });
  }
}

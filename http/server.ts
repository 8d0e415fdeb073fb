/**
 * A server of HTTP over TLS: its connections, and how they end.
 *
 * @module
 */

import type { TlsListener } from "../connection/listen.ts";
import { within } from "../connection/transport/deadline.ts";
import type {
  NamedInput,
  ServerOptions,
  TlsContext,
} from "../connection/options/options.ts";
import type { ServedConnection, Serving } from "./connection.ts";
import type { HttpEngine } from "./engine.ts";

/** What a server is made of. */
export interface ServerParts {
  /** Where clients come in. */
  readonly listener: TlsListener;
  /** How they are answered. */
  readonly serving: Serving;
  /** Ends the server and its connections at once. */
  readonly signal: AbortSignal | undefined;
  /** Called when it listens, if that is later than now; throws to end it. */
  readonly onListening: (() => void) | undefined;
  /** Completes what takes the place of the options. */
  complete(context: TlsContext | ServerOptions): TlsContext | ServerOptions;
  /** Refuses what a server of HTTP cannot do for a name. */
  checkNamed(options: NamedInput): void;
}

/**
 * A server of HTTP over TLS, as `serve` returns one: a `Deno.HttpServer` that
 * can also change what it shows while it runs.
 *
 * @example Another certificate
 * ```ts
 * import { serve } from "@x/tls";
 * import { issueCertificate } from "@x/tls/x509";
 *
 * const [old, renewed] = [
 *   await issueCertificate({ names: ["localhost"] }),
 *   await issueCertificate({ names: ["localhost"] }),
 * ];
 * await using server = serve(
 *   { hostname: "127.0.0.1", port: 0, cert: old.cert, key: old.key },
 *   () => new Response("hello"),
 * );
 * await server.setContext({ cert: renewed.cert, key: renewed.key });
 * ```
 */
export class TlsHttpServer<Addr extends Deno.Addr = Deno.Addr>
  implements Deno.HttpServer<Addr> {
  readonly #parts: ServerParts;
  readonly #connections = new Map<ServedConnection, Promise<void>>();
  readonly #aborted = Promise.withResolvers<void>();
  #isRef = true;

  /**
   * Resolves when the server has ended: after `shutdown()`, or the abort of its
   * `signal`. It rejects if it cannot serve, as when its certificate does not
   * match its key.
   */
  readonly finished: Promise<void>;

  /** @internal Use `serve`. */
  constructor(parts: ServerParts) {
    this.#parts = parts;
    this.finished = this.#run();
  }

  /**
   * Resolves when the certificates were read and can be used, and it listens.
   *
   * @returns Rejects, as `finished` does, if one cannot be used.
   */
  get ready(): Promise<void> {
    return this.#parts.listener.ready;
  }

  /**
   * Where it listens.
   *
   * @throws {TypeError} On Node.js and Bun, before `ready`.
   */
  get addr(): Addr {
    return this.#parts.listener.addr as Addr; // the overloads of serve() say which
  }

  /**
   * Ends in order: it takes no client more, sends the responses that are under
   * way, and closes its connections. WebSockets are closed by the runtime; it
   * does not wait for their clients.
   *
   * @returns Resolves when it has ended.
   */
  async shutdown(): Promise<void> {
    this.#parts.listener.close();
    await this.finished.catch(ignore);
  }

  /** Shuts down. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.shutdown();
  }

  /** Keeps the process alive while it listens. */
  ref(): void {
    this.#setRef(true);
  }

  /** Lets the process end while it listens. */
  unref(): void {
    this.#setRef(false);
  }

  /**
   * Same as `TlsListener.setContext()`; without `alpnProtocols` it goes on
   * speaking HTTP/2 and HTTP/1.1.
   *
   * @param context A context, or options of which to make one.
   * @returns Resolves when it is in use for connections from now on.
   * @throws {TypeError} As `createContext`.
   */
  setContext(context: TlsContext | ServerOptions): Promise<void> {
    const { listener, complete } = this.#parts;
    return listener.setContext(complete(context));
  }

  /**
   * Same as `TlsListener.addContext()`.
   *
   * @param name The name; `*.example.com` stands for any one label, `*` for all
   * other names and for clients that send none.
   * @param options A context, or what differs from the server's options.
   * @returns Resolves when it is in use for connections from now on.
   * @throws {TypeError} As `createContext`, and if the name is none.
   */
  addContext(name: string, options: NamedInput): Promise<void> {
    const { listener, checkNamed } = this.#parts;
    checkNamed(options);
    return listener.addContext(name, options);
  }

  /**
   * Same as `TlsListener.setTicketKeys()`.
   *
   * @param keys 48 or 32 random bytes each: the first seals, all open.
   * @throws {TypeError} If a key has another length or is all zeros, or tickets
   * are off.
   */
  setTicketKeys(keys: readonly Uint8Array[]): void {
    this.#parts.listener.setTicketKeys(keys);
  }

  /**
   * Same as `TlsListener.getTicketKeys()`.
   *
   * @returns The material, that of the key that seals first.
   * @throws {TypeError} If tickets are off.
   */
  getTicketKeys(): Uint8Array[] {
    return this.#parts.listener.getTicketKeys();
  }

  async #run(): Promise<void> {
    const { listener, signal, onListening } = this.#parts;
    const abort = () => this.#abort(signal?.reason);
    signal?.addEventListener("abort", abort);
    try {
      // Those who import `serve` and do not call it do without.
      const { ServedConnection } = await import("./connection.ts");
      await rehearse(this.#parts.serving.http);
      if (onListening !== undefined) await this.#tellListening(onListening);
      for await (const conn of listener) {
        this.#take(new ServedConnection(conn, this.#parts.serving));
      }
    } finally {
      if (signal?.aborted) abort();
      await Promise.race([this.#drain(), this.#aborted.promise]);
      signal?.removeEventListener("abort", abort);
    }
  }

  async #tellListening(onListening: () => void): Promise<void> {
    const { listener } = this.#parts;
    await listener.ready;
    try {
      onListening();
    } catch (error) {
      // Nobody else could end it.
      listener.close();
      throw error;
    }
  }

  #take(connection: ServedConnection): void {
    if (!this.#isRef) connection.setRef(false);
    const running = connection.run()
      .finally(() => this.#connections.delete(connection));
    this.#connections.set(connection, running);
  }

  /** Waits for the responses that are under way. */
  async #drain(): Promise<void> {
    await within(MAX_TAKING, this.#whenTaken());
    const served = this.#parts.serving.http.shutdown();
    for (const connection of this.#connections.keys()) connection.endIfIdle();
    await served;
    const running = [...this.#connections]
      .filter(([connection]) => !connection.isUpgraded)
      .map(([, running]) => running);
    await Promise.all(running);
  }

  /** Waits until the engine has read the requests that have come. */
  async #whenTaken(): Promise<void> {
    for (const connection of this.#connections.keys()) {
      await connection.whenTaken();
    }
  }

  #abort(reason: unknown): void {
    for (const connection of this.#connections.keys()) {
      connection.abort(reason);
    }
    this.#aborted.resolve();
  }

  #setRef(isRef: boolean): void {
    this.#isRef = isRef;
    const { listener, serving } = this.#parts;
    for (const each of [listener, serving.http]) {
      if (isRef) each.ref();
      else each.unref();
    }
    for (const connection of this.#connections.keys()) {
      connection.setRef(isRef);
    }
  }
}

/**
 * Opens a connection to the engine, for nobody: what the runtime does once in a
 * process is then done before clients come, when descriptors may be short.
 */
async function rehearse(engine: HttpEngine): Promise<void> {
  try {
    const hop = await engine.open(() => new Response(), { isHttp2: false });
    hop.close();
  } catch {
    // A client's connection tells of the same fault.
  }
}

function ignore(): void {}

/** Milliseconds: a client may have sent a part of a request, and no more. */
const MAX_TAKING = 500;

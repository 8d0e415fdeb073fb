/**
 * A listener with `acme()`, and a pebble that connects to it.
 *
 * @module
 */

import { AcmeCertificates } from "../../acme/acme.ts";
import type { Clock } from "../../acme/clock.ts";
import {
  type AcmeEvent,
  type AcmeOptions,
  readAcmeOptions,
} from "../../acme/options.ts";
import { listen, type TlsListener } from "../../mod.ts";
import { type Pebble, type PebbleOptions, startPebble } from "./_pebble.ts";

/** What a test may change. */
export interface Setup {
  readonly options?: Partial<AcmeOptions>;
  readonly clock?: Clock;
  readonly pebble?: Partial<PebbleOptions>;
  /** Is asked before pebble is. */
  readonly through?: (
    url: string,
    next: () => Promise<Response>,
  ) => Promise<Response>;
}

/** All of it; `accepted` has the protocols of connections that were given. */
export class AcmeServer implements AsyncDisposable {
  readonly events: AcmeEvent[] = [];
  readonly accepted: (string | undefined)[] = [];
  readonly #waiting: (() => void)[] = [];
  readonly #stack: AsyncDisposableStack;
  #behind: { certificates?: AcmeCertificates } = {};
  certificates!: AcmeCertificates;

  private constructor(
    readonly pebble: Pebble,
    readonly listener: TlsListener,
    readonly store: string,
    stack: AsyncDisposableStack,
  ) {
    this.#stack = stack;
  }

  /** The port of the listener. */
  get port(): number {
    return (this.listener.addr as Deno.NetAddr).port;
  }

  /** Has the listener show what a manager has. */
  answer(certificates: AcmeCertificates): void {
    this.#behind.certificates = certificates;
  }

  /** Starts everything. */
  static async start(setup: Setup = {}): Promise<AcmeServer> {
    await using stack = new AsyncDisposableStack();
    const store = await Deno.makeTempDir();
    stack.defer(() => Deno.remove(store, { recursive: true }));
    const behind: { certificates?: AcmeCertificates } = {};
    const listener = stack.use(listen({
      hostname: "127.0.0.1",
      port: 0,
      sni: (name) => behind.certificates?.sni(name),
      onClientHello: (info) => behind.certificates?.onClientHello(info),
    }));
    const { port } = listener.addr as Deno.NetAddr;
    const pebble = stack.use(
      await startPebble({ tlsPort: port, ...setup.pebble }),
    );
    const server = new AcmeServer(pebble, listener, store, stack.move());
    server.#behind = behind;
    server.answer(server.certificates = server.manage(setup));
    server.#accept();
    return server;
  }

  /** One more manager, as on another machine with the same store. */
  manage({ options = {}, clock, through }: Setup = {}): AcmeCertificates {
    const { pebble } = this;
    const settings = readAcmeOptions({
      directory: this.pebble.directory,
      domains: ["a.example"],
      termsOfServiceAgreed: true,
      store: this.store,
      fetch: async (url, init) => {
        const next = () => pebble.fetch(url, init);
        return await (through === undefined ? next() : through(url, next));
      },
      onEvent: (event) => this.#tell(event),
      ...options,
    });
    return this.#stack.use(
      new AcmeCertificates(clock ? { ...settings, clock } : settings),
    );
  }

  /** Waits for the nth event of a type, counted from 1. */
  async event<T extends AcmeEvent["type"]>(
    type: T,
    nth = 1,
  ): Promise<Extract<AcmeEvent, { type: T }>> {
    for (;;) {
      const found = this.events.filter((event) => event.type === type);
      if (found.length >= nth) {
        return found[nth - 1] as Extract<AcmeEvent, { type: T }>;
      }
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  #tell(event: AcmeEvent): void {
    this.events.push(event);
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  async #accept(): Promise<void> {
    for await (const conn of this.listener) {
      this.accepted.push(conn.info.alpnProtocol);
      conn.close().catch(() => {});
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }
}

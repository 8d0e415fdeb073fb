/**
 * The state of a connection: the one place that says how far it has come, and
 * what it failed with.
 *
 * @module
 */

import type { TlsSide, TlsStage } from "../../errors.ts";
import type { AfterHandshake } from "../../handshake/common/after_handshake.ts";
import type { ConnectionConfig } from "../../handshake/common/config.ts";
import type { Established } from "../../handshake/common/established.ts";

/** The first error of a connection. */
export interface Failure {
  /** May be anything: a caller may abort a connection with any reason. */
  readonly error: unknown;
}

/** Where a connection is. Each state is entered once, from top to bottom. */
export type State =
  /** The first handshake runs, or has not been asked for. */
  | { readonly name: "handshaking"; readonly post?: undefined }
  /** The first handshake is done: application data flows. */
  | { readonly name: "open"; readonly post: AfterHandshake }
  /** close() ends both directions in order. */
  | { readonly name: "closing"; readonly post: AfterHandshake }
  /** Both directions have ended. Without a failure the transport was detached. */
  | {
    readonly name: "closed";
    readonly post: AfterHandshake | undefined;
    readonly failure: Failure | undefined;
  };

/** The state of one connection. */
export class ConnectionState {
  readonly side: TlsSide;
  /** The options in force: a server selects them by the ClientHello. */
  config: ConnectionConfig;
  /** Whether the peer has sent application data. */
  hasData = false;
  /** Whether the transport goes back to the caller once TLS has ended. */
  isDetaching = false;
  /** Whether the application has asked for `closed`. */
  isEndAwaited = false;
  #current: State = { name: "handshaking" };
  readonly #runHandshake: () => Promise<Established>;
  #handshake: Promise<Established> | undefined;
  /** Stop timers and checks that an open connection has. */
  readonly #stops: (() => void)[] = [];
  /** Called with the failure: first those that stay, then those that wait. */
  readonly #failed = new Set<(error: unknown) => void>();

  /** `runHandshake` runs the first handshake; it is called once at most. */
  constructor(
    side: TlsSide,
    config: ConnectionConfig,
    runHandshake: () => Promise<Established>,
  ) {
    this.side = side;
    this.config = config;
    this.#runHandshake = runHandshake;
  }

  /** The name of the state. */
  get name(): State["name"] {
    return this.#current.name;
  }

  /** The messages after the first handshake, once that is done. */
  get post(): AfterHandshake | undefined {
    return this.#current.post;
  }

  /** The same where it must be done: at the end of `handshake()`. */
  requirePost(): AfterHandshake {
    const { post } = this;
    if (post === undefined) {
      throw new TypeError("The handshake has not finished");
    }
    return post;
  }

  /** The first error. */
  get failure(): Failure | undefined {
    return this.#current.name === "closed" ? this.#current.failure : undefined;
  }

  /** Whether the transport was handed back. */
  get isDetached(): boolean {
    return this.#current.name === "closed" && this.failure === undefined;
  }

  /** The stage that errors name. */
  get stage(): TlsStage {
    return this.post === undefined ? "handshake" : "data";
  }

  /** Whether the first handshake was asked for. */
  get hasBegun(): boolean {
    return this.#handshake !== undefined;
  }

  /** Runs the first handshake, once. */
  handshake(): Promise<Established> {
    if (this.#handshake === undefined) {
      // Before it runs: its callbacks may ask for it again.
      const { promise, resolve } = Promise.withResolvers<Established>();
      this.#handshake = this.unlessFailed(promise);
      this.#handshake.catch(ignore);
      resolve(this.#runHandshake());
    }
    return this.#handshake;
  }

  /** Handshaking → Open. */
  open(post: AfterHandshake): void {
    this.#current = { name: "open", post };
  }

  /** Open → Closing. */
  startClosing(): void {
    const { post } = this;
    if (this.name !== "open" || post === undefined) return;
    this.#enter({ name: "closing", post });
  }

  /** Open → Closed: the transport is the caller's again. */
  detach(): void {
    this.#enter({ name: "closed", post: this.post, failure: undefined });
  }

  /**
   * Any state → Closed. Pending calls reject with `error`.
   *
   * @returns Whether this was the first error.
   */
  fail(error: unknown): boolean {
    if (this.name === "closed") return false;
    this.#enter({ name: "closed", post: this.post, failure: { error } });
    this.post?.abandon(error);
    for (const failed of this.#failed) failed(error);
    return true;
  }

  /** Calls `stop` when the connection is not open any more. */
  onLeaving(stop: () => void): void {
    this.#stops.push(stop);
  }

  /** Calls `failed` with the first error. */
  onFailure(failed: (error: unknown) => void): void {
    this.#failed.add(failed);
  }

  /** Throws the first error, if there was one. */
  throwIfFailed(): void {
    const { failure } = this;
    if (failure !== undefined) throw failure.error;
  }

  /**
   * The result of `work`, or the connection's error as soon as there is one:
   * a callback, or the peer, may never answer.
   */
  async unlessFailed<T>(work: Promise<T>): Promise<T> {
    const { promise, reject } = Promise.withResolvers<never>();
    this.#failed.add(reject);
    try {
      return await Promise.race([work, promise]);
    } finally {
      this.#failed.delete(reject);
    }
  }

  #enter(state: State): void {
    this.#current = state;
    for (const stop of this.#stops.splice(0)) stop();
  }
}

function ignore(): void {}

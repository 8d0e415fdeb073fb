/**
 * The state of a connection: the one place that says how far it has come, and
 * what it failed with.
 *
 * @module
 */

import type { TlsSide, TlsStage } from "../../errors.ts";
import type { AfterHandshake } from "../../handshake/common/after_handshake.ts";
import type { ConnectionInfo } from "../../handshake/common/connection_info.ts";
import type { ConnectionConfig } from "../../handshake/common/connection_config.ts";
import type { EarlyDataIn } from "../../handshake/common/server_connection.ts";
import type {
  Established,
  EstablishedEarly,
} from "../../handshake/common/established.ts";

/** The first error of a connection. */
export interface Failure {
  /**
   * May be anything: a caller may abort a connection with any reason. That of
   * close() is made when it is first asked for, so nobody asks without need.
   */
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

/** What the state tells the connection that it is of. */
export interface StateOwner {
  /** Runs the first handshake; called once at most. */
  runHandshake(): Promise<Established>;
  /** The connection is not open any more: timers and checks stop. */
  left(): void;
  /** The connection has failed: called before those that wait get the error. */
  failed(failure: Failure): void;
}

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
  /** At a server that may send data before the client's Finished. */
  settled: EstablishedEarly | undefined;
  /** Early data of the client that a server has accepted. */
  early: EarlyDataIn | undefined;
  /** Whether the application takes early data. */
  takesEarlyData = false;
  #current: State = { name: "handshaking" };
  readonly #owner: StateOwner;
  #handshake: Promise<Established> | undefined;
  /** Resolves when data can be sent, for those that wait for it. */
  #usable: PromiseWithResolvers<void> | undefined;
  #hasLeft = false;
  /** Called with the failure. */
  #waiting: Set<(error: unknown) => void> | undefined;

  constructor(side: TlsSide, config: ConnectionConfig, owner: StateOwner) {
    this.side = side;
    this.config = config;
    this.#owner = owner;
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
      resolve(this.#owner.runHandshake());
    }
    return this.#handshake;
  }

  /**
   * Resolves when data can be sent: at the end of the first handshake, or at a
   * server as soon as early data is accepted, or its Finished is sent and
   * nothing else is to be waited for.
   */
  async usable(): Promise<void> {
    if (this.settled !== undefined) return this.throwIfFailed();
    const handshake = this.handshake();
    if (this.side === "client") return void await handshake;
    this.#usable ??= Promise.withResolvers();
    await Promise.race([handshake, this.#usable.promise]);
  }

  /** Whether early data has come that the application does not ask for. */
  get hasUnreadEarlyData(): boolean {
    return this.early !== undefined && this.early.hasCome &&
      !this.takesEarlyData;
  }

  /** Data can be sent, and early data can be read if it was accepted. */
  settle(established: EstablishedEarly, early?: EarlyDataIn): void {
    this.settled = established;
    this.early = early;
    this.#usable?.resolve();
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
   * Any state → Closed. Pending calls reject with the error.
   *
   * @returns Whether this was the first error.
   */
  fail(failure: Failure): boolean {
    if (this.name === "closed") return false;
    this.#enter({ name: "closed", post: this.post, failure });
    this.post?.abandon(failure);
    this.#owner.failed(failure);
    for (const failed of this.#waiting ?? []) failed(failure.error);
    return true;
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
    const waiting = this.#waiting ??= new Set();
    waiting.add(reject);
    try {
      return await Promise.race([work, promise]);
    } finally {
      waiting.delete(reject);
      if (waiting.size === 0) this.#waiting = undefined;
    }
  }

  #enter(state: State): void {
    this.#current = state;
    if (this.#hasLeft) return;
    this.#hasLeft = true;
    this.#owner.left();
  }
}

/** The results of a handshake that is not done: they are empty. */
export function noInfo(side: ConnectionInfo["side"]): ConnectionInfo {
  const empty: Pick<ConnectionInfo, Present> = {
    side,
    resumed: false,
    helloRetryRequest: false,
    extendedMainSecret: false,
    extendedMasterSecret: false,
    encryptThenMac: false,
    secureRenegotiation: false,
    earlyData: "none",
    ech: "none",
    peerCertificates: [],
    verifiedChain: [],
    verifiedChains: () => Promise.resolve([]),
    certificateAuthorities: [],
    authorization: { status: "none" },
    signedCertificateTimestamps: [],
    sharedSignatureSchemes: [],
    timings: [],
  };
  // What is absent is undefined, which is the type of all the others.
  return empty as ConnectionInfo;
}

/** What is never `undefined`. */
type Present = {
  [K in keyof ConnectionInfo]: undefined extends ConnectionInfo[K] ? never : K;
}[keyof ConnectionInfo];

function ignore(): void {}

/**
 * One handshake, to see whether a server takes part in it.
 *
 * @module
 */

import type { TlsConn } from "../../connection/conn.ts";
import type { ConnectionInfo } from "../../connection/info.ts";
import type { ClientOptions } from "../../connection/options/options.ts";
import { TlsError } from "../../errors.ts";
import { describeError, Failure } from "../base/exit.ts";
import { weakestOptions } from "../net/client_options.ts";
import { connectTarget, type Target } from "../net/dial.ts";

/** Makes handshakes with one server. */
export class Prober {
  readonly #target: Target;
  readonly #options: ClientOptions;
  readonly #onProbe: (count: number) => void;
  #count = 0;

  /**
   * A prober.
   *
   * @param options What all handshakes have: the name to ask for.
   * @param onProbe Called with the number of each handshake.
   */
  constructor(
    target: Target,
    options: ClientOptions,
    onProbe: (count: number) => void,
  ) {
    this.#target = target;
    this.#options = options;
    this.#onProbe = onProbe;
  }

  /** How many handshakes there were. */
  get count(): number {
    return this.#count;
  }

  /**
   * Connects with some options beside all that is weak, and uses the connection,
   * which is closed then.
   *
   * @returns What `use` returns, or `undefined` if the server refuses the
   * handshake.
   * @throws {Failure} If the server cannot be reached any more.
   */
  async connect<T>(
    options: ClientOptions,
    use: (conn: TlsConn) => T | Promise<T>,
  ): Promise<T | undefined> {
    this.#onProbe(++this.#count);
    let conn: TlsConn;
    try {
      conn = await connectTarget(this.#target, {
        ...weakestOptions(this.#options),
        unsafelyAllowAnonymous: true,
        ...options,
      });
    } catch (error) {
      if (isRefusal(error)) return undefined;
      throw error;
    }
    try {
      return await use(conn);
    } finally {
      conn.abort();
    }
  }

  /** The results of a handshake, or `undefined` if the server refuses it. */
  info(options: ClientOptions): Promise<ConnectionInfo | undefined> {
    return this.connect(options, ({ info }) => info);
  }
}

/** Servers refuse by an alert, by closing, by a reset, or by a silence. */
function isRefusal(error: unknown): boolean {
  if (error instanceof TlsError) return true;
  if (!(error instanceof Failure)) {
    return describeError(error).kind === "network";
  }
  return ["connection_reset", "handshake_timeout"].includes(error.code);
}

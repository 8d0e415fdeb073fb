/**
 * How a server accepts early data: types only.
 *
 * @module
 */

import type { MaybePromise } from "../../crypto/primitives/provider.ts";

/** How a server accepts early data. */
export interface EarlyDataPolicy {
  /** Most bytes on one connection: what tickets promise. */
  readonly maxSize: number;
  /** How far the age of a ticket may be off, in milliseconds. */
  readonly window: number;
  /** Where ClientHellos are recorded; without it, in this process. */
  readonly replay: ReplayStore | undefined;
}

/**
 * Where a server, or all servers of a fleet, record that a ticket has carried
 * early data. The stores of `./redis` and `./kv` are such stores.
 */
export interface ReplayStore {
  /**
   * Sets the value of a key if there is none (`expected` is `undefined`), in
   * one step that no other machine can come between.
   *
   * @returns Whether there was none, and it is set.
   */
  compareAndSet(
    key: string,
    expected: undefined,
    value: Uint8Array,
  ): MaybePromise<boolean>;
}

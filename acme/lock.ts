/**
 * A lock in a store, so that of many machines one orders a certificate. It runs
 * out: a machine that is gone keeps no other from going on.
 *
 * @module
 */

import type { Clock } from "./clock.ts";
import {
  parseJson,
  readValue,
  setIfSame,
  type SharedStore,
  toJson,
} from "./store.ts";

/** A lock that was got. */
export class Lock implements AsyncDisposable {
  readonly #store: SharedStore;
  readonly #key: string;
  readonly #clock: Clock;
  #held: Uint8Array;

  private constructor(
    store: SharedStore,
    key: string,
    clock: Clock,
    held: Uint8Array,
  ) {
    this.#store = store;
    this.#key = key;
    this.#clock = clock;
    this.#held = held;
  }

  /** Takes a lock; gives `undefined` while another machine has it. */
  static async take(
    store: SharedStore,
    key: string,
    clock: Clock,
  ): Promise<Lock | undefined> {
    const found = await readValue(store, key);
    const lease = found && parseJson(found, isLease);
    if (lease !== undefined && isHeld(lease, clock.now())) return undefined;
    const held = makeLease(clock);
    return await setIfSame(store, key, found, held)
      ? new Lock(store, key, clock, held)
      : undefined;
  }

  /**
   * Keeps it for another {@linkcode LEASE}.
   *
   * @returns Whether it is still ours.
   */
  async keep(): Promise<boolean> {
    const held = makeLease(this.#clock);
    const isOurs = await setIfSame(this.#store, this.#key, this.#held, held);
    if (isOurs) this.#held = held;
    return isOurs;
  }

  /** Releases it. */
  async [Symbol.asyncDispose](): Promise<void> {
    const free = toJson({ owner: "", until: 0 });
    try {
      await setIfSame(this.#store, this.#key, this.#held, free);
    } catch {
      // It runs out by itself. What went wrong before is what to tell.
    }
  }
}

/** How long a machine has it that says nothing more, in milliseconds. */
export const LEASE = 120_000;

/**
 * One that lasts too long is of a machine whose clock was wrong, and would keep
 * all others waiting.
 */
function isHeld({ until }: Lease, now: number): boolean {
  return until > now && until <= now + LEASE + MAX_CLOCK_SKEW;
}

/** How far the clocks of machines may be apart, in milliseconds. */
const MAX_CLOCK_SKEW = 3_600_000;

interface Lease {
  readonly owner: string;
  readonly until: number;
}

function makeLease(clock: Clock): Uint8Array {
  return toJson({ owner: crypto.randomUUID(), until: clock.now() + LEASE });
}

function isLease(value: unknown): value is Lease {
  return typeof value === "object" && value !== null && "until" in value &&
    typeof value.until === "number";
}

/**
 * Ticket keys that several machines share, and that rotate automatically.
 *
 * @module
 */

import { readValue, setIfSame, type SharedStore } from "../acme/store.ts";
import type { TicketKeySource } from "../handshake/session/ticket_keys.ts";
import { unrefTimer } from "../platform/platform.ts";
import { SealedValues } from "./sealed_values.ts";
import {
  decodeRing,
  encodeRing,
  inOrder,
  isSameRing,
  KEY_LENGTH,
  merged,
  type Ring,
  type RingTimes,
  rotated,
} from "./ticket_key_ring.ts";

/** Options of {@linkcode sharedTicketKeys}. */
export interface SharedTicketKeysOptions {
  /** Where the machines keep the keys. */
  store: SharedStore;
  /**
   * Seals the keys in the store: at least 32 random bytes or base64 of them, the
   * same on all machines. Of a list the first seals, and all open: so a secret
   * can be replaced.
   */
  secret: string | Uint8Array | readonly (string | Uint8Array)[];
  /**
   * The key of the store under which they are.
   *
   * @default {"ticket-keys"}
   */
  name?: string;
  /**
   * How many seconds a key seals, from 60 on.
   *
   * @default {43200}
   */
  rotation?: number;
  /**
   * How many seconds a key is in the store before it seals: a machine must read
   * the store once in this time.
   *
   * @default {600}
   */
  overlap?: number;
  /**
   * How many seconds lie between two reads of the store: at most half of
   * `overlap`.
   *
   * @default {60}
   */
  refresh?: number;
  /**
   * How many seconds a ticket may be used: as long, a key that no longer seals
   * is kept. At most seven days (RFC 9846 section 4.7.1).
   *
   * @default {604800}
   */
  lifetime?: number;
  /**
   * How many milliseconds the store has for an answer.
   *
   * @default {5000}
   */
  timeout?: number;
  /**
   * Called each time the store could not be read or written, and says why. The
   * keys stay as they are, and are looked for again after `refresh`.
   */
  onError?: (error: Error) => void;
  /** Returns the time in milliseconds since 1970. For tests. */
  now?: () => number;
}

/**
 * Ticket keys that several machines share: a client resumes at each of them a
 * session that it made at another (RFC 5077 section 5.5; RFC 9846 section 4.7.1).
 *
 * One machine makes the next key and puts it into the store; it seals once all
 * had the time to read it. A machine that joins finds the keys there. While the
 * store cannot be reached, all machines go on with the keys that they have. What
 * the store keeps is sealed under `secret`, so that the store cannot read it.
 *
 * @param options The store, the secret, and times.
 * @returns The keys, for the option `ticketKeys`, after the store was read. If it
 * cannot be read, a key of this machine's own, until it can. Dispose of them in
 * the end: that stops the look into the store.
 * @throws {TypeError} If an option has a wrong type, or the secret is too short.
 * @throws {RangeError} If a time is out of range.
 *
 * @example Two machines
 * ```ts
 * import { sharedTicketKeys } from "@x/tls/fleet";
 * import { assertEquals } from "@std/assert";
 *
 * const values = new Map<string, Uint8Array>();
 * const store = { // in earnest redisStore() or kvStore()
 *   get: (key: string) => values.get(key),
 *   set: (key: string, value: Uint8Array) => void values.set(key, value),
 *   delete: (key: string) => void values.delete(key),
 *   compareAndSet(key: string, expected: unknown, value: Uint8Array) {
 *     if (values.get(key) !== expected) return false;
 *     values.set(key, value);
 *     return true;
 *   },
 * };
 * const secret = crypto.getRandomValues(new Uint8Array(32));
 * await using here = await sharedTicketKeys({ store, secret });
 * await using there = await sharedTicketKeys({ store, secret });
 * assertEquals(there.current()[0], here.current()[0]);
 * ```
 */
export async function sharedTicketKeys(
  options: SharedTicketKeysOptions,
): Promise<SharedTicketKeys> {
  const keys = new SharedTicketKeys(readOptions(options));
  await keys.refresh();
  return keys;
}

/**
 * Ticket keys that {@linkcode sharedTicketKeys} reads from a store.
 *
 * @example Read the store now
 * ```ts ignore
 * import { sharedTicketKeys } from "@x/tls/fleet";
 * import { kvStore } from "@x/tls/kv";
 *
 * await using keys = await sharedTicketKeys({
 *   store: kvStore(await Deno.openKv()),
 *   secret: Deno.env.get("TICKET_SECRET") ?? "",
 * });
 * await keys.refresh();
 * console.log(keys.current().length);
 * ```
 */
export class SharedTicketKeys implements TicketKeySource, AsyncDisposable {
  readonly #settings: Settings;
  /** For the time before the store was read: it is not shared. */
  readonly #own = randomKey();
  #ring: Ring = [];
  #current: readonly Uint8Array[] = [this.#own];
  /** When the order of the keys changes next. */
  #validUntil = Infinity;
  #refreshing: Promise<void> | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Exchanges that the store has not answered: each stays in memory. */
  #unanswered = 0;
  /** How many looks are left out before the next exchange. */
  #leftOut = 0;
  #isDisposed = false;

  /** @internal Use `sharedTicketKeys`. */
  constructor(settings: Settings) {
    this.#settings = settings;
  }

  /**
   * The keys as of now, 48 bytes each: the first seals, all open.
   *
   * @returns The same list until a key comes, goes or begins to seal.
   */
  current(): readonly Uint8Array[] {
    const now = this.#settings.now();
    if (now >= this.#validUntil) this.#order(now);
    return this.#current;
  }

  #order(now: number): void {
    // It opens what it has sealed before the store was read.
    this.#current = [...inOrder(this.#ring, now), this.#own];
    const later = this.#ring.map(({ from }) => from).filter((at) => at > now);
    this.#validUntil = Math.min(...later);
  }

  /**
   * Looks into the store now, without waiting for the next time. It never
   * rejects: `onError` gets what fails. While the store leaves calls unanswered,
   * it is asked half as often with each, so that few of them pile up.
   */
  refresh(): Promise<void> {
    return this.#refreshing ??= this.#refresh().finally(() => {
      this.#refreshing = undefined;
      this.#wait();
    });
  }

  /** Stops looking into the store; the keys stay usable. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isDisposed = true;
    clearTimeout(this.#timer);
    await this.#refreshing;
  }

  #wait(): void {
    clearTimeout(this.#timer);
    if (this.#isDisposed) return;
    this.#timer = setTimeout(
      () => void this.refresh(),
      this.#settings.refresh,
    );
    unrefTimer(this.#timer);
  }

  async #refresh(): Promise<void> {
    try {
      this.#take(await this.#inTime());
    } catch (cause) {
      const { onError } = this.#settings;
      const why = cause instanceof Error ? cause.message : String(cause);
      const error = new Error(
        `Cannot share ticket keys over the store: ${why}`,
        { cause },
      );
      void callQuietly(() => onError?.(error));
    }
  }

  #take(ring: Ring): void {
    if (isSameRing(ring, this.#ring)) return;
    this.#ring = ring;
    this.#order(this.#settings.now());
  }

  /** An exchange with the store, or an error if that takes too long. */
  async #inTime(): Promise<Ring> {
    const { timeout } = this.#settings;
    if (this.#leftOut > 0) {
      this.#leftOut--;
      throw new Error(`no answer to ${this.#unanswered} calls`);
    }
    const over = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      this.#leftOut = 2 ** (this.#unanswered - 1) - 1;
      over.reject(new Error(`no answer within ${timeout} ms`));
    }, timeout);
    this.#unanswered++;
    const exchange = this.#exchange().finally(() => {
      this.#unanswered--;
      this.#leftOut = 0;
    });
    // A late answer is of no interest.
    exchange.catch(() => {});
    try {
      return await Promise.race([exchange, over.promise]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Reads the keys, and writes those that come next or are not there. */
  async #exchange(): Promise<Ring> {
    const { store, name, sealed, times, now } = this.#settings;
    for (let nth = 0; nth < ATTEMPTS; nth++) {
      const found = await readValue(store, name);
      const stored = found === undefined ? [] : await this.#open(found);
      const known = merged(stored, this.#ring);
      // They count, though the store may not take another: it may be full.
      this.#take(known);
      const ring = rotated(known, now(), times, randomKey);
      if (isSameRing(ring, stored)) return ring;
      const value = await sealed.seal(encodeRing(ring), name);
      if (await setIfSame(store, name, found, value)) return ring;
      // Another machine came first: its keys are read.
    }
    throw new Error("other machines keep changing them");
  }

  async #open(found: Uint8Array): Promise<Ring> {
    const { name, sealed } = this.#settings;
    const bytes = await sealed.open(found, name);
    const ring = bytes && decodeRing(bytes);
    if (ring !== undefined) return ring;
    throw new Error(
      `what it has under "${name}" was not sealed under this secret; give the secret that the other machines have, or remove it`,
    );
  }
}

/** Options as read. */
interface Settings {
  readonly store: SharedStore;
  readonly sealed: SealedValues;
  readonly name: string;
  readonly times: RingTimes;
  readonly refresh: number;
  readonly timeout: number;
  readonly onError: SharedTicketKeysOptions["onError"];
  readonly now: () => number;
}

function readOptions(options: SharedTicketKeysOptions): Settings {
  const {
    store,
    secret,
    name = "ticket-keys",
    rotation = 43_200,
    overlap = Math.min(600, rotation / 2),
    refresh = Math.min(60, overlap / 2),
    lifetime = MAX_LIFETIME,
    timeout = 5_000,
    onError,
    now = Date.now,
  } = options;
  requireNumber("rotation", rotation, 60, MAX_ROTATION);
  requireNumber("overlap", overlap, 2, rotation);
  requireNumber("refresh", refresh, 1, overlap / 2);
  requireNumber("lifetime", lifetime, 1, MAX_LIFETIME);
  requireNumber("timeout", timeout, 1, 2 ** 31 - 1);
  if (lifetime / rotation > MAX_KEYS) {
    throw new RangeError(
      `Cannot share ticket keys: with "rotation" ${rotation} and "lifetime" ${lifetime} there would be more than ${MAX_KEYS} keys`,
    );
  }
  const secrets = Array.isArray(secret) ? secret : [secret];
  return {
    store,
    sealed: new SealedValues(secrets, "x-tls shared ticket keys"),
    name,
    times: {
      rotation: rotation * 1000,
      overlap: overlap * 1000,
      lifetime: lifetime * 1000,
    },
    refresh: refresh * 1000,
    timeout,
    onError,
    now,
  };
}

function requireNumber(
  name: string,
  value: number,
  least: number,
  most: number,
): void {
  if (value >= least && value <= most) return;
  throw new RangeError(
    `Cannot share ticket keys: expected "${name}" from ${least} to ${most}, got ${value}`,
  );
}

function randomKey(): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(KEY_LENGTH));
}

/** Observers fail nothing, be they async or not. */
async function callQuietly(call: () => unknown): Promise<void> {
  try {
    await call();
  } catch {
    // There is no other place to report it.
  }
}

/** How often another machine may come first. */
const ATTEMPTS = 16;

/** RFC 9846 section 4.7.1: seven days. */
const MAX_LIFETIME = 604_800;

/** A year: keys that seal for longer are not rotated. */
const MAX_ROTATION = 31_536_000;

/** Keys that are kept at once: some 20 KB in the store. */
const MAX_KEYS = 256;

/**
 * A store in Deno KV, for several machines or a later start.
 *
 * @example Sessions that a restart keeps
 * ```ts ignore
 * import { listen } from "@x/tls";
 * import { kvStore } from "@x/tls/kv";
 *
 * const listener = listen({
 *   port: 8443,
 *   cert: await Deno.readTextFile("cert.pem"),
 *   key: await Deno.readTextFile("key.pem"),
 *   sessionStore: kvStore(await Deno.openKv()),
 * });
 * for await (const conn of listener) await conn.close();
 * ```
 *
 * @module
 */

import { equals } from "@std/bytes";
import type { SharedStore } from "../acme/store.ts";
import { copied } from "../crypto/primitives/bytes.ts";

export type { SharedStore } from "../acme/store.ts";
export type { MaybePromise } from "../crypto/primitives/provider.ts";

/** What of a `Deno.Kv` is used here. */
export interface KvDatabase {
  /** Reads an entry. */
  get(key: string[]): Promise<KvEntry>;
  /** Writes an entry. */
  set(
    key: string[],
    value: unknown,
    options?: { expireIn?: number },
  ): Promise<unknown>;
  /** Removes an entry. */
  delete(key: string[]): Promise<void>;
  /** Begins an operation of several steps that are taken all or none. */
  atomic(): KvOperation;
}

/** An entry; both members are `null` if there is none. */
export interface KvEntry {
  /** The value. */
  readonly value: unknown;
  /** Changes with each write. */
  readonly versionstamp: string | null;
}

/** An operation that takes all of its steps or none. */
export interface KvOperation {
  /** Has it fail unless an entry is as it was read. */
  check(entry: { key: string[]; versionstamp: string | null }): KvOperation;
  /** Writes an entry. */
  set(
    key: string[],
    value: unknown,
    options?: { expireIn?: number },
  ): KvOperation;
  /** Does it. */
  commit(): Promise<{ readonly ok: boolean }>;
}

/**
 * A store in Deno KV: for `store` of `acme()`, for `sessionStore`
 * and for `replay` of `earlyData`. A value has
 * at most 64 KiB there. The values are secret, so the database must be, too.
 *
 * @param kv A database that `Deno.openKv()` opened; it stays the caller's to close.
 * @param options Where in the database.
 * @returns The store.
 * @throws {RangeError} If `expireIn` is not a whole number of milliseconds from 1
 * on.
 *
 * @example Certificates of several machines
 * ```ts ignore
 * import { acme } from "@x/tls";
 * import { kvStore } from "@x/tls/kv";
 *
 * const certificates = acme({
 *   directory: "https://acme-v02.api.letsencrypt.org/directory",
 *   domains: ["example.com"],
 *   termsOfServiceAgreed: true,
 *   store: kvStore(await Deno.openKv()),
 * });
 * await certificates.ready;
 * ```
 */
export function kvStore(
  kv: KvDatabase,
  options: KvStoreOptions = {},
): SharedStore {
  const { prefix = ["x-tls"], expireIn } = options;
  if (
    expireIn !== undefined && !(Number.isSafeInteger(expireIn) && expireIn >= 1)
  ) {
    throw new RangeError(
      `Cannot use the options of kvStore(): expected whole milliseconds from 1 on for "expireIn", got ${expireIn}`,
    );
  }
  const expiry = expireIn === undefined ? {} : { expireIn };
  const keyOf = (key: string) => [...prefix, key];
  return {
    async get(key) {
      const { value } = await whenUnlocked(() => kv.get(keyOf(key)));
      return bytesOf(value);
    },
    async set(key, value) {
      // What is given may be used for something else before the last attempt.
      const own = copied(value);
      await whenUnlocked(() => kv.set(keyOf(key), own, expiry));
    },
    async delete(key) {
      await whenUnlocked(() => kv.delete(keyOf(key)));
    },
    async compareAndSet(name, expected, value) {
      const key = keyOf(name);
      const [before, own] = [copied(expected), copied(value)];
      const { value: found, versionstamp } = await whenUnlocked(
        () => kv.get(key),
      );
      if (!isSame(bytesOf(found), before)) return false;
      const { ok } = await whenUnlocked(() =>
        kv.atomic().check({ key, versionstamp }).set(key, own, expiry)
          .commit()
      );
      return ok;
    },
  };
}

/**
 * Does it once more while another process writes: of a database in a file, which
 * several have opened, some calls fail then.
 */
async function whenUnlocked<T>(attempt: () => Promise<T>): Promise<T> {
  for (let nth = 1;; nth++) {
    try {
      return await attempt();
    } catch (error) {
      const isLocked = error instanceof Error &&
        error.message.includes("database is locked");
      if (!isLocked || nth === ATTEMPTS) throw error;
      const ms = Math.random() * 10 * nth;
      await new Promise((resolve) => setTimeout(resolve, ms));
    }
  }
}

/** Options of {@linkcode kvStore}. */
export interface KvStoreOptions {
  /**
   * What the keys of entries begin with.
   *
   * @default {["x-tls"]}
   */
  prefix?: readonly string[];
  /**
   * After how many milliseconds the database may forget a value. Sessions and the
   * record of early data need it, as nothing else removes them; certificates and
   * locks must not have it.
   *
   * @default {never}
   */
  expireIn?: number;
}

function bytesOf(value: unknown): Uint8Array | undefined {
  return value instanceof Uint8Array ? value : undefined;
}

function isSame(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a === undefined || b === undefined ? a === b : equals(a, b);
}

/** With the waits between them, some five seconds. */
const ATTEMPTS = 32;

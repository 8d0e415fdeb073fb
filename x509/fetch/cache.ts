/**
 * What was fetched is kept for as long as it says that it is current.
 *
 * @module
 */

import type { MaybePromise } from "../../crypto/primitives/provider.ts";
import { TlsError } from "../../errors.ts";
import { fetchBytes, type FetchLimits, type HttpRequest } from "./http.ts";
import {
  checkOptionTypes,
  flag,
  number,
  type OptionType,
} from "../asn1/known_options.ts";

/**
 * Keeps what was fetched: in memory, or wherever several processes find it. It
 * may forget at any time.
 */
export interface FetchCache {
  /**
   * Returns what was kept.
   *
   * @param key A URL, perhaps with what was asked for.
   * @returns The bytes, or `undefined`.
   */
  get(key: string): MaybePromise<Uint8Array | undefined>;
  /**
   * Keeps bytes.
   *
   * @param key A URL, perhaps with what was asked for.
   * @param bytes The bytes.
   * @param until The time at which it expires.
   */
  set(key: string, bytes: Uint8Array, until: Date): MaybePromise<void>;
}

/** Options of {@linkcode fetchCrls}, `fetchOcsp` and `fetchIssuers`. */
export interface FetchOptions {
  /**
   * Where answers are kept until their nextUpdate.
   *
   * @default {64 answers in memory, for this helper}
   */
  cache?: FetchCache | undefined;
  /**
   * Milliseconds for one URL, redirects included.
   *
   * @default {10000}
   */
  timeout?: number | undefined;
  /**
   * Bytes of one answer.
   *
   * @default {16777216 for lists, 65536 for others}
   */
  maxBytes?: number | undefined;
  /**
   * Whether to ask hosts without a public address: for authorities within your
   * own network. Anyone with a certificate that leads to one of your trust
   * anchors chooses the URL; with `fetchIssuers`, anyone at all does.
   *
   * @default {false}
   */
  allowPrivateAddresses?: boolean | undefined;
}

/** The time, and where to report what could not be fetched. */
export interface FetchContext {
  /** The time. @default {new Date()} */
  readonly now?: Date | undefined;
  /** Takes what went wrong: `fetch_failed`, or that the answer is malformed. */
  readonly onProblem?: ((error: TlsError) => void) | undefined;
}

/** How answers of one kind are understood. */
export interface FetchedKind<T> {
  /** The most bytes of one answer. */
  readonly maxBytes: number;
  /** Reads an answer. */
  readonly parse: (bytes: Uint8Array) => T;
  /** Until when it is current, as far as it says. */
  readonly until: (value: T) => Date | undefined;
}

/** Fetches, reads and keeps answers of one kind. */
export class Fetcher<T> {
  readonly #kind: FetchedKind<T>;
  readonly #limits: FetchLimits;
  readonly #cache: FetchCache;
  readonly #running = new Map<string, Promise<T>>();
  readonly #failures = new Map<string, { until: number; error: TlsError }>();
  /** The same bytes are not read again: a list may have megabytes. */
  readonly #read = new WeakMap<Uint8Array, { value: T }>();

  /** Checks the options. */
  constructor(what: string, options: FetchOptions, kind: FetchedKind<T>) {
    checkOptionTypes(`Cannot fetch ${what}`, options, OPTIONS);
    this.#kind = kind;
    this.#cache = options.cache ?? new MemoryCache();
    this.#limits = {
      timeout: positive(what, "timeout", options.timeout ?? DEFAULT_TIMEOUT),
      maxBytes: positive(what, "maxBytes", options.maxBytes ?? kind.maxBytes),
      allowPrivateAddresses: options.allowPrivateAddresses ?? false,
    };
  }

  /**
   * Returns what is at a URL, fetched or kept. Simultaneous callers share one
   * request, and a URL that failed is not tried again for a while.
   *
   * @throws {TlsError} `fetch_failed`, or that the answer is malformed.
   */
  async get(
    url: string,
    now: Date,
    request: HttpRequest = {},
    key = url,
  ): Promise<T> {
    const kept = await this.#kept(key, now);
    if (kept !== undefined) return kept.value;
    const failure = this.#failures.get(key);
    if (failure !== undefined && now.getTime() < failure.until) {
      throw failure.error;
    }
    let running = this.#running.get(key);
    if (running === undefined) {
      running = this.#fetch(url, now, request, key)
        .finally(() => this.#running.delete(key));
      this.#running.set(key, running);
    }
    return await running;
  }

  async #fetch(
    url: string,
    now: Date,
    request: HttpRequest,
    key: string,
  ): Promise<T> {
    try {
      const bytes = await fetchBytes(url, request, this.#limits);
      const value = this.#parse(bytes, url);
      const until = this.#until(value, now);
      if (until > now) await this.#cache.set(key, bytes, until);
      return value;
    } catch (error) {
      if (error instanceof TlsError) {
        if (this.#failures.size >= MAX_KEPT) this.#failures.clear();
        const until = now.getTime() + FAILURE_PAUSE;
        this.#failures.set(key, { until, error });
      }
      throw error;
    }
  }

  async #kept(key: string, now: Date): Promise<{ value: T } | undefined> {
    const bytes = await this.#cache.get(key);
    if (bytes === undefined) return undefined;
    try {
      const value = this.#parse(bytes, key);
      return this.#until(value, now) > now ? { value } : undefined;
    } catch (error) {
      // Somebody else's cache may have anything.
      if (error instanceof TlsError) return undefined;
      throw error;
    }
  }

  #parse(bytes: Uint8Array, url: string): T {
    const known = this.#read.get(bytes);
    if (known !== undefined) return known.value;
    try {
      const value = this.#kind.parse(bytes);
      this.#read.set(bytes, { value });
      return value;
    } catch (cause) {
      if (!(cause instanceof TlsError)) throw cause;
      throw new TlsError(
        "fetch_failed",
        `Cannot use what is at ${url}: ${cause.message}`,
        { cause },
      );
    }
  }

  #until(value: T, now: Date): Date {
    const until = this.#kind.until(value)?.getTime() ??
      now.getTime() + DEFAULT_AGE;
    return new Date(Math.min(until, now.getTime() + MAX_AGE));
  }
}

/** The answers that were asked for last. */
class MemoryCache implements FetchCache {
  readonly #answers = new Map<string, Uint8Array>();

  get(key: string): Uint8Array | undefined {
    const bytes = this.#answers.get(key);
    if (bytes !== undefined) {
      this.#answers.delete(key);
      this.#answers.set(key, bytes);
    }
    return bytes;
  }

  set(key: string, bytes: Uint8Array): void {
    this.#answers.delete(key);
    this.#answers.set(key, bytes);
    for (const oldest of this.#answers.keys()) {
      if (this.#answers.size <= MAX_KEPT) break;
      this.#answers.delete(oldest);
    }
  }
}

function positive(what: string, name: string, value: number): number {
  if (Number.isInteger(value) && value > 0 && value < 2 ** 31) return value;
  throw new RangeError(
    `Cannot fetch ${what}: "${name}" must be a whole number from 1 to 2147483647, got ${value}`,
  );
}

/** URLs that are http, the only ones that are fetched, of a list. */
export function httpUrls(
  names: readonly { readonly type: string; readonly value: string }[],
): string[] {
  return names
    .filter(({ type, value }) => type === "uri" && /^http:\/\//i.test(value))
    .map(({ value }) => value);
}

const OPTIONS: Readonly<Record<keyof FetchOptions, OptionType>> = {
  cache: [
    "an object with the methods get and set",
    (v) =>
      typeof v === "object" && v !== null && "get" in v && "set" in v &&
      typeof v.get === "function" && typeof v.set === "function",
  ],
  timeout: number,
  maxBytes: number,
  allowPrivateAddresses: flag,
};

/** Milliseconds: a handshake waits for it. */
const DEFAULT_TIMEOUT = 10_000;
/** Milliseconds for which what names no end is kept: an hour. */
const DEFAULT_AGE = 3_600_000;
/** And what names one, at most: a week. */
const MAX_AGE = 604_800_000;
/** Milliseconds for which a URL that failed is not asked again. */
const FAILURE_PAUSE = 60_000;
/** Answers that a helper keeps. */
const MAX_KEPT = 64;

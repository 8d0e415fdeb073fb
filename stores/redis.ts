/**
 * A store in Redis or Valkey, for several machines.
 *
 * @example What it sends
 * ```ts
 * import { redisStore } from "@x/tls/redis";
 * import { assertEquals } from "@std/assert";
 *
 * const sent: string[][] = [];
 * const store = redisStore((words) => {
 *   sent.push(words);
 *   return Promise.resolve("OK");
 * });
 * await store.set("a", Uint8Array.of(1, 2, 3));
 * assertEquals(sent, [["SET", "x-tls:a", "AQID"]]);
 * ```
 *
 * @module
 */

import type { SharedStore } from "../acme/store.ts";
import { decodeBase64, encodeBase64 } from "../encoding.ts";

export type { SharedStore } from "../acme/store.ts";
export type { MaybePromise } from "../crypto/primitives/provider.ts";

/**
 * Sends a command of Redis: its words, the name first.
 *
 * @returns The reply; a rejection if the server reports an error.
 */
export type RedisCommand = (words: string[]) => Promise<unknown>;

/**
 * A store in Redis: for `store` of `acme()` and for `sessionStore`. It sends GET,
 * SET, DEL and EVAL over a connection of a client of yours. The values are
 * secret, in base64: so must be the server, and the way to it.
 *
 * @param send Sends a command: of the package `redis`
 * `(words) => client.sendCommand(words)`, of `ioredis`
 * `([name, ...words]) => client.call(name, ...words)`.
 * @param options Where in the database, and for how long.
 * @returns The store.
 * @throws {RangeError} If `expireIn` is not a whole number of milliseconds from 1
 * on.
 *
 * @example Sessions of several machines, for a day
 * ```ts ignore
 * import { createClient } from "redis";
 * import { listen } from "@x/tls";
 * import { redisStore } from "@x/tls/redis";
 *
 * const client = await createClient().connect();
 * const listener = listen({
 *   port: 8443,
 *   cert: await Deno.readTextFile("cert.pem"),
 *   key: await Deno.readTextFile("key.pem"),
 *   sessionStore: redisStore((words) => client.sendCommand(words), {
 *     prefix: "sessions:",
 *     expireIn: 86_400_000,
 *   }),
 * });
 * for await (const conn of listener) await conn.close();
 * ```
 */
export function redisStore(
  send: RedisCommand,
  options: RedisStoreOptions = {},
): SharedStore {
  const { prefix = "x-tls:", expireIn } = options;
  if (
    expireIn !== undefined && !(Number.isSafeInteger(expireIn) && expireIn >= 1)
  ) {
    throw new RangeError(
      `Cannot use the options of redisStore(): expected whole milliseconds from 1 on for "expireIn", got ${expireIn}`,
    );
  }
  const expiry = expireIn === undefined ? [] : ["PX", String(expireIn)];
  return {
    async get(key) {
      return bytesOf(await send(["GET", prefix + key]));
    },
    async set(key, value) {
      await send(["SET", prefix + key, encodeBase64(value), ...expiry]);
    },
    async delete(key) {
      await send(["DEL", prefix + key]);
    },
    async compareAndSet(key, expected, value) {
      const words = [prefix + key, encodeBase64(value), ...expiry];
      const reply = expected === undefined
        ? await send(["SET", ...words, "NX"])
        : await send([
          "EVAL",
          COMPARE_AND_SET,
          "1",
          prefix + key,
          encodeBase64(expected),
          ...words.slice(1),
        ]);
      return isOk(reply);
    },
  };
}

/** Options of {@linkcode redisStore}. */
export interface RedisStoreOptions {
  /**
   * What keys begin with.
   *
   * @default {"x-tls:"}
   */
  prefix?: string;
  /**
   * After how many milliseconds the server forgets a value. Sessions and the record
   * of early data need it, as nothing else removes them; certificates and locks
   * must not have it.
   *
   * @default {never}
   */
  expireIn?: number;
}

function bytesOf(reply: unknown): Uint8Array | undefined {
  const text = reply instanceof Uint8Array
    ? new TextDecoder().decode(reply)
    : reply;
  // Somebody else's bytes are as if there were none.
  return typeof text === "string" ? decodeBase64(text) : undefined;
}

/**
 * Whether a value was set. What is neither yes nor no must not be taken for yes:
 * a lock would be held twice, and early data accepted twice.
 *
 * @throws {TypeError} If it is neither.
 */
function isOk(reply: unknown): boolean {
  // A simple string or nil; a client may give the former as bytes.
  if (reply === null || reply === undefined) return false;
  const text = reply instanceof Uint8Array
    ? new TextDecoder().decode(reply)
    : reply;
  if (text === "OK") return true;
  throw new TypeError(
    `Cannot use the reply of Redis: expected "OK" or null, got ${
      typeof text === "string" ? JSON.stringify(text) : typeof text
    }`,
  );
}

/** Redis runs a script as one step. */
const COMPARE_AND_SET = `
if redis.call("GET", KEYS[1]) ~= ARGV[1] then return false end
return redis.call("SET", KEYS[1], unpack(ARGV, 2))
`;

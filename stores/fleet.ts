/**
 * What the servers of one name share: ticket keys in a store.
 *
 * @example Servers behind one name
 * ```ts ignore
 * import { createClient } from "redis";
 * import { listen } from "@x/tls";
 * import { sharedTicketKeys } from "@x/tls/fleet";
 * import { redisStore } from "@x/tls/redis";
 *
 * const redis = await createClient().connect();
 * await using ticketKeys = await sharedTicketKeys({
 *   store: redisStore((words) => redis.sendCommand(words)),
 *   secret: Deno.env.get("TICKET_SECRET") ?? "", // openssl rand -base64 32
 *   onError: (error) => console.warn(error.message),
 * });
 * const listener = listen({
 *   port: 8443,
 *   cert: await Deno.readTextFile("cert.pem"),
 *   key: await Deno.readTextFile("key.pem"),
 *   ticketKeys,
 * });
 * for await (const conn of listener) await conn.close();
 * ```
 *
 * @module
 */

export {
  SharedTicketKeys,
  sharedTicketKeys,
  type SharedTicketKeysOptions,
} from "./shared_ticket_keys.ts";
export type { SharedStore } from "../acme/store.ts";
export type { MaybePromise } from "../crypto/primitives/provider.ts";
export type { TicketKeySource } from "../handshake/session/ticket_keys.ts";

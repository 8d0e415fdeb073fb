/**
 * Sessions that carry early data, and what becomes of it.
 *
 * @module
 */

import { assert } from "@std/assert";
import type {
  ClientOptions,
  ServerOptions,
} from "../../connection/options/options.ts";
import type { TlsConn } from "../../connection/conn.ts";
import type { Duplex } from "../../connection/transport/transport.ts";
import type { HandshakeEvent } from "../../handshake/io/events.ts";
import type { Session } from "../../handshake/session/session.ts";
import { type Pair, pair, utf8 } from "../_pair.ts";
import { sessionsOf, ticketKeys } from "./_resumption.ts";

/** What is sent early here. */
export const REQUEST: Uint8Array<ArrayBuffer> = utf8("GET / HTTP/1.1\r\n");

/** A session that allows early data. */
export async function earlySession(
  client: ClientOptions = {},
  server: ServerOptions = {},
): Promise<Session> {
  const [session] = await sessionsOf(client, { earlyData: {}, ...server });
  assert(session !== undefined);
  return session;
}

/** Both ends, the client with early data; why it was refused, by side. */
export interface EarlyPair extends Pair {
  readonly refusals: { client: string[]; server: string[] };
}

/** Makes them; no handshake has begun. */
export async function earlyPair(
  client: ClientOptions,
  server: ServerOptions = {},
  wires?: { forClient: Duplex; forServer: Duplex },
): Promise<EarlyPair> {
  const refusals = { client: [] as string[], server: [] as string[] };
  const note = (side: "client" | "server") => (event: HandshakeEvent) => {
    if (event.type === "early_data_refused") refusals[side].push(event.reason);
  };
  const ends = await pair(
    { earlyData: REQUEST, onEvent: note("client"), ...client },
    { ticketKeys, earlyData: {}, onEvent: note("server"), ...server },
    wires,
  );
  return {
    ...ends,
    refusals,
    [Symbol.asyncDispose]: () => ends[Symbol.asyncDispose](),
  };
}

/** Both handshakes; gives what the server has got early. */
export async function shakeEarly({ client, server }: Pair): Promise<string> {
  const [early] = await Promise.all([
    earlyText(server),
    client.handshake(),
    server.handshake(),
  ]);
  return early;
}

/** All early data of a connection. */
export function earlyText(conn: TlsConn): Promise<string> {
  return new Response(conn.earlyData).text();
}

/** A store in memory, as a fleet would share one. */
export function memoryStore() {
  const kept = new Map<string, Uint8Array>();
  return {
    kept,
    compareAndSet(key: string, _expected: undefined, value: Uint8Array) {
      if (kept.has(key)) return false;
      kept.set(key, value);
      return true;
    },
  };
}

/**
 * Sessions to resume, and whether they are.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import type {
  ClientOptions,
  ServerOptions,
} from "../../connection/options/options.ts";
import type { Session } from "../../handshake/session/session.ts";
import { connected, type Pair, pattern, readBytes, utf8 } from "../_pair.ts";

/** Those of all servers here. */
export const ticketKeys = [pattern(48, 77)];

/** One connection, up to where the tickets have come; gives the sessions. */
export async function sessionsOf(
  client: ClientOptions = {},
  server: ServerOptions = {},
): Promise<Session[]> {
  const sessions: Session[] = [];
  const ends = await connected(
    { ...client, onSession: (session) => sessions.push(session) },
    { ticketKeys, ...server },
  );
  await passTickets(ends);
  await ends[Symbol.asyncDispose]();
  return sessions;
}

/** Tickets come before the data after them. */
export async function passTickets(
  { client, server }: Pick<Pair, "client" | "server">,
): Promise<void> {
  await server.write(utf8("!"));
  await readBytes(client, 1);
}

/** Whether a session is resumed, by options that differ from those it is of. */
export async function resumes(
  client: ClientOptions,
  server: ServerOptions = {},
): Promise<boolean> {
  const ends = await connected(client, { ticketKeys, ...server });
  const { client: one, server: other } = ends;
  await one.write(utf8("x"));
  await readBytes(other, 1);
  assertEquals(one.info.resumed, other.info.resumed);
  await ends[Symbol.asyncDispose]();
  return one.info.resumed;
}

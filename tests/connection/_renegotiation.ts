/**
 * Pairs that may renegotiate, their events and what they read.
 *
 * @module
 */

import type { TlsConn } from "../../connection/conn.ts";
import type {
  ClientOptions,
  ServerOptions,
} from "../../connection/options/options.ts";
import type { HandshakeEvent } from "../../handshake/io/events.ts";
import { optionsFor, suite } from "../handshake/_tls12.ts";
import { connected, type Pair } from "../_pair.ts";

/** Lets the peer renegotiate. */
export const FREELY = { renegotiation: "freely" } as const;

/** Both ends of a connection that can renegotiate. */
export async function renegotiable(
  client: ClientOptions = {},
  server: ServerOptions = {},
): Promise<Pair> {
  const options = await optionsFor(suite.ecdhe, { client, server });
  return await connected(options.client, options.server);
}

/** Reads everything that comes; how that ended. */
export async function readToEnd(conn: TlsConn): Promise<unknown> {
  try {
    while (await conn.read(new Uint8Array(1000)) !== null);
    return undefined;
  } catch (error) {
    return error;
  }
}

/** The text that comes until the end. */
export async function readText(conn: TlsConn): Promise<string> {
  let text = "";
  for await (const bytes of conn.readable) {
    text += new TextDecoder().decode(bytes);
  }
  return text;
}

/** The first and last events, without those in between. */
export function milestones(events: readonly HandshakeEvent[]): string[] {
  return events.flatMap((event) =>
    event.type === "message"
      ? [`${event.direction} ${event.name}`]
      : event.type.startsWith("handshake")
      ? [event.type]
      : []
  );
}

/** How a handshake begins at a client. */
export const CLIENT_EVENTS: readonly string[] = [
  "handshake_start",
  "write client_hello",
];

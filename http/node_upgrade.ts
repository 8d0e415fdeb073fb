/**
 * Requests of HTTP/1.1 to change the protocol, as to WebSocket.
 *
 * @module
 */

import { type IncomingMessage, STATUS_CODES } from "node:http";
import { emitWarning } from "node:process";
import type { Duplex } from "node:stream";
import type { TakeOver } from "./engine.ts";
import { RefusedRequest, upgradeRequestOf } from "./node_request.ts";

/** What the event `upgrade` gives. */
export interface Upgrading {
  readonly incoming: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Uint8Array;
}

/** A connection, and who may take it over. */
export interface Offered {
  readonly takeOver: TakeOver;
  /** How the URL of a request begins that names no authority. */
  readonly ownUrl: string;
  /** Bytes that were written to the connection so far. */
  written(): number;
}

/**
 * Offers a connection to who takes it over, or ends it behind a response. Never
 * rejects.
 */
export async function offer(
  upgrade: Upgrading,
  { takeOver, ownUrl, written }: Offered,
): Promise<void> {
  const { incoming, socket } = upgrade;
  const before = written();
  let response: Response | undefined;
  try {
    const request = upgradeRequestOf(incoming, ownUrl);
    response = await takeOver(request, upgrade);
  } catch (error) {
    response = responseOf(error);
  }
  if (response === undefined) return;
  try {
    // Another protocol has begun already, which ends in its own way.
    if (written() > before) socket.destroy();
    else await refuse(socket, response);
  } catch (error) {
    warn(error);
    socket.destroy();
  }
}

function responseOf(error: unknown): Response {
  if (error instanceof RefusedRequest) {
    return new Response(`${error.message}\n`, { status: error.status });
  }
  warn(error);
  return new Response("Internal Server Error\n", { status: 500 });
}

/** RFC 9112 section 9.6: it is the last response of the connection. */
async function refuse(socket: Duplex, response: Response): Promise<void> {
  const { status } = response;
  const headers = new Headers(response.headers);
  const body = new Uint8Array(await response.arrayBuffer());
  headers.set("content-length", String(body.length));
  headers.set("connection", "close");
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}`,
    ...[...headers].map(([name, value]) => `${name}: ${value}`),
  ];
  socket.write(`${head.join("\r\n")}\r\n\r\n`, "latin1");
  socket.end(body);
}

/** As Deno.serve, which logs it. */
function warn(error: unknown): void {
  emitWarning(error instanceof Error ? error : new Error(String(error)));
}

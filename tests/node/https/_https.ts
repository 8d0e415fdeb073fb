/**
 * Servers and requests by the names of `node:https`, on loopback.
 *
 * @module
 */

import { once } from "node:events";
import type { IncomingMessage, RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import {
  createServer,
  type HttpsRequestOptions,
  type HttpsServerOptions,
  request,
  type Server,
} from "../../../node/https/mod.ts";
import { TLSSocket } from "../../../node/tls/mod.ts";
import { ca } from "../tls/_ends.ts";

/** A server that is closed with the test. */
export interface RunningHttps extends AsyncDisposable {
  readonly server: Server;
  /** The sockets that were accepted. */
  readonly sockets: readonly TLSSocket[];
  /** Options of a request to it, without an agent. */
  readonly to: HttpsRequestOptions;
}

/** Starts a server. */
export async function serving(
  options: HttpsServerOptions,
  listener?: RequestListener,
): Promise<RunningHttps> {
  const server = createServer(options, listener);
  const sockets: TLSSocket[] = [];
  server.on("secureConnection", (socket: TLSSocket) => sockets.push(socket));
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  return {
    server,
    sockets,
    to: {
      host: "127.0.0.1",
      port,
      servername: "localhost",
      ca: ca.cert,
      agent: false,
    },
    async [Symbol.asyncDispose]() {
      if (server.listening) {
        const closed = once(server, "close");
        server.close();
        for (const socket of sockets) socket.destroy();
        await closed;
      }
      await Promise.all(sockets.map(({ conn }) => conn?.closed));
    },
  };
}

/** Sends a request, and gives the whole response. */
export async function answer(
  options: HttpsRequestOptions,
  body?: string,
): Promise<IncomingMessage & { text: string }> {
  const outgoing = request(options);
  outgoing.end(body);
  const [response] = await once(outgoing, "response");
  return Object.assign(response, { text: await text(response) });
}

/** The socket of TLS that a request came on. */
export function socketOf({ socket }: { readonly socket: unknown }): TLSSocket {
  if (socket instanceof TLSSocket) return socket;
  throw new TypeError("The socket is none of TLS");
}

/** A test over sockets of `node:http`, whose timers and reads outlive it. */
export function test(name: string, fn: () => Promise<void>): void {
  Deno.test({ name, sanitizeOps: false, sanitizeResources: false, fn });
}

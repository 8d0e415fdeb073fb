/**
 * A server of HTTP over our TLS, and connections to it.
 *
 * @module
 */

import {
  Agent,
  createServer,
  type RequestListener,
  type Server,
} from "node:http";
import { Agent as HttpsAgent } from "node:https";
import { connect, type ConnectOptions, listen } from "../../mod.ts";
import { type NodeSocket, toNodeSocket } from "../../node/mod.ts";
import { clientOptions, serverOptions } from "../_pair.ts";

/** A server under way. */
export interface TlsServer extends AsyncDisposable {
  /** The sockets that were accepted. */
  readonly sockets: NodeSocket[];
  /** Connects to it; the socket is there at once. */
  dial(options?: ConnectOptions): NodeSocket;
}

/** Passes the sockets of a listener to a server of Node. */
export async function startTls(
  server: { emit(event: "connection", socket: NodeSocket): boolean },
  alpnProtocols: string[] = ["http/1.1"],
): Promise<TlsServer> {
  const listener = listen({
    hostname: "127.0.0.1",
    port: 0,
    ...await serverOptions({ alpnProtocols }),
  });
  const { port } = listener.addr as Deno.NetAddr;
  const common = await clientOptions({ alpnProtocols });
  const sockets: NodeSocket[] = [];
  const serving = (async () => {
    for await (const conn of listener) {
      const socket = toNodeSocket(conn);
      sockets.push(socket);
      server.emit("connection", socket);
    }
  })();
  const dial = (options: ConnectOptions = {}) =>
    toNodeSocket(
      connect({ hostname: "127.0.0.1", port, ...common, ...options }),
    );
  return {
    sockets,
    dial,
    async [Symbol.asyncDispose]() {
      listener.close();
      for (const socket of sockets) socket.destroy();
      await serving;
    },
  };
}

/**
 * A server of node:http. In Deno one that does not listen ends a connection
 * behind each response: it listens where nobody else can reach it.
 */
export async function startHttp(
  handler: RequestListener,
): Promise<TlsServer & { readonly server: Server }> {
  const folder = await Deno.makeTempDir({ prefix: "x-tls-" });
  const server = createServer(handler);
  await new Promise<void>((resolve) => server.listen(`${folder}/s`, resolve));
  const tls = await startTls(server);
  return {
    ...tls,
    server,
    async [Symbol.asyncDispose]() {
      await tls[Symbol.asyncDispose]();
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
      await Deno.remove(folder, { recursive: true });
    },
  };
}

/** An agent whose connections are made by ours. */
export function agentOver(
  dial: () => NodeSocket,
  isHttps = false,
): { agent: Agent; count: () => number } {
  let count = 0;
  const options = { keepAlive: true, maxSockets: 2 };
  const agent = isHttps ? new HttpsAgent(options) : new Agent(options);
  const createConnection = () => {
    count++;
    return dial();
  };
  Object.assign(agent, { createConnection });
  return { agent, count: () => count };
}

/**
 * `node:https` by its own names, over the TLS of this module: the same in
 * Node.js, Deno and Bun. The runtime's `node:http` speaks the HTTP.
 *
 * @example A server and a request
 * ```ts
 * import { createServer, get } from "@x/tls/node/https";
 * import { issueCertificate } from "@x/tls/x509";
 * import { assertEquals } from "@std/assert";
 * import { once } from "node:events";
 * import type { AddressInfo } from "node:net";
 * import { text } from "node:stream/consumers";
 *
 * const { cert, key } = await issueCertificate({ names: ["localhost"] });
 * const server = createServer({ cert, key }, (_, response) => {
 *   response.end("hello");
 * });
 * await once(server.listen(0, "127.0.0.1"), "listening");
 * const { port } = server.address() as AddressInfo;
 *
 * const options = { host: "127.0.0.1", port, servername: "localhost", ca: cert };
 * const [response] = await once(get({ ...options, agent: false }), "response");
 * assertEquals(await text(response), "hello");
 * server.close();
 * ```
 *
 * @module
 */

import { callable } from "../tls/callable.ts";
import { Agent } from "./agent.ts";
import { agents, get, request } from "./request.ts";
import { createServer, Server } from "./server.ts";

export type { SessionCache } from "./agent.ts";
export type {
  HttpsAgentOptions,
  HttpsRequestOptions,
  HttpsServerOptions,
  TlsRequestOptions,
} from "./options.ts";
export type { ResponseListener } from "./request.ts";
export { Agent, createServer, get, request, Server };

/** The agent of requests that name none. */
export const globalAgent: Agent = agents.global;

/** What the default export has. */
export interface NodeHttps {
  /** The class; it may be called without `new`. */
  readonly Agent: typeof Agent;
  /** The class; it may be called without `new`. */
  readonly Server: typeof Server;
  /** As the export of that name. */
  readonly createServer: typeof createServer;
  /** As the export of that name. */
  get: typeof get;
  /** The agent of requests that name none; programs may replace it. */
  globalAgent: Agent;
  /** As the export of that name. */
  request: typeof request;
}

/** All of `node:https`, with the agent that a program may replace. */
const https: NodeHttps = {
  Agent: callable(Agent),
  Server: callable(Server),
  createServer,
  get,
  get globalAgent() {
    return agents.global;
  },
  set globalAgent(agent) {
    agents.global = agent;
  },
  request,
};

export default https;

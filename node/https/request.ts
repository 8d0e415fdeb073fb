/**
 * `https.request` and `https.get`.
 *
 * @module
 */

import { ClientRequest, type IncomingMessage } from "node:http";
import { urlToHttpOptions } from "node:url";
import { nodeError } from "../tls/errors.ts";
import { Agent } from "./agent.ts";
import type { HttpsRequestOptions } from "./options.ts";

/** What is called with the response. */
export type ResponseListener = (response: IncomingMessage) => void;

/** The agent of requests that name none; programs may replace it. */
export const agents: { global: Agent } = {
  global: new Agent({ keepAlive: true, scheduling: "lifo", timeout: 5000 }),
};

/**
 * Sends a request.
 *
 * @param url Where to; the options count before it.
 * @param options The options.
 * @param listener Called with the response.
 * @returns The request; `end()` ends it.
 * @throws {TypeError} If an option has a wrong type.
 *
 * @example A request with a body
 * ```ts
 * import { createServer, request } from "@x/tls/node/https";
 * import { issueCertificate } from "@x/tls/x509";
 * import { assertEquals } from "@std/assert";
 * import { once } from "node:events";
 * import type { AddressInfo } from "node:net";
 * import { text } from "node:stream/consumers";
 *
 * const { cert, key } = await issueCertificate({ names: ["localhost"] });
 * const server = createServer({ cert, key }, (incoming, response) => {
 *   incoming.pipe(response);
 * });
 * await once(server.listen(0, "127.0.0.1"), "listening");
 * const { port } = server.address() as AddressInfo;
 *
 * const options = { method: "POST", ca: cert, agent: false };
 * const outgoing = request(`https://127.0.0.1:${port}/`, {
 *   ...options,
 *   servername: "localhost",
 * });
 * outgoing.end("hello");
 * const [response] = await once(outgoing, "response");
 * assertEquals(await text(response), "hello");
 * server.close();
 * ```
 */
export function request(
  url: string | URL,
  options: HttpsRequestOptions,
  listener?: ResponseListener,
): ClientRequest;
/** The same with the URL among the options, or without options. */
export function request(
  options: HttpsRequestOptions | string | URL,
  listener?: ResponseListener,
): ClientRequest;
export function request(...args: unknown[]): ClientRequest {
  const [first, ...rest] = args;
  const isUrl = typeof first === "string" || first instanceof URL;
  const more = isUrl ? rest : args;
  const options: RequestArguments = {
    ...(isUrl ? urlToHttpOptions(parseUrl(first)) : {}),
    ...(typeof more[0] === "object" ? more[0] : {}),
    _defaultAgent: agents.global,
  };
  const listener = more.find((each) => typeof each === "function");
  return new ClientRequest(options, listener as ResponseListener | undefined);
}

/**
 * Sends a request without a body.
 *
 * @param url Where to; the options count before it.
 * @param options The options.
 * @param listener Called with the response.
 * @returns The request, which has ended.
 * @throws {TypeError} If an option has a wrong type.
 *
 * @example A page
 * ```ts
 * import { createServer, get } from "@x/tls/node/https";
 * import { issueCertificate } from "@x/tls/x509";
 * import { assertEquals } from "@std/assert";
 * import { once } from "node:events";
 * import type { AddressInfo } from "node:net";
 * import { text } from "node:stream/consumers";
 *
 * const { cert, key } = await issueCertificate({ names: ["localhost"] });
 * const server = createServer({ cert, key }, (incoming, response) => {
 *   response.end(incoming.url);
 * });
 * await once(server.listen(0, "127.0.0.1"), "listening");
 * const { port } = server.address() as AddressInfo;
 *
 * const options = { ca: cert, servername: "localhost", agent: false };
 * const outgoing = get(`https://127.0.0.1:${port}/`, options);
 * const [response] = await once(outgoing, "response");
 * assertEquals(await text(response), "/");
 * server.close();
 * ```
 */
export function get(
  url: string | URL,
  options: HttpsRequestOptions,
  listener?: ResponseListener,
): ClientRequest;
/** The same with the URL among the options, or without options. */
export function get(
  options: HttpsRequestOptions | string | URL,
  listener?: ResponseListener,
): ClientRequest;
export function get(...args: unknown[]): ClientRequest {
  const outgoing: ClientRequest = Reflect.apply(request, undefined, args);
  outgoing.end();
  return outgoing;
}

/** @throws {TypeError} If it is none: not every runtime has Node's code for that. */
function parseUrl(url: string | URL): URL {
  const parsed = URL.parse(url);
  if (parsed !== null) return parsed;
  throw nodeError("ERR_INVALID_URL", "Invalid URL", TypeError, {
    input: String(url),
  });
}

/** With the agent of requests that name none. */
interface RequestArguments extends HttpsRequestOptions {
  _defaultAgent: Agent;
}

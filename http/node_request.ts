/**
 * A request of Node's HTTP server as a `Request`.
 *
 * @module
 */

import type { IncomingMessage } from "node:http";
import type { Http2ServerRequest } from "node:http2";
import { isAuthority } from "./authority.ts";
import { IncomingBody } from "./node_body.ts";

/** What Node's servers call a request. */
export type Incoming = IncomingMessage | Http2ServerRequest;

/** A request that has no answer but its status. */
export class RefusedRequest extends Error {
  override readonly name = "RefusedRequest";
  readonly status: number;

  /** @param message What the client gets as the content. */
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** A request, and what to do with the rest of its body. */
export interface ReadRequest {
  readonly request: Request;
  /** Drops what nobody has read: it is in the way of the next request. */
  drop(): void;
}

/**
 * Makes the `Request`.
 *
 * @param ownUrl How its URL begins if it names no authority.
 * @param signal Aborts when the client leaves.
 * @throws {RefusedRequest} If a `Request` cannot be what was asked.
 */
export function requestOf(
  incoming: Incoming,
  ownUrl: string,
  signal: AbortSignal,
): ReadRequest {
  const headers = headersOf(incoming);
  refuseUpgrade(headers);
  const method = incoming.method ?? "GET";
  if (FORBIDDEN_METHODS.has(method)) throw notImplemented(method);
  const target = incoming.url ?? "/";
  const isServerWide = method === "OPTIONS" && target === "*";
  const url = urlOf(incoming, isServerWide ? "/" : target, ownUrl);
  const body = HAVE_NO_BODY.has(method) || !hasBody(incoming, headers)
    ? undefined
    : new IncomingBody(incoming);
  try {
    const request = new Request(url, {
      method,
      headers,
      body: body?.stream ?? null,
      signal,
      // A member that not all declarations have yet.
      ...{ duplex: "half" },
    });
    // Some runtimes make a GET of what they do not know.
    if (request.method !== method) throw notImplemented(method);
    // RFC 9110 section 7.1: "*" is no URL, and what Deno.serve gives.
    if (isServerWide) Object.defineProperty(request, "url", { value: "*" });
    return {
      request,
      drop: () => body === undefined ? void incoming.resume() : body.drop(),
    };
  } catch (error) {
    if (error instanceof RefusedRequest) throw error;
    throw new RefusedRequest(400, "The request has no valid target");
  }
}

function notImplemented(method: string): RefusedRequest {
  return new RefusedRequest(501, `This server does not do ${method}`);
}

function headersOf({ rawHeaders, httpVersion }: Incoming): Headers {
  const headers = new Headers();
  let hosts = 0;
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const [name = "", value = ""] = rawHeaders.slice(at, at + 2);
    if (name.startsWith(":")) continue;
    if (name.toLowerCase() === "host") hosts++;
    // RFC 9113 section 8.2.3: parts of one cookie field.
    else if (name.toLowerCase() === "cookie" && headers.has("cookie")) {
      headers.set("cookie", `${headers.get("cookie")}; ${value}`);
      continue;
    }
    headers.append(name, value);
  }
  // RFC 9112 section 3.2: "A server MUST respond with a 400 (Bad Request) status
  // code to any HTTP/1.1 request message that lacks a Host header field and to
  // any request message that contains more than one Host header field line or a
  // Host header field with an invalid field value."
  const host = headers.get("host");
  const isLacking = httpVersion === "1.1" && hosts === 0;
  if (isLacking || hosts > 1 || host && !isAuthority(host)) {
    throw new RefusedRequest(400, "The request has no valid Host field");
  }
  return headers;
}

/**
 * A request to change the protocol, without its body.
 *
 * @throws {RefusedRequest} If it has no valid target or Host field.
 */
export function upgradeRequestOf(
  incoming: IncomingMessage,
  ownUrl: string,
): Request {
  const headers = headersOf(incoming);
  return new Request(urlOf(incoming, incoming.url ?? "/", ownUrl), { headers });
}

/** Where RFC 9110 section 7.8 would let us go on without a word. */
function refuseUpgrade(headers: Headers): void {
  const protocols = headers.get("upgrade")?.toLowerCase().split(/\s*,\s*/);
  if (!protocols?.includes("websocket")) return;
  throw new RefusedRequest(
    501,
    'This server does not upgrade to WebSocket: expected "Connection: upgrade" in the request, and the option onUpgrade of serve()',
  );
}

function urlOf(incoming: Incoming, target: string, ownUrl: string): string {
  // RFC 9112 section 3.2.2: a server MUST accept the absolute form.
  if (/^https?:\/\//i.test(target)) return target;
  if (!target.startsWith("/")) {
    throw new RefusedRequest(400, "The request has no valid target");
  }
  const authority = "authority" in incoming
    ? incoming.authority
    : incoming.headers.host;
  if (!authority) return `${ownUrl}${target}`;
  if (!isAuthority(authority)) {
    throw new RefusedRequest(400, "The request has no valid authority");
  }
  return `http://${authority}${target}`;
}

function hasBody(incoming: Incoming, headers: Headers): boolean {
  if ("stream" in incoming) return !incoming.stream.endAfterHeaders;
  const length = headers.get("content-length");
  return headers.has("transfer-encoding") || length !== null && length !== "0";
}

/** A `Request` of these has none. */
const HAVE_NO_BODY: ReadonlySet<string> = new Set(["GET", "HEAD"]);

/** Methods that a `Request` refuses (Fetch standard, forbidden method). */
const FORBIDDEN_METHODS: ReadonlySet<string> = new Set([
  "CONNECT",
  "TRACE",
  "TRACK",
]);

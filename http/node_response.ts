/**
 * A `Response` by Node's HTTP server.
 *
 * @module
 */

import type { ServerResponse } from "node:http";
import type { Http2ServerResponse } from "node:http2";
import { setImmediate } from "node:timers";

/** What Node's servers call a response. */
export type Outgoing = ServerResponse | Http2ServerResponse;

/**
 * Sends a response.
 *
 * @throws {unknown} If it cannot be sent, or its body fails.
 */
export async function send(
  outgoing: Outgoing,
  response: Response,
  isHead: boolean,
): Promise<void> {
  if (isGone(outgoing)) return await response.body?.cancel();
  const { body, status } = response;
  // RFC 9110 section 8.6: these two may tell the length of what they lack.
  if (body === null && !isHead && status !== 304) lengthCheck(response)("end");
  writeHead(outgoing, response);
  if (body === null || isHead) {
    outgoing.end();
    return await body?.cancel();
  }
  const reader = body.getReader();
  const leave = () => {
    if (!isSent(outgoing)) {
      reader.cancel("The client has left").catch(ignore);
    }
  };
  outgoing.once("close", leave);
  await sendBody(outgoing, reader, lengthCheck(response));
}

/** Whether all of a response that was closed has been sent. */
export function isSent(outgoing: Outgoing): boolean {
  if (!("stream" in outgoing)) return outgoing.writableFinished;
  const { rstCode, writableFinished } = outgoing.stream;
  return writableFinished && rstCode === 0;
}

/** Whether nobody gets any more of it. */
export function isGone(outgoing: Outgoing): boolean {
  // Not every runtime says so of the response itself.
  return "stream" in outgoing ? outgoing.stream.destroyed : outgoing.destroyed;
}

/** @throws {TypeError} If it is none that can be sent. */
export function checkResponse(response: unknown): Response {
  if (!(response instanceof Response)) {
    throw new TypeError(
      "Cannot respond: expected a Response, or a promise of one, from the handler",
    );
  }
  if (response.bodyUsed || response.body?.locked) {
    throw new TypeError("Cannot respond: the body of the response was used");
  }
  if (response.status < 200) {
    throw new TypeError(`Cannot respond: the status is ${response.status}`);
  }
  return response;
}

function writeHead(outgoing: Outgoing, response: Response): void {
  const { headers, status, statusText } = response;
  outgoing.statusCode = status;
  const isHttp2 = "stream" in outgoing;
  if (!isHttp2 && statusText !== "") outgoing.statusMessage = statusText;
  for (const [name, value] of headers) {
    if (name === "set-cookie" || OF_SERVER.has(name)) continue;
    // RFC 9113 section 8.2.2: an endpoint MUST NOT generate these.
    if (isHttp2 && OF_CONNECTIONS.has(name)) continue;
    outgoing.setHeader(name, value);
  }
  const cookies = headers.getSetCookie();
  if (cookies.length > 0) outgoing.setHeader("set-cookie", cookies);
}

/** With its length, if all of the body is there. */
async function sendBody(
  outgoing: Outgoing,
  reader: ReadableStreamDefaultReader<Uint8Array>,
  check: LengthCheck,
): Promise<void> {
  let next = reader.read();
  const first = await soon(next);
  if (first === undefined) {
    // Both have it, whatever their declarations say.
    (outgoing as ServerResponse).flushHeaders();
  } else if (!first.done) {
    next = reader.read();
    check(first.value.length);
    if ((await soon(next))?.done) {
      check("end");
      return void outgoing.end(first.value);
    }
    if (!write(outgoing, first.value)) await drained(outgoing);
  }
  for (;;) {
    const { done, value } = await next;
    if (isGone(outgoing)) return;
    check(done ? "end" : value.length);
    if (done) return void outgoing.end();
    if (!write(outgoing, value)) await drained(outgoing);
    next = reader.read();
  }
}

/** Takes the length of each chunk, and the end. */
type LengthCheck = (what: number | "end") => void;

/** A body of another length than was said would pass for the next response. */
function lengthCheck({ headers }: Response): LengthCheck {
  const said = headers.get("content-length");
  if (said === null) return ignore;
  let left = Number(said);
  return (what) => {
    if (what !== "end") left -= what;
    if (left >= 0 && (what !== "end" || left === 0)) return;
    throw new TypeError(
      `Cannot send the response: its body has another length than its content-length, ${said}`,
    );
  };
}

function write(outgoing: Outgoing, chunk: Uint8Array): boolean {
  // The two of them have the same method with other overloads.
  return (outgoing as ServerResponse).write(chunk);
}

/** What a promise gives within this turn of the event loop. */
async function soon<T>(promise: Promise<T>): Promise<T | undefined> {
  return await Promise.race([
    promise,
    new Promise<undefined>((resolve) => setImmediate(() => resolve(undefined))),
  ]);
}

function drained(outgoing: Outgoing): Promise<void> {
  return new Promise((resolve) => {
    if (isGone(outgoing)) return resolve();
    const done = () => {
      outgoing.off("drain", done);
      outgoing.off("close", done);
      resolve();
    };
    outgoing.on("drain", done);
    outgoing.on("close", done);
  });
}

function ignore(): void {}

/** How a message ends is for the server to say. */
const OF_SERVER: ReadonlySet<string> = new Set(["transfer-encoding"]);

const OF_CONNECTIONS: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "upgrade",
]);

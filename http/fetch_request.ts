/**
 * The arguments of a fetch, as undici takes them: the classes of the runtime
 * are not its own.
 *
 * @module
 */

import { concat } from "@std/bytes";
import { boolean } from "../connection/options/values.ts";
import {
  FormData as UndiciFormData,
  type RequestInit as UndiciInit,
} from "undici/index.js";
import type { TlsRequestInit } from "./fetch_options.ts";

/** What undici's `fetch` takes. */
export interface Asked {
  readonly url: string;
  readonly init: UndiciInit;
  /** What the caller says of early data. */
  readonly early: boolean | undefined;
  /** Ends the body where it is a stream that nobody reads to its end. */
  cancel(reason: unknown): void;
}

/**
 * Reads the arguments of a fetch.
 *
 * @throws {TypeError} If the request has been used, or has what our fetch
 * does not do.
 */
export async function toUndici(
  input: string | URL | Request,
  init: TlsRequestInit = {},
): Promise<Asked> {
  for (const name of ["client", "dispatcher"]) {
    if (Reflect.get(init, name) === undefined) continue;
    throw new TypeError(
      `Cannot use option "${name}": a fetch of createFetch() has its own connections`,
    );
  }
  const early = init.earlyData === undefined
    ? undefined
    : boolean(init.earlyData, "earlyData");
  if (!isRequest(input)) {
    return { ...await askedOf(urlOf(input), init, init.body), early };
  }
  const asked = await askedOf(
    input.url,
    { ...membersOf(input), ...membersOf(init) },
    init.body ?? bodyOf(input),
  );
  return { ...asked, early };
}

/** Any class of requests: that of the runtime, or of a library. */
function isRequest(input: string | URL | Request): input is Request {
  return typeof input === "object" && "url" in input && "headers" in input;
}

function urlOf(input: string | URL): string {
  const text = String(input);
  // A relative URL is as invalid here as it is for undici.
  if (!URL.canParse(text)) throw new TypeError(`Invalid URL: "${text}"`);
  return new URL(text).href;
}

async function askedOf(
  url: string,
  init: RequestInit,
  given: BodyInit | null | undefined,
): Promise<Omit<Asked, "early">> {
  const headers = new Headers(init.headers);
  for (const [name, value] of DEFAULTS) {
    if (!headers.has(name)) headers.set(name, value);
  }
  const stream = given instanceof ReadableStream
    ? await whatIsThere(given)
    : undefined;
  const body = stream?.body ?? converted(given);
  return {
    url,
    init: {
      ...membersOf(init),
      headers: [...headers],
      ...(body === undefined ? {} : { body }),
      ...(body instanceof ReadableStream ? { duplex: "half" } : {}),
    } as UndiciInit, // its own types of the same members
    cancel: (reason) => stream?.cancel(reason),
  };
}

/** What is there of what a request may say. */
function membersOf(from: RequestInit | Request): RequestInit {
  const members: Record<string, unknown> = {};
  for (const name of MEMBERS) {
    const value: unknown = Reflect.get(from, name);
    if (value !== undefined) members[name] = value;
  }
  return members;
}

function bodyOf(request: Request): ReadableStream<Uint8Array> | null {
  if (request.bodyUsed || request.body?.locked) {
    throw new TypeError("Cannot fetch: the body of the request has been used");
  }
  return request.body;
}

function converted(body: BodyInit | null | undefined): UndiciInit["body"] {
  if (!(body instanceof FormData)) return body as UndiciInit["body"];
  const form = new UndiciFormData();
  for (const [name, value] of body) form.append(name, value);
  return form;
}

/**
 * The bytes of a stream, if all of them are there: with those a request has a
 * length, and may be sent again after a redirect. The body of a `Request` is a
 * stream whatever it was made of. Else a stream with all that there is.
 */
async function whatIsThere(
  body: ReadableStream<Uint8Array>,
): Promise<Streamed> {
  const reader = body.getReader();
  const chunks: Uint8Array[] = [];
  let total = 0;
  while (true) {
    const next = reader.read();
    const read = total > MAX_THERE ? undefined : await soon(next);
    if (read === undefined) {
      return {
        body: behind(chunks, next, reader),
        cancel: (reason) => void reader.cancel(reason).catch(ignore),
      };
    }
    if (read.done) return { body: concat(chunks), cancel: ignore };
    if (!(read.value instanceof Uint8Array)) {
      throw new TypeError("Cannot send the body: expected chunks of bytes");
    }
    chunks.push(read.value);
    total += read.value.length;
  }
}

/** A body that was a stream. */
interface Streamed {
  readonly body: Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>;
  cancel(reason: unknown): void;
}

/** What a promise gives within this turn of the event loop and the next. */
async function soon<T>(promise: Promise<T>): Promise<T | undefined> {
  const waited = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => waited.resolve(undefined), 0);
  try {
    return await Promise.race([promise, waited.promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** The chunks, and then what comes. */
function behind(
  chunks: Uint8Array[],
  next: Promise<ReadableStreamReadResult<Uint8Array>>,
  reader: ReadableStreamDefaultReader<Uint8Array>,
): ReadableStream<Uint8Array> {
  let pending: typeof next | undefined = next;
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const chunk = chunks.shift();
      if (chunk !== undefined) return controller.enqueue(chunk);
      const { done, value } = await (pending ?? reader.read());
      pending = undefined;
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel: (reason) => reader.cancel(reason),
  }, { highWaterMark: 0 });
}

function ignore(): void {}

/** Fields of a request that does not have them. */
const DEFAULTS = [
  ["user-agent", navigator.userAgent],
  // What every runtime decodes.
  ["accept-encoding", "gzip"],
] as const;

const MEMBERS = [
  "method",
  "headers",
  "redirect",
  "signal",
  "integrity",
  "cache",
  "credentials",
  "mode",
  "referrer",
  "referrerPolicy",
  "keepalive",
] as const;

/** Bytes that are taken from a stream before a request begins. */
const MAX_THERE = 1_048_576;

/**
 * HTTP as far as certificates ask for it: one small answer to one request, over
 * `node:http` where the runtime has it. The maker of a certificate chooses the
 * URL, therefore time, size and redirects are bounded.
 *
 * @module
 */

import { TlsError } from "../../errors.ts";
import { isPublicAddress } from "./address.ts";
import { parseIpAddress } from "../certificate/ip_address.ts";

/** What is asked for. */
export interface HttpRequest {
  /** What is sent; nothing, for GET. */
  readonly body?: Uint8Array;
  /** Its media type. */
  readonly contentType?: string;
}

/** What an answer may cost. */
export interface FetchLimits {
  /** Milliseconds, redirects included. */
  readonly timeout: number;
  /** Bytes of one answer. */
  readonly maxBytes: number;
  /** Whether addresses of networks that are not public may be asked. */
  readonly allowPrivateAddresses: boolean;
}

/**
 * Fetches what is at a URL.
 *
 * @throws {TlsError} `fetch_failed`, with the URL and the reason.
 */
export async function fetchBytes(
  url: string,
  request: HttpRequest,
  limits: FetchLimits,
): Promise<Uint8Array<ArrayBuffer>> {
  const late = new AbortController();
  const timer = setTimeout(
    () => late.abort(refusal(`no answer within ${limits.timeout} ms`)),
    limits.timeout,
  );
  try {
    return await follow(url, request, limits, late.signal);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    const options = cause instanceof TlsError ? {} : { cause };
    throw new TlsError("fetch_failed", `Cannot fetch ${url}: ${why}`, options);
  } finally {
    clearTimeout(timer);
  }
}

async function follow(
  first: string,
  request: HttpRequest,
  limits: FetchLimits,
  signal: AbortSignal,
): Promise<Uint8Array<ArrayBuffer>> {
  let url = checkedUrl(first, undefined);
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
    const addresses = await addressesOf(url, limits, signal);
    const answer = await ask(url, addresses, request, limits, signal);
    if (answer instanceof Uint8Array) return answer;
    url = checkedUrl(answer.location, url);
  }
  throw refusal(`more than ${MAX_REDIRECTS} redirects`);
}

/** RFC 5280 section 8: other schemes could need what is being verified. */
function checkedUrl(text: string, base: URL | undefined): URL {
  const url = URL.parse(text, base?.href);
  if (url === null) throw refusal(`${text} is not a URL`);
  if (url.protocol !== "http:") {
    throw refusal(`${url.protocol} is not http:, which alone is fetched`);
  }
  if (url.username !== "" || url.password !== "") {
    throw refusal("the URL has a password in it");
  }
  return url;
}

/**
 * The addresses of a host that may be asked. The connection is made to one of
 * them, and the name is not looked up again: it could have another address then.
 */
async function addressesOf(
  { hostname }: URL,
  { allowPrivateAddresses }: FetchLimits,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const literal = hostname.replace(/^\[(.*)\]$/, "$1");
  const found = parseIpAddress(literal) === undefined
    ? await unlessAborted(lookUp(literal), signal)
    : [literal];
  const allowed = found.filter((address) => {
    const bytes = parseIpAddress(address);
    return bytes !== undefined &&
      (allowPrivateAddresses || isPublicAddress(bytes));
  });
  if (allowed.length > 0) return allowed.slice(0, MAX_ADDRESSES);
  throw refusal(
    found.length === 0
      ? `${hostname} has no address`
      : `${hostname} is ${
        found.slice(0, MAX_ADDRESSES).join(", ")
      }, which is not a public address ("allowPrivateAddresses" allows it)`,
  );
}

async function lookUp(hostname: string): Promise<string[]> {
  const dns = builtin<NodeDns>("node:dns/promises");
  const found = await dns.lookup(hostname, { all: true });
  return found.map(({ address }) => address);
}

async function unlessAborted<T>(
  work: Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(signal.reason);
  signal.addEventListener("abort", onAbort);
  if (signal.aborted) onAbort();
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

/** An answer's body, or where it is. */
type Answer = Uint8Array<ArrayBuffer> | { readonly location: string };

/** Asks the first address that can be reached. */
async function ask(
  url: URL,
  addresses: readonly string[],
  request: HttpRequest,
  limits: FetchLimits,
  signal: AbortSignal,
): Promise<Answer> {
  let failure: unknown;
  for (const address of addresses) {
    try {
      return await askAt(address, url, request, limits, signal);
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof TlsError) throw error;
      failure = error;
    }
  }
  throw failure;
}

/** What another address would not answer otherwise. */
function refusal(why: string): TlsError {
  return new TlsError("fetch_failed", why);
}

async function askAt(
  address: string,
  url: URL,
  { body, contentType }: HttpRequest,
  limits: FetchLimits,
  signal: AbortSignal,
): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const call = builtin<NodeHttp>("node:http").request({
    host: address,
    port: url.port === "" ? 80 : Number(url.port),
    path: url.pathname + url.search,
    method: body === undefined ? "GET" : "POST",
    headers: {
      "host": url.host,
      "connection": "close",
      ...body && {
        "content-type": contentType ?? "application/octet-stream",
        "content-length": String(body.length),
      },
    },
    agent: false,
  });
  const fail = (error: unknown) => {
    reject(error);
    call.destroy();
  };
  const onAbort = () => fail(signal.reason);
  signal.addEventListener("abort", onAbort);
  call.on("error", fail);
  call.on("response", (response) => {
    receive(response, limits).then(resolve, fail);
  });
  call.end(body);
  try {
    return await promise;
  } finally {
    signal.removeEventListener("abort", onAbort);
    call.destroy();
  }
}

async function receive(
  response: NodeResponse,
  { maxBytes }: FetchLimits,
): Promise<Answer> {
  const { statusCode = 0, headers } = response;
  if (REDIRECTS.has(statusCode) && headers.location !== undefined) {
    return { location: headers.location };
  }
  if (statusCode !== 200) throw refusal(`it answers ${statusCode}`);
  const encoding = headers["content-encoding"] ?? "identity";
  if (encoding !== "identity") {
    throw refusal(`its content-encoding is ${encoding}`);
  }
  const announced = Number(headers["content-length"] ?? 0);
  if (announced > maxBytes) throw tooLarge(maxBytes);
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response) {
    length += chunk.length;
    if (length > maxBytes) throw tooLarge(maxBytes);
    chunks.push(chunk);
  }
  // Where the connection was cut, there is less than was announced.
  if (length < announced || response.complete === false) {
    throw refusal(`it ends after ${length} bytes`);
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

function tooLarge(maxBytes: number): TlsError {
  return refusal(`it has more than ${maxBytes} bytes ("maxBytes")`);
}

/** The part of `node:http` that is used here. */
interface NodeHttp {
  request(options: {
    host: string;
    port: number;
    path: string;
    method: string;
    headers: Record<string, string>;
    agent: false;
  }): NodeRequest;
}

interface NodeRequest {
  on(event: "error", listener: (error: unknown) => void): unknown;
  on(event: "response", listener: (response: NodeResponse) => void): unknown;
  end(body?: Uint8Array): unknown;
  destroy(): unknown;
}

interface NodeResponse extends AsyncIterable<Uint8Array> {
  readonly statusCode?: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly complete?: boolean;
}

/** The part of `node:dns/promises` that is used here. */
interface NodeDns {
  lookup(
    hostname: string,
    options: { all: true },
  ): Promise<readonly { readonly address: string }[]>;
}

function builtin<T>(id: string): T {
  // The global is Node's and Deno's; other runtimes have none.
  const { process } = globalThis as {
    process?: { getBuiltinModule?(id: string): T | undefined };
  };
  const module = process?.getBuiltinModule?.(id);
  if (module === undefined) throw refusal(`this runtime has no ${id}`);
  return module;
}

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** A CA's URL leads there at once; a circle has no end. */
const MAX_REDIRECTS = 3;

/** A name may have any number of addresses. */
const MAX_ADDRESSES = 3;

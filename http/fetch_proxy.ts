/**
 * A tunnel through a proxy: CONNECT of RFC 9110 section 9.3.6.
 *
 * @module
 */

import { connectTo, dialHost } from "../connection/connect.ts";
import { AheadSocket } from "../connection/transport/ahead.ts";
import type { SocketConn } from "../connection/transport/transport.ts";
import type { Proxy, Route } from "./fetch_route.ts";
import { ProxyError } from "./proxy_error.ts";

/**
 * Opens a tunnel to a host and port.
 *
 * @throws {ProxyError} If the proxy makes none.
 */
export async function throughProxy(
  proxy: AddressedProxy,
  host: string,
  port: number,
  signal: AbortSignal,
): Promise<SocketConn> {
  const socket = await dialProxy(proxy, signal);
  // A read that waits for the proxy's answer ends when nobody wants it.
  const close = () => abort(socket, signal.reason);
  signal.addEventListener("abort", close);
  try {
    signal.throwIfAborted();
    await writeAll(socket, request(proxy, host, port));
    const behind = await readResponse(socket);
    return behind.length === 0
      ? socket
      : new AheadSocket(socket, { bytes: behind, pending: undefined });
  } catch (error) {
    close();
    throw error;
  } finally {
    signal.removeEventListener("abort", close);
  }
}

/** A proxy, and how to find its addresses. */
type AddressedProxy = Proxy & Pick<Route, "addressing">;

async function dialProxy(
  { hostname, port, tls, addressing }: AddressedProxy,
  signal: AbortSignal,
): Promise<SocketConn> {
  const open = (signal: AbortSignal) =>
    dialHost(hostname, port, signal, addressing);
  if (tls === undefined) return await open(signal);
  const { context, own } = tls;
  const each = context.connectionOptions({ ...own, signal });
  return await connectTo(context, each, {
    host: hostname,
    key: [
      "proxy",
      `${hostname}:${port}`,
      each.serverName ? [each.serverName.value] : [],
    ]
      .flat().join(" "),
    open,
  });
}

function request({ headers }: Proxy, host: string, port: number): Uint8Array {
  const authority = `${host.includes(":") ? `[${host}]` : host}:${port}`;
  const fields = new Headers(headers);
  // RFC 9112 section 3.2.3: CONNECT has the authority-form, and Host the same.
  fields.set("host", authority);
  return new TextEncoder().encode(
    [
      `CONNECT ${authority} HTTP/1.1`,
      ...[...fields].map(([name, value]) => `${name}: ${value}`),
      "\r\n",
    ].join("\r\n"),
  );
}

async function writeAll(socket: SocketConn, bytes: Uint8Array): Promise<void> {
  for (let rest = bytes; rest.length > 0;) {
    rest = rest.subarray(await socket.write(rest));
  }
}

/** Reads the response, and gives what came behind it. */
async function readResponse(socket: SocketConn): Promise<Uint8Array> {
  const buffer = new Uint8Array(MAX_RESPONSE);
  let text = "";
  while (text.length < MAX_RESPONSE) {
    const length = await socket.read(buffer.subarray(text.length));
    if (length === null) {
      throw new ProxyError("The proxy closed the connection without an answer");
    }
    text += latin1(buffer.subarray(text.length, text.length + length));
    const end = text.indexOf("\r\n\r\n");
    if (end < 0) continue;
    refuseUnlessDone(text);
    return buffer.slice(end + 4, text.length);
  }
  throw new ProxyError(
    `The proxy's answer is longer than ${MAX_RESPONSE} bytes`,
  );
}

/** RFC 9110 section 9.3.6: any 2xx says that the tunnel is there. */
function refuseUnlessDone(text: string): void {
  const [line = ""] = text.split("\r\n");
  const [, digits, reason = ""] =
    /^HTTP\/1\.[01] (\d{3})(?: (.*))?$/.exec(line) ??
      [];
  if (digits === undefined) {
    throw new ProxyError("The proxy's answer is not HTTP/1.1");
  }
  const status = Number(digits);
  if (status >= 200 && status < 300) return;
  throw new ProxyError(
    `The proxy made no connection: ${status} ${reason}`.trimEnd(),
    { status },
  );
}

function latin1(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
}

function abort(socket: SocketConn, reason: unknown): void {
  try {
    if (socket.abort === undefined) socket.close();
    else socket.abort(reason);
  } catch {
    // It was closed already.
  }
}

/** The longest answer to read, in bytes: a proxy must not fill the memory. */
const MAX_RESPONSE = 16_384;

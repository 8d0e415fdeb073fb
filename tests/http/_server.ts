/**
 * Servers of HTTP to test, and clients that send what a test gives them.
 *
 * @module
 */

import { assert } from "@std/assert";
import {
  connect,
  type ConnectOptions,
  serve,
  type ServeHandler,
  type ServeOptions,
  type TlsConn,
  type TlsHttpServer,
} from "../../mod.ts";
import { issueCertificate, TrustStore } from "../../x509/mod.ts";

export const ca = await issueCertificate({ names: ["Test CA"], ca: true });
export const leaf = await issueCertificate({
  names: ["localhost", "127.0.0.1", "a.test", "b.test"],
  issuer: ca,
});
export const alice = await issueCertificate({
  names: ["alice"],
  issuer: ca,
  extendedKeyUsage: ["clientAuth"],
});
export const trust = TrustStore.of(ca.cert);

/** What the tests run with: unix sockets, and connections on loopback. */
export const ENGINES: Readonly<
  Record<string, Pick<Deno.TestDefinition, "permissions">>
> = {
  "unix sockets": {},
  "loopback": { permissions: { net: true, read: true } },
};

/** A server on loopback. */
export function start(
  handler: ServeHandler<Deno.NetAddr>,
  options: ServeOptions<Deno.NetAddr> = {},
): TlsHttpServer<Deno.NetAddr> {
  const { cert, key } = leaf;
  const all = { hostname: "127.0.0.1", port: 0, cert, key, ...options };
  return serve(all, handler);
}

/** A client of TLS alone. */
export async function dial(
  server: TlsHttpServer<Deno.NetAddr>,
  options: Partial<ConnectOptions> = {},
): Promise<TlsConn> {
  const { port } = server.addr;
  const serverName = "localhost";
  return await connect({
    hostname: "127.0.0.1",
    port,
    serverName,
    trust,
    ...options,
  });
}

export async function say(conn: TlsConn, text: string): Promise<void> {
  await conn.write(new TextEncoder().encode(text));
}

/**
 * Waits until something has become true.
 *
 * @throws {AssertionError} If it has not within a minute.
 */
export async function until(isTrue: () => boolean): Promise<void> {
  for (let nth = 0; nth < 600 && !isTrue(); nth++) {
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  assert(isTrue(), `This has not become true: ${isTrue}`);
}

/** Reads until there is `text`, or the end, which must be in order. */
export async function readUntil(conn: TlsConn, text: string): Promise<string> {
  const into = new Uint8Array(65536);
  let read = "";
  while (!read.includes(text)) {
    const length = await conn.read(into);
    if (length === null) break;
    read += new TextDecoder().decode(into.subarray(0, length));
  }
  return read;
}

/** What comes for a request on a connection of its own, up to the end. */
export async function ask(
  server: TlsHttpServer<Deno.NetAddr>,
  request: string,
  options: Partial<ConnectOptions> = {},
): Promise<string> {
  const conn = await dial(server, options);
  await say(conn, request);
  const text = await readUntil(conn, "\0 nothing has this");
  await conn.close();
  return text;
}

/** A request without a body, after which the connection ends. */
export function get(path: string, host = "localhost"): string {
  return `GET ${path} HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`;
}

/** The body of a response as it came. */
export function bodyOf(response: string): string {
  return response.slice(response.indexOf("\r\n\r\n") + 4);
}

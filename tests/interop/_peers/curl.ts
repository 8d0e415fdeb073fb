/**
 * curl, and our server that answers a request with its body.
 *
 * @module
 */

import { concat, indexOfNeedle } from "@std/bytes";
import { type ConnectionInfo, listen, type TlsConn } from "../../../mod.ts";
import { TrustStore } from "../../../x509/mod.ts";
import {
  SERVER_NAME,
  serverIdentity,
  temporaryFolder,
  trust,
} from "./material.ts";
import { missing } from "./peer.ts";

/** Why there is no curl on OpenSSL, if so. */
export const curlMissing = missing("curl", ["--version"], /OpenSSL\//);

/** One run of curl. */
export interface Fetched {
  /** Its exit status. */
  readonly code: number;
  /** The bodies of the answers, one after another. */
  readonly body: Uint8Array;
  /** What it said, with `--verbose`. */
  readonly said: string;
  /** What our server knows of each connection. */
  readonly connections: readonly ConnectionInfo[];
  /** The handshakes that failed. */
  readonly errors: readonly unknown[];
}

/** What curl is to do, and how our server is to behave. */
export interface Errand {
  /** Arguments of curl. */
  readonly args: readonly string[];
  /** How many requests, each on a connection of its own. */
  readonly times?: number;
  /** The body to send. */
  readonly body?: Uint8Array<ArrayBuffer>;
  /** Options of `listen`, next to certificate and key. */
  readonly server?: Omit<Parameters<typeof listen>[0], "port">;
}

/** Lets curl send a request to our server. */
export async function fetchWithCurl(errand: Errand): Promise<Fetched> {
  const { args, times = 1, body = new Uint8Array(10), server } = errand;
  const { cert, key } = await serverIdentity();
  const connections: ConnectionInfo[] = [];
  const errors: unknown[] = [];
  const told = Promise.withResolvers<void>();
  const listener = listen({
    hostname: "127.0.0.1",
    port: 0,
    cert,
    key,
    ...server,
    onHandshakeError(error: unknown) {
      errors.push(error);
      told.resolve();
    },
  });
  if (!("port" in listener.addr)) throw new TypeError("Not a TCP listener");
  const { port } = listener.addr;
  const serving = serve();
  const path = `${temporaryFolder()}/body-${crypto.randomUUID()}`;
  await Deno.writeFile(path, body);
  const url = `https://${SERVER_NAME}:${port}/`;
  const { code, stdout, stderr } = await new Deno.Command("curl", {
    args: [
      ...["--silent", "--verbose", "--http1.1", "--max-time", "100"],
      ...["--resolve", `${SERVER_NAME}:${port}:127.0.0.1`],
      ...["--cacert", (await trust()).file, "--data-binary", `@${path}`],
      ...args,
      ...Array.from({ length: times }, () => url),
    ],
  }).output();
  const said = new TextDecoder().decode(stderr);
  // What became of it is for us to read, when curl has ended already.
  if (said.includes("* Connected to")) await told.promise;
  listener.close();
  await serving;
  return { code, body: stdout, said, connections, errors };

  async function serve(): Promise<void> {
    const answering: Promise<void>[] = [];
    for await (const conn of listener) {
      connections.push(conn.info);
      told.resolve();
      answering.push(answer(conn).catch((error) => void errors.push(error)));
    }
    await Promise.all(answering);
  }
}

/** Trusts what the clients of the tests show. */
export async function clientTrust(): Promise<TrustStore> {
  return TrustStore.of((await trust()).pem);
}

async function answer(conn: TlsConn): Promise<void> {
  await using _ = conn;
  const END = new TextEncoder().encode("\r\n\r\n");
  let received: Uint8Array<ArrayBuffer> = new Uint8Array();
  let head = -1;
  let wanted = Infinity;
  for await (const chunk of conn.readable.values({ preventCancel: true })) {
    received = concat([received, chunk]);
    if (head < 0) {
      head = indexOfNeedle(received, END);
      const text = new TextDecoder().decode(received.subarray(0, head));
      const length = Number(text.match(/content-length: (\d+)/i)?.[1] ?? 0);
      if (/expect: 100-continue/i.test(text)) {
        await write(conn, "HTTP/1.1 100 Continue\r\n\r\n");
      }
      wanted = head + END.length + length;
    }
    if (received.length >= wanted) break;
  }
  const body = received.subarray(head + END.length);
  await write(
    conn,
    `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n`,
  );
  const writer = conn.writable.getWriter();
  await writer.write(body);
  await writer.close();
}

async function write(conn: TlsConn, text: string): Promise<void> {
  const data = new TextEncoder().encode(text);
  for (let at = 0; at < data.length;) at += await conn.write(data.subarray(at));
}

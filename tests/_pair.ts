/**
 * Both ends of a connection in memory, over crossed streams.
 *
 * @module
 */

import type { TlsConn } from "../connection/conn.ts";
import type {
  ClientOptions,
  ServerOptions,
} from "../connection/options/options.ts";
import type { Duplex } from "../connection/transport/transport.ts";
import { client, server } from "../connection/wrap.ts";
import { TlsError } from "../errors.ts";
import {
  issueCertificate,
  type IssuedCertificate,
  type IssueOptions,
} from "../x509/issue/issue.ts";
import { TrustStore } from "../x509/trust/trust_store.ts";

/** The authority of all tests in this process. */
export const authority: Promise<IssuedCertificate> = issueCertificate({
  ca: true,
  names: ["Test CA"],
});

const issued = new Map<string, Promise<IssuedCertificate>>();

/** A certificate of the authority, made once for the same wishes. */
export function certificate(
  options: Omit<IssueOptions, "issuer"> = {},
): Promise<IssuedCertificate> {
  const wishes = { names: ["localhost"], ...options };
  const key = JSON.stringify(wishes);
  let found = issued.get(key);
  if (found === undefined) {
    found = authority.then((issuer) => issueCertificate({ ...wishes, issuer }));
    issued.set(key, found);
  }
  return found;
}

let store: TrustStore | undefined;

/** What a client of the test authority's servers needs. */
export async function clientOptions(
  more: ClientOptions = {},
): Promise<ClientOptions> {
  store ??= TrustStore.of((await authority).cert);
  return {
    serverName: "localhost",
    trust: store,
    handshakeTimeout: 60_000,
    ...more,
  };
}

/** What a server with a certificate for localhost needs. */
export async function serverOptions(
  more: ServerOptions = {},
): Promise<ServerOptions> {
  const { cert, key } = await certificate();
  store ??= TrustStore.of((await authority).cert);
  // The same store judges clients, where they are asked for a certificate.
  const trust = more.caCerts === undefined ? { trust: store } : {};
  return { cert, key, ...trust, handshakeTimeout: 60_000, ...more };
}

/** A pipe that holds some bytes, as a socket does. */
export function pipe(
  transformer: Transformer<Uint8Array, Uint8Array> = {},
  bytes = 65_536,
): TransformStream<Uint8Array, Uint8Array> {
  const strategy = new ByteLengthQueuingStrategy({ highWaterMark: bytes });
  return new TransformStream(transformer, strategy, strategy);
}

/** A pipe that lets the first pieces pass, and all others when it is released. */
export function heldBehind(count: number): {
  held: TransformStream<Uint8Array, Uint8Array>;
  release: () => void;
} {
  const gate = Promise.withResolvers<void>();
  let passed = 0;
  const held = pipe({
    transform: async (chunk, controller) => {
      if (++passed > count) await gate.promise;
      controller.enqueue(chunk);
    },
  });
  return { held, release: gate.resolve };
}

/** Two duplexes, each the other's end; what passes may be altered. */
export function crossed(
  {
    toServer: up = pipe(),
    toClient: down = pipe(),
  }: {
    toServer?: TransformStream<Uint8Array, Uint8Array>;
    toClient?: TransformStream<Uint8Array, Uint8Array>;
  } = {},
): { forClient: Duplex; forServer: Duplex } {
  return {
    forClient: { readable: down.readable, writable: up.writable },
    forServer: { readable: up.readable, writable: down.writable },
  };
}

/** The same without room for a single byte: what is written must be read. */
export function unbuffered(): { forClient: Duplex; forServer: Duplex } {
  return crossed({
    toServer: new TransformStream(),
    toClient: new TransformStream(),
  });
}

/** Both ends, open. */
export interface Pair extends AsyncDisposable {
  readonly client: TlsConn;
  readonly server: TlsConn;
}

/** Both ends over crossed streams; no handshake has begun. */
export async function pair(
  forClient: ClientOptions = {},
  forServer: ServerOptions = {},
  wires: { forClient: Duplex; forServer: Duplex } = crossed(),
): Promise<Pair> {
  const ends = {
    client: client(wires.forClient, await clientOptions(forClient)),
    server: server(wires.forServer, await serverOptions(forServer)),
  };
  return {
    ...ends,
    async [Symbol.asyncDispose]() {
      await Promise.all([ends.client.close(), ends.server.close()]);
    },
  };
}

/** Both ends after their handshake. */
export async function connected(
  forClient: ClientOptions = {},
  forServer: ServerOptions = {},
  wires: { forClient: Duplex; forServer: Duplex } = crossed(),
): Promise<Pair> {
  const ends = await pair(forClient, forServer, wires);
  await Promise.all([ends.client.handshake(), ends.server.handshake()]);
  return ends;
}

/** How both handshakes ended; each that failed with its error. */
export async function outcomes(
  { client, server }: Pair,
): Promise<{ client: unknown; server: unknown }> {
  const [one, other] = await Promise.allSettled([
    client.handshake(),
    server.handshake(),
  ]);
  const error = (result: PromiseSettledResult<unknown>) =>
    result.status === "rejected" ? result.reason : undefined;
  return { client: error(one), server: error(other) };
}

/** The error as a TlsError; fails if it is another one. */
export function tlsError(error: unknown): TlsError {
  if (error instanceof TlsError) return error;
  throw new Error(`No TlsError: ${Deno.inspect(error)}`, { cause: error });
}

/** Waits until nothing is left to do at once. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

/** Bytes that differ from their neighbours, of any length. */
export function pattern(length: number, seed = 1): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  let state = seed;
  for (let at = 0; at < length; at++) {
    state = (state * 1103515245 + 12345) & 0x7fffffff;
    bytes[at] = state >> 16;
  }
  return bytes;
}

/** The bytes of a text. */
export function utf8(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

/** Reads until `length` bytes have come, or the end. */
export async function readBytes(
  conn: Pick<TlsConn, "read">,
  length: number,
): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  let at = 0;
  while (at < length) {
    const count = await conn.read(bytes.subarray(at));
    if (count === null) break;
    at += count;
  }
  return bytes.subarray(0, at);
}

/**
 * What the tests of `createFetch()` share.
 *
 * @module
 */

import type { AddressInfo } from "node:net";
import {
  createFetch,
  type CreateFetchOptions,
  type TlsFetch,
} from "../../mod.ts";
import { alice, trust } from "./_server.ts";

/** The protocols, each alone. */
export const PROTOCOLS = ["h2", "http/1.1"] as const;

/** A test; Node's streams and timers end in their own time. */
export function test(name: string, fn: () => Promise<void>): void {
  Deno.test({ name, fn, sanitizeOps: false, sanitizeResources: false });
}

/** A fetch that trusts the test's authority and has a client certificate. */
export function fetchOf(options: CreateFetchOptions = {}): TlsFetch {
  const { cert, key } = alice;
  return createFetch({ trust, cert, key, ...options });
}

/** The URL of a server on loopback. */
export function urlOf(
  server: { readonly addr: Deno.NetAddr },
  path = "/",
  host = "localhost",
): string {
  return `https://${host}:${server.addr.port}${path}`;
}

/** What a server of Node needs to be listened to and closed. */
interface NodeServer {
  listen(port: number, host: string, listening: () => void): unknown;
  close(closed: () => void): unknown;
  address(): AddressInfo | string | null;
}

/** A server of Node on loopback. */
export async function listenOn(server: NodeServer): Promise<
  AsyncDisposable & { readonly addr: Deno.NetAddr }
> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    addr: { transport: "tcp", hostname: "127.0.0.1", port },
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => void server.close(resolve)),
  };
}

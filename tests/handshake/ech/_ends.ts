/**
 * Both ends with Encrypted ClientHello, in memory: a server for two names, one of
 * them the public one.
 *
 * @module
 */

import type {
  ClientOptions,
  ServerOptions,
} from "../../../connection/options/options.ts";
import { echConfig } from "../../../ech/mod.ts";
import { certificate, crossed, type Pair, pair, pipe } from "../../_pair.ts";

/** The name that everyone may see. */
export const PUBLIC = "public.example";

/** The name that nobody may see. */
export const SECRET = "secret.example";

/** The key that servers have. */
export const current = await echConfig({
  publicName: PUBLIC,
  configId: 1,
  maximumNameLength: 40,
});

/** A key that no server has any more. */
export const stale = await echConfig({ publicName: PUBLIC, configId: 2 });

const publicCertificate = (await certificate({ names: [PUBLIC] })).identity;
const secretCertificate = (await certificate({ names: [SECRET] })).identity;

/** A client that wants the secret name. */
export function secretly(
  { configList }: typeof current = current,
  more: ClientOptions = {},
): ClientOptions {
  return { serverName: SECRET, ech: { configList }, ...more };
}

/** A server with both certificates and the key. */
export function facing(more: ServerOptions = {}): ServerOptions {
  return {
    cert: undefined,
    key: undefined,
    certificates: [publicCertificate, secretCertificate],
    ech: { keys: current.pem },
    ...more,
  };
}

/** Both ends, and the bytes that the client sends. */
export async function tapped(
  client: ClientOptions,
  server: ServerOptions,
): Promise<Pair & { readonly sent: Uint8Array[] }> {
  const sent: Uint8Array[] = [];
  const wires = crossed({
    toServer: pipe({
      transform(chunk, controller) {
        sent.push(chunk.slice());
        controller.enqueue(chunk);
      },
    }),
  });
  return Object.assign(await pair(client, server, wires), { sent });
}

/**
 * Contexts and configurations, made of options without an entry.
 *
 * @module
 */

import { Handle } from "../connection/engine/handle.ts";
import type { Context } from "../connection/options/context.ts";
import { contextOf } from "../connection/options/create_context.ts";
import type { ContextOptions } from "../connection/options/options.ts";
import { entry, readGiven } from "../connection/options/read.ts";
import type { ClientConfig, ServerConfig } from "../handshake/common/config.ts";
import type { ServerConnection } from "../handshake/common/server_connection.ts";

/** The context of options. */
export function context(options: ContextOptions = {}): Context {
  return contextOf(readGiven(options, TEST), TEST.name).context;
}

/** What a client's handshake needs, of options. */
export async function clientConfigOf(
  options: ContextOptions,
): Promise<ClientConfig> {
  return await context(options).client(handle("client"));
}

/** What a server's handshake needs, of options. */
export async function serverConfigOf(
  options: ContextOptions,
): Promise<ServerConfig> {
  return await context(options).server(handle("server"));
}

/** The handle of a connection without a transport. */
export function handle(side: "client" | "server"): Handle {
  return new Handle(side, undefined);
}

/** A connection that takes no notice of what its handshake tells. */
export const noConnection: ServerConnection = {
  remoteAddr: undefined,
  sawClientHello() {},
  useConfig() {},
  settle() {},
};

const TEST = entry("a test", "either");

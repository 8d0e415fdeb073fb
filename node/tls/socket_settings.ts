/**
 * What the options of a socket come to.
 *
 * @module
 */

import type { Duplex } from "node:stream";
import { alpnNames } from "./alpn.ts";
import { invalidArgType, requireFunction } from "./errors.ts";
import { SecureContext } from "./secure_context.ts";
import { ServerContexts, type ServerSettings } from "./server_context.ts";
import type { TLSSocketOptions } from "./socket_options.ts";

/** Node: what a socket that is given has holds, whatever the options say. */
export function allowsHalfOpen(
  socket: Duplex | null | undefined,
  options: TLSSocketOptions,
): boolean {
  return Boolean(socket ? socket.allowHalfOpen : options.allowHalfOpen);
}

/** @throws {TypeError} If an option has a wrong type. */
export function checkSocketOptions(options: TLSSocketOptions): void {
  const { SNICallback, secureContext, isServer } = options;
  if (isServer && SNICallback !== undefined && SNICallback !== null) {
    requireFunction(SNICallback, "options.SNICallback");
  }
  if (secureContext && !(secureContext instanceof SecureContext)) {
    throw invalidArgType(
      "options.secureContext",
      "an instance of SecureContext",
      secureContext,
    );
  }
}

/** The contexts of a server: its own, or those of one socket alone. */
export function contextsOf(
  options: TLSSocketOptions,
  context: SecureContext,
): ServerContexts | undefined {
  if (options.isServer !== true) return undefined;
  const { server } = options;
  if (server !== undefined && server !== null && "tlsContexts" in server) {
    const { tlsContexts } = server;
    if (tlsContexts instanceof ServerContexts) return tlsContexts;
  }
  const settings: ServerSettings = {
    server: undefined,
    requestCert: options.requestCert === true,
    rejectUnauthorized: options.rejectUnauthorized !== false,
    alpnProtocols: alpnNames(options.ALPNProtocols),
    alpnCallback: options.ALPNCallback,
    sniCallback: options.SNICallback ?? undefined,
    pskCallback: options.pskCallback,
    pskIdentityHint: options.pskIdentityHint,
  };
  return new ServerContexts(settings, context.ticketKeys);
}

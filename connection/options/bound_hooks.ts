/**
 * The functions of the options, bound to one connection, as its handshake calls
 * them.
 *
 * @module
 */

import type {
  ClientConfig,
  HandshakeConfig,
  ServerConfig,
} from "../../handshake/common/config.ts";
import type { ConnectionConfig } from "../../handshake/common/connection_config.ts";
import type { ConnectionHandle } from "../../handshake/common/callback_info.ts";
import type { PskConfig } from "../../handshake/common/psk_config.ts";
import type { SecurityPolicy } from "../../crypto/suites/security_level.ts";
import { Lazy } from "../../lazy.ts";
import type { ConnectionOptions } from "./config.ts";
import { decide, observersOf } from "./hooks.ts";
import type { NamedContexts } from "./named_contexts.ts";
import { clientPsks, serverPsk } from "./psk.ts";
import type { ParsedOptions } from "./table.ts";
import { someBytes } from "./values.ts";
import { earlyDataOf, earlyDataOfServer } from "./session_values.ts";

/** The functions that only observe a connection. */
export function connectionHooks(
  options: ParsedOptions,
  connection: ConnectionHandle,
): Partial<Pick<ConnectionConfig, "onEvent" | "trace">> {
  const { onEvent, trace } = options;
  return onEvent === undefined && trace === undefined
    ? {}
    : observersOf({ onEvent, trace }, connection);
}

/** The functions of a client's options. */
export function clientHooks(
  options: ParsedOptions,
  { onSession }: Pick<ConnectionOptions, "onSession">,
  security: SecurityPolicy,
  connection: ConnectionHandle,
): Partial<ClientConfig> {
  const { onCertificateRequest, psk, earlyData } = options;
  const hooks: Writable<Partial<ClientConfig>> = {
    ...sharedHooks(options, connection),
    ...(onSession && observersOf({ ...options, onSession }, connection)),
  };
  if (onSession !== undefined) hooks.keepsSessions = true;
  if (psk !== undefined) hooks.psk = clientPskConfig(psk, connection);
  if (earlyData !== undefined) {
    if ("policy" in earlyData) throw earlyDataOfServer();
    hooks.earlyData = async (session) =>
      earlyDataOf(
        await decide("earlyData", () => earlyData.give(session, connection)),
      );
  }
  if (onCertificateRequest !== undefined) {
    hooks.onCertificateRequest = async (info) => {
      const given = await decide(
        "onCertificateRequest",
        () => onCertificateRequest(info, connection),
      );
      if (given === undefined || given === null) return given;
      const { readGivenIdentity, requireStrength } = await identityReader
        .load();
      const identity = await readGivenIdentity(given, "onCertificateRequest");
      requireStrength([identity], security);
      return identity;
    };
  }
  return hooks;
}

/** The functions of a server's options. */
export function serverHooks(
  options: ParsedOptions,
  named: NamedContexts,
  connection: ConnectionHandle,
): Partial<ServerConfig> {
  const { onClientHello, onAlpn, onOcspRequest, psk, sni } = options;
  const hooks: Writable<Partial<ServerConfig>> = sharedHooks(
    options,
    connection,
  );
  if (psk !== undefined) {
    hooks.psk = serverPskConfig(psk, options.pskIdentityHint, connection);
  }
  if (sni !== undefined) {
    hooks.sni = async (serverName) =>
      await (await named.find(serverName, connection))?.server(connection);
  }
  if (onClientHello !== undefined || named.choose !== undefined) {
    hooks.onClientHello = async (info) => {
      const given = onClientHello && await decide(
        "onClientHello",
        () => onClientHello(info, connection),
      );
      const context = named.given(given, "onClientHello") ??
        named.choose?.(info);
      return await context?.server(connection);
    };
  }
  if (onAlpn !== undefined) {
    hooks.onAlpn = (protocols) =>
      decide("onAlpn", () => onAlpn(protocols, connection));
  }
  if (onOcspRequest !== undefined) {
    hooks.onOcspRequest = async (identity) => {
      const staple = await decide(
        "onOcspRequest",
        () => onOcspRequest(identity, connection),
      );
      return staple === undefined || staple === null
        ? undefined
        : someBytes(staple, "onOcspRequest");
    };
  }
  return hooks;
}

function sharedHooks(
  options: ParsedOptions,
  connection: ConnectionHandle,
): Writable<Partial<HandshakeConfig>> {
  const { verify, onEvent, trace, keyLog } = options;
  const hooks: Writable<Partial<HandshakeConfig>> = {};
  if (onEvent ?? trace ?? keyLog) {
    const { onSession: _, ...observers } = observersOf(
      { onEvent, trace, keyLog },
      connection,
    );
    Object.assign(hooks, observers);
  }
  if (verify !== undefined) {
    // What it throws refuses the certificate; the error carries it with the
    // verdict.
    hooks.verify = async (verdict) => await verify(verdict, connection);
  }
  return hooks;
}

function clientPskConfig(
  source: NonNullable<ParsedOptions["psk"]>,
  connection: ConnectionHandle,
): PskConfig {
  if ("keys" in source) return { client: () => source.keys };
  const { find } = source;
  return {
    client: async (hint) =>
      clientPsks(await decide("psk", () => find(hint, connection))),
  };
}

function serverPskConfig(
  source: NonNullable<ParsedOptions["psk"]>,
  hint: string | undefined,
  connection: ConnectionHandle,
): PskConfig {
  if ("keys" in source) throw keysOfServer();
  const { find } = source;
  return {
    hint,
    server: async (identity) =>
      serverPsk(
        await decide("psk", () => find(identity, connection)),
        identity,
      ),
  };
}

/** A server looks up keys. */
export function keysOfServer(): TypeError {
  return new TypeError(
    `Cannot use option "psk": a server looks up a key by its identity, so expected a function`,
  );
}

/** What reads certificates with their keys. */
export const identityReader = new Lazy(
  "certificates with their keys",
  () => import("./identity.ts"),
);

type Writable<T> = { -readonly [K in keyof T]: T[K] };

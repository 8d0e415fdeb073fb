/**
 * `tls.connect`.
 *
 * @module
 */

import { isIP } from "node:net";
import process, { emitWarning } from "node:process";
import { checkServerIdentity } from "./server_identity.ts";
import {
  connectionReset,
  invalidArgType,
  invalidArgValue,
  requireAtLeast,
  requireFunction,
  requireString,
} from "./errors.ts";
import { defaults } from "./defaults.ts";
import { replaceable } from "./replaceable.ts";
import type { ConnectionOptions } from "./socket_options.ts";
import type { ServerCheck } from "./judge.ts";
import { TLSSocket } from "./tls_socket.ts";

/** What is called when the connection is open. */
export type SecureConnectListener = () => void;

/**
 * Dials a server of TLS, or begins TLS over a stream.
 *
 * @param options The options.
 * @param listener Called once when the connection is open.
 * @returns The socket, whose handshake is under way.
 * @throws {TypeError} If an option has a wrong type.
 *
 * @example A line of HTTP
 * ```ts ignore
 * import { connect } from "@x/tls/node/tls";
 *
 * const options = { host: "example.com", port: 443, servername: "example.com" };
 * const socket = connect(options, () => {
 *   socket.end("GET / HTTP/1.0\r\n\r\n");
 * });
 * socket.pipe(process.stdout);
 * ```
 */
export function connect(
  options: ConnectionOptions,
  listener?: SecureConnectListener,
): TLSSocket;
/** The same with a host, and perhaps options, behind the port. */
export function connect(
  port: number | string,
  host: string,
  options?: ConnectionOptions | SecureConnectListener,
  listener?: SecureConnectListener,
): TLSSocket;
/** The same with a port, or the path of a unix socket, before the options. */
export function connect(
  target: number | string,
  options?: ConnectionOptions | SecureConnectListener,
  listener?: SecureConnectListener,
): TLSSocket;
export function connect(...args: unknown[]): TLSSocket {
  const [given, listener] = readArguments(args);
  const options = withDefaults(given);
  const { socket, session, servername } = options;
  if (servername) requireName(servername);
  const secureContext = options.secureContext ??
    replaceable.createSecureContext(options);
  const { secureContext: _, checkServerIdentity: check, ...rest } = options;
  const tls = new TLSSocket(socket, {
    ...rest,
    session: undefined,
    secureContext,
    isServer: false,
    requestCert: true,
  });
  tls.serverCheck = {
    hostname: servername || options.host ||
      hostOf(socket) || "localhost",
    check,
    minDhSize: options.minDHSize,
    address: addressOf(options),
  };
  if (listener !== undefined) tls.once("secureConnect", listener);
  if (session) tls.setSession(session);
  if (servername) tls.setServername(servername);
  tls.prependListener("end", () => {
    if (!tls.secureConnecting) return;
    tls.destroy(connectionReset(DISCONNECTED, addressOf(options)));
  });
  if (socket === undefined || socket === null) {
    if (options.timeout) tls.setTimeout(options.timeout);
    tls.connect(options);
  }
  return tls;
}

/** Checks it before there is a socket, which would go on without a caller. */
function requireName(servername: string): void {
  requireString(servername, "name");
  // RFC 6066 section 3: addresses are no names.
  if (isIP(servername) !== 0) {
    throw invalidArgValue(
      "options.servername",
      servername,
      "must not be an IP address",
    );
  }
}

function withDefaults(given: ConnectionOptions): CheckedOptions {
  const options = {
    rejectUnauthorized: !allowsUnauthorized(),
    checkServerIdentity,
    ciphers: defaults.ciphers,
    minDHSize: 1024,
    ...given,
  };
  const { checkServerIdentity: check, minDHSize } = options;
  requireFunction(check, "options.checkServerIdentity");
  requireAtLeast(minDHSize, "options.minDHSize", 1);
  return { ...options, checkServerIdentity: check, minDHSize };
}

type CheckedOptions =
  & ConnectionOptions
  & Required<Pick<ConnectionOptions, "checkServerIdentity" | "minDHSize">>
  & {
    checkServerIdentity: ServerCheck["check"];
    minDHSize: number;
  };

/** NODE_TLS_REJECT_UNAUTHORIZED=0 turns verification off, with a warning. */
function allowsUnauthorized(): boolean {
  if (!("NODE_TLS_REJECT_UNAUTHORIZED" in readEnv())) return false;
  const isOff = readEnv().NODE_TLS_REJECT_UNAUTHORIZED === "0";
  if (isOff && !hasWarnedOfEnv) {
    hasWarnedOfEnv = true;
    emitWarning(
      "Setting the NODE_TLS_REJECT_UNAUTHORIZED environment variable to '0' makes TLS connections and HTTPS requests insecure by disabling certificate verification.",
    );
  }
  return isOff;
}

/** Deno asks for permission to read variables. */
function readEnv(): NodeJS.ProcessEnv {
  try {
    return {
      NODE_TLS_REJECT_UNAUTHORIZED: process.env.NODE_TLS_REJECT_UNAUTHORIZED,
    };
  } catch {
    return {};
  }
}

/** Splits Node's arguments into options and a listener. */
function readArguments(
  args: readonly unknown[],
): [ConnectionOptions, SecureConnectListener | undefined] {
  const rest = [...args];
  const last = rest.at(-1);
  const listener = typeof last === "function"
    ? rest.pop() as SecureConnectListener
    : undefined;
  const options: ConnectionOptions = {};
  const [first] = rest;
  if (isObject(first)) Object.assign(options, first);
  else if (isPort(first)) {
    options.port = first;
    if (typeof rest[1] === "string") options.host = rest[1];
  } else if (typeof first === "string") options.path = first;
  else if (first !== undefined && first !== null) {
    throw invalidArgType("options", "of type object", first);
  }
  for (const more of rest.slice(1)) {
    if (isObject(more)) Object.assign(options, more);
  }
  return [options, listener];
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function isPort(value: unknown): value is number | string {
  return typeof value === "number" ||
    typeof value === "string" && value !== "" && Number(value) >= 0;
}

function addressOf(
  { path, host, port, localAddress }: ConnectionOptions,
): Readonly<Record<string, unknown>> {
  return { path, host, port, localAddress };
}

/** The host that a socket of `node:net` was connected to. */
function hostOf(socket: unknown): string | undefined {
  return isObject(socket) && "_host" in socket &&
      typeof socket._host === "string"
    ? socket._host
    : undefined;
}

let hasWarnedOfEnv = false;

const DISCONNECTED =
  "Client network socket disconnected before secure TLS connection was established";

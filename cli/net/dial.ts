/**
 * The way to a server: a socket, a proxy, STARTTLS, and the handshake above.
 *
 * @module
 */

import { connectTo, dialHost, dialPath } from "../../connection/connect.ts";
import type { TlsConn } from "../../connection/conn.ts";
import { contextOf } from "../../connection/options/create_context.ts";
import type { ClientOptions } from "../../connection/options/options.ts";
import { entry, readGiven } from "../../connection/options/read.ts";
import type { SocketConn } from "../../connection/transport/transport.ts";
import { parseReferenceName } from "../../x509/certificate/name_match.ts";
import { Failure, isNotPermitted } from "../base/exit.ts";
import { startTls, starttlsPort } from "../starttls/table.ts";
import { type Address, formatAddress, parseAddress } from "./address.ts";
import type { DialFlags } from "./flags.ts";

/** A server, and the way to it. */
export interface Target extends Address {
  readonly flags: DialFlags;
}

/**
 * Reads what a command connects to.
 *
 * @throws {Failure} If that is no address, or ways to it contradict each other.
 */
export function targetOf(text: string, flags: DialFlags): Target {
  const { starttls, proxy, unix, ipv4, ipv6 } = flags;
  const ways = [
    proxy === undefined ? [] : "--proxy",
    unix === undefined ? [] : "--unix",
    ipv4 ? "--ipv4" : [],
    ipv6 ? "--ipv6" : [],
  ].flat();
  if (ways.length > 1) {
    throw new Failure("usage", `Cannot use ${ways.join(" and ")} together`);
  }
  const port = (starttls && starttlsPort(starttls)) || HTTPS;
  return { ...parseAddress(text, port), flags };
}

/** How a target is called in a sentence. */
export function nameOfTarget({ flags, ...address }: Target): string {
  return flags.unix ?? formatAddress(address);
}

/**
 * Opens a connection, after whose handshake it is given.
 *
 * @param tap Called with the transport that TLS runs on; returns what to use.
 * @throws {Failure} If the server cannot be reached.
 * @throws {TlsError} If the handshake fails.
 */
export async function connectTarget(
  target: Target,
  options: ClientOptions,
  tap: (socket: SocketConn) => SocketConn = (socket) => socket,
): Promise<TlsConn> {
  const { host, port, flags } = target;
  // The certificate must be for it.
  if (!options.serverName) requireName(host);
  const progress = { isOpen: false };
  return await inTime(target, progress, async (signal) => {
    // A renegotiation has its limit, too; here the signal comes first.
    const handshakeTimeout = (flags.timeout + 1) * 1000;
    const given = readGiven({ ...options, signal, handshakeTimeout }, ENTRY);
    const { context, own } = contextOf(given, ENTRY.name);
    return await connectTo(context, context.connectionOptions(own), {
      host,
      key: flags.unix ?? `${host}:${port}`,
      open: async (signal) => {
        const socket = await openTarget(target, options, signal);
        progress.isOpen = true;
        return tap(socket);
      },
    });
  });
}

/** @throws {Failure} If no certificate can be for that name. */
function requireName(host: string): void {
  try {
    parseReferenceName(host);
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause;
    throw new Failure("usage", cause.message, {
      cause,
      hint: "--server-name says which name to verify",
    });
  }
}

/** Opens the transport, up to where TLS begins. */
async function openTarget(
  target: Target,
  options: ClientOptions,
  signal: AbortSignal,
): Promise<SocketConn> {
  const { flags: { starttls } } = target;
  const socket = await dialTarget(target, signal);
  if (starttls === undefined) return socket;
  // A read that waits ends when nobody wants it any more.
  const stop = () => close(socket);
  signal.addEventListener("abort", stop);
  try {
    await startTls(socket, starttls, nameFor(target.host, options));
    return socket;
  } catch (error) {
    stop();
    throw unreachable(target, error);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

/** Opens the transport, without TLS on it. */
async function dialTarget(
  target: Target,
  signal: AbortSignal,
): Promise<SocketConn> {
  try {
    return await dial(target, signal);
  } catch (error) {
    throw unreachable(target, error);
  }
}

/**
 * Calls a function, and gives up after the time that the flags say.
 *
 * @throws {Failure} If it takes longer.
 */
async function inTime<T>(
  target: Target,
  progress: { readonly isOpen: boolean },
  call: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { timeout } = target.flags;
  const controller = new AbortController();
  let late: Failure | undefined;
  const timer = setTimeout(() => {
    late = tooLate(target, progress.isOpen);
    controller.abort(late);
  }, timeout * 1000);
  try {
    return await call(controller.signal);
  } catch (error) {
    throw late ?? error;
  } finally {
    clearTimeout(timer);
  }
}

function tooLate(target: Target, isOpen: boolean): Failure {
  const cannot = `Cannot connect to ${nameOfTarget(target)}`;
  const limit = `within ${target.flags.timeout} s`;
  return isOpen
    ? new Failure(
      "network",
      `${cannot}: something listens there, but did not answer the ClientHello ${limit}`,
      {
        code: "handshake_timeout",
        hint:
          "It may speak another protocol and wait for the client to begin, or its queue is full",
      },
    )
    : new Failure("network", `${cannot}: no answer ${limit}`, {
      code: "timeout",
      hint:
        "A firewall may drop what is sent there: check host, port and routes",
    });
}

async function dial(
  { host, port, flags }: Target,
  signal: AbortSignal,
): Promise<SocketConn> {
  if (flags.unix !== undefined) return await dialPath(flags.unix);
  if (flags.proxy !== undefined) {
    return await dialProxy(flags.proxy, host, port, signal);
  }
  const family = flags.ipv4 ? 4 : flags.ipv6 ? 6 : undefined;
  return await dialHost(host, port, signal, { family });
}

async function dialProxy(
  proxy: string,
  host: string,
  port: number,
  signal: AbortSignal,
): Promise<SocketConn> {
  // Nobody else needs the code of fetches.
  const [{ proxyOf }, { throughProxy }] = await Promise.all([
    import("../../http/create_fetch.ts"),
    import("../../http/fetch_proxy.ts"),
  ]);
  try {
    return await throughProxy(
      { ...proxyOf(proxy), addressing: {} },
      host,
      port,
      signal,
    );
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause;
    throw new Failure("usage", cause.message, { cause });
  }
}

/** What the runtime says of a dial that failed, in a sentence. */
function unreachable(target: Target, cause: unknown): unknown {
  if (cause instanceof Failure || isNotPermitted(cause)) return cause;
  const name = nameOfTarget(target);
  const { code, why, hint } = reasonOf(cause);
  return new Failure("network", `Cannot connect to ${name}: ${why}`, {
    code,
    hint,
    cause,
  });
}

interface Reason {
  readonly code: string;
  readonly why: string;
  readonly hint?: string;
}

function reasonOf(error: unknown): Reason {
  const text = error instanceof Error ? error.message : String(error);
  const name = error instanceof Error ? error.name : "";
  if (/lookup|ENOTFOUND|EAI_|getaddrinfo|there is no IPv/i.test(text)) {
    return {
      code: "no_such_host",
      why: "its name has no address",
      hint: "Check the spelling, and the name servers of this machine",
    };
  }
  return REASONS[name] ?? { code: "network", why: text };
}

function close(socket: SocketConn): void {
  try {
    socket.close();
  } catch {
    // It was closed already.
  }
}

function nameFor(host: string, { serverName }: ClientOptions): string {
  return typeof serverName === "string" ? serverName : host;
}

const REASONS: Readonly<Record<string, Reason>> = {
  ConnectionRefused: {
    code: "connection_refused",
    why: "nothing listens there",
    hint: "Check the port, and that the server runs",
  },
  ConnectionReset: {
    code: "connection_reset",
    why: "the connection was reset",
  },
  NotFound: { code: "no_such_socket", why: "there is no such socket" },
  PermissionDenied: {
    code: "permission_denied",
    why: "the operating system denies access",
  },
};

const HTTPS = 443;

const ENTRY = entry("connect", "client");

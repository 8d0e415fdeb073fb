/**
 * Dial and handshake in one call.
 *
 * @module
 */

import { TlsEchRejectedError, TlsError, TlsTimeoutError } from "../errors.ts";
import { clientFlow } from "../handshake/flows.ts";
import {
  isAscii,
  normalizeDnsName,
  parseReferenceName,
} from "../x509/certificate/name_match.ts";
import { isMapped, parseIpAddress } from "../x509/certificate/ip_address.ts";
import { requirePart } from "../platform/platform.ts";
import type { LocalPlace } from "../platform/runtime.ts";
import type { ClientConfig } from "../handshake/common/config.ts";
import { TlsConn } from "./conn.ts";
import { Deadline } from "./transport/deadline.ts";
import type { RunningClock } from "./engine/handshake_clock.ts";
import { clientContextOf } from "./options/client_contexts.ts";
import type { ConnectionOptions } from "./options/config.ts";
import type { ConnectOptions, Lookup } from "./options/connect_options.ts";
import type { Context } from "./options/context.ts";
import { requireClient } from "./options/option_set.ts";
import { entry, parsedOption, readGiven } from "./options/read.ts";
import type { GivenOptions } from "./options/table.ts";
import { Lazy } from "../lazy.ts";
import { type SocketConn, transportOf } from "./transport/transport.ts";
import { clientEngine, requireName } from "./wrap.ts";

/**
 * Connects to a TLS server: name look-up, TCP or a unix socket, handshake and
 * verification are over when it resolves.
 *
 * @param options Where to and how. `signal` and `handshakeTimeout` cover it all.
 * @returns The connection.
 * @throws {TlsError} If the handshake fails; it says why and what was sent.
 * @throws {TypeError} If an option is not as it must be.
 * @throws {RangeError} If a number is out of range.
 * @throws {Deno.errors.ConnectionRefused} And what else dialling throws.
 *
 * @example Connect
 * ```ts ignore
 * import { connect } from "@x/tls";
 *
 * await using conn = await connect({ hostname: "example.com", port: 443 });
 * console.log(conn.info.version, conn.info.cipherSuite);
 * ```
 */
export async function connect(options: ConnectOptions): Promise<TlsConn> {
  const given = readGiven(options, CONNECT);
  const { context, own } = clientContextOf(given, CONNECT.name);
  requireClient(context);
  const hostname = parsedOption("hostname", given.hostname);
  const port = parsedOption("port", given.port);
  const path = parsedOption("path", given.path);
  const addressing = addressingOf(given);
  if ((path === undefined) === (port === undefined)) {
    throw new TypeError(
      `Cannot connect: specify either "port" or "path"`,
    );
  }
  if (path !== undefined && hostname !== undefined) {
    throw new TypeError(
      `Cannot connect: "path" and "hostname" are two addresses`,
    );
  }
  const host = path === undefined ? hostname ?? "127.0.0.1" : undefined;
  const each = context.connectionOptions(own);
  const { serverName } = each;
  if (host === undefined) requireName(context, each);
  // Before it is dialled: its certificate must be for this name.
  else if (!serverName) parseReferenceName(host);
  return await connectTo(context, each, {
    host,
    // A name of its own is a server of its own, behind the same address.
    key: [path ?? `${host}:${port}`, ...(serverName ? [serverName.value] : [])]
      .join(" "),
    open: path === undefined
      ? (signal) => dialHost(host ?? "", port ?? 0, signal, addressing)
      : () => dialPath(path),
  });
}

/**
 * How the options say to find addresses.
 *
 * @throws {TypeError} If one is not valid, or stands beside a unix socket.
 */
export function addressingOf(given: GivenOptions): Addressing {
  const family = parsedOption("family", given.family);
  const lookup = parsedOption("lookup", given.lookup);
  const text = parsedOption("localAddress", given.localAddress);
  // 0 is any port, as without the option.
  const port = parsedOption("localPort", given.localPort) || undefined;
  const name = ADDRESSING.find((each) => given[each] !== undefined);
  if (given.path !== undefined && name !== undefined) {
    throw new TypeError(
      `Cannot connect: "${name}" is for hosts, and "path" is a unix socket`,
    );
  }
  const address = text === undefined ? text : localAddress(text, family);
  const local = address === undefined && port === undefined
    ? undefined
    : { address, port };
  return { family, lookup, local };
}

/**
 * @throws {TypeError} If a local address is none, or nothing that may be dialled
 * is of its family.
 */
function localAddress(text: string, family: 4 | 6 | undefined): string {
  const bytes = parseIpAddress(text);
  const address = bytes && isMapped(bytes)
    ? bytes.subarray(12).join(".")
    : text;
  const length = parseIpAddress(address)?.length;
  const wanted = family === undefined ? length : family === 4 ? 4 : 16;
  if (length !== undefined && length === wanted) return address;
  throw new TypeError(
    `Cannot use option "localAddress": expected an IP${
      family === undefined ? "" : `v${family}`
    } address, got "${text}"`,
  );
}

/** Where a connection leads. */
export interface Destination {
  /** The host whose certificate it must be, unless a name is given. */
  readonly host: string | undefined;
  /** Names the server in caches of sessions. */
  readonly key: string;
  /** Says what is sent as early data, in place of the option. */
  readonly earlyData?: ClientConfig["earlyData"];
  /** Opens the transport. When the signal is aborted, nobody wants it any more. */
  open(signal: AbortSignal): Promise<SocketConn>;
}

/** Opens a transport, and gives the connection after its handshake. */
export async function connectTo(
  context: Context,
  each: ConnectionOptions,
  destination: Destination,
): Promise<TlsConn> {
  const { host, key, open, earlyData } = destination;
  // It is loaded while the connection is on its way.
  clientFlow.prepare();
  const dialling = dial(open, each.handshakeTimeout, each.signal);
  // The network takes its time: the keys are made meanwhile.
  const shares = context.makeShares();
  const { socket, clock } = await dialling;
  // Nagle's algorithm and delayed acknowledgements cost a handshake 40 ms.
  socket.setNoDelay?.(true);
  const address = { hostname: host, shares, key, earlyData };
  const engine = clientEngine(transportOf(socket), context, each, {
    clock,
    address,
  });
  const conn = new TlsConn(engine);
  try {
    // Nobody asks for `info` here, which conn.handshake() would make.
    await engine.handshakes.first();
    return conn;
  } catch (error) {
    // Nothing is left open behind an error.
    await conn.closed;
    const next = error instanceof TlsEchRejectedError
      ? await context.afterEchRejection(error.retryConfigs)
      : undefined;
    if (next === undefined) throw error;
    return await connectTo(next, each, destination);
  }
}

/**
 * Dials a host. Where its name has addresses of both families, the runtime
 * tries them by turns (RFC 8305).
 */
export async function dialHost(
  host: string,
  port: number,
  signal: AbortSignal,
  { family, lookup, local }: Addressing = {},
): Promise<SocketConn> {
  const hostname = dialled(host);
  const connectTo = network();
  if ((family ?? lookup ?? local) === undefined) {
    return await connectTo({ hostname, port, signal });
  }
  const { dialAddresses } = await byAddress.load();
  return await dialAddresses(
    { hostname, family, lookup, local },
    (address, signal) =>
      connectTo({ hostname: address, port, signal, ...local && { local } }),
    signal,
  );
}

/** How the addresses of a host are found. */
export interface Addressing {
  readonly family?: 4 | 6 | undefined;
  readonly lookup?: Lookup | undefined;
  readonly local?: LocalPlace | undefined;
}

/** Dials a unix socket. */
export function dialPath(path: string): Promise<SocketConn> {
  return network()({ path });
}

/** A browser has sockets of its own kind, or none. */
function network(): ReturnType<typeof requirePart<"connect">> {
  return requirePart(
    "connect",
    "Cannot connect: this runtime opens no sockets; give client() a duplex that reaches the server, such as a WebSocket to a proxy, or the streams of a TCPSocket where there are Direct Sockets",
  );
}

/** U-labels are for people: the resolver knows A-labels (RFC 5891 section 4.4). */
function dialled(host: string): string {
  return isAscii(host) ? host : normalizeDnsName(host);
}

/**
 * Dials, until time is up or the signal is aborted; a late socket is closed.
 *
 * @returns The clock still runs: it is for the handshake as well.
 */
async function dial(
  open: Destination["open"],
  timeout: number,
  signal: AbortSignal | undefined,
): Promise<{ readonly socket: SocketConn; readonly clock: RunningClock }> {
  signal?.throwIfAborted();
  const given = Promise.withResolvers<SocketConn>();
  const unwanted = new AbortController();
  const started = performance.now();
  // First: the runtime loads its timers while the network is at work.
  const opening = open(unwanted.signal);
  const deadline = new Deadline(timeout, signal, (reason) => {
    given.reject(reason ?? dialTimeout(timeout));
    unwanted.abort();
  });
  opening.then((socket) => {
    if (unwanted.signal.aborted) socket.close();
    else given.resolve(socket);
  }, (error) => {
    deadline.clear();
    given.reject(error);
  });
  return { socket: await given.promise, clock: { started, deadline } };
}

function dialTimeout(timeout: number): TlsTimeoutError {
  const error = new TlsTimeoutError(
    "handshake_timeout",
    `Connecting took longer than ${timeout} ms`,
  );
  return TlsError.place(error, { side: "client", stage: "connect" });
}

/** What says how the addresses of a host are dialled. */
const ADDRESSING = ["family", "lookup", "localAddress", "localPort"] as const;

const CONNECT = entry("connect()", "client", "address");

const byAddress = new Lazy(
  "dialling by address",
  () => import("./dial_addresses.ts"),
);

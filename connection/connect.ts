/**
 * Dial and handshake in one call.
 *
 * @module
 */

import { TlsConn } from "./conn.ts";
import { contextOf, definedOnly } from "./options/context.ts";
import { Deadline } from "./deadline.ts";
import { TlsTimeoutError } from "../errors.ts";
import { isInteger, isString } from "./options/values.ts";
import { checkOptions } from "./options/table.ts";
import type { ConnectOptions } from "./options/options.ts";
import {
  isAscii,
  normalizeDnsName,
  parseReferenceName,
} from "../x509/name_match.ts";
import { clientPsk } from "./options/psk.ts";
import { type SocketConn, transportOf } from "./transport.ts";
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
  checkOptions(options, "client", "connect()", {
    hostname: { owner: "client", check: isString },
    port: { owner: "client", check: isInteger(0, 65535) },
    path: { owner: "client", check: isString },
  });
  const { hostname, port, path, ...tls } = options;
  const context = contextOf(tls);
  const all = { ...context.options, ...definedOnly(options) };
  if ((path === undefined) === (port === undefined)) {
    throw new TypeError(
      `Cannot connect: either "port" or "path" says where to`,
    );
  }
  const host = path === undefined ? hostname ?? "127.0.0.1" : undefined;
  if (host === undefined) requireName(tls, context);
  else {
    clientPsk(all.psk);
    // Before it is dialled: its certificate must be for this name.
    if (typeof all.serverName !== "string") parseReferenceName(host);
  }
  const timeout = all.handshakeTimeout ?? 60_000;
  const started = performance.now();
  const socket = await dial(
    path === undefined
      ? () => Deno.connect({ hostname: dialled(host ?? ""), port: port ?? 0 })
      : () => Deno.connect({ transport: "unix", path }),
    timeout,
    all.signal,
  );
  // Nagle's algorithm and delayed acknowledgements cost a handshake 40 ms.
  socket.setNoDelay?.(true);
  const left = timeout === 0
    ? 0
    : Math.max(1, Math.ceil(timeout - (performance.now() - started)));
  const own = {
    ...tls,
    ...(host === undefined ? {} : { hostname: host }),
    // A name of its own is a server of its own, behind the same address.
    sessionKey: [path ?? `${host}:${port}`, all.serverName]
      .filter((part) => typeof part === "string").join(" "),
  };
  const conn = new TlsConn(
    clientEngine(transportOf(socket), context, own, { timeLeft: left }),
  );
  try {
    await conn.handshake();
    return conn;
  } catch (error) {
    // Nothing is left open behind an error.
    await conn.closed;
    throw error;
  }
}

/** U-labels are for people: the resolver knows A-labels (RFC 5891 section 4.4). */
function dialled(host: string): string {
  return isAscii(host) ? host : normalizeDnsName(host);
}

/** Dials, until time is up or the signal is aborted; a late socket is closed. */
async function dial(
  open: () => Promise<SocketConn>,
  timeout: number,
  signal: AbortSignal | undefined,
): Promise<SocketConn> {
  signal?.throwIfAborted();
  const given = Promise.withResolvers<SocketConn>();
  let isLate = false;
  const deadline = new Deadline(timeout, signal, (reason) => {
    isLate = true;
    given.reject(reason ?? dialTimeout(timeout));
  });
  open().then((socket) => {
    deadline.clear();
    if (isLate) socket.close();
    else given.resolve(socket);
  }, (error) => {
    deadline.clear();
    given.reject(error);
  });
  return await given.promise;
}

function dialTimeout(timeout: number): TlsTimeoutError {
  const error = new TlsTimeoutError(
    "handshake_timeout",
    `Connecting took longer than ${timeout} ms`,
  );
  error.side = "client";
  error.stage = "connect";
  return error;
}

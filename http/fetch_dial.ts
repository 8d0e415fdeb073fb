/**
 * The connections of a fetch: straight, by a unix socket, or by a proxy.
 *
 * @module
 */

import {
  connectTo,
  type Destination,
  dialHost,
  dialPath,
} from "../connection/connect.ts";
import type { TlsConn } from "../connection/conn.ts";
import { TlsError } from "../errors.ts";
import { parseReferenceName } from "../x509/certificate/name_match.ts";
import { connectEarly, type GiveEarlyData } from "./fetch_early_fallback.ts";
import { throughProxy } from "./fetch_proxy.ts";
import type { Route } from "./fetch_route.ts";

/** What is said of one connection. */
export interface Dialling {
  /** Ends the way to the server. */
  readonly signal: AbortSignal;
  /** Says what is sent as early data. */
  readonly earlyData?: GiveEarlyData | undefined;
}

/** Connects to a host of a URL, without the brackets of an address. */
export async function dial(
  { context, own, path, proxy, addressing }: Route,
  host: string,
  port: number,
  { signal, earlyData }: Dialling,
): Promise<TlsConn> {
  // It is for the way to the server: a connection in use ends in order.
  const way = new AbortController();
  const leave = () => way.abort(signal.reason);
  const each = context.connectionOptions({ ...own, signal: way.signal });
  // Its certificate must be for this name.
  if (!each.serverName) parseReferenceName(host);
  const name = each.serverName ? [each.serverName.value] : [];
  if (signal.aborted) leave();
  signal.addEventListener("abort", leave);
  const destination = {
    host,
    key: [path ?? [], `${host}:${port}`, name].flat().join(" "),
    open: opener(),
  };
  const connected = earlyData === undefined
    ? connectTo(context, each, destination)
    : connectEarly(
      earlyData,
      (earlyData) => connectTo(context, each, { ...destination, earlyData }),
    );
  const conn = await connected
    .finally(() => signal.removeEventListener("abort", leave));
  const { alpnProtocol = "http/1.1" } = conn.info;
  if (!context.alpnProtocols.includes(alpnProtocol)) {
    conn.abort(new TypeError("Not spoken"));
    throw TlsError.place(
      new TlsError(
        "no_common_alpn_protocol",
        `Cannot speak ${alpnProtocol} with ${host}: expected ${
          context.alpnProtocols.join(" or ")
        }`,
      ),
      { side: "client", stage: "handshake" },
    );
  }
  return conn;

  function opener(): Destination["open"] {
    if (path !== undefined) return () => dialPath(path);
    if (proxy === undefined) {
      return (signal) => dialHost(host, port, signal, addressing);
    }
    return (signal) =>
      throughProxy({ ...proxy, addressing }, host, port, signal);
  }
}

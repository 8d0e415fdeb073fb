/**
 * Workers of Cloudflare, by `cloudflare:sockets`: they dial, and neither listen
 * nor have files.
 *
 * @module
 */

import type { Candidate, Platform, TcpPlace, UnixPlace } from "./runtime.ts";
import type { SocketConn } from "./socket.ts";
import type { WorkerdSockets } from "./workerd_socket.ts";

const platform: Platform = {
  files: undefined,
  pathSeparator: ":",
  connect,
  listen: undefined,
  variable: () => undefined,
  allowedVariable: () => undefined,
  mayRead: () => false,
  trust: () => ({
    stores: undefined,
    variable: "",
    file: undefined,
    certificates: undefined,
  }),
  systemCertificates: () => undefined,
  unrefTimer: () => {},
  closed: (message) =>
    Object.assign(new Error(message), { name: "BadResource" }),
};

/** A Worker, if this is one. */
export const workerd: Candidate = {
  platform,
  isHere: () => globalThis.navigator?.userAgent === "Cloudflare-Workers",
};

async function connect(place: TcpPlace | UnixPlace): Promise<SocketConn> {
  if ("path" in place) {
    throw new TypeError(
      'Cannot connect to a "path": a Worker has no unix sockets; give "hostname" and "port"',
    );
  }
  if (place.local !== undefined) {
    throw new TypeError(
      `Cannot use option "localAddress" or "localPort": a Worker does not bind its sockets`,
    );
  }
  // Only a Worker has it: no bundler and no compiler must look for it.
  const name = "cloudflare:sockets";
  const sockets: WorkerdSockets = await import(name);
  const { openWorkerdSocket } = await import("./workerd_socket.ts");
  return await openWorkerdSocket(sockets, place);
}

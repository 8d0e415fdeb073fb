/**
 * Deno.
 *
 * @module
 */

import { builtin } from "./builtin.ts";
import type { NodeNet } from "./node_modules.ts";
import type {
  Candidate,
  Files,
  Platform,
  TcpListening,
  TcpPlace,
} from "./runtime.ts";
import type { SocketConn } from "./socket.ts";

const files: Files = {
  read: (path) => Deno.readFile(path),
  async names(folder) {
    const names: string[] = [];
    for await (const { isDirectory, name } of Deno.readDir(folder)) {
      if (!isDirectory) names.push(name);
    }
    return names;
  },
  kind: (path) => Deno.stat(path),
  makeFolder: (path) => Deno.mkdir(path, { recursive: true, mode: 0o700 }),
  async create(path, data) {
    const file = await Deno.open(path, {
      write: true,
      createNew: true,
      mode: 0o600,
    });
    try {
      for (let at = 0; at < data.length;) {
        at += await file.write(data.subarray(at));
      }
      await file.sync();
    } catch (error) {
      // The disk is full, say: a part of a secret is of no use.
      await Deno.remove(path);
      throw error;
    } finally {
      file.close();
    }
  },
  rename: (from, to) => Deno.rename(from, to),
  link: (from, to) => Deno.link(from, to),
  remove: (path) => Deno.remove(path),
  append: (path, text) =>
    Deno.writeTextFileSync(path, text, { append: true, mode: 0o600 }),
};

const platform: Platform = {
  files,
  get pathSeparator() {
    return Deno.build.os === "windows" ? ";" : ":";
  },
  connect: (place) =>
    "path" in place
      ? Deno.connect({ transport: "unix", path: place.path })
      : place.local === undefined
      ? Deno.connect({ ...place })
      : connectFrom(place),
  listen: (place) =>
    "path" in place
      ? Deno.listen({ transport: "unix", path: place.path })
      : Deno.listen(listening(place)),
  variable: (name) => Deno.env.get(name),
  allowedVariable,
  mayRead: (path) =>
    Deno.permissions.querySync({ name: "read", path }).state === "granted",
  trust: () => ({
    stores: allowedVariable("DENO_TLS_CA_STORE"),
    variable: "DENO_TLS_CA_STORE",
    file: allowedVariable("DENO_CERT"),
    certificates: undefined,
  }),
  systemCertificates() {
    try {
      return builtin<NodeTls>("node:tls")?.getCACertificates?.("system");
    } catch (error) {
      if (error instanceof Deno.errors.NotCapable) throw error;
      // An empty SSL_CERT_FILE makes Deno look for a file without a name.
      return undefined;
    }
  },
  unrefTimer: (timer) =>
    typeof timer === "number"
      ? Deno.unrefTimer(timer)
      : (timer as { unref?(): void }).unref?.(),
  closed: (message) => new Deno.errors.BadResource(message),
};

/** Deno, if this is it. */
export const deno: Candidate = {
  platform,
  isHere: () =>
    typeof globalThis.Deno?.connect === "function" &&
    typeof Deno.listen === "function",
};

/** What `Deno.connect()` does not do, and Deno's `node:net` does. */
async function connectFrom(place: TcpPlace): Promise<SocketConn> {
  const net = builtin<NodeNet>("node:net");
  if (net === undefined) {
    throw new TypeError(
      `Cannot use option "localAddress" or "localPort": this runtime has no node:net`,
    );
  }
  return await (await import("./node_dial.ts")).openNodeSocket(net, place);
}

/** Deno would not heed `ipv6Only`, and neither does its `node:net`. */
function listening({ ipv6Only, ...place }: TcpListening): TcpListening {
  if (ipv6Only === undefined) return place;
  throw new TypeError(
    `Cannot use option "ipv6Only": Deno does not set it; listen on the addresses that are meant, one listener each, or let the system say it (net.ipv6.bindv6only)`,
  );
}

function allowedVariable(variable: string): string | undefined {
  // To ask the user at each connection would be worse than not to know.
  const { state } = Deno.permissions.querySync({ name: "env", variable });
  return state === "granted" ? Deno.env.get(variable) || undefined : undefined;
}

/** The part of `node:tls` that is used here. Loading it takes some 20 ms. */
interface NodeTls {
  getCACertificates?(type: "system"): readonly string[];
}

/**
 * Node.js and Bun, by the modules of `node:`.
 *
 * @module
 */

import { builtin } from "./builtin.ts";
import { NodeListener } from "./node_listener.ts";
import type { NodeFs, NodeNet, NodeTls } from "./node_modules.ts";
import type { Candidate, Files, Platform, RuntimeTrust } from "./runtime.ts";

const files: Files = {
  async read(path) {
    // A Buffer is a Uint8Array that prints and slices in its own way.
    const { buffer, byteOffset, length } = await fs().promises.readFile(path);
    return new Uint8Array(buffer, byteOffset, length);
  },
  async names(folder) {
    const entries = await fs().promises.readdir(folder, {
      withFileTypes: true,
    });
    return entries.filter((entry) => !entry.isDirectory())
      .map(({ name }) => name);
  },
  async kind(path) {
    const stats = await fs().promises.stat(path);
    return { isFile: stats.isFile(), size: stats.size };
  },
  async makeFolder(path) {
    await fs().promises.mkdir(path, { recursive: true, mode: 0o700 });
  },
  async create(path, data) {
    const file = await fs().promises.open(path, "wx", 0o600);
    try {
      await file.writeFile(data);
      await file.sync();
    } catch (error) {
      // The disk is full, say: a part of a secret is of no use.
      await fs().promises.rm(path);
      throw error;
    } finally {
      await file.close();
    }
  },
  rename: (from, to) => fs().promises.rename(from, to),
  link: (from, to) => fs().promises.link(from, to),
  remove: (path) => fs().promises.rm(path),
  append: (path, text) => fs().appendFileSync(path, text, { mode: 0o600 }),
};

const platform: Platform = {
  files,
  get pathSeparator() {
    return runtime()?.platform === "win32" ? ";" : ":";
  },
  async connect(place) {
    const { openNodeSocket } = dialing ??= await import("./node_dial.ts");
    return await openNodeSocket(net(), place);
  },
  listen: (place) => new NodeListener(net(), place),
  variable,
  allowedVariable: (name) => variable(name) || undefined,
  mayRead: () => true,
  trust: nodeTrust,
  systemCertificates,
  unrefTimer: (timer) => (timer as { unref?(): void }).unref?.(),
  closed: (message) => new BadResource(message),
};

/** Node.js or Bun, if this is one of them. */
export const node: Candidate = {
  platform,
  // Where there are no sockets, a bundler may have put a `process` in place.
  isHere: () =>
    runtime()?.versions?.node !== undefined &&
    globalThis.navigator?.userAgent !== "Cloudflare-Workers" &&
    builtin<NodeNet>("node:net")?.createServer !== undefined,
};

/**
 * What its user or the program have changed: `NODE_EXTRA_CA_CERTS`,
 * `--use-system-ca`, `--use-openssl-ca`, `tls.setDefaultCACertificates()`.
 */
function nodeTrust(): RuntimeTrust {
  const { getCACertificates } = builtin<NodeTls>("node:tls") ?? {};
  const none = {
    stores: undefined,
    variable: "",
    file: undefined,
    certificates: undefined,
  };
  if (getCACertificates === undefined) {
    // Before Node.js 22.15.
    return { ...none, file: variable("NODE_EXTRA_CA_CERTS") || undefined };
  }
  const all = getCACertificates("default");
  const bundled = new Set(getCACertificates("bundled"));
  const others = all.filter((pem) => !bundled.has(pem));
  const isAll = all.length - others.length < bundled.size;
  if (others.length === 0 && !isAll) return none;
  return { ...none, certificates: { pem: isAll ? all : others, isAll } };
}

/** The system's store, or `undefined` before Node.js 22.15. */
function systemCertificates(): readonly string[] | undefined {
  return builtin<NodeTls>("node:tls")?.getCACertificates?.("system");
}

/** Kept, as an `import()` takes time also for what is loaded. */
let dialing: typeof import("./node_dial.ts") | undefined;

/** As `Deno.errors.BadResource`. */
class BadResource extends Error {
  override readonly name = "BadResource";
}

function variable(name: string): string | undefined {
  return runtime()?.env?.[name];
}

/** The part of `process` that is used here. */
interface Process {
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly platform?: string;
  readonly versions?: { readonly node?: string };
}

function runtime(): Process | undefined {
  return (globalThis as { process?: Process }).process;
}

function net(): NodeNet {
  return needed<NodeNet>("node:net");
}

function fs(): NodeFs {
  return needed<NodeFs>("node:fs");
}

function needed<T>(name: string): T {
  const found = builtin<T>(name);
  if (found !== undefined) return found;
  throw new TypeError(`Cannot use ${name}: this runtime does not have it`);
}

/**
 * Which modules of the npm package go into one file: those that a program needs
 * at the same time.
 *
 * @module
 */

/** The part of Rollup's `ModuleInfo` that is used here. */
interface ModuleInfo {
  readonly importedIds: readonly string[];
}

/** What handshakes load, by side and version. */
const FLOWS: Readonly<Record<string, readonly string[]>> = {
  "client of TLS 1.3": [
    "crypto/groups/hybrid_exchange.ts",
    "handshake/client.ts",
    "handshake/tls13/client.ts",
    "handshake/tls13/post_handshake.ts",
  ],
  "client of TLS 1.2": [
    "crypto/groups/hybrid_exchange.ts",
    "handshake/client.ts",
    "handshake/tls12/client.ts",
    "handshake/renegotiation.ts",
  ],
  "server of TLS 1.3": [
    "crypto/groups/hybrid_exchange.ts",
    "handshake/server.ts",
    "handshake/tls13/server.ts",
    "handshake/tls13/post_handshake.ts",
    "handshake/tls13/certificate_inquiry.ts",
    "x509/keys/key_pair.ts",
  ],
  "server of TLS 1.2": [
    "crypto/groups/hybrid_exchange.ts",
    "handshake/server.ts",
    "handshake/tls12/server.ts",
    "handshake/renegotiation.ts",
    "x509/keys/key_pair.ts",
  ],
};

/** The modules that the groups are made by, apart from the doors. */
export const GROUPS: readonly string[] = [
  ...new Set([
    "connection/wrap.ts",
    "x509/asn1/pem.ts",
    ...Object.values(FLOWS).flat(),
  ]),
];

/** For some modules, all that each loads at once, itself among it. */
export type Closure = ReadonlyMap<string, ReadonlySet<string>>;

/** Finds out what modules load, once. */
export class Closures {
  #closure: Closure | undefined;

  of(
    source: string,
    entries: readonly string[],
    getModuleInfo: (id: string) => ModuleInfo | null,
  ): Closure {
    return this.#closure ??= new Map(entries.map((entry) => {
      const loaded = new Set<string>();
      const visit = (id: string) => {
        const path = id.slice(source.length);
        if (!id.startsWith(source) || loaded.has(path)) return;
        loaded.add(path);
        getModuleInfo(id)?.importedIds.forEach(visit);
      };
      visit(`${source}${entry}`);
      return [entry, loaded];
    }));
  }
}

/**
 * The name of the file for a module, or `undefined` for one that Rollup puts
 * where it is needed.
 */
export function groupOf(
  path: string,
  doors: readonly string[],
  closure: Closure,
): string | undefined {
  if (doors.includes(path)) return undefined;
  const has = (entry: string) => closure.get(entry)?.has(path) ?? false;
  const isX509 = has("x509/mod.ts");
  if (has("x509/asn1/pem.ts")) return "pem";
  if (has("mod.ts")) {
    if (isX509) return "base";
    return has("connection/wrap.ts") ? "core" : "doors";
  }
  const flows = Object.entries(FLOWS).filter(([, entries]) => entries.some(has))
    .map(([name]) => name);
  if (isX509) return flows.length > 0 ? "verify" : "x509";
  if (doors.some(has)) return undefined;
  // What one flow alone needs has its own file already.
  if (flows.length < 2) return undefined;
  const [one = "", two = "", ...more] = flows;
  if (more.length > 0) return "handshake";
  return PAIRS.find((word) => one.includes(word) && two.includes(word)) ??
    "handshake";
}

/** What two flows may have in common, and the name of the file for it. */
const PAIRS = ["client", "server", "1.3", "1.2"];

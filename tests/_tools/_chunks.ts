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
    "connection/dial_addresses.ts",
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
    "connection/options/identity.ts",
    "handshake/server.ts",
    "handshake/tls13/server.ts",
    "handshake/tls13/post_handshake.ts",
    "handshake/tls13/certificate_inquiry.ts",
    "x509/keys/key_pair.ts",
  ],
  "server of TLS 1.2": [
    "crypto/groups/hybrid_exchange.ts",
    "connection/options/identity.ts",
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

/** What is known of the modules. */
export interface Known {
  /** What `Closures` found. */
  readonly closure: Closure;
  /** What a module imports at once, be it ours or not. */
  importsOf(path: string): readonly string[];
}

/**
 * The name of the file for a module, or `undefined` for one that Rollup puts
 * where it is needed.
 */
export function groupOf(
  path: string,
  doors: readonly string[],
  known: Known,
): string | undefined {
  if (doors.includes(path)) return undefined;
  const has = (entry: string) => known.closure.get(entry)?.has(path) ?? false;
  const isX509 = has("x509/mod.ts");
  if (has("x509/asn1/pem.ts") || BELOW.has(path)) return "pem";
  if (has("mod.ts")) return isX509 ? "base" : "core";
  const flows = Object.entries(FLOWS).filter(([, entries]) => entries.some(has))
    .map(([name]) => name);
  const isFirst = flows.includes(FIRST);
  if (isX509) {
    if (flows.length === 0) return "x509";
    return isFirst ? "verify" : "keys";
  }
  if (doors.some(has)) return undefined;
  if (flows.length === 0) {
    if (isEch(path)) return "ech";
    if (OWN_FILE.test(path)) return undefined;
    // What it needs is there already.
    const isLight = known.importsOf(path).every((other) =>
      other === "@noble/hashes/utils.js" ||
      other.endsWith(".ts") && LIGHT.has(groupOf(other, doors, known))
    );
    return isLight ? "rare" : undefined;
  }
  if (isFirst || flows.length > 2) return "handshake";
  const [one = "", two = one] = flows;
  return SHARED.find(({ words }) =>
    words.every((word) => one.includes(word) && two.includes(word))
  )?.name ?? "handshake";
}

function isEch(path: string): boolean {
  return /(^|\/)ech[_/.]|\/hpke\//.test(path);
}

/** What loads in one piece: most programs begin with it. */
const FIRST = "client of TLS 1.3";

/** What flows may have in common, and the name of the file for it. */
const SHARED = [
  { words: ["client", "1.2"], name: "tls12_client" },
  { words: ["server", "1.2"], name: "tls12_server" },
  { words: ["server", "1.3"], name: "tls13_server" },
  { words: ["1.2"], name: "tls12" },
  { words: ["server"], name: "server" },
];

/** What a first handshake has loaded. */
const LIGHT: ReadonlySet<string | undefined> = new Set([
  ...["pem", "base", "core", "verify", "handshake", "rare"],
]);

/**
 * What the platforms begin with. A package that imports those by a name has them
 * in files of their own, which `base` imports: they cannot import it.
 */
const BELOW: ReadonlySet<string> = new Set(["lazy.ts", "platform/builtin.ts"]);

/** What is too large to come with something else. */
const OWN_FILE =
  /^(acme|cli|http|node|platform|stores)\/|^x509\/trust\/mozilla_roots|\/(implementations|event_fields)\./;

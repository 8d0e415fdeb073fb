/**
 * The options of a context, and what can be asked of them.
 *
 * @module
 */

import { versionRange } from "../../handshake/common/versions.ts";
import { keysOfServer } from "./bound_hooks.ts";
import type { ConnectionOptions } from "./config.ts";
import { parsedOption } from "./read.ts";
import { earlyDataOfClient, earlyDataOfServer } from "./session_values.ts";
import { type Settings, settingsOf } from "./settings.ts";
import {
  type GivenOptions,
  namesOf,
  type OptionName,
  type ReadOptions,
} from "./table.ts";

/** The options of a set: not for users, as some are secret. */
export let optionsOf: (set: OptionSet) => ReadOptions;

/** Options as they were given, and as they were read. */
export class OptionSet {
  static {
    optionsOf = (set) => set.#options;
  }

  readonly #options: ReadOptions;
  readonly #settings: Settings;

  /** @throws {TypeError} If they settle on nothing that can be used. */
  constructor(options: ReadOptions) {
    this.#options = options;
    this.#settings = settingsOf(options);
  }

  /** The names of the options that were given. */
  get names(): readonly OptionName[] {
    return Object.keys(this.#options.given) as OptionName[];
  }

  /** What several options settle together. */
  get settings(): Settings {
    return this.#settings;
  }

  /** Whether an option was given; an empty list is none. */
  has(name: OptionName): boolean {
    const value = this.#options.given[name];
    return value !== undefined && !(Array.isArray(value) && value.length === 0);
  }

  /** Whether `psk` has keys, as a client has them. */
  get hasKeys(): boolean {
    const { psk } = this.#options.parsed;
    return psk !== undefined && "keys" in psk;
  }

  /** Whose form `earlyData` has, if it is there. */
  get earlyData(): "client" | "server" | undefined {
    const { earlyData } = this.#options.parsed;
    return earlyData && ("policy" in earlyData ? "server" : "client");
  }

  /** Whether there are suites for which nobody shows a certificate. */
  get isAnonymous(): boolean {
    return this.#settings.cipherSuites
      .some(({ authentication }) => authentication === "anon");
  }

  /** The options of this context that are each connection's, with others first. */
  connectionOptions(own: GivenOptions = {}): ConnectionOptions {
    const options: Record<string, unknown> = {};
    CONNECTION.forEach((name) => {
      options[name] = own[name] === undefined
        ? this.#options.parsed[name]
        : parsedOption(name, own[name]);
    });
    return options as unknown as ConnectionOptions; // one for each name
  }

  /** The options as they were given, for those of each connection alone. */
  givenForConnections(): GivenOptions {
    return Object.fromEntries(
      Object.entries(this.#options.given)
        .filter(([name]) => CONNECTION.has(name as OptionName)),
    );
  }

  /** Whether one of the options is true. */
  isSet(name: OptionName): boolean {
    return this.#options.parsed[name] === true;
  }

  /** The ALPN protocols, in order of preference. */
  get alpnProtocols(): readonly string[] {
    return this.#options.parsed.alpnProtocols;
  }

  /** Whether `ech` asks for another connection, which only connect() can make. */
  get retriesEch(): boolean {
    const { ech } = this.#options.parsed;
    return typeof ech === "object" && "retry" in ech && ech.retry !== "never";
  }

  /** Shows which options there are, and no value that may be secret. */
  [Symbol.for("Deno.customInspect")](): string {
    return this.#describe();
  }

  /** The same for Node.js. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.#describe();
  }

  #describe(): string {
    const names = Object.keys(this.#options.given).sort().join(", ");
    const versions = versionRange(this.#settings);
    return `TlsContext { versions: "${versions}", options: [${names}] }`;
  }
}

/**
 * A server must have something to show.
 *
 * @throws {TypeError} If it has neither a certificate nor a look-up of keys.
 */
export function requireIdentity(context: OptionSet): void {
  if (context.hasKeys) throw keysOfServer();
  if (context.earlyData === "client") throw earlyDataOfClient();
  if (
    IDENTITIES.some((name) => context.has(name)) || context.isAnonymous
  ) return;
  throw new TypeError(
    `Cannot be a server: it has no certificate; give "cert" and "key", "pfx", "certificates", "sni" or "psk"`,
  );
}

/**
 * A client must not have what only a server can have.
 *
 * @throws {TypeError} If it has.
 */
export function requireClient(context: OptionSet): void {
  if (context.earlyData === "server") throw earlyDataOfServer();
}

/**
 * What does not outlast a change: a staple is for the certificate that it came
 * with, as are its timestamps; and without tickets there are no keys for them.
 */
export function staleOptions(changes: GivenOptions): OptionName[] {
  const stale: OptionName[] = [];
  if (GIVES_IDENTITY.some((name) => changes[name] !== undefined)) {
    stale.push("ocspResponse", "signedCertificateTimestamps");
  }
  if (changes.tickets === 0) stale.push("ticketKeys");
  return stale.filter((name) => changes[name] === undefined);
}

/** The options that give another certificate. */
export const GIVES_IDENTITY: readonly OptionName[] = [
  "cert",
  "key",
  "pfx",
  "certificates",
];

/** The options that say who we are. */
export const IDENTITY = namesOf((row) => row.identity ?? false);

/** The options that are each connection's. */
const CONNECTION = namesOf((row) => row.scope === "connection");
/** What a server is known by, or finds that by. */
const IDENTITIES = [
  "cert",
  "pfx",
  "certificates",
  "sni",
  "onClientHello",
  "psk",
] as const;

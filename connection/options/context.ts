/**
 * Options read once, for any number of connections.
 *
 * @module
 */

import type {
  ClientConfig,
  ServerConfig,
} from "../../handshake/common/config.ts";
import type { ConnectionConfig } from "../../handshake/common/connection_config.ts";
import type { ConnectionHandle } from "../../handshake/common/callback_info.ts";
import type { LocalIdentity } from "../../handshake/common/local_identity.ts";
import { loadServerFlow } from "../../handshake/flows.ts";
import { EarlyShares } from "../../handshake/common/key_shares.ts";
import { versionRange } from "../../handshake/common/versions.ts";
import { Lazy } from "../../lazy.ts";
import { ProtocolVersion } from "../../registry.ts";
import { TicketKeys } from "../../handshake/session/ticket_keys.ts";
import {
  clientHooks,
  connectionHooks,
  identityReader,
  keysOfServer,
  serverHooks,
} from "./bound_hooks.ts";
import { judgeClientsAlike } from "./client_judgement.ts";
import {
  clientConfig,
  clientName,
  connectionConfig,
  type ConnectionOptions,
  serverConfig,
  type Source,
} from "./config.ts";
import { type AskedName, NamedContexts } from "./named_contexts.ts";
import type { ContextOptions, TlsContext } from "./options.ts";
import {
  changed,
  entry,
  noOptions,
  parsedOption,
  readGiven,
  without,
} from "./read.ts";
import { type Settings, settingsOf } from "./settings.ts";
import {
  type GivenOptions,
  namesOf,
  type OptionName,
  type ReadOptions,
  table,
} from "./table.ts";
import {
  earlyDataOfClient,
  earlyDataOfServer,
  identityInput,
} from "./values.ts";

/** Finds a context by the ClientHello. */
export type FindContext = (info: AskedName) => Context | undefined;

/** What a listener lends a context that has none of its own. */
export interface Lent {
  /** Keys of tickets. */
  readonly ticketKeys: () => TicketKeys;
  /** Sessions by ID. */
  readonly sessionStore: ServerConfig["sessionStore"];
}

/** Where a client has dialled. */
export interface ClientAddress {
  readonly hostname?: string | undefined;
  /** Names the server in caches of sessions. */
  readonly key: string;
  /** Key shares that were made meanwhile. */
  readonly shares: ClientConfig["madeShares"];
}

/** A context, from the inside. */
export class Context implements TlsContext {
  readonly #options: ReadOptions;
  readonly #settings: Settings;
  readonly #lent: Lent | undefined;
  #identities: (() => Promise<readonly LocalIdentity[]>) | undefined;
  /** The context whose keys of tickets these are. */
  #keyHolder: Context = this;
  #ticketKeys: TicketKeys | undefined;
  #clientConfig: ReturnType<typeof clientConfig> | undefined;
  #serverConfig: ServerConfig | undefined;
  /** Contexts for names, and those that callbacks gave. */
  readonly #named: NamedContexts;

  /**
   * Reads what can be read at once.
   *
   * @param lent What a listener lends it.
   * @param find What stands for a ClientHello beside what the options say.
   */
  constructor(options: ReadOptions, lent?: Lent, find?: FindContext) {
    this.#options = options;
    this.#settings = settingsOf(options);
    this.#lent = lent;
    this.#named = new NamedContexts(
      options.parsed.sni,
      (value, giver) => namedContext(this, readNamed(value, giver), giver),
      find,
    );
    this.#named.check();
  }

  /** Another context that begins with the options of this one, and no more. */
  base(
    given: GivenOptions,
    whose: string,
    removed: Iterable<OptionName>,
  ): Context {
    return new Context(changed(this.#options, given, whose, removed));
  }

  /** The names of the options that were given. */
  get names(): readonly OptionName[] {
    return Object.keys(this.#options.given) as OptionName[];
  }

  /** What several options settle together. */
  get settings(): Settings {
    return this.#settings;
  }

  /** A copy with some options changed. */
  with(changes: ContextOptions): Context {
    const given = readGiven(changes, WITH);
    return this.change(given, "context.with()", removedBy(changes));
  }

  /**
   * The same: identities and keys of tickets go on being those of this one,
   * unless the changes are about them.
   *
   * @throws {TypeError} If the outcome contradicts itself.
   */
  change(
    changes: GivenOptions,
    whose: string,
    removed: Iterable<OptionName> = [],
  ): Context {
    const gone = [...removed, ...staleOptions(changes)];
    const options = changed(this.#options, changes, whose, gone);
    const context = new Context(options, this.#lent);
    const names = [...Object.keys(changes), ...gone];
    if (!names.some((name) => IDENTITY.has(name as OptionName))) {
      context.#identities = () => this.#read();
    }
    // Tickets go on being opened, unless it is the keys that change.
    if (!names.includes("ticketKeys")) context.#keyHolder = this.#keyHolder;
    return context;
  }

  /** The same with what a listener lends it, where it has none of its own. */
  lend(lent: Lent): Context {
    return this.#alike(new Context(this.#options, lent));
  }

  /** The same that also looks for a context by the ClientHello. */
  choosing(find: FindContext): Context {
    return this.#alike(new Context(this.#options, this.#lent, find));
  }

  #alike(context: Context): Context {
    context.#identities = () => this.#read();
    context.#keyHolder = this.#keyHolder;
    return context;
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

  /** Whether the name that a client asks for chooses among contexts. */
  get judgesByName(): boolean {
    return this.#named.any || this.#options.parsed.onClientHello !== undefined;
  }

  /**
   * Whether a client is judged alike under two names, as far as the options say
   * without asking a function: where one decides, they never do.
   */
  judgesAlike(one: string | undefined, other: string | undefined): boolean {
    if (one === other) return true;
    const [a, b] = [this.#byName(one), this.#byName(other)];
    if (a === undefined || b === undefined) return false;
    return a === b ||
      judgeClientsAlike(a.#options.parsed, b.#options.parsed);
  }

  /** The context for a name; `undefined` where a function decides. */
  #byName(serverName: string | undefined): Context | undefined {
    if (this.#options.parsed.onClientHello !== undefined) return undefined;
    const chosen = this.#named.choose?.({ serverName }) ?? this;
    if (!(chosen instanceof Context)) return undefined;
    const found = chosen.#named.lookUp(serverName) ?? chosen;
    return found instanceof Context ? found : undefined;
  }

  /** What this context lends to others that stand beside it. */
  get lent(): Lent {
    return {
      ticketKeys: () => this.#sharedTicketKeys(),
      sessionStore: this.#sessionStore,
    };
  }

  /**
   * Reads all identities, and loads what handshakes need; rejects if it cannot
   * serve.
   */
  async load(): Promise<void> {
    const { ech } = this.#options.parsed;
    await loadServerFlow({
      ...this.#serverConfig ?? await this.#loadServerConfig(),
      ...ech && { ech: await (await echReader.load()).serverEch(ech) },
    });
    await this.#named.load();
  }

  /** What the engine of a connection goes by until its handshake says more. */
  connection(
    connection: ConnectionHandle,
    own: ConnectionOptions,
  ): ConnectionConfig {
    return {
      ...connectionConfig(this.#options, own),
      ...connectionHooks(this.#options.parsed, connection),
    };
  }

  /**
   * The context for one more try where a server rejected the encrypted
   * ClientHello, if the option `ech` asks for one.
   */
  async afterEchRejection(
    retryConfigs: Uint8Array | undefined,
  ): Promise<Context | undefined> {
    const { ech } = this.#options.parsed;
    if (ech === undefined) return undefined;
    const next = (await echReader.load()).echAfterRejection(ech, retryConfigs);
    if (next === undefined) return undefined;
    const cause = "what follows a rejected ClientHello";
    return next === "off"
      ? this.change({}, cause, ["ech"])
      : this.change({ ech: next }, cause);
  }

  /** Whether `ech` asks for another connection, which only connect() can make. */
  get retriesEch(): boolean {
    const { ech } = this.#options.parsed;
    return typeof ech === "object" && "retry" in ech && ech.retry !== "never";
  }

  /** Makes the keys of a client's first key shares: what is dialled takes longer. */
  makeShares(): ClientConfig["madeShares"] {
    const { maxVersion, keyShares } = this.#settings;
    // Bytes that are given are taken in turn, and not meanwhile.
    if (maxVersion < ProtocolVersion["TLSv1.3"] || this.has("random")) {
      return undefined;
    }
    return new EarlyShares(keyShares);
  }

  /** What a client's connection needs. */
  async client(
    connection: ConnectionHandle,
    own: ConnectionOptions = this.connectionOptions(),
    address?: ClientAddress,
  ): Promise<ClientConfig> {
    const base = this.#clientConfig ??= clientConfig(await this.#source());
    const name = clientName(own, address?.hostname);
    const { parsed } = this.#options;
    const { security } = this.#settings;
    return {
      ...base,
      ...connectionConfig(this.#options, own),
      ...name,
      session: own.session,
      sessionKey: address?.key ?? name.verifyName?.value ?? "",
      madeShares: address?.shares,
      ...parsed.ech && { ech: (await echReader.load()).clientEch(parsed.ech) },
      ...clientHooks(parsed, own, security, connection),
    };
  }

  /** What a server's connection needs. */
  async server(
    connection: ConnectionHandle,
    own: ConnectionOptions = this.connectionOptions(),
  ): Promise<ServerConfig> {
    const { parsed } = this.#options;
    return {
      ...this.#serverConfig ?? await this.#loadServerConfig(),
      ...connectionConfig(this.#options, own),
      ...parsed.ech && {
        ech: await (await echReader.load()).serverEch(parsed.ech),
      },
      ...serverHooks(parsed, this.#named, connection),
    };
  }

  async #loadServerConfig(): Promise<ServerConfig> {
    return this.#serverConfig = serverConfig(await this.#source(), {
      ticketKeys: this.ticketKeys,
      sessionStore: this.#sessionStore,
    });
  }

  /** The keys of tickets, made when they are first needed; none where they are off. */
  get ticketKeys(): TicketKeys | undefined {
    return this.#options.parsed.tickets === 0
      ? undefined
      : this.#sharedTicketKeys();
  }

  #sharedTicketKeys(): TicketKeys {
    return this.#lent === undefined || this.has("ticketKeys")
      ? this.#keyHolder.#ownTicketKeys()
      : this.#lent.ticketKeys();
  }

  #ownTicketKeys(): TicketKeys {
    const { ticketKeys, now, random } = this.#options.parsed;
    return this.#ticketKeys ??= new TicketKeys(ticketKeys, now, random);
  }

  get #sessionStore(): ServerConfig["sessionStore"] {
    return this.#options.parsed.sessionStore ?? this.#lent?.sessionStore;
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

  async #source(): Promise<Source> {
    return {
      options: this.#options,
      settings: this.#settings,
      identities: await this.#load(),
    };
  }

  /** Reads what takes time; a failure is each connection's. */
  async #load(): Promise<readonly LocalIdentity[]> {
    const identities = await this.#read();
    if (identities.length === 0) return identities;
    const { requireStrength } = identityReader.loaded ??
      await identityReader.load();
    return requireStrength(identities, this.#settings.security);
  }

  #read(): Promise<readonly LocalIdentity[]> {
    if (this.#identities === undefined) {
      const reading = GIVES_IDENTITY.some((name) => this.has(name))
        ? readIdentities(this.#options.parsed)
        : NO_IDENTITIES;
      reading.catch(() => {});
      this.#identities = () => reading;
    }
    return this.#identities();
  }
}

/** A client without a certificate does not load what reads them. */
async function readIdentities(
  options: ReadOptions["parsed"],
): Promise<readonly LocalIdentity[]> {
  return await (await identityReader.load()).readIdentities(options);
}

const NO_IDENTITIES: Promise<readonly LocalIdentity[]> = Promise.resolve([]);

const echReader = new Lazy(
  "the option ech",
  () => import("./ech.ts"),
);

/**
 * Checks options, and reads what they hold once for many connections.
 *
 * @param options Options of clients, servers or both.
 * @returns The context.
 * @throws {TypeError} If an option is unknown, of a wrong type, or contradicts
 * another.
 * @throws {RangeError} If a number is out of range.
 * @throws {TlsError} If `caCerts`, `crls` or the like cannot be read.
 *
 * @example One context, many connections
 * ```ts
 * import { createContext } from "@x/tls";
 * import { assert } from "@std/assert";
 *
 * const strict = createContext({ minVersion: "TLSv1.3" });
 * const withAlpn = strict.with({ alpnProtocols: ["h2", "http/1.1"] });
 * assert(withAlpn !== strict);
 * ```
 */
export function createContext(options: ContextOptions = {}): TlsContext {
  const given = readGiven(options, CREATE);
  const { context, own } = contextOf(given, CREATE.name);
  // Beside a context there may be options of each connection, as in with().
  return Object.keys(own).length === 0
    ? context
    : context.change(own, CREATE.name);
}

/** What others begin with. */
export interface Base {
  readonly context: Context;
  /** Another context, by the options that were given. */
  begin(given: GivenOptions, whose: string): Context;
}

/** Sets what others begin with; returns the context before. */
export function replaceDefault(base: Base | undefined): Context | undefined {
  const before = defaultBase;
  defaultBase = base;
  return before?.context;
}

let defaultBase: Base | undefined;

/** Whether others begin with options that are not the module's own defaults. */
export function hasDefault(): boolean {
  return defaultBase !== undefined;
}

/** Whether a value is a context, as `createContext` returns one. */
export function isContext(value: unknown): value is Context {
  return value instanceof Context;
}

/** A context, and what of the options beside it is one connection's. */
export interface Contextual {
  readonly context: Context;
  /** Options of one connection that go before those of the context. */
  readonly own: GivenOptions;
}

/**
 * The context of given options: that which is among them, where the others add
 * nothing to it.
 *
 * @throws {TypeError} If an option is none, or contradicts another.
 */
export function contextOf(
  { context, ...given }: GivenOptions,
  whose: string,
): Contextual {
  if (context === undefined) {
    const all = `the options of ${whose}`;
    const made = defaultBase?.begin(given, all) ??
      new Context(changed(noOptions, given, all));
    return { context: made, own: {} };
  }
  if (!(context instanceof Context)) {
    throw new TypeError(
      `Cannot use option "context": expected what createContext() returns`,
    );
  }
  const isOwn = (name: string) => table[name as OptionName].scope !== "context";
  const changes: Record<string, unknown> = {};
  const own: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(given)) {
    (isOwn(name) ? own : changes)[name] = value;
  }
  const outcome = "a context and what stands beside it";
  return {
    context: Object.keys(changes).length === 0
      ? context
      : context.change(changes, outcome),
    own,
  };
}

/** What stands for a name: a context, or changes to another one. */
export type Named = Context | GivenOptions;

/**
 * Reads what stands for a name.
 *
 * @param giver The option that has it, or returned it.
 * @throws {TypeError} If it is neither a context, an identity nor options.
 */
export function readNamed(value: unknown, giver: string): Named {
  if (value instanceof Context) return value;
  return isIdentity(value)
    ? { certificates: [identityInput(value, giver)] }
    : readGiven(value, without(entry(giver, "server"), BEFORE_CLIENT_HELLO));
}

/**
 * The context that stands for a name beside a base: a context stands for
 * itself, with keys of tickets and the store of the base where it has none;
 * options are changes to the base, an identity among them takes the place of
 * all that the base shows.
 *
 * @throws {TypeError} If the outcome contradicts itself, or has nothing to show.
 */
export function namedContext(
  base: Context,
  named: Named,
  giver: string,
): Context {
  if (named instanceof Context) {
    requireIdentity(named);
    for (const name of BEFORE_CLIENT_HELLO) {
      if (!named.has(name)) continue;
      throw new TypeError(
        `Cannot use option "${name}" of a context in ${giver}: it would have had to hold before the ClientHello`,
      );
    }
    return named.lend(base.lent);
  }
  const { context, ...changes } = named;
  if (context !== undefined) {
    return namedContext(base, contextOf(named, giver).context, giver);
  }
  const names = Object.keys(changes) as OptionName[];
  const hasIdentity = GIVES_IDENTITY.some((name) => names.includes(name));
  const removed: OptionName[] = ["onClientHello"];
  if (hasIdentity) removed.push(...IDENTITY);
  // What has chosen is not asked again.
  if (hasIdentity || giver === "sni") removed.push("sni");
  const outcome = base.change(
    changes,
    `what "${giver}" gave`,
    removed.filter((name) => !names.includes(name)),
  );
  requireIdentity(outcome);
  return outcome;
}

/** An identity that was read: `parseKeyPair()` and its kin give such. */
function isIdentity(value: unknown): boolean {
  return typeof value === "object" && value !== null && "chain" in value;
}

/**
 * A server must have something to show.
 *
 * @throws {TypeError} If it has neither a certificate nor a look-up of keys.
 */
export function requireIdentity(context: Context): void {
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
export function requireClient(context: Context): void {
  if (context.earlyData === "server") throw earlyDataOfServer();
}

/** Names that changes take away: those that are there, and `undefined`. */
function removedBy(changes: object): OptionName[] {
  const members = changes as Readonly<Record<string, unknown>>;
  return [...WITH.known].filter((name) =>
    name in members && members[name] === undefined
  );
}

/**
 * What does not outlast a change: a staple is for the certificate that it came
 * with, as are its timestamps; and without tickets there are no keys for them.
 */
function staleOptions(changes: GivenOptions): OptionName[] {
  const stale: OptionName[] = [];
  if (GIVES_IDENTITY.some((name) => changes[name] !== undefined)) {
    stale.push("ocspResponse", "signedCertificateTimestamps");
  }
  if (changes.tickets === 0) stale.push("ticketKeys");
  return stale.filter((name) => changes[name] === undefined);
}

/** What a connection has gone by when the client's name is known. */
const BEFORE_CLIENT_HELLO = ["signal", "initialData", "ech"] as const;

const CREATE = entry("createContext()", "either");
const WITH = entry("context.with()", "either");

const CONNECTION = namesOf((row) => row.scope === "connection");
/** The options that give another certificate. */
const GIVES_IDENTITY: readonly OptionName[] = [
  "cert",
  "key",
  "pfx",
  "certificates",
];

const IDENTITY = namesOf((row) => row.identity ?? false);

/** What a server is known by, or finds that by. */
const IDENTITIES = [
  "cert",
  "pfx",
  "certificates",
  "sni",
  "onClientHello",
  "psk",
] as const;

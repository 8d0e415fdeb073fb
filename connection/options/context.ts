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
import { loadServerFlow } from "../../handshake/flows.ts";
import { EarlyShares } from "../../handshake/common/key_shares.ts";
import { Lazy } from "../../lazy.ts";
import { ProtocolVersion } from "../../registry.ts";
import type { TicketKeys } from "../../handshake/session/ticket_keys.ts";
import { clientHooks, connectionHooks, serverHooks } from "./bound_hooks.ts";
import {
  type ClientAddress,
  clientConfig,
  type ClientName,
  clientName,
  connectionConfig,
  type ConnectionOptions,
  OWN_OPTIONS,
  serverConfig,
  type Source,
} from "./config.ts";
import {
  type AskedName,
  isIdentity,
  judgeClientsAlike,
  NamedContexts,
} from "./named_contexts.ts";
import {
  GIVES_IDENTITY,
  IDENTITY,
  OptionSet,
  optionsOf,
  requireIdentity,
  staleOptions,
} from "./option_set.ts";
import type { ContextOptions, TlsContext } from "./options.ts";
import {
  type Lent,
  OwnIdentities,
  OwnTicketKeys,
} from "./identities_and_ticket_keys.ts";
import { changed, entry, readGiven, without } from "./read.ts";
import {
  type GivenOptions,
  type OptionName,
  type ReadOptions,
  table,
} from "./table.ts";
import { identityInput } from "./values.ts";

/** Finds a context by the ClientHello. */
export type FindContext = (info: AskedName) => Context | undefined;

/** A context, from the inside. */
export class Context extends OptionSet implements TlsContext {
  readonly #lent: Lent | undefined;
  #identities: OwnIdentities;
  #ticketKeys: OwnTicketKeys;
  #clientConfig: ReturnType<typeof clientConfig> | undefined;
  #serverConfig: ServerConfig | undefined;
  /** What the last connections have in common: most are like the one before. */
  #lastClient: ClientConfig | undefined;
  #lastServer: ServerConfig | undefined;
  /** Contexts for names, and those that callbacks gave. */
  readonly #named: NamedContexts;

  /**
   * Reads what can be read at once.
   *
   * @param lent What a listener lends it.
   * @param find What stands for a ClientHello beside what the options say.
   */
  constructor(options: ReadOptions, lent?: Lent, find?: FindContext) {
    super(options);
    this.#identities = new OwnIdentities(this);
    this.#ticketKeys = new OwnTicketKeys(this);
    this.#lent = lent;
    this.#named = new NamedContexts(
      options.parsed.sni,
      (value, giver) => namedContext(this, readNamed(value, giver), giver),
      find,
    );
    this.#named.check();
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
    const options = changed(optionsOf(this), changes, whose, gone);
    const context = new Context(options, this.#lent);
    const names = [...Object.keys(changes), ...gone];
    if (!names.some((name) => IDENTITY.has(name as OptionName))) {
      context.#identities = this.#identities;
    }
    // Tickets go on being opened, unless it is the keys that change.
    if (!names.includes("ticketKeys")) context.#ticketKeys = this.#ticketKeys;
    return context;
  }

  /** The same with what a listener lends it, where it has none of its own. */
  lend(lent: Lent): Context {
    return this.#alike(new Context(optionsOf(this), lent));
  }

  /** The same that also looks for a context by the ClientHello. */
  choosing(find: FindContext): Context {
    return this.#alike(new Context(optionsOf(this), this.#lent, find));
  }

  #alike(context: Context): Context {
    context.#identities = this.#identities;
    context.#ticketKeys = this.#ticketKeys;
    return context;
  }

  /** Whether the name that a client asks for chooses among contexts. */
  get judgesByName(): boolean {
    return this.#named.any ||
      optionsOf(this).parsed.onClientHello !== undefined;
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
      judgeClientsAlike(optionsOf(a).parsed, optionsOf(b).parsed);
  }

  /** The context for a name; `undefined` where a function decides. */
  #byName(serverName: string | undefined): Context | undefined {
    if (optionsOf(this).parsed.onClientHello !== undefined) return undefined;
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
    const { ech } = optionsOf(this).parsed;
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
      ...connectionConfig(optionsOf(this), own),
      ...connectionHooks(optionsOf(this).parsed, connection),
    };
  }

  /**
   * The context for one more try where a server rejected the encrypted
   * ClientHello, if the option `ech` asks for one.
   */
  async afterEchRejection(
    retryConfigs: Uint8Array | undefined,
  ): Promise<Context | undefined> {
    const { ech } = optionsOf(this).parsed;
    if (ech === undefined) return undefined;
    const next = (await echReader.load()).echAfterRejection(ech, retryConfigs);
    if (next === undefined) return undefined;
    const cause = "what follows a rejected ClientHello";
    return next === "off"
      ? this.change({}, cause, ["ech"])
      : this.change({ ech: next }, cause);
  }

  /** Makes the keys of a client's first key shares: what is dialled takes longer. */
  makeShares(): ClientConfig["madeShares"] {
    const { maxVersion, keyShares } = this.settings;
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
    const { parsed } = optionsOf(this);
    const sessionKey = address?.key ?? name.verifyName?.value ?? "";
    const last = this.#lastClient;
    const common = last?.sessionKey === sessionKey && hasName(last, name) &&
        isSameConnection(last, own)
      ? last
      : this.#lastClient = {
        ...base,
        ...connectionConfig(optionsOf(this), own),
        ...name,
        session: undefined,
        sessionKey,
      };
    const more: Partial<ClientConfig> = {
      ...parsed.ech && { ech: (await echReader.load()).clientEch(parsed.ech) },
      ...clientHooks(parsed, own, this.settings.security, connection),
      ...address?.earlyData && { earlyData: address.earlyData },
    };
    return {
      ...common,
      session: own.session,
      madeShares: address?.shares,
      ...more,
      kept: isEmpty(more) ? common : undefined,
    };
  }

  /** What a server's connection needs. */
  async server(
    connection: ConnectionHandle,
    own: ConnectionOptions = this.connectionOptions(),
  ): Promise<ServerConfig> {
    const { parsed } = optionsOf(this);
    const base = this.#serverConfig ?? await this.#loadServerConfig();
    const last = this.#lastServer;
    const common = last !== undefined && isSameConnection(last, own)
      ? last
      : this.#lastServer = {
        ...base,
        ...connectionConfig(optionsOf(this), own),
      };
    const more: Partial<ServerConfig> = {
      ...parsed.ech && {
        ech: await (await echReader.load()).serverEch(parsed.ech),
      },
      ...serverHooks(parsed, this.#named, connection),
    };
    return isEmpty(more) ? common : { ...common, ...more };
  }

  async #loadServerConfig(): Promise<ServerConfig> {
    return this.#serverConfig = serverConfig(await this.#source(), {
      ticketKeys: this.ticketKeys,
      sessionStore: this.#sessionStore,
    });
  }

  /** The keys of tickets, made when they are first needed; none where they are off. */
  get ticketKeys(): TicketKeys | undefined {
    return optionsOf(this).parsed.tickets === 0
      ? undefined
      : this.#sharedTicketKeys();
  }

  #sharedTicketKeys(): TicketKeys {
    return this.#lent === undefined || this.has("ticketKeys")
      ? this.#ticketKeys.get()
      : this.#lent.ticketKeys();
  }

  get #sessionStore(): ServerConfig["sessionStore"] {
    return optionsOf(this).parsed.sessionStore ?? this.#lent?.sessionStore;
  }

  async #source(): Promise<Source> {
    return {
      options: optionsOf(this),
      settings: this.settings,
      identities: await this.#identities.load(this.settings.security),
    };
  }
}

/** Whether a connection of a context has the same options of its own. */
function isSameConnection(
  last: ConnectionConfig,
  own: ConnectionOptions,
): boolean {
  return OWN_OPTIONS.every((name) => last[name] === own[name]);
}

function hasName(last: ClientName, name: ClientName): boolean {
  return last.serverName === name.serverName &&
    last.verifyName?.type === name.verifyName?.type &&
    last.verifyName?.value === name.verifyName?.value;
}

function isEmpty(more: object): boolean {
  return Object.keys(more).length === 0;
}

const echReader = new Lazy(
  "the option ech",
  () => import("./ech.ts"),
);

/** A context, and what of the options beside it is one connection's. */
export interface Contextual {
  readonly context: Context;
  /** Options of one connection that go before those of the context. */
  readonly own: GivenOptions;
}

/**
 * A context with the options that stand beside it.
 *
 * @throws {TypeError} If it is none, or the options contradict it.
 */
export function beside(context: unknown, given: GivenOptions): Contextual {
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
    return namedContext(base, beside(context, changes).context, giver);
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

/** Names that changes take away: those that are there, and `undefined`. */
function removedBy(changes: object): OptionName[] {
  const members = changes as Readonly<Record<string, unknown>>;
  return [...WITH.known].filter((name) =>
    name in members && members[name] === undefined
  );
}

/** What a connection has gone by when the client's name is known. */
const BEFORE_CLIENT_HELLO = ["signal", "initialData", "ech"] as const;

const WITH = entry("context.with()", "either");

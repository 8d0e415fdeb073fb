/**
 * Options checked and read once, for any number of connections.
 *
 * @module
 */

import type {
  ClientConfig,
  Identity,
  ServerConfig,
} from "../../handshake/config.ts";
import type { SecurityPolicy } from "../../crypto/security_level.ts";
import { TicketKeys } from "../../handshake/ticket_keys.ts";
import { clientConfig, load, type Loaded, serverConfig } from "./configure.ts";
import { identityOf, requireStrength } from "./identity.ts";
import { isIdentity } from "./values.ts";
import { checkOptions, refuseContradictions } from "./table.ts";
import type {
  ContextOptions,
  IdentityInput,
  ServerOptions,
  TlsContext,
} from "./options.ts";
import { type CommonSettings, commonSettings } from "./settings.ts";
import { tableLookUp } from "./server_names.ts";

/** A context, from the inside. */
export class Context implements TlsContext {
  readonly options: ContextOptions;
  readonly ticketKeys: TicketKeys | undefined;
  readonly #settings: CommonSettings;
  /** Made once: a table of names may be long. */
  readonly #lookUps: Pick<ServerConfig, "sni" | "onClientHello">;
  #loaded: Promise<Loaded> | undefined;

  /** Reads what can be read at once. */
  constructor(options: ContextOptions, ticketKeys?: TicketKeys) {
    this.options = snapshot(options);
    checkTable(options.sni);
    this.#settings = commonSettings(options);
    const { sni, onClientHello } = this.options;
    this.#lookUps = {
      sni: sni && sniLookUp(sni, this.#settings),
      onClientHello: onClientHello && contextLookUp(onClientHello),
    };
    this.ticketKeys = options.tickets === 0
      ? undefined
      : ticketKeys ?? new TicketKeys(options.ticketKeys, this.#settings.now);
  }

  /** A copy with some options changed. */
  with(changes: ContextOptions): Context {
    checkOptions(changes, "either", "context.with()");
    return contextOf({ ...changes, context: this });
  }

  /** What a client's connection needs. */
  async client(
    own: ContextOptions & { hostname?: string; sessionKey?: string },
  ): Promise<ClientConfig> {
    const options = { ...this.options, ...own };
    return clientConfig(options, this.#settings, await this.#load());
  }

  /** What a server's connection needs. */
  async server(): Promise<ServerConfig> {
    return serverConfig(
      this.options,
      this.#settings,
      await this.#load(),
      this.ticketKeys,
      this.#lookUps,
    );
  }

  /** Reads what takes time, once; a failure is each connection's. */
  #load(): Promise<Loaded> {
    if (this.#loaded === undefined) {
      this.#loaded = load(this.options, this.#settings);
      this.#loaded.catch(() => {});
    }
    return this.#loaded;
  }
}

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
  checkOptions(options, "either", "createContext()");
  return contextOf(options);
}

/**
 * The context of checked options: the given one, where they add nothing to it.
 * `ticketKeys` are for one that has none of its own.
 */
export function contextOf(
  options: ContextOptions,
  ticketKeys?: TicketKeys,
): Context {
  // What is undefined must not hide what the context has: a trust store, say.
  const { context, ...own } = definedOnly(options);
  if (context === undefined) {
    const keeps = own.ticketKeys === undefined;
    return new Context(own, keeps ? ticketKeys : undefined);
  }
  if (!(context instanceof Context)) {
    throw new TypeError(
      `Cannot use option "context": createContext() makes one`,
    );
  }
  const changes = Object.keys(own).filter((name) => !PER_CONNECTION.has(name));
  if (changes.length === 0) return context;
  const merged = mergedOptions(context.options, own);
  // Tickets go on being opened, unless it is the keys that change.
  const keeps = !("ticketKeys" in own);
  return new Context(merged, keeps ? context.ticketKeys : undefined);
}

/**
 * A context's options with those beside it, which go first.
 *
 * @throws {TypeError} If the two contradict each other.
 */
function mergedOptions(
  { ticketKeys, ...options }: ContextOptions,
  own: ContextOptions,
): ContextOptions {
  const merged = { ...options, ...own };
  if (ticketKeys !== undefined && own.tickets !== 0) {
    merged.ticketKeys ??= ticketKeys;
  }
  refuseContradictions(merged, "a context and what stands beside it");
  return merged;
}

/** Without `undefined`, which would hide what the context has. */
export function definedOnly<T extends object>(options: T): T {
  return Object.fromEntries(
    Object.entries(options).filter(([, value]) => value !== undefined),
  ) as T;
}

/** Those of the options that differ from connection to connection. */
export function perConnection(options: ContextOptions): ContextOptions {
  return Object.fromEntries(
    Object.entries(options).filter(([name]) => PER_CONNECTION.has(name)),
  );
}

/** Options that differ from connection to connection and need no new context. */
const PER_CONNECTION: ReadonlySet<string> = new Set([
  "hostname",
  "port",
  "path",
  "serverName",
  "session",
  "onSession",
  "signal",
  "handshakeTimeout",
  "readTimeout",
  "writeTimeout",
  "initialData",
  "allowHalfOpen",
]);

/**
 * What was checked stays as it is, whatever becomes of the caller's lists. Those
 * that are read at once are left alone: some count by what they are.
 */
function snapshot(options: ContextOptions): ContextOptions {
  const { alpnProtocols, certificates, sni, legacy } = options;
  return {
    ...options,
    ...(alpnProtocols && { alpnProtocols: [...alpnProtocols] }),
    ...(certificates && { certificates: [...certificates] }),
    ...(legacy && { legacy: [...legacy] }),
    ...(typeof sni === "object" && { sni: { ...sni } }),
  };
}

/** What stands in a table of certificates by name: contexts and identities. */
function checkTable(sni: ServerOptions["sni"]): void {
  if (typeof sni !== "object") return;
  for (const found of Object.values(sni)) {
    if (!(found instanceof Context)) isIdentity(found, "sni");
  }
}

/** A table or a function as one look-up of certificates by name. */
function sniLookUp(
  sni: NonNullable<ServerOptions["sni"]>,
  { security }: CommonSettings,
): NonNullable<ServerConfig["sni"]> {
  const find = typeof sni === "function"
    ? sni
    : tableLookUp(new Map(Object.entries(sni)));
  return async (serverName) => {
    const found = await find(serverName);
    if (found === undefined || found === null) return undefined;
    return found instanceof Context
      ? await found.server()
      : await identitiesOf(identityFrom(found), security);
  };
}

/** The callback that may give another context. */
function contextLookUp(
  onClientHello: NonNullable<ServerOptions["onClientHello"]>,
): NonNullable<ServerConfig["onClientHello"]> {
  return async (info) => {
    const context = await onClientHello(info);
    if (context === undefined) return undefined;
    if (context instanceof Context) return await context.server();
    throw new TypeError(
      "Cannot use what onClientHello gave: a context, which createContext() makes, or nothing is wanted",
    );
  };
}

function identityFrom(found: IdentityInput | TlsContext): IdentityInput {
  isIdentity(found, "sni");
  // It has what an identity has.
  return found as IdentityInput;
}

/** An input is read once, however often it is found. */
async function identitiesOf(
  input: IdentityInput,
  security: SecurityPolicy,
): Promise<readonly Identity[]> {
  let identities = readInputs.get(input);
  if (identities === undefined) {
    identities = identityOf(input, "sni").then((identity) => [identity]);
    identities.catch(() => {});
    readInputs.set(input, identities);
  }
  for (const identity of await identities) requireStrength(identity, security);
  return await identities;
}

const readInputs = new WeakMap<object, Promise<readonly Identity[]>>();

/**
 * Contexts by name, and those that callbacks return: changes to the context of
 * the listener, or contexts that are used alone.
 *
 * @module
 */

import type { ServerConfig } from "../../handshake/common/config.ts";
import type {
  ClientHelloInfo,
  ConnectionHandle,
} from "../../handshake/common/callback_info.ts";
import { decide } from "./hooks.ts";
import { findByName, type ServerNames } from "./server_names.ts";
import { namesOf, type OptionName, type ParsedOptions } from "./table.ts";
import { object } from "./values.ts";

/** The part of a context that one by name needs. */
export interface NamedContext {
  /** Reads all identities; rejects if one cannot be used. */
  load(): Promise<void>;
  /** What a server's connection needs. */
  server(connection: ConnectionHandle): Promise<ServerConfig>;
}

/**
 * Makes a context from the value that `giver` has or returned.
 *
 * @throws {TypeError} If it is neither a context nor options.
 */
export type MakeContext = (value: unknown, giver: string) => NamedContext;

/** What of a ClientHello contexts are found by. */
export type AskedName = Pick<ClientHelloInfo, "serverName">;

/** Contexts that belong to one context. */
export class NamedContexts {
  /** What a listener has for a ClientHello. */
  readonly choose:
    | ((info: AskedName) => NamedContext | undefined)
    | undefined;
  readonly #make: MakeContext;
  readonly #names: ServerNames | undefined;
  #table: ReadonlyMap<string, NamedContext> | undefined;
  /** An object that is returned again gets the same context. */
  readonly #given = new WeakMap<object, NamedContext>();

  /** Starts with the option `sni`. */
  constructor(
    names: ServerNames | undefined,
    make: MakeContext,
    choose?: (info: AskedName) => NamedContext | undefined,
  ) {
    this.#names = names;
    this.#make = make;
    this.choose = choose;
  }

  /**
   * Reads the table, and the identities in it; rejects if one cannot be used.
   */
  async load(): Promise<void> {
    for (const context of this.#contexts().values()) await context.load();
  }

  /**
   * Reads the table.
   *
   * @throws {TypeError} If an entry is not valid, or contradicts the context.
   */
  check(): void {
    this.#contexts();
  }

  /** Whether a name makes a difference. */
  get any(): boolean {
    return this.#names !== undefined || this.choose !== undefined;
  }

  /**
   * What the table has for a name: `undefined` if it has none, and "unknown"
   * where a function would have to be asked.
   */
  lookUp(serverName: string | undefined): NamedContext | undefined | "unknown" {
    if (this.#names === undefined) return undefined;
    return "table" in this.#names
      ? findByName(this.#contexts(), serverName)
      : "unknown";
  }

  /** The context for a name, if there is one. */
  async find(
    serverName: string | undefined,
    connection: ConnectionHandle,
  ): Promise<NamedContext | undefined> {
    const names = this.#names;
    if (names === undefined) return undefined;
    if ("table" in names) return findByName(this.#contexts(), serverName);
    const given = await decide("sni", () => names.find(serverName, connection));
    return this.given(given, "sni");
  }

  /**
   * The context for a value, or `undefined` for `undefined`.
   *
   * @param giver The option that returned it.
   * @throws {TypeError} If it is neither a context nor options.
   */
  given(value: unknown, giver: string): NamedContext | undefined {
    if (value === undefined || value === null) return undefined;
    const key = object(value, giver);
    let context = this.#given.get(key);
    if (context === undefined) {
      context = this.#make(value, giver);
      this.#given.set(key, context);
    }
    return context;
  }

  #contexts(): ReadonlyMap<string, NamedContext> {
    if (this.#table !== undefined) return this.#table;
    const table = new Map<string, NamedContext>();
    if (this.#names !== undefined && "table" in this.#names) {
      for (const [name, value] of this.#names.table) {
        table.set(name, this.#make(value, "sni"));
      }
    }
    return this.#table = table;
  }
}

/** An identity that was read: `parseKeyPair()` and its kin give such. */
export function isIdentity(value: unknown): boolean {
  return typeof value === "object" && value !== null && "chain" in value;
}

/** Whether two sets of options judge every client alike. */
export function judgeClientsAlike(
  one: ParsedOptions,
  other: ParsedOptions,
): boolean {
  return judging().every((name) => one[name] === other[name]);
}

/** The options that have a part in how a client is judged. */
function judging(): readonly OptionName[] {
  return judgingNames ??= [...namesOf((row) => row.judges ?? false), ...MORE];
}

let judgingNames: readonly OptionName[] | undefined;

/** No session is bound to these: they are asked again for each connection. */
const MORE = [
  "clientAuth",
  "verify",
  "psk",
  "securityLevel",
  "signatureSchemes",
  "certificateSignatureSchemes",
] as const;

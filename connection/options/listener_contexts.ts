/**
 * The contexts of a listener: its own, and those by name. One that cannot be
 * used never replaces one that can.
 *
 * @module
 */

import type { TicketKeys } from "../../handshake/session/ticket_keys.ts";
import {
  type Context,
  type Named,
  namedContext,
  readNamed,
} from "./context.ts";
import { contextOf, isContext } from "./create_context.ts";
import { requireIdentity } from "./option_set.ts";
import type { NamedInput, ServerOptions, TlsContext } from "./options.ts";
import { entry, readGiven, without } from "./read.ts";
import { findByName, namePattern } from "./server_names.ts";
import type { GivenOptions } from "./table.ts";
import { ownOptions } from "./values.ts";

/** Counts calls, as the last one counts. */
class Latest {
  #count = 0;

  /** Tells later whether this call is still the last one. */
  begin(): () => boolean {
    const own = ++this.#count;
    return () => own === this.#count;
  }
}

/** The current contexts of a listener. */
export class ListenerContexts {
  /**
   * The listener's own context, and the options that stay when it is replaced.
   */
  #base: Context;
  #lasting: GivenOptions;
  /** The values given by name, and their contexts. */
  #given = new Map<string, Named>();
  #named = new Map<string, Context>();
  #current: Context | undefined;
  readonly #latest = new Map<string, Latest>();

  /** Starts with a context, and options for each connection. */
  constructor(context: Context, own: GivenOptions) {
    this.#base = Object.keys(own).length === 0
      ? context
      : context.change(own, "the options of listen()");
    this.#lasting = this.#base.givenForConnections();
  }

  /** The context for a new connection. */
  get current(): Context {
    return this.#current ??= this.#withNames();
  }

  /** The ticket keys, if tickets are on. */
  get ticketKeys(): TicketKeys | undefined {
    return this.#base.ticketKeys;
  }

  /** Reads all identities; rejects if one cannot be used. */
  async load(): Promise<void> {
    await this.#base.load();
  }

  /**
   * Replaces the listener's context.
   *
   * @throws {TypeError} If it is not a context, or has no certificate and no
   * PSK.
   */
  set(given: TlsContext | ServerOptions): Promise<void> {
    const base = this.#lent(given);
    const named = new Map(
      [...this.#given].map(([name, value]) => [
        name,
        namedContext(base, value, "addContext()"),
      ]),
    );
    return this.#unlessOverrun("", async () => {
      await base.load();
      for (const context of named.values()) await context.load();
      return () => {
        this.#base = base;
        // Names that were added meanwhile apply to the new context, too.
        for (const [name, value] of this.#given) {
          this.#named.set(
            name,
            named.get(name) ?? namedContext(base, value, "addContext()"),
          );
        }
      };
    });
  }

  /**
   * Replaces the context for a name.
   *
   * @throws {TypeError} If it is not a context, or the name is not valid.
   */
  add(name: string, given: NamedInput): Promise<void> {
    const pattern = namePattern(name, "name");
    const value = readNamed(ownOptions(given), "addContext()");
    const context = namedContext(this.#base, value, "addContext()");
    return this.#unlessOverrun(pattern, async () => {
      await context.load();
      return () => {
        this.#given.set(pattern, value);
        // The listener's own context may have been replaced meanwhile.
        this.#named.set(
          pattern,
          namedContext(this.#base, value, "addContext()"),
        );
      };
    });
  }

  /** A context with what stays of this listener, if it has none of its own. */
  #lent(given: TlsContext | ServerOptions): Context {
    const { context, own } = isContext(given)
      ? { context: given, own: {} }
      : contextOf(readGiven(given, SET), SET.name);
    const missing = Object.fromEntries(
      Object.entries({ ...this.#lasting, ...own })
        .filter(([name]) => name in own || !context.has(name as never)),
    );
    requireIdentity(context);
    const lent = context.lend(this.#base.lent);
    return Object.keys(missing).length === 0
      ? lent
      : lent.change(missing, "a listener's context");
  }

  /** Applies a change when it is ready, unless a later call came first. */
  async #unlessOverrun(
    what: string,
    prepare: () => Promise<() => void>,
  ): Promise<void> {
    let latest = this.#latest.get(what);
    if (latest === undefined) this.#latest.set(what, latest = new Latest());
    const isLast = latest.begin();
    const put = await prepare();
    if (!isLast()) return;
    put();
    this.#current = undefined;
  }

  #withNames(): Context {
    if (this.#named.size === 0) return this.#base;
    const named = new Map(this.#named);
    return this.#base.choosing((info) => findByName(named, info.serverName));
  }
}

const SET = without(entry("setContext()", "server"), [
  "signal",
  "initialData",
]);

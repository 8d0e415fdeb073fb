/**
 * What contexts share that differ in other options only: their identities and
 * the keys of their tickets. They are read and made when they are first needed.
 *
 * @module
 */

import type { SecurityPolicy } from "../../crypto/suites/security_level.ts";
import type { LocalIdentity } from "../../handshake/common/local_identity.ts";
import type { ServerConfig } from "../../handshake/common/config.ts";
import { TicketKeys } from "../../handshake/session/ticket_keys.ts";
import { identityReader } from "./bound_hooks.ts";
import { GIVES_IDENTITY, type OptionSet, optionsOf } from "./option_set.ts";

/** The identities that some options give. */
export class OwnIdentities {
  readonly #options: OptionSet;
  #reading: Promise<readonly LocalIdentity[]> | undefined;

  constructor(options: OptionSet) {
    this.#options = options;
  }

  /**
   * Reads them; a failure is each connection's.
   *
   * @param security How strong they must be.
   * @throws {TlsError} If one cannot be read or used.
   */
  async load(security: SecurityPolicy): Promise<readonly LocalIdentity[]> {
    const identities = await (this.#reading ??= this.#read());
    if (identities.length === 0) return identities;
    const { requireStrength } = identityReader.loaded ??
      await identityReader.load();
    return requireStrength(identities, security);
  }

  #read(): Promise<readonly LocalIdentity[]> {
    const reading = GIVES_IDENTITY.some((name) => this.#options.has(name))
      ? readIdentities(this.#options)
      : NO_IDENTITIES;
    reading.catch(() => {});
    return reading;
  }
}

/** The keys of tickets that some options give, or that are made. */
export class OwnTicketKeys {
  readonly #options: OptionSet;
  #keys: TicketKeys | undefined;

  constructor(options: OptionSet) {
    this.#options = options;
  }

  /** Makes them, once. */
  get(): TicketKeys {
    const { ticketKeys, now, random } = optionsOf(this.#options).parsed;
    return this.#keys ??= new TicketKeys(ticketKeys, now, random);
  }
}

/** What a listener lends a context that has none of its own. */
export interface Lent {
  /** Keys of tickets. */
  readonly ticketKeys: () => TicketKeys;
  /** Sessions by ID. */
  readonly sessionStore: ServerConfig["sessionStore"];
}

/** A client without a certificate does not load what reads them. */
async function readIdentities(
  options: OptionSet,
): Promise<readonly LocalIdentity[]> {
  const { readIdentities } = await identityReader.load();
  return await readIdentities(optionsOf(options).parsed);
}

const NO_IDENTITIES: Promise<readonly LocalIdentity[]> = Promise.resolve([]);

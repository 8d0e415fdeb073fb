/**
 * What `acme()` runs on, loaded when it is called: the store, the challenges and
 * the manager.
 *
 * @module
 */

import { Challenges } from "./challenges.ts";
import { systemClock } from "./clock.ts";
import { DirectoryStore } from "./directory_store.ts";
import { manage, type Managed } from "./manager.ts";
import type { AcmeSettings } from "./options.ts";

/** A certificate that is kept, and the challenges for it. */
export class Running {
  /** What the CA may ask for now. */
  readonly challenges: Challenges;
  readonly #settings: Managed["settings"];

  /** Starts nothing yet. */
  constructor(settings: AcmeSettings) {
    const { store, clock = systemClock } = settings;
    this.#settings = {
      ...settings,
      clock,
      store: typeof store === "string" ? new DirectoryStore(store) : store,
    };
    this.challenges = new Challenges(
      this.#settings.store,
      settings.identifiers,
    );
  }

  /** Keeps the certificate until the signal aborts; resolves then. */
  async run({ signal, use }: Pick<Managed, "signal" | "use">): Promise<void> {
    const { challenges } = this;
    await manage({ settings: this.#settings, challenges, signal, use });
  }
}

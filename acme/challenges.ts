/**
 * The challenges that a CA may check right now, on this machine and on the
 * others that share its store.
 *
 * @module
 */

import { challengeName } from "./challenge.ts";
import { toHex } from "../encoding.ts";
import type { ChallengeIdentity } from "./challenge_identity.ts";
import type { Identifier } from "./api.ts";
import { readValue, type SharedStore } from "./store.ts";

/** Challenges by the server name that the CA sends. */
export class Challenges {
  readonly #store: SharedStore;
  readonly #identifiers: ReadonlyMap<string, Identifier>;
  readonly #made = new Map<string, Promise<ChallengeIdentity>>();

  /** Of the names of one certificate. */
  constructor(store: SharedStore, identifiers: readonly Identifier[]) {
    this.#store = store;
    this.#identifiers = new Map(
      identifiers.map((identifier) => [challengeName(identifier), identifier]),
    );
  }

  /** Lets the CA see a digest. */
  async add(identifier: Identifier, digest: Uint8Array): Promise<void> {
    await this.#store.set(keyOf(identifier), digest);
    await this.#identity(identifier, digest);
  }

  /** Takes it back. */
  async remove(identifier: Identifier): Promise<void> {
    await this.#store.delete(keyOf(identifier));
  }

  /** What to show for a server name; `undefined` if nothing is to be proven. */
  async find(
    serverName: string | undefined,
  ): Promise<ChallengeIdentity | undefined> {
    // Nobody has others' names looked up.
    const identifier = this.#identifiers.get(serverName ?? "");
    if (identifier === undefined) return undefined;
    const digest = await readValue(this.#store, keyOf(identifier));
    return digest?.length === DIGEST_LENGTH
      ? await this.#identity(identifier, digest)
      : undefined;
  }

  /** Made once: a handshake does not wait for a key to be made. */
  #identity(
    identifier: Identifier,
    digest: Uint8Array,
  ): Promise<ChallengeIdentity> {
    const id = `${identifier.value} ${toHex(digest)}`;
    let identity = this.#made.get(id);
    if (identity === undefined) {
      if (this.#made.size >= this.#identifiers.size) this.#made.clear();
      this.#made.set(id, identity = makeIdentity(identifier, digest));
    }
    return identity;
  }
}

/** What issues certificates is loaded when one is asked for. */
async function makeIdentity(
  identifier: Identifier,
  digest: Uint8Array,
): Promise<ChallengeIdentity> {
  const { challengeIdentity } = await import("./challenge_identity.ts");
  return await challengeIdentity(identifier, digest);
}

function keyOf(identifier: Identifier): string {
  return `challenge-${challengeName(identifier)}`;
}

/** Of SHA-256, in bytes. */
const DIGEST_LENGTH = 32;

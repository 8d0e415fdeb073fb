/**
 * Stateless tickets: a session's state sealed under keys that only the server,
 * or a group of servers, has (RFC 5077 section 4; RFC 9846 section 4.7.1).
 *
 * @module
 */

import { aes256gcm } from "../../crypto/primitives/aead.ts";
import {
  equalConstantTime,
  randomBytes,
} from "../../crypto/primitives/bytes.ts";
import { sha256 } from "../../crypto/primitives/hash.ts";
import { hkdfExpandLabel, hkdfExtract } from "../../crypto/primitives/hkdf.ts";
import type { AeadKey, RandomBytes } from "../../crypto/primitives/provider.ts";
import { joined } from "../../crypto/primitives/sealed.ts";
import { kindOf } from "../../dictionary.ts";

/**
 * The keys of a server's tickets: the first seals, all open. A ticket is
 * `key_name[16] || nonce[12] || AES-256-GCM(state)`, the shape that RFC 5077
 * section 4 recommends with an AEAD in the place of CBC and HMAC.
 *
 * Without given keys it makes its own, and a new sealing key every
 * {@linkcode ROTATION_INTERVAL} seconds.
 */
export class TicketKeys {
  #keys: TicketKey[];
  #rotatedAt: number | undefined;
  #source: TicketKeySource | undefined;
  /** What the source gave last. */
  #given: readonly Uint8Array[] | undefined;
  readonly #now: () => number;
  readonly #random: RandomBytes;
  /**
   * Takes key material (Node's 48-byte or Go's 32-byte keys), sealing key
   * first, or what gives such. Without it, makes keys of its own and rotates
   * them.
   */
  constructor(
    keys: readonly Uint8Array[] | TicketKeySource | undefined,
    now: () => number,
    random: RandomBytes = randomBytes,
  ) {
    this.#now = now;
    this.#random = random;
    if (keys !== undefined && "current" in keys) {
      this.#source = keys;
      this.#keys = [];
      return;
    }
    this.#keys = (keys ?? [random(TICKET_KEY_SIZES[0])]).map(ticketKey);
    this.#rotatedAt = keys === undefined ? now() : undefined;
  }

  /** The material of all keys, sealing key first. */
  export(): Uint8Array[] {
    this.#rotate();
    return this.#keys.map((key) => key.material.slice());
  }

  /** Replaces all keys. The new ones do not rotate. */
  replace(keys: readonly Uint8Array[]): void {
    this.#keys = keys.map(ticketKey);
    this.#rotatedAt = undefined;
    this.#source = undefined;
  }

  /** Makes a ticket of bytes. */
  async seal(state: Uint8Array): Promise<Uint8Array> {
    this.#rotate();
    const key = this.#keys[0] as TicketKey;
    const nonce = this.#random(NONCE_LENGTH);
    const sealed = await joined(
      (await key.aead()).seal(nonce, state, key.name),
    );
    const ticket = new Uint8Array(NAME_LENGTH + NONCE_LENGTH + sealed.length);
    ticket.set(key.name);
    ticket.set(nonce, NAME_LENGTH);
    ticket.set(sealed, NAME_LENGTH + NONCE_LENGTH);
    return ticket;
  }

  /**
   * Returns what was sealed, and whether the ticket is due for renewal, as its
   * key is no longer the first; `undefined` if we did not seal it.
   */
  async open(
    ticket: Uint8Array,
  ): Promise<{ state: Uint8Array; renew: boolean } | undefined> {
    if (ticket.length < NAME_LENGTH + NONCE_LENGTH) return undefined;
    this.#rotate();
    const name = ticket.subarray(0, NAME_LENGTH);
    const key = this.#keys.find((key) => equalConstantTime(key.name, name));
    if (key === undefined) return undefined;
    try {
      const state = await (await key.aead()).open(
        ticket.subarray(NAME_LENGTH, NAME_LENGTH + NONCE_LENGTH),
        ticket.subarray(NAME_LENGTH + NONCE_LENGTH),
        key.name,
      );
      return { state, renew: key !== this.#keys[0] };
    } catch {
      // RFC 9846 section 4.3.11: an unknown identity is not an error.
      return undefined;
    }
  }

  #rotate(): void {
    if (this.#source !== undefined) return this.#follow(this.#source);
    const now = this.#now();
    if (
      this.#rotatedAt === undefined ||
      now - this.#rotatedAt < ROTATION_INTERVAL * 1000
    ) return;
    this.#rotatedAt = now;
    this.#keys = [
      ticketKey(this.#random(TICKET_KEY_SIZES[0])),
      ...this.#keys.slice(0, KEPT_KEYS - 1),
    ];
  }

  #follow(source: TicketKeySource): void {
    const given = source.current();
    if (given === this.#given) return;
    this.#given = given;
    const known = this.#keys;
    this.#keys = checkTicketKeys(given, "ticketKeys").map((material) =>
      known.find((key) => equalConstantTime(key.material, material)) ??
        ticketKey(material)
    );
  }
}

/** Ticket keys that change while a server runs. */
export interface TicketKeySource {
  /**
   * The keys, 48 or 32 random bytes each: the first seals, all open. It is
   * called for each ticket.
   *
   * @returns The same list until one of them changes.
   */
  current(): readonly Uint8Array[];
}

/**
 * Checks key material.
 *
 * @param name The option that has it.
 * @returns A copy.
 * @throws {TypeError} If there is none, or one cannot be a key.
 */
export function checkTicketKeys(
  keys: readonly unknown[],
  name: string,
): Uint8Array[] {
  const sizes: readonly number[] = TICKET_KEY_SIZES;
  if (keys.length === 0) {
    throw new TypeError(`Cannot use option "${name}": the list is empty`);
  }
  return keys.map((key) => {
    if (!(key instanceof Uint8Array) || !sizes.includes(key.length)) {
      throw new TypeError(
        `Cannot use option "${name}": expected keys of 48 or 32 bytes, got ${
          key instanceof Uint8Array ? `${key.length} bytes` : kindOf(key)
        }`,
      );
    }
    if (key.every((byte) => byte === 0)) {
      throw new TypeError(
        `Cannot use option "${name}": a key is all zeros; use random bytes`,
      );
    }
    return new Uint8Array(key);
  });
}

/** One key: the caller's material, and what is derived from it. */
interface TicketKey {
  readonly material: Uint8Array;
  readonly name: Uint8Array;
  readonly aead: () => Promise<AeadKey>;
}

function ticketKey(material: Uint8Array): TicketKey {
  const prk = hkdfExtract(sha256, new Uint8Array(), material);
  const derive = (label: string, length: number) =>
    hkdfExpandLabel(sha256, prk, label, new Uint8Array(), length);
  const name = derive("ticket name", NAME_LENGTH);
  let aead: Promise<AeadKey> | undefined;
  return {
    material: new Uint8Array(material),
    name,
    aead: () =>
      aead ??= Promise.resolve(aes256gcm.importKey(derive("ticket key", 32))),
  };
}

/** Lengths of key material in bytes: Node's and Go's. */
const TICKET_KEY_SIZES = [48, 32] as const;

/** Seconds after which a key made here is replaced by a new one: half a day. */
const ROTATION_INTERVAL = 43_200;

/**
 * How many own keys still open: with half a day each, a ticket with the longest
 * lifetime that RFC 9846 section 4.7.1 allows, seven days, can still be opened.
 */
const KEPT_KEYS = 15;

const NAME_LENGTH = 16;
const NONCE_LENGTH = 12;

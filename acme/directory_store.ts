/**
 * A store in a folder, a file a value.
 *
 * @module
 */

import { equals } from "@std/bytes";
import { sha256 } from "../crypto/primitives/hash.ts";
import type { SharedStore } from "./store.ts";

/**
 * Keeps values in a folder that only its owner can read. A value is there as a
 * whole or not at all, also when the process is killed. Several processes of a
 * machine may share it.
 */
export class DirectoryStore implements SharedStore {
  readonly #folder: string;

  /** @param folder Its path; it is made, if it is not there. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    try {
      return await Deno.readFile(this.#path(key));
    } catch (error) {
      return ifAbsent(error);
    }
  }

  async set(key: string, value: Uint8Array): Promise<void> {
    const written = await this.#write(value);
    try {
      await Deno.rename(written, this.#path(key));
    } catch (error) {
      await Deno.remove(written);
      throw error;
    }
  }

  async delete(key: string): Promise<void> {
    await Deno.remove(this.#path(key)).catch(ifAbsent);
  }

  async compareAndSet(
    key: string,
    expected: Uint8Array | undefined,
    value: Uint8Array,
  ): Promise<boolean> {
    if (expected !== undefined && !await this.#take(key, expected)) {
      return false;
    }
    const written = await this.#write(value);
    try {
      return await linked(written, this.#path(key));
    } finally {
      await Deno.remove(written);
    }
  }

  /** Removes a value if it is as expected: of several processes, one does. */
  async #take(key: string, expected: Uint8Array): Promise<boolean> {
    const taken = `${this.#path(key)}.${crypto.randomUUID()}`;
    try {
      await Deno.rename(this.#path(key), taken);
    } catch (error) {
      ifAbsent(error);
      return false;
    }
    const isExpected = equals(await Deno.readFile(taken), expected);
    // Somebody may have put another value there meanwhile, which then stays.
    if (!isExpected) await linked(taken, this.#path(key));
    await Deno.remove(taken);
    return isExpected;
  }

  /** Writes a file of its own, which is on the disk when this resolves. */
  async #write(value: Uint8Array): Promise<string> {
    await Deno.mkdir(this.#folder, { recursive: true, mode: 0o700 });
    const path = `${this.#folder}/.new-${crypto.randomUUID()}`;
    using file = await Deno.open(path, {
      write: true,
      createNew: true,
      mode: 0o600,
    });
    try {
      for (let at = 0; at < value.length;) {
        at += await file.write(value.subarray(at));
      }
      await file.sync();
    } catch (error) {
      // The disk is full, say: a part of a secret is of no use.
      await Deno.remove(path);
      throw error;
    }
    return path;
  }

  #path(key: string): string {
    // Neither a separator nor a leading dot.
    const name = encodeURIComponent(key).replace(/^\./, "%2E")
      .replaceAll("*", "%2A");
    return `${this.#folder}/${
      name.length <= MAX_NAME ? name : `${name.slice(0, 64)}~${digestOf(key)}`
    }`;
  }
}

function digestOf(key: string): string {
  return sha256.digest(new TextEncoder().encode(key)).toHex();
}

/** Links a file to a second name, unless that is taken. */
async function linked(from: string, to: string): Promise<boolean> {
  try {
    await Deno.link(from, to);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) return false;
    throw error;
  }
}

/** File systems have 255 bytes, of which a UUID takes 37. */
const MAX_NAME = 200;

function ifAbsent(error: unknown): undefined {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}

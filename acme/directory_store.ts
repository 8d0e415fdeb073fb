/**
 * A store in a folder, a file a value.
 *
 * @module
 */

import { equals } from "@std/bytes";
import { sha256 } from "../crypto/primitives/hash.ts";
import { toHex } from "../encoding.ts";
import { type Files, isNamed, requirePart } from "../platform/platform.ts";
import type { SharedStore } from "./store.ts";

/**
 * Keeps values in a folder that only its owner can read. A value is there as a
 * whole or not at all, also when the process is killed. Several processes of a
 * machine may share it.
 */
export class DirectoryStore implements SharedStore {
  readonly #folder: string;
  readonly #files: Files;

  /** @param folder Its path; it is made, if it is not there. */
  constructor(folder: string) {
    this.#folder = folder;
    this.#files = requirePart(
      "files",
      "Cannot keep values in a folder: this runtime has no files; give acme() a store of your own",
    );
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    try {
      return await this.#files.read(this.#path(key));
    } catch (error) {
      return ifAbsent(error);
    }
  }

  async set(key: string, value: Uint8Array): Promise<void> {
    const written = await this.#write(value);
    try {
      await this.#files.rename(written, this.#path(key));
    } catch (error) {
      await this.#files.remove(written);
      throw error;
    }
  }

  async delete(key: string): Promise<void> {
    await this.#files.remove(this.#path(key)).catch(ifAbsent);
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
      return await this.#linked(written, this.#path(key));
    } finally {
      await this.#files.remove(written);
    }
  }

  /** Removes a value if it is as expected: of several processes, one does. */
  async #take(key: string, expected: Uint8Array): Promise<boolean> {
    const taken = `${this.#path(key)}.${crypto.randomUUID()}`;
    try {
      await this.#files.rename(this.#path(key), taken);
    } catch (error) {
      ifAbsent(error);
      return false;
    }
    const isExpected = equals(await this.#files.read(taken), expected);
    // Somebody may have put another value there meanwhile, which then stays.
    if (!isExpected) await this.#linked(taken, this.#path(key));
    await this.#files.remove(taken);
    return isExpected;
  }

  /** Writes a file of its own, which is on the disk when this resolves. */
  async #write(value: Uint8Array): Promise<string> {
    await this.#files.makeFolder(this.#folder);
    const path = `${this.#folder}/.new-${crypto.randomUUID()}`;
    await this.#files.create(path, value);
    return path;
  }

  /** Links a file to a second name, unless that is taken. */
  async #linked(from: string, to: string): Promise<boolean> {
    try {
      await this.#files.link(from, to);
      return true;
    } catch (error) {
      if (isNamed(error, "AlreadyExists")) return false;
      throw error;
    }
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
  return toHex(sha256.digest(new TextEncoder().encode(key)));
}

/** File systems have 255 bytes, of which a UUID takes 37. */
const MAX_NAME = 200;

function ifAbsent(error: unknown): undefined {
  if (!isNamed(error, "NotFound")) throw error;
}

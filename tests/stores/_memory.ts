/**
 * A store in memory that several machines of a test share.
 *
 * @module
 */

import { equals } from "@std/bytes";
import type { SharedStore } from "../../stores/fleet.ts";

/** A store whose calls may be made to fail, or never to end. */
export class MemoryStore implements SharedStore {
  readonly values = new Map<string, Uint8Array>();
  /** Called before each call is carried out. */
  before: (call: string) => Promise<void> | void = () => {};

  async get(key: string) {
    await this.before("get");
    return this.values.get(key);
  }

  async set(key: string, value: Uint8Array) {
    await this.before("set");
    this.values.set(key, value);
  }

  async delete(key: string) {
    await this.before("delete");
    this.values.delete(key);
  }

  async compareAndSet(
    key: string,
    expected: Uint8Array | undefined,
    value: Uint8Array,
  ) {
    await this.before("compareAndSet");
    const found = this.values.get(key);
    const isSame = found === undefined || expected === undefined
      ? found === expected
      : equals(found, expected);
    if (isSame) this.values.set(key, value);
    return isSame;
  }
}

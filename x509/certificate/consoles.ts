/**
 * What consoles show of a large object.
 *
 * @module
 */

import { escapeInvisible } from "../../escape.ts";

/**
 * What `Deno.inspect` and Node's `util.inspect` call a method like this with.
 */
type Inspect = (value: unknown, options: object) => string;

/** Has `console.log` and uncaught errors show these members and no others. */
export function showInConsoles<Shown extends object>(
  shown: { readonly name: string; readonly prototype: Shown },
  members: readonly (keyof Shown & string)[],
): void {
  function inspected(
    this: Shown,
    _depth: number,
    options: object,
    inspect: Inspect,
  ): string {
    const picked = members.map((member) => [member, this[member]]);
    const text = inspect(Object.fromEntries(picked), options);
    return `${shown.name} ${escapeInvisible(text)}`;
  }
  Object.defineProperty(shown.prototype, CUSTOM_INSPECT, { value: inspected });
}

/** Deno honours Node's symbol as it does its own. */
const CUSTOM_INSPECT = Symbol.for("nodejs.util.inspect.custom");

/**
 * The defaults of the table are those that the documentation names.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import {
  type OptionName,
  optionNames,
} from "../../../connection/options/table.ts";
import { optionDocs } from "../../_tools/_option_docs.ts";
import { rowOf } from "./_samples.ts";

/** Those that depend on other things, and stand in words. */
const IN_WORDS: ReadonlySet<OptionName> = new Set([
  "serverName",
  "postHandshakeAuth",
  "certificateTypes",
  "certificateAuthorities",
  "ticketKeys",
  "groups",
  "hostname",
  "random",
]);

/** A default that the platform gives, and its documentation leaves out. */
const UNTOLD: ReadonlySet<OptionName> = new Set(["now"]);

const documented = new Map(
  [...await optionDocs()].map(([name, docs]) => [
    name,
    docs.map((doc) => doc.default).findLast((value) => value !== undefined),
  ]),
);

for (const name of optionNames) {
  Deno.test(`the default of option ${name} is the one that is documented`, () => {
    const told = documented.get(name);
    if (IN_WORDS.has(name)) return assert(told !== undefined, name);
    if (UNTOLD.has(name)) return assertEquals(told, undefined);
    const { default: absent } = rowOf(name);
    assertEquals(
      told,
      absent === undefined ? undefined : JSON.stringify(absent),
    );
  });
}

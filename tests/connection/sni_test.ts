/**
 * Certificates and contexts by name.
 *
 * @module
 */

import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { contextOf } from "../../connection/options/context.ts";
import { certificate, serverOptions } from "../_pair.ts";

Deno.test("a context makes the look-up of its table of names once for all connections", async () => {
  const { cert, key } = await certificate();
  const context = contextOf({
    ...await serverOptions(),
    sni: { "A.test": { cert, key } },
  });
  const [one, other] = [await context.server(), await context.server()];
  assert(one.sni !== undefined);
  assertStrictEquals(one.sni, other.sni);
  assertEquals(await one.sni("b.test"), undefined);
  assert(await one.sni("a.test") !== undefined);
});

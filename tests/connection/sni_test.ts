/**
 * Certificates and contexts by name.
 *
 * @module
 */

import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { context, handle } from "../_contexts.ts";
import { certificate, serverOptions } from "../_pair.ts";

Deno.test("a context reads the identities of its table of names once for all connections", async () => {
  const { cert, key } = await certificate();
  const { sni } = await context({
    ...await serverOptions(),
    sni: { "A.test": { cert, key } },
  }).server(handle("server"));
  assert(sni !== undefined);
  assertEquals(await sni("b.test"), undefined);
  const [one, other] = [await sni("a.test"), await sni("a.test")];
  assert(one !== undefined && "identities" in one);
  assert(other !== undefined && "identities" in other);
  assertStrictEquals(one.identities, other.identities);
});

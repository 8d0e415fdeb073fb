/**
 * What is said of chains that begin with another certificate than the peer's own.
 *
 * @module
 */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { orderHint } from "../../../x509/certificate/chain_order.ts";
import { authority, certificateOf, server } from "../_authority.ts";

const root = await authority("Root");
const middle = await authority("Middle", root);
const [ca, sub] = [root, middle].map(certificateOf);
const leaf = certificateOf(await server(middle));

Deno.test("orderHint() speaks of chains alone that begin with a CA and have another end", () => {
  const chain = [ca, sub, leaf].flatMap((one) => one ?? []);
  assertStringIncludes(orderHint(chain) ?? "", "certificate 3 of it");
  assertStringIncludes(
    orderHint(chain.slice(1)) ?? "",
    "certificate 2 of it, that of",
  );
  for (
    const right of [
      [],
      chain.slice(2),
      chain.slice(0, 2),
      [...chain.slice(2), ...chain],
      [leaf, ...chain.slice(0, 1), leaf],
    ]
  ) assertEquals(orderHint(right), undefined);
});

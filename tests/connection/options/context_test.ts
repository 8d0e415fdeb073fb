import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import type { Context } from "../../../connection/options/context.ts";
import { createContext } from "../../../connection/options/create_context.ts";
import { context, handle } from "../../_contexts.ts";
import { pattern } from "../../_pair.ts";

Deno.test("TlsContext.with() goes on opening tickets, unless their keys change", () => {
  const first = context({ alpnProtocols: ["h2"] });
  const { ticketKeys } = first;
  assert(ticketKeys !== undefined);
  const second = first.with({ alpnProtocols: ["http/1.1"] });
  assertStrictEquals(second.ticketKeys, ticketKeys);
  const others = second.with({ ticketKeys: [pattern(48)] });
  assert(others.ticketKeys !== undefined && others.ticketKeys !== ticketKeys);
  // What was copied does not notice.
  assertStrictEquals(second.ticketKeys, ticketKeys);
  assertStrictEquals(first.with({ tickets: 0 }).ticketKeys, undefined);
});

Deno.test("createContext() keeps options of each connection beside a context", () => {
  const base = context({ groups: ["x25519"] });
  const made = createContext({ context: base, readTimeout: 5 }) as Context;
  assertEquals(made.connectionOptions().readTimeout, 5);
  assert(made.has("groups"));
  assertStrictEquals(createContext({ context: base }), base);
});

Deno.test("connections to one server keep one configuration, and handshakes their own", async () => {
  const made = context();
  const client = (key: string, hostname = "a.test") =>
    made.client(handle("client"), made.connectionOptions(), {
      key,
      hostname,
      shares: made.makeShares(),
    });
  const one = await client("a");
  const other = await client("a");
  assert(one.kept !== undefined && one.kept === other.kept);
  assert(one.madeShares !== other.madeShares);
  assertStrictEquals(one.kept.madeShares, undefined);
  const { kept, madeShares, ...rest } = one;
  assertEquals({ ...kept, madeShares }, { ...rest, madeShares });
  for (const different of [await client("b"), await client("a", "b.test")]) {
    assert(different.kept !== undefined && different.kept !== one.kept);
  }
});

Deno.test("a connection whose callbacks get its handle keeps a configuration of its own", async () => {
  const made = context({ serverName: "a.test", verify: () => true });
  assertStrictEquals((await made.client(handle("client"))).kept, undefined);
  const plain = context({ serverName: "a.test" });
  const own = { ...plain.connectionOptions(), readTimeout: 5 };
  const timed = await plain.client(handle("client"), own);
  const usual = await plain.client(handle("client"));
  assertEquals(timed.kept?.readTimeout, 5);
  assertEquals(usual.kept?.readTimeout, undefined);
});

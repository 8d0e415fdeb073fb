import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import type { Context } from "../../../connection/options/context.ts";
import { createContext } from "../../../connection/options/create_context.ts";
import { context } from "../../_contexts.ts";
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

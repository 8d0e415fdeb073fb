/**
 * What is shown of contexts, listeners, connections and sessions holds no
 * secret, in whatever way it is shown.
 *
 * @module
 */

import { assert, assertStringIncludes } from "@std/assert";
import { inspect } from "node:util";
import { Session } from "../../../handshake/session/session.ts";
import { listen } from "../../../connection/listen.ts";
import { TicketKeys } from "../../../handshake/session/ticket_keys.ts";
import { context } from "../../_contexts.ts";
import { certificate, connected, pattern, serverOptions } from "../../_pair.ts";
import { sessionsOf } from "../../handshake/_resumption.ts";

const { cert, key } = await certificate();
const passphrase = "a passphrase of mine";
const ticketKeys = [pattern(48, 5)];
const psk = { identity: "identity of mine", key: pattern(32, 6) };

/** How secrets would look. */
function forms(bytes: Uint8Array): string[] {
  return [
    bytes.toHex(),
    bytes.toBase64(),
    [...bytes.subarray(0, 8)].join(","),
    [...bytes.subarray(0, 8)].join(", "),
    [...bytes.subarray(0, 8)].join(",\n"),
  ];
}

const secrets = [
  key.split("\n")[1] ?? key,
  passphrase,
  psk.identity,
  ...forms(psk.key),
  ...forms(pattern(48, 5)),
];

function assertShowsNone(value: unknown, more: readonly string[] = []): void {
  const all = { showHidden: true, depth: 20, iterableLimit: 1e5 };
  const shown = [
    Deno.inspect(value),
    Deno.inspect(value, all),
    Deno.inspect({ in: value }, all),
    inspect(value, { showHidden: true, depth: 20, maxArrayLength: null }),
    String(value),
    JSON.stringify(value) ?? "",
    JSON.stringify({ ...(value as object) }),
  ];
  for (const text of shown) {
    for (const secret of [...secrets, ...more]) {
      assert(!text.includes(secret), `${text} shows ${secret}`);
    }
  }
}

const withSecrets = {
  cert,
  key,
  passphrase,
  psk,
  ticketKeys,
  verify: () => {},
};

Deno.test("what is shown of a context is which options it has, and no secret", () => {
  const one = context(withSecrets);
  for (const each of [one, one.with({ alpnProtocols: ["h2"] })]) {
    assertShowsNone(each);
    assertStringIncludes(Deno.inspect(each), "ticketKeys");
    assertStringIncludes(Deno.inspect(each), "TLSv1.2 to TLSv1.3");
  }
});

Deno.test("what is shown of a listener and its connections holds no secret", async () => {
  using listener = listen({
    port: 0,
    hostname: "127.0.0.1",
    ...await serverOptions(),
    ticketKeys,
  });
  assertShowsNone(listener);
  await listener.ready;
  assertShowsNone(listener);
  await using ends = await connected({}, { ticketKeys });
  assertShowsNone(ends.client);
  assertShowsNone(ends.server);
  assertShowsNone(ends.server.info);
});

Deno.test("what is shown of a session and of ticket keys holds no secret", async () => {
  assertShowsNone(new TicketKeys(ticketKeys, Date.now));
  for (const session of await sessionsOf()) {
    assertShowsNone(session, forms(Session.stateOf(session).secret));
  }
});

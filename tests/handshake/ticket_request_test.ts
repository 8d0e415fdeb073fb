/**
 * How many tickets a client asks for, and gets (RFC 9149).
 */

import { assertEquals, assertThrows } from "@std/assert";
import { createContext } from "../../connection/options/create_context.ts";
import type { ServerOptions } from "../../connection/options/options.ts";
import type { Session } from "../../handshake/session/session.ts";
import { tls13 } from "../../handshake/messages/message_kinds.ts";
import { assertRefused, editing, hostileServer } from "../_hostile_peer.ts";
import { connected, pattern, readBytes, utf8 } from "../_pair.ts";

const ticketKeys = [pattern(48)];

/** The sessions that a client gets. */
async function sessionsFor(
  ticketRequest: { newSession?: number; resumption?: number } | undefined,
  forServer: ServerOptions = {},
  session?: Session,
): Promise<Session[]> {
  const sessions: Session[] = [];
  await using ends = await connected(
    {
      minVersion: "TLSv1.3",
      ticketRequest,
      session,
      onSession: (session) => void sessions.push(session),
    },
    { ticketKeys, ...forServer },
  );
  await ends.server.write(utf8("behind them"));
  await readBytes(ends.client, 11);
  assertEquals(ends.client.info.resumed, session !== undefined);
  return sessions;
}

for (
  const [name, request, server, count] of [
    ["none where nothing is asked for", undefined, {}, 2],
    ["as many as the client asks for", { newSession: 5 }, {}, 5],
    ["fewer than is usual", { newSession: 1 }, {}, 1],
    ["none if it asks for none", { newSession: 0 }, {}, 0],
    ["two if it does not say how many", {}, {}, 2],
    ["eight at most", { newSession: 255 }, {}, 8],
    ["more if it sends more anyway", { newSession: 255 }, { tickets: 12 }, 12],
    ["none where they are off", { newSession: 5 }, {
      tickets: 0,
      ticketKeys: undefined,
    }, 0],
  ] as const
) {
  Deno.test(`a client that asks for ${JSON.stringify(request)} gets ${count} tickets: ${name}`, async () => {
    assertEquals((await sessionsFor(request, server)).length, count);
  });
}

Deno.test("a client that resumes gets as many as it asks for then", async () => {
  const request = { newSession: 4, resumption: 3 };
  const [session] = await sessionsFor(request);
  assertEquals((await sessionsFor(request, {}, session)).length, 3);
  const [another] = await sessionsFor({});
  assertEquals((await sessionsFor({}, {}, another)).length, 1);
});

Deno.test("the server says how many tickets there will be", async () => {
  const counts: (number | undefined)[] = [];
  for (const tickets of [2, 0]) {
    const { peer, conn, flow } = await hostileServer(
      editing(tls13.encryptedExtensions, (message) => {
        counts.push(message.extensions.ticket_request);
        return message;
      }),
      {
        client: { ticketRequest: { newSession: 6 }, onSession: () => {} },
        server: { tickets },
      },
    );
    using _ = peer;
    await Promise.all([conn.handshake(), flow()]);
  }
  assertEquals(counts, [6, undefined]);
});

Deno.test("a client that keeps no sessions asks for no tickets", async () => {
  const types: (readonly number[])[] = [];
  for (const onSession of [undefined, () => {}]) {
    await using _ = await connected(
      { ticketRequest: {}, onSession },
      { onClientHello: ({ extensions }) => void types.push(extensions) },
    );
  }
  assertEquals(types.map((list) => list.includes(58)), [false, true]);
});

// RFC 9149 section 3: "A client MUST abort the connection with an
// "illegal_parameter" alert if the "ticket_request" extension is present in any
// server handshake message besides EncryptedExtensions."
for (const kind of ["serverHello", "helloRetryRequest"] as const) {
  Deno.test(`client refuses ticket_request in ${kind}`, async () => {
    const unknown = [{ extensionType: 58, extensionData: Uint8Array.of(1) }];
    await assertRefused(
      "illegal_parameter",
      await hostileServer(
        editing(tls13[kind] as typeof tls13.serverHello, (message) => ({
          ...message,
          extensions: { ...message.extensions, unknown },
        })),
        {
          client: { ticketRequest: {}, onSession: () => {} },
          server: kind === "serverHello" ? {} : { helloRetry: "cookie" },
        },
      ),
    );
  });
}

Deno.test("client refuses an answer to a ticket_request that it did not send", async () => {
  await assertRefused(
    "unsupported_extension",
    await hostileServer(
      editing(tls13.encryptedExtensions, ({ extensions }) => ({
        extensions: { ...extensions, ticket_request: 1 },
      })),
    ),
  );
});

Deno.test("ticketRequest refuses numbers that do not fit", () => {
  for (const wrong of [{ newSession: 256 }, { resumption: -1 }]) {
    assertThrows(
      () => createContext({ ticketRequest: wrong }),
      RangeError,
      "ticketRequest",
    );
  }
  assertThrows(
    () => createContext({ ticketRequest: { count: 1 } as object }),
    TypeError,
  );
});

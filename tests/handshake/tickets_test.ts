/**
 * Tickets and binders that are not as they must be (RFC 9846 sections 4.3.11 and
 * 4.7.1), on either side.
 *
 * @module
 */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { tls13 } from "../../handshake/messages/message_kinds.ts";
import type { Session } from "../../handshake/session/session.ts";
import { frameMessage } from "../../handshake/messages/framing.ts";
import type { NewSessionTicket } from "../../handshake/messages/new_session_ticket.ts";
import { ContentType, HandshakeType } from "../../registry.ts";
import {
  assertRefused,
  assertRefusedLater,
  editing,
  hostileClient,
  hostileServer,
} from "../_hostile_peer.ts";
import { pattern, readBytes, utf8 } from "../_pair.ts";
import { sessionsOf, ticketKeys } from "./_resumption.ts";

/** A ticket that is as it must be. */
const ticket: NewSessionTicket = {
  ticketLifetime: 7200,
  ticketAgeAdd: 1,
  ticketNonce: Uint8Array.of(1),
  ticket: pattern(40),
  extensions: {},
};

Deno.test("server treats a ticket with a flipped bit as unknown", async () => {
  const [session] = await sessionsOf();
  const ticket = session?.ticket ?? new Uint8Array();
  for (const at of [0, 15, 16, 28, ticket.length - 1]) {
    const { peer, conn, flow } = await hostileClient(
      editing(tls13.clientHello, (hello) => {
        const psk = hello.extensions.pre_shared_key;
        assert(psk !== undefined);
        return {
          ...hello,
          extensions: {
            ...hello.extensions,
            pre_shared_key: {
              ...psk,
              identities: psk.identities.map((identity) => {
                const wrong = identity.identity.slice();
                wrong[at] = (wrong[at] as number) ^ 1;
                return { ...identity, identity: wrong };
              }),
            },
          },
        };
      }),
      { client: { minVersion: "TLSv1.3", session }, server: { ticketKeys } },
    );
    using _ = peer;
    await Promise.all([conn.handshake(), flow()]);
    assertEquals(conn.info.resumed, false);
    conn.abort();
  }
});

Deno.test("server refuses a wrong binder (section 4.3.11.2)", async () => {
  const [session] = await sessionsOf();
  const error = await assertRefused(
    "decrypt_error",
    await hostileClient(
      editing(tls13.clientHello, (hello) => {
        const psk = hello.extensions.pre_shared_key;
        assert(psk !== undefined);
        return {
          ...hello,
          extensions: {
            ...hello.extensions,
            pre_shared_key: { ...psk, binders: [pattern(32)] },
          },
        };
      }),
      { client: { minVersion: "TLSv1.3", session }, server: { ticketKeys } },
    ),
  );
  assertStringIncludes(error.message, "binder");
});

Deno.test("server refuses a binder over another ClientHello", async () => {
  const [session] = await sessionsOf();
  await assertRefused(
    "decrypt_error",
    await hostileClient(
      editing(tls13.clientHello, (hello) => ({
        ...hello,
        random: pattern(32),
      })),
      { client: { minVersion: "TLSv1.3", session }, server: { ticketKeys } },
    ),
  );
});

Deno.test("client refuses a resumption with a suite of another hash (section 4.3.11)", async () => {
  const [session] = await sessionsOf();
  const error = await assertRefused(
    "illegal_parameter",
    await hostileServer(
      editing(tls13.serverHello, (hello) => ({
        ...hello,
        cipherSuite: 0x1302,
        extensions: { ...hello.extensions, pre_shared_key: 0 },
      })),
      { client: { session }, server: { ticketKeys } },
    ),
  );
  assertStringIncludes(error.message, "another hash");
});

Deno.test("client refuses a CertificateRequest on resumption (section 4.4.2)", async () => {
  const [session] = await sessionsOf();
  await assertRefused(
    "unexpected_message",
    await hostileServer({
      message: ({ name, raw }) =>
        name === "finished"
          ? [Uint8Array.of(13, 0, 0, 11, 0, 0, 8, 0, 13, 0, 4, 0, 2, 4, 3), raw]
          : undefined,
    }, { client: { session }, server: { ticketKeys } }),
  );
});

Deno.test("client discards a ticket whose lifetime is zero (section 4.7.1)", async () => {
  const sessions: Session[] = [];
  const { peer, conn, flow } = await hostileServer({}, {
    client: { onSession: (session) => sessions.push(session) },
    server: { tickets: 0 },
  });
  using _ = peer;
  await Promise.all([conn.handshake(), flow()]);
  await peer.send(tls13.newSessionTicket, { ...ticket, ticketLifetime: 0 });
  await peer.send(tls13.newSessionTicket, ticket);
  await peer.sendRecord(ContentType.application_data, utf8("x"));
  await readBytes(conn, 1);
  assertEquals(sessions.map(({ ticket }) => ticket), [pattern(40)]);
  conn.abort();
});

Deno.test("client keeps no ticket of more than 32768 bytes", async () => {
  const sessions: Session[] = [];
  const { peer, conn, flow } = await hostileServer({}, {
    client: { onSession: (session) => sessions.push(session) },
    server: { tickets: 0 },
  });
  using _ = peer;
  await Promise.all([conn.handshake(), flow()]);
  for (const length of [32_769, 32_768]) {
    await peer.send(tls13.newSessionTicket, {
      ...ticket,
      ticket: pattern(length),
    });
  }
  await peer.sendRecord(ContentType.application_data, utf8("x"));
  await readBytes(conn, 1);
  assertEquals(sessions.map(({ ticket }) => ticket.length), [32_768]);
  conn.abort();
});

Deno.test("client refuses a ticket that is empty, or has an extension twice", async () => {
  for (
    const body of [
      // No ticket.
      [0, 0, 1, 0, 0, 0, 0, 0, 1, 9, 0, 0, 0, 0],
      // early_data twice.
      [
        0,
        0,
        1,
        0,
        0,
        0,
        0,
        0,
        1,
        9,
        0,
        1,
        7,
        0,
        16,
        0,
        42,
        0,
        4,
        0,
        0,
        0,
        1,
        0,
        42,
        0,
        4,
        0,
        0,
        0,
        1,
      ],
      // Cut short.
      [0, 0, 1, 0, 0, 0, 0, 0, 1, 9, 0, 1],
    ]
  ) {
    const isTwice = body.length > 20;
    await assertRefusedLater(
      isTwice ? "illegal_parameter" : "decode_error",
      await hostileServer({}, { server: { tickets: 0 } }),
      ({ peer }) =>
        peer.sendRecord(
          ContentType.handshake,
          frameMessage(HandshakeType.new_session_ticket, Uint8Array.from(body)),
        ),
    );
  }
});

/**
 * ALPN protocols by their bytes (RFC 7301 section 3.1: "opaque ProtocolName"):
 * what is not UTF-8, or begins with a byte order mark, comes as it was sent.
 *
 * @module
 */

import { assertEquals, assertNotEquals } from "@std/assert";
import { Session, SessionCache } from "../../mod.ts";
import { tls13 } from "../../handshake/messages/message_kinds.ts";
import { assertRefused, editing, hostileClient } from "../_hostile_peer.ts";
import { connected, outcomes, pair, tlsError, utf8 } from "../_pair.ts";
import { passTickets } from "./_resumption.ts";

const BYTES = Uint8Array.of(0xff, 0x00, 0xc3);
const MARKED = "\ufeffh2";

for (const maxVersion of ["TLSv1.2", "TLSv1.3"] as const) {
  Deno.test(`${maxVersion}: a protocol that is not UTF-8 is agreed on and told by its bytes`, async () => {
    const offered = ["h2", BYTES];
    await using ends = await connected(
      { maxVersion, alpnProtocols: offered },
      { alpnProtocols: [BYTES, "h2"] },
    );
    for (const { info } of [ends.client, ends.server]) {
      assertEquals(info.alpnProtocol, "\udcff\udc00\udcc3");
      assertEquals(info.alpnProtocolBytes, BYTES);
    }
  });

  Deno.test(`${maxVersion}: a byte order mark belongs to a protocol`, async () => {
    await using ends = await connected(
      { maxVersion, alpnProtocols: ["h2", MARKED] },
      { alpnProtocols: [MARKED] },
    );
    assertEquals(ends.client.info.alpnProtocol, MARKED);
    assertEquals(ends.server.info.alpnProtocolBytes, utf8(MARKED));
    await using refused = await pair(
      { maxVersion, alpnProtocols: [MARKED] },
      { alpnProtocols: ["h2"] },
    );
    const { server } = await outcomes(refused);
    assertEquals(tlsError(server).code, "no_common_alpn_protocol");
  });

  Deno.test(`${maxVersion}: onClientHello and onAlpn see and return protocols by their bytes`, async () => {
    const other = Uint8Array.of(0xfe);
    const seen: unknown[] = [];
    for (const answer of [other, "\udcfe"]) {
      await using ends = await connected(
        { maxVersion, alpnProtocols: [BYTES, other, "h2"] },
        {
          onClientHello: ({ alpnProtocolBytes }) => {
            seen.push(alpnProtocolBytes);
          },
          onAlpn: (protocols) => {
            seen.push(protocols);
            return answer;
          },
        },
      );
      assertEquals(ends.client.info.alpnProtocolBytes, other);
    }
    const told = [
      [BYTES, other, utf8("h2")],
      ["\udcff\udc00\udcc3", "\udcfe", "h2"],
    ];
    assertEquals(seen, [...told, ...told]);
  });

  Deno.test(`${maxVersion}: a session keeps a protocol that is not UTF-8`, async () => {
    const sessionCache = new SessionCache();
    const sessions: Session[] = [];
    for (const resumed of [false, true]) {
      await using ends = await connected({
        maxVersion,
        alpnProtocols: [BYTES],
        sessionCache,
        onSession: (session) => sessions.push(session),
      }, { alpnProtocols: [BYTES], ticketKeys: [new Uint8Array(48).fill(1)] });
      await passTickets(ends);
      assertEquals(ends.client.info.resumed, resumed);
    }
    const [session] = sessions;
    const again = session && Session.import(session.export());
    assertEquals(again?.alpnProtocol, "\udcff\udc00\udcc3");
  });
}

Deno.test("a string that stands for bytes may go back into the options", async () => {
  await using ends = await connected(
    { alpnProtocols: ["\udcff\udc00\udcc3"] },
    { alpnProtocols: [BYTES] },
  );
  assertEquals(ends.server.info.alpnProtocolBytes, BYTES);
});

// RFC 6066 section 3: "represented as a byte string using ASCII encoding".
Deno.test("a server name with a byte order mark is refused, and not read without it", async () => {
  const mischief = editing(tls13.clientHello, (message) => ({
    ...message,
    extensions: {
      ...message.extensions,
      server_name: [{ nameType: 0, hostName: utf8("\ufefflocalhost") }],
    },
  }));
  await assertRefused("illegal_parameter", await hostileClient(mischief));
});

Deno.test("bytes that are a protocol's UTF-8 are that protocol", async () => {
  await using ends = await connected(
    { alpnProtocols: [utf8("é")] },
    { alpnProtocols: ["é"] },
  );
  assertEquals(ends.client.info.alpnProtocol, "é");
  assertNotEquals(ends.client.info.alpnProtocolBytes, undefined);
});

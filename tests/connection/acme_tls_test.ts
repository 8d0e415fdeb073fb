/**
 * Connections of "acme-tls/1": a server ends them automatically (RFC 8737 section
 * 3).
 *
 * @module
 */

import { assertEquals, assertRejects } from "@std/assert";
import { ACME_TLS_1 } from "../../registry.ts";
import { TlsError } from "../../errors.ts";
import type { Session } from "../../handshake/session/session.ts";
import { connected, pair } from "../_pair.ts";
import { earlyPair, shakeEarly } from "../handshake/_early_data.ts";
import { ticketKeys } from "../handshake/_resumption.ts";

const alpnProtocols = [ACME_TLS_1];

for (const maxVersion of ["TLSv1.2", "TLSv1.3"] as const) {
  Deno.test(`server() ends a connection of acme-tls/1 behind the handshake, ${maxVersion}`, async () => {
    await using ends = await connected(
      { maxVersion, alpnProtocols },
      // As acme() answers: by the ClientHello.
      { onClientHello: () => ({ alpnProtocols }) },
    );
    const { client, server } = ends;
    assertEquals(server.info.alpnProtocol, ACME_TLS_1);
    // The program does nothing, and the peer meets the end.
    assertEquals(await client.read(new Uint8Array(1)), null);
    await client.close();
    assertEquals(await server.closed, { clean: true });
    await assertRejects(() => server.write(new Uint8Array(1)));
    await assertRejects(() => server.read(new Uint8Array(1)));
  });
}

Deno.test("server() sends nothing on a connection of acme-tls/1 that was written before", async () => {
  for (const maxVersion of ["TLSv1.2", "TLSv1.3"] as const) {
    await using ends = await pair({ maxVersion, alpnProtocols }, {
      alpnProtocols,
      halfRtt: true,
    });
    const { client, server } = ends;
    const bytes = Uint8Array.of(7);
    const writes = [server.write(bytes), server.write(bytes)]
      .map((write) => assertRejects(() => write, TlsError, "RFC 8737"));
    await Promise.all([client.handshake(), server.handshake(), ...writes]);
    assertEquals(await client.read(new Uint8Array(1)), null);
    await client.close();
    assertEquals(await server.closed, { clean: true });
  }
});

Deno.test("server() sends nothing on a connection of acme-tls/1 at the end of the handshake", async () => {
  const refused: Promise<unknown>[] = [];
  await using ends = await pair({ alpnProtocols }, {
    alpnProtocols,
    onEvent: ({ type }) => {
      if (type !== "handshake_done") return;
      const writing = ends.server.write(Uint8Array.of(7));
      refused.push(assertRejects(() => writing, TlsError));
    },
  });
  const { client, server } = ends;
  await Promise.all([client.handshake(), server.handshake()]);
  assertEquals(await client.read(new Uint8Array(1)), null);
  assertEquals(refused.length, 1);
  await Promise.all(refused);
});

Deno.test("server() accepts no early data on a connection of acme-tls/1", async () => {
  const server = { alpnProtocols, ticketKeys, earlyData: {} };
  const sessions: Session[] = [];
  await using first = await connected(
    { alpnProtocols, onSession: (session) => sessions.push(session) },
    server,
  );
  assertEquals(await first.client.read(new Uint8Array(1)), null);
  const [session] = sessions;
  await using second = await earlyPair({ alpnProtocols, session }, server);
  assertEquals(await shakeEarly(second), "");
  assertEquals(second.refusals.server, [
    "connections of acme-tls/1 have no data (RFC 8737 section 3)",
  ]);
  assertEquals(second.client.info.resumed, true);
});

Deno.test("server() keeps connections of other protocols open", async () => {
  await using ends = await connected(
    { alpnProtocols: [ACME_TLS_1, "other"] },
    { alpnProtocols: ["other"] },
  );
  const into = new Uint8Array(1);
  const [length] = await Promise.all([
    ends.client.read(into),
    ends.server.write(Uint8Array.of(7)),
  ]);
  assertEquals([length, into[0]], [1, 7]);
});

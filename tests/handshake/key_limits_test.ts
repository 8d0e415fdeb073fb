/**
 * Keys that are replaced before they have protected too much (RFC 9846 section
 * 5.5), and KeyUpdates that a peer asks for without end.
 *
 * @module
 */

import { assert, assertEquals, assertLess } from "@std/assert";
import { TlsConn } from "../../connection/conn.ts";
import { Engine } from "../../connection/engine/engine.ts";
import { transportOf } from "../../connection/transport/transport.ts";
import { client } from "../../connection/wrap.ts";
import { isTls13CipherSuite } from "../../crypto/suites/cipher_suites.ts";
import type { HandshakeConfig } from "../../handshake/common/config.ts";
import type { UntimedEvent } from "../../handshake/io/events.ts";
import { tls13 } from "../../handshake/messages/message_kinds.ts";
import { serverHandshake } from "../../handshake/server.ts";
import { ContentType } from "../../registry.ts";
import { handle, noConnection } from "../_contexts.ts";
import {
  clientConfig,
  hostileServer,
  Peer,
  serverConfig,
} from "../_hostile_peer.ts";
import {
  clientOptions,
  crossed,
  pattern,
  readBytes,
  settled,
  unbuffered,
} from "../_pair.ts";
import { asTls13 } from "../_established.ts";

/** Records that one key may protect in these tests. */
const LIMIT = 16;

/** The same configuration with suites whose keys wear out soon. */
function wearing<C extends HandshakeConfig>(config: C): C {
  return {
    ...config,
    cipherSuites: config.cipherSuites.filter(isTls13CipherSuite).map((
      suite,
    ) => ({
      ...suite,
      cipher: {
        ...suite.cipher,
        aead: { ...suite.cipher.aead, confidentialityLimit: LIMIT },
      },
    })),
  };
}

function updates(into: UntimedEvent[]): number {
  return into.filter((event) =>
    event.type === "message" && event.direction === "write" &&
    event.name === "key_update"
  ).length;
}

for (const size of [100, 40_000]) {
  Deno.test(`TlsConn changes its keys automatically, between writes of ${size} bytes`, async () => {
    const events: UntimedEvent[] = [];
    const { forClient, forServer } = crossed();
    const one = {
      ...wearing(await clientConfig({ minVersion: "TLSv1.3" })),
      kept: undefined,
    };
    const other = wearing(await serverConfig({ minVersion: "TLSv1.3" }));
    const sender = new TlsConn(
      new Engine(
        transportOf(forClient),
        handle("client"),
        () => Promise.resolve(one),
        { ...one, onEvent: (event) => events.push(event) },
      ),
    );
    const server = new TlsConn(
      new Engine(
        transportOf(forServer),
        handle("server"),
        () => Promise.resolve(other),
        other,
      ),
    );
    const count = 60;
    const bytes = pattern(size);
    const reading = readBytes(server, count * size);
    for (let at = 0; at < count; at++) await sender.write(bytes);
    const got = await reading;
    assertEquals(got.length, count * size);
    assertEquals(got.subarray(-size), bytes);
    const records = count * Math.ceil(size / 16384);
    assert(
      updates(events) >= Math.floor(records / LIMIT),
      `${updates(events)}`,
    );
    await Promise.all([sender.close(), server.close()]);
    assertEquals(await sender.closed, { clean: true });
    assertEquals(await server.closed, { clean: true });
  });
}

Deno.test("TlsConn answers a flood of requests for new keys by a few", async () => {
  const { peer, conn, flow } = await hostileServer({}, {
    server: { tickets: 0 },
  });
  using _ = peer;
  const [, established] = await Promise.all([conn.handshake(), flow()]);
  const rounds = 400;
  const reading = readBytes(conn, rounds);
  // The peer asks and asks, and reads nothing of the answers.
  for (let round = 0; round < rounds; round++) {
    await peer.send(tls13.keyUpdate, { requestUpdate: 1 });
    const protection = await asTls13(established).traffic.updateWrite();
    assert(protection !== undefined);
    peer.io.setWriteProtection(protection);
    await peer.sendRecord(ContentType.application_data, Uint8Array.of(round));
  }
  assertEquals((await reading).length, rounds);
  await settled();
  // A pipe of 64 KiB takes them all; what matters is that each waits for the
  // one before it to have left.
  assertLess(conn.stats.recordsWritten, rounds + 10);
  conn.abort();
});

Deno.test("TlsConn keeps one answer for a peer that reads nothing", async () => {
  const wires = unbuffered();
  const conn = client(wires.forClient, await clientOptions());
  using peer = new Peer(wires.forServer);
  const config = await serverConfig({ tickets: 0 });
  const [, established] = await Promise.all([
    conn.handshake(),
    serverHandshake(peer.io, config, noConnection),
  ]);
  const before = conn.stats.recordsWritten;
  const reading = readBytes(conn, 200);
  for (let round = 0; round < 200; round++) {
    await peer.send(tls13.keyUpdate, { requestUpdate: 1 });
    const protection = await asTls13(established).traffic.updateWrite();
    assert(protection !== undefined);
    peer.io.setWriteProtection(protection);
    await peer.sendRecord(ContentType.application_data, Uint8Array.of(1));
  }
  await reading;
  assertLess(conn.stats.recordsWritten - before, 10);
  conn.abort();
});

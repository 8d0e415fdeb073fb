/**
 * Data that are read before anybody wants them.
 *
 * @module
 */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { Ahead } from "../../../connection/engine/ahead.ts";
import { ContentType } from "../../../registry.ts";
import { renegotiateAsServer } from "../../handshake/_renegotiation.ts";
import { optionsFor, suite } from "../../handshake/_tls12.ts";
import { hostileServer } from "../../_hostile_peer.ts";
import { pattern, readBytes, settled, utf8 } from "../../_pair.ts";
import { FREELY, readText, renegotiable } from "../_renegotiation.ts";

Deno.test("Ahead gives copies in order, those put back first", () => {
  const ahead = new Ahead();
  assertEquals(ahead.take(), undefined);
  const bytes = utf8("one");
  ahead.push(bytes);
  bytes.fill(0);
  ahead.push(utf8("two"));
  const first = ahead.take();
  assertEquals(first, utf8("one"));
  ahead.putBack(utf8("one"));
  assertEquals([ahead.take(), ahead.take()], [utf8("one"), utf8("two")]);
  assertEquals(ahead.take(), undefined);
});

Deno.test("Ahead has room for so many bytes, and for fewer in small pieces", async () => {
  for (const [size, most] of [[16_384, 4], [1, 256]] as const) {
    const ahead = new Ahead();
    let count = 0;
    for (; !ahead.isFull; count++) ahead.push(new Uint8Array(size));
    assert(count <= most, `${count}`);
    let isTaken = false;
    const taken = ahead.taken().then(() => isTaken = true);
    await settled();
    assertEquals(isTaken, false);
    ahead.take();
    await taken;
    ahead.clear();
    assertEquals([ahead.isFull, ahead.take()], [false, undefined]);
  }
});

Deno.test("small records before the answer to a renegotiation wait for reads, too", async () => {
  const options = await optionsFor(suite.ecdhe);
  const { peer, conn, flow } = await hostileServer({}, options);
  using _ = peer;
  const [, previous] = await Promise.all([conn.handshake(), flow()]);
  const { recordsRead } = conn.stats;
  const asked = conn.renegotiate();
  const small = 1000;
  const large = pattern(100_000);
  const sending = (async () => {
    for (let at = 0; at < small; at++) {
      await peer.sendRecord(ContentType.application_data, Uint8Array.of(at));
    }
    await peer.sendRecord(ContentType.application_data, large);
    await renegotiateAsServer(peer, previous, options.server);
  })();
  const rest = async () => {
    for (let seen = -1; seen !== conn.stats.recordsRead;) {
      seen = conn.stats.recordsRead;
      for (let turn = 0; turn < 20; turn++) await settled();
    }
    return conn.stats.recordsRead - recordsRead;
  };
  assert(await rest() < small / 2);
  // What is taken makes room for as much, not for as many.
  await readBytes(conn, small - 100);
  assert(await rest() < small + 4);
  await readBytes(conn, 100);
  assertEquals(await readBytes(conn, large.length), large);
  await Promise.all([asked, sending]);
});

Deno.test("TlsConn.detach() that is refused leaves the order of what was read ahead", async () => {
  await using ends = await renegotiable(FREELY);
  const reading = readText(ends.client);
  await ends.client.write(utf8("one "));
  await ends.client.write(utf8("two"));
  await ends.server.renegotiate();
  await assertRejects(() => ends.server.detach(), TypeError, "not been read");
  await ends.client.closeWrite();
  assertEquals(await readText(ends.server), "one two");
  assertEquals(await reading, "");
});

/**
 * Application data that was read and not taken yet.
 *
 * @module
 */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { LeftOver } from "../../../connection/engine/left_over.ts";
import { ContentType } from "../../../registry.ts";
import { renegotiateAsServer } from "../../handshake/_renegotiation.ts";
import { optionsFor, suite } from "../../handshake/_tls12.ts";
import { hostileServer } from "../../_hostile_peer.ts";
import { pattern, readBytes, settled, utf8 } from "../../_pair.ts";
import { FREELY, readText, renegotiable } from "../_renegotiation.ts";

Deno.test("LeftOver returns copies in order, after the rest of what was taken", () => {
  const left = new LeftOver();
  assertEquals(left.take(), undefined);
  const bytes = utf8("one");
  left.push(bytes);
  bytes.fill(0);
  left.push(utf8("two"));
  assertEquals(left.take(), utf8("one"));
  left.keepRest(utf8("ne"));
  assertEquals([left.isEmpty, left.isBegun, left.hasNoneAhead], [
    false,
    true,
    false,
  ]);
  assertEquals([left.take(), left.isBegun], [utf8("ne"), false]);
  assertEquals([left.take(), left.isEmpty], [utf8("two"), true]);
  left.keepRest(new Uint8Array());
  assertEquals(left.take(), undefined);
});

Deno.test("LeftOver counts no rest as read ahead", () => {
  const left = new LeftOver();
  left.keepRest(new Uint8Array(1_000_000));
  assertEquals([left.isFull, left.hasNoneAhead], [false, true]);
  left.take();
  // Nor does taking it make room for more.
  let count = 0;
  for (; !left.isFull; count++) left.push(new Uint8Array(16_384));
  assertEquals(count, 4);
  left.keepRest(utf8("rest"));
  left.take();
  assertEquals([left.isFull, left.hasNoneAhead], [true, false]);
});

Deno.test("LeftOver is bounded in bytes, and holds fewer of them in small pieces", async () => {
  for (const [size, most] of [[16_384, 4], [1, 256]] as const) {
    const left = new LeftOver();
    let count = 0;
    for (; !left.isFull; count++) left.push(new Uint8Array(size));
    assert(count <= most, `${count}`);
    let isTaken = false;
    const taken = left.taken().then(() => isTaken = true);
    await settled();
    assertEquals(isTaken, false);
    left.take();
    await taken;
    left.clear();
    assertEquals([left.isFull, left.take()], [false, undefined]);
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

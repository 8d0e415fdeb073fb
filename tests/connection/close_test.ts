/**
 * How connections end when all is well: closeWrite() and close().
 *
 * @module
 */

import { assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { toBytes, toText } from "@std/streams";
import { CLOSE_TICK } from "../../connection/engine/close_watch.ts";
import { TlsError } from "../../errors.ts";
import { ContentType } from "../../registry.ts";
import { hostileServer } from "../_hostile_peer.ts";
import {
  connected,
  crossed,
  pair,
  pattern,
  pipe,
  readBytes,
  settled,
  tlsError,
  unbuffered,
  utf8,
} from "../_pair.ts";
import { Timers } from "./_timers.ts";

Deno.test("TlsConn.closeWrite() ends the peer's reading and leaves ours open", async () => {
  await using ends = await connected();
  await ends.client.write(utf8("question"));
  await ends.client.closeWrite();
  assertEquals(await readBytes(ends.server, 100), utf8("question"));
  assertEquals(await ends.server.read(new Uint8Array(1)), null);
  assertEquals(await ends.server.read(new Uint8Array(1)), null);
  await ends.server.write(utf8("answer"));
  assertEquals(await readBytes(ends.client, 6), utf8("answer"));
});

Deno.test("TlsConn.closeWrite() ends with what was written before", async () => {
  await using ends = await connected();
  const bytes = pattern(300_000);
  const reading = toBytes(ends.server.readable);
  const writing = ends.client.write(bytes);
  await ends.client.closeWrite();
  await writing;
  assertEquals((await reading).length, bytes.length);
});

Deno.test("TlsConn.write() after closeWrite() is refused", async () => {
  await using ends = await connected();
  await ends.client.closeWrite();
  await ends.client.closeWrite();
  const error = await assertRejects(
    () => ends.client.write(utf8("x")),
    TlsError,
  );
  assertEquals(error.code, "closed");
});

Deno.test("TlsConn.writable.close() is closeWrite()", async () => {
  await using ends = await connected();
  const writer = ends.client.writable.getWriter();
  writer.write(utf8("all of it"));
  await writer.close();
  assertEquals(await toText(ends.server.readable), "all of it");
});

Deno.test("TlsConn closes the transport when both directions have ended", async () => {
  const ends = await connected();
  await Promise.all([ends.client.closeWrite(), ends.server.closeWrite()]);
  assertEquals(await ends.client.read(new Uint8Array(1)), null);
  assertEquals(await ends.server.read(new Uint8Array(1)), null);
  assertEquals(await ends.client.closed, { clean: true });
  assertEquals(await ends.server.closed, { clean: true });
  assertEquals(await ends.client.read(new Uint8Array(1)), null);
});

Deno.test("TlsConn closes the transport when the one that ended first hears the end", async () => {
  const ends = await connected();
  await ends.client.closeWrite();
  assertEquals(await ends.server.read(new Uint8Array(1)), null);
  await ends.server.closeWrite();
  assertEquals(await ends.server.closed, { clean: true });
  assertEquals(await ends.client.read(new Uint8Array(1)), null);
  assertEquals(await ends.client.closed, { clean: true });
});

Deno.test("TlsConn.close() of both ends at once is clean, also over pipes that hold nothing", async () => {
  for (const wires of [crossed(), unbuffered()]) {
    const ends = await connected({}, {}, wires);
    // The time that a close may take does not pass: this one needs none of it.
    using _ = new Timers(CLOSE_TICK);
    await Promise.all([ends.client.close(), ends.server.close()]);
    assertEquals(await ends.client.closed, { clean: true });
    assertEquals(await ends.server.closed, { clean: true });
  }
});

Deno.test("TlsConn.close() closes while both streams are locked", async () => {
  const ends = await connected();
  const reader = ends.client.readable.getReader();
  const writer = ends.client.writable.getWriter();
  const waiting = reader.read();
  waiting.catch(() => {});
  writer.closed.catch(() => {});
  reader.closed.catch(() => {});
  const closing = ends.client.close();
  await waiting.catch(() => {});
  assertEquals(await ends.server.read(new Uint8Array(1)), null);
  await Promise.all([closing, ends.server.close()]);
  assertEquals(await ends.client.closed, { clean: true });
});

Deno.test("TlsConn.close() lets what was written leave", async () => {
  const ends = await connected();
  const bytes = pattern(400_000);
  const reading = toBytes(ends.server.readable);
  const writing = ends.client.write(bytes);
  writing.catch(() => {});
  const closing = ends.client.close();
  assertEquals((await reading).length, bytes.length);
  await writing;
  await Promise.all([closing, ends.server.close()]);
});

Deno.test("TlsConn.close() may be called again and again, and by await using", async () => {
  const ends = await connected();
  ends.server.read(new Uint8Array(1)).then(() => ends.server.close());
  {
    await using _ = ends.client;
  }
  await ends.client.close();
  await ends.client.close();
  assertEquals(await ends.client.closed, { clean: true });
  await ends.server.close();
});

Deno.test("TlsConn.close() without a handshake closes the transport and sends nothing", async () => {
  const { forClient, forServer } = crossed();
  const ends = await pair({}, {}, { forClient, forServer });
  await ends.client.close();
  const read = ends.server.read(new Uint8Array(1));
  await assertRejects(() => read);
  await assertRejects(() => ends.client.handshake(), TlsError, "closed");
  assertEquals(await ends.client.closed, { clean: true });
});

Deno.test("TlsConn.close() in the middle of the handshake ends it", async () => {
  const ends = await pair();
  const shaking = ends.client.handshake();
  shaking.catch(() => {});
  await settled();
  await ends.client.close();
  const error = await assertRejects(() => shaking, TlsError);
  assertEquals(error.code, "closed");
  assertEquals(error.stage, "handshake");
  assertEquals((await ends.client.closed).clean, false);
  await ends.server.close();
});

Deno.test("TlsConn.read() and write() after close() are refused with code closed", async () => {
  const ends = await connected();
  const closing = ends.client.close();
  for (
    const call of [
      () => ends.client.write(utf8("x")),
      () => ends.client.read(new Uint8Array(1)),
    ]
  ) {
    assertEquals((await assertRejects(call, TlsError)).code, "closed");
  }
  await Promise.all([closing, ends.server.close()]);
});

Deno.test("TlsConn.read() that waits when close() comes ends with code closed", async () => {
  const ends = await connected();
  const waiting = ends.client.read(new Uint8Array(1));
  waiting.catch(() => {});
  const closing = ends.client.close();
  const result = await waiting.catch((error) => tlsError(error).code);
  assertEquals(result, "closed");
  await Promise.all([closing, ends.server.close()]);
});

Deno.test("TlsConn rejects with the transport's own error", async () => {
  const reason = new Error("the line is dead");
  const toClient = pipe();
  const ends = await connected({}, {}, crossed({ toClient }));
  await toClient.writable.abort(reason).catch(() => {});
  ends.server.abort(reason);
  const error = await assertRejects(() => ends.client.read(new Uint8Array(1)));
  assertStrictEquals(error, reason);
  assertEquals(await ends.client.closed, { clean: false, error: reason });
});

Deno.test("client() with allowHalfOpen: false ends when the peer does", async () => {
  const ends = await connected({ allowHalfOpen: false });
  await ends.server.closeWrite();
  assertEquals(await ends.client.read(new Uint8Array(1)), null);
  assertEquals(await ends.client.closed, { clean: true });
  assertEquals(
    (await assertRejects(() => ends.client.write(utf8("x")), TlsError)).code,
    "closed",
  );
  assertEquals(await ends.server.read(new Uint8Array(1)), null);
  assertEquals(await ends.server.closed, { clean: true });
});

Deno.test("client() with allowHalfOpen: false sends what was written before the end came", async () => {
  const ends = await connected({ allowHalfOpen: false });
  await ends.client.write(utf8("before"));
  await ends.server.closeWrite();
  assertEquals(await ends.client.read(new Uint8Array(1)), null);
  assertEquals(await toText(ends.server.readable), "before");
});

Deno.test("TlsConn ignores what follows the peer's close_notify", async () => {
  const { peer, conn, flow } = await hostileServer({});
  await Promise.all([conn.handshake(), flow()]);
  await peer.sendRecord(ContentType.alert, Uint8Array.of(1, 0));
  await peer.sendRecord(ContentType.application_data, utf8("too late"));
  assertEquals(await conn.read(new Uint8Array(10)), null);
  assertEquals(await conn.read(new Uint8Array(10)), null);
  peer.cut();
  await conn.close();
});

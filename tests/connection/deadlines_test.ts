/**
 * Deadlines that move while a connection lives, and a signal that ends it.
 *
 * @module
 */

import {
  assert,
  assertEquals,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { type TlsConn, TlsTimeoutError } from "../../mod.ts";
import {
  clientOptions,
  connected,
  crossed,
  pair,
  pattern,
  pipe,
  readBytes,
  serverOptions,
  settled,
  utf8,
} from "../_pair.ts";
import { client, server } from "../../connection/wrap.ts";

const PAST = new Date(0);
const FAR = new Date("9999-01-01");

async function assertLate(work: () => Promise<unknown>): Promise<unknown> {
  const error = await assertRejects(work, TlsTimeoutError);
  assertEquals(error.code, "deadline_exceeded");
  assertEquals(error.stage, "data");
  return error;
}

function read(conn: TlsConn, size = 100): Promise<number | null> {
  return conn.read(new Uint8Array(size));
}

Deno.test("a read that passes its deadline rejects, and the connection goes on", async () => {
  await using ends = await connected();
  const { client: c, server: s } = ends;
  c.setReadDeadline(new Date(Date.now() + 5));
  await assertLate(() => read(c));
  // Later reads, too, as long as it stands.
  await assertLate(() => read(c));
  await assertLate(() => read(c));
  c.setReadDeadline(undefined);
  await s.write(utf8("first"));
  assertEquals(await readBytes(c, 5), utf8("first"));
  c.setReadDeadline(new Date(Date.now() + 60_000));
  await s.write(utf8("second"));
  assertEquals(await readBytes(c, 6), utf8("second"));
  await c.write(utf8("back"));
  assertEquals(await readBytes(s, 4), utf8("back"));
});

Deno.test("data that comes for reads that were late is kept, in order", async () => {
  await using ends = await connected();
  const { client: c, server: s } = ends;
  const late = [read(c, 3), read(c), read(c)];
  await settled();
  c.setReadDeadline(PAST);
  for (const each of late) await assertLate(() => each);
  const bytes = pattern(200_000);
  const writing = s.write(bytes);
  await settled();
  // What is there is given, whatever the deadline.
  const buffer = new Uint8Array(1000);
  let length: number | null | undefined;
  while (length === undefined) {
    length = await c.read(buffer).catch(() => settled().then(() => undefined));
  }
  c.setReadDeadline(undefined);
  assertEquals(buffer.slice(0, length ?? 0), bytes.slice(0, length ?? 0));
  assertEquals(
    await readBytes(c, bytes.length - (length ?? 0)),
    bytes.slice(length ?? 0),
  );
  await writing;
});

Deno.test("a deadline can be moved away from a read that waits, and back", async () => {
  await using ends = await connected();
  const { client: c, server: s } = ends;
  c.setReadDeadline(new Date(Date.now() + 60_000));
  const reading = read(c);
  await settled();
  c.setReadDeadline(FAR);
  await settled();
  c.setReadDeadline(undefined);
  await s.write(utf8("x"));
  assertEquals(await reading, 1);
  const other = read(c);
  await settled();
  c.setDeadline(PAST);
  await assertLate(() => other);
});

Deno.test("close_notify that comes for a read that was late is the next one's end", async () => {
  const ends = await connected();
  const { client: c, server: s } = ends;
  c.setReadDeadline(PAST);
  await assertLate(() => read(c));
  const closing = s.close();
  await settled();
  c.setReadDeadline(undefined);
  assertEquals(await read(c), null);
  await Promise.all([closing, c.close()]);
  assertEquals(await c.closed, { clean: true });
});

Deno.test("a late read of readable ends that stream, and there is another one", async () => {
  await using ends = await connected();
  const { client: c, server: s } = ends;
  for (const mode of [undefined, "byob"] as const) {
    c.setReadDeadline(PAST);
    const stream = c.readable;
    const reading = mode === "byob"
      ? stream.getReader({ mode }).read(new Uint8Array(9))
      : stream.getReader().read();
    await assertLate(() => reading);
    c.setReadDeadline(undefined);
    assert(c.readable !== stream);
    await s.write(utf8("more"));
    assertEquals(await readBytes(c, 4), utf8("more"));
  }
  await s.write(utf8("piped"));
  const reader = c.readable.getReader();
  assertEquals((await reader.read()).value, utf8("piped"));
  reader.releaseLock();
});

Deno.test("a deadline does not end the handshake that a read waits for", async () => {
  const { forClient, forServer } = crossed();
  await using c = client(forClient, await clientOptions());
  c.setReadDeadline(PAST);
  const error = await assertRejects(() => read(c), TlsTimeoutError);
  assertEquals(error.code, "deadline_exceeded");
  await using s = server(forServer, await serverOptions());
  await Promise.all([c.handshake(), s.handshake()]);
  c.setReadDeadline(undefined);
  await s.write(utf8("hello"));
  assertEquals(await readBytes(c, 5), utf8("hello"));
});

Deno.test("a deadline leaves no timer behind a read, nor behind a connection", async () => {
  const ends = await connected();
  const { client: c, server: s } = ends;
  c.setDeadline(new Date(Date.now() + 3_600_000));
  const reading = read(c);
  await settled();
  await s.write(utf8("x"));
  assertEquals(await reading, 1);
  const last = read(c);
  last.catch(() => {});
  await settled();
  c.abort(new Error("enough"));
  s.abort(new Error("enough"));
  await assertRejects(() => last, Error, "enough");
});

Deno.test("a write that begins after the deadline sends nothing, and another one may follow", async () => {
  await using ends = await connected();
  const { client: c, server: s } = ends;
  const { recordsWritten } = c.stats;
  // From the first one on.
  c.setWriteDeadline(PAST);
  await assertLate(() => c.write(utf8("lost")));
  await assertLate(() => c.write(utf8("lost")));
  assertEquals(c.stats.recordsWritten, recordsWritten);
  c.setWriteDeadline(FAR);
  await c.write(utf8("kept"));
  assertEquals(await readBytes(s, 4), utf8("kept"));
});

Deno.test("writes that follow the first deadline at once are sent in order", async () => {
  await using ends = await connected();
  const { client: c, server: s } = ends;
  c.setWriteDeadline(FAR);
  const writes = [c.write(utf8("one, ")), c.write(utf8("two, "))];
  c.setWriteDeadline(undefined);
  writes.push(c.write(utf8("three")));
  await Promise.all(writes);
  assertEquals(await readBytes(s, 15), utf8("one, two, three"));
});

Deno.test("the end of a connection says more than a deadline that has passed", async () => {
  await using ends = await connected();
  const { client: c, server: s } = ends;
  c.setWriteDeadline(PAST);
  await assertLate(() => c.write(utf8("lost")));
  c.abort(new Error("enough"));
  s.abort(new Error("enough"));
  await assertRejects(() => c.write(utf8("lost")), Error, "enough");
});

/** A client whose writes stand still after the handshake. */
async function stuck() {
  let isStuck = false;
  const never = new Promise<void>(() => {});
  const toServer = pipe({
    async transform(chunk, controller) {
      if (isStuck) await never;
      controller.enqueue(chunk);
    },
  });
  const ends = await connected({}, {}, crossed({ toServer }));
  isStuck = true;
  return ends;
}

Deno.test("a write under way when the deadline passes ends writing, and not reading", async () => {
  const { client: c, server: s } = await stuck();
  const bytes = pattern(1 << 20);
  const writing = c.write(bytes);
  writing.catch(() => {});
  await settled();
  c.setWriteDeadline(new Date(Date.now() + 5));
  const error = await assertLate(() => writing);
  // What was not sealed by then is not sent any more.
  bytes.fill(0);
  c.setWriteDeadline(undefined);
  for (
    const next of [
      () => c.write(utf8("x")),
      () => c.flush(),
      () => c.updateKeys(),
      () => c.closeWrite(),
    ]
  ) assertStrictEquals(await assertRejects(next), error);
  await s.write(utf8("still read"));
  assertEquals(await readBytes(c, 10), utf8("still read"));
  // A request for new keys cannot be answered, and is no error.
  await s.updateKeys({ requestPeer: true });
  await s.write(utf8("again"));
  assertEquals(await readBytes(c, 5), utf8("again"));
  await c.close();
  assertEquals(await c.closed, { clean: false, error });
  s.abort();
});

Deno.test("flush() has the deadline of writes", async () => {
  const { client: c, server: s } = await stuck();
  c.setWriteDeadline(FAR);
  // As much as has no room, and is queued.
  while (c.stats.bytesWritten < 1 << 17 && c.stats.recordsWritten < 100) {
    const before = c.stats.bytesWritten;
    await c.write(pattern(16_000));
    await settled();
    if (c.stats.bytesWritten === before) break;
  }
  const flushing = c.flush();
  flushing.catch(() => {});
  await settled();
  c.setWriteDeadline(new Date(Date.now() + 5));
  await assertLate(() => flushing);
  // All that was written is queued in whole records: nothing is lost by it.
  c.setWriteDeadline(FAR);
  await c.write(utf8("x"));
  c.abort();
  s.abort();
});

Deno.test("a write that waits for the handshake is not sent after its deadline", async () => {
  const { forClient, forServer } = crossed();
  const c = client(forClient, await clientOptions());
  const bytes = utf8("secret");
  const writing = c.write(bytes);
  writing.catch(() => {});
  c.setWriteDeadline(new Date(Date.now() + 5));
  const error = await assertRejects(() => writing, TlsTimeoutError);
  assertEquals(error.code, "deadline_exceeded");
  bytes.fill(0);
  c.setWriteDeadline(undefined);
  const next = c.write(utf8("sent"));
  await using s = server(forServer, await serverOptions());
  await Promise.all([c.handshake(), s.handshake(), next]);
  assertEquals(await readBytes(s, 4), utf8("sent"));
  await Promise.all([c.close(), s.close()]);
});

Deno.test("a deadline is a date or undefined", async () => {
  await using ends = await pair();
  for (const wrong of [5, "2030", null, new Date(NaN), {}]) {
    for (
      const set of [
        "setDeadline",
        "setReadDeadline",
        "setWriteDeadline",
      ] as const
    ) {
      assertThrows(
        () => ends.client[set](wrong as Date),
        TypeError,
        "expected a Date or undefined",
      );
    }
  }
});

Deno.test("signal aborts a connection after its handshake, with its reason", async () => {
  for (const side of ["client", "server"] as const) {
    const aborter = new AbortController();
    const { signal } = aborter;
    const ends = await connected(
      side === "client" ? { signal } : {},
      side === "server" ? { signal } : {},
    );
    const conn = ends[side];
    const reading = read(conn);
    await settled();
    const reason = new Error("gone");
    aborter.abort(reason);
    assertStrictEquals(await assertRejects(() => reading), reason);
    assertStrictEquals(
      await assertRejects(() => conn.write(utf8("x"))),
      reason,
    );
    assertEquals(await conn.closed, { clean: false, error: reason });
    ends.client.abort();
    ends.server.abort();
  }
});

Deno.test("signal cuts off a close that is under way, and is left alone after it", async () => {
  const aborter = new AbortController();
  const { client: c, server: s } = await connected({ signal: aborter.signal });
  // The server does not read: the close waits for its end.
  const closing = c.close();
  await settled();
  aborter.abort(new Error("no time"));
  await closing;
  const { clean } = await c.closed;
  assertEquals(clean, false);
  s.abort();
  const other = new AbortController();
  await using ends = await connected({ signal: other.signal });
  await Promise.all([ends.client.close(), ends.server.close()]);
  other.abort();
  assertEquals(await ends.client.closed, { clean: true });
});

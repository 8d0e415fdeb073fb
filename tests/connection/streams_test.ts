/**
 * The two streams of a connection, and `read` and `write` beside them.
 *
 * @module
 */

import {
  assert,
  assertEquals,
  assertLess,
  assertRejects,
  assertStrictEquals,
} from "@std/assert";
import { toBytes } from "@std/streams";
import {
  connected,
  crossed,
  pair,
  pattern,
  pipe,
  readBytes,
  settled,
  unbuffered,
  utf8,
} from "../_pair.ts";

/** Counts the bytes that pass. */
function meter(): TransformStream<Uint8Array, Uint8Array> & { bytes: number } {
  const stream = pipe({
    transform(chunk, controller) {
      counted.bytes += chunk.length;
      controller.enqueue(chunk);
    },
  });
  const counted = Object.assign(stream, { bytes: 0 });
  return counted;
}

Deno.test("TlsConn sends nothing before it is used", async () => {
  const toServer = meter();
  const ends = await pair({}, {}, crossed({ toServer }));
  await settled();
  assertEquals(toServer.bytes, 0);
  assertEquals(ends.client.info.version, undefined);
  assertEquals(ends.client.info.authorization, { status: "none" });
  const reading = ends.server.read(new Uint8Array(10));
  await ends.client.write(utf8("first"));
  assertEquals(await reading, 5);
  assertEquals(ends.client.info.version, "TLSv1.3");
  await ends[Symbol.asyncDispose]();
});

Deno.test("TlsConn.handshake() runs once for all callers", async () => {
  await using ends = await pair();
  const [a, b, c] = await Promise.all([
    ends.client.handshake(),
    ends.client.handshake(),
    ends.server.handshake(),
  ]);
  const { verifiedChains } = a;
  assertEquals(a, { ...b, verifiedChains });
  assertEquals(a.cipherSuite, c.cipherSuite);
  assertEquals((await ends.client.handshake()).version, "TLSv1.3");
});

Deno.test("TlsConn.readable is a byte stream that fills the reader's own buffer", async () => {
  await using ends = await connected();
  await ends.client.write(pattern(100));
  const reader = ends.server.readable.getReader({ mode: "byob" });
  const buffer = new ArrayBuffer(64);
  const first = await reader.read(new Uint8Array(buffer, 4, 40));
  assertEquals(first.value?.byteOffset, 4);
  assertEquals(first.value?.length, 40);
  assertEquals(first.value, pattern(100).subarray(0, 40));
  const second = await reader.read(new Uint8Array(100));
  assertEquals(second.value, pattern(100).subarray(40));
  reader.releaseLock();
});

Deno.test("TlsConn.readable ends a BYOB reader at close_notify", async () => {
  await using ends = await connected();
  await ends.client.write(utf8("bye"));
  await ends.client.closeWrite();
  const reader = ends.server.readable.getReader({ mode: "byob" });
  const { value } = await reader.read(new Uint8Array(10));
  assertEquals(value, utf8("bye"));
  const end = await reader.read(new Uint8Array(10));
  assertEquals(end.done, true);
  assertEquals(end.value?.length, 0);
});

Deno.test("TlsConn.readable fills a BYOB read with `min` from several records", async () => {
  await using ends = await connected();
  await ends.client.write(utf8("one"));
  await ends.client.write(utf8("two"));
  const reader = ends.server.readable.getReader({ mode: "byob" });
  const read = reader.read(new Uint8Array(10), { min: 6 });
  assertEquals((await read).value, utf8("onetwo"));
  reader.releaseLock();
});

Deno.test("TlsConn.readable returns what came before to BYOB readers of wider elements", async () => {
  await using ends = await connected();
  await ends.client.write(Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8));
  const reader = ends.server.readable.getReader({ mode: "byob" });
  const { value } = await reader.read(new Uint16Array(4));
  assertEquals(
    new Uint8Array(value?.buffer ?? new ArrayBuffer(0)),
    Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8),
  );
  reader.releaseLock();
});

Deno.test("TlsConn alternates between read() and readers without losing a byte", async () => {
  await using ends = await connected();
  const bytes = pattern(60_000);
  const writing = ends.client.write(bytes).then(() => ends.client.closeWrite());
  const got: Uint8Array[] = [];
  for (let turn = 0;; turn++) {
    if (turn % 3 === 0) {
      const into = new Uint8Array(700);
      const count = await ends.server.read(into);
      if (count === null) break;
      got.push(into.slice(0, count));
    } else if (turn % 3 === 1) {
      const reader = ends.server.readable.getReader({ mode: "byob" });
      const { value, done } = await reader.read(new Uint8Array(900));
      reader.releaseLock();
      if (done) break;
      got.push(value);
    } else {
      const reader = ends.server.readable.getReader();
      const { value, done } = await reader.read();
      reader.releaseLock();
      if (done) break;
      got.push(value);
    }
  }
  await writing;
  const all = new Uint8Array(got.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of got) {
    all.set(part, at);
    at += part.length;
  }
  assertEquals(all.length, bytes.length);
  assertEquals(all, bytes);
});

Deno.test("TlsConn.read() gets what a released reader had asked for", async () => {
  await using ends = await connected();
  const reader = ends.server.readable.getReader();
  const waiting = reader.read();
  // A stream that has just been made reads a turn later.
  await settled();
  reader.releaseLock();
  await assertRejects(() => waiting, TypeError);
  await ends.client.write(utf8("late"));
  assertEquals(await readBytes(ends.server, 4), utf8("late"));
});

Deno.test("TlsConn.read() returns what is left of a record that did not fit", async () => {
  await using ends = await connected();
  await ends.client.write(utf8("abcdef"));
  const into = new Uint8Array(4);
  assertEquals(await ends.server.read(into), 4);
  assertEquals(into, utf8("abcd"));
  const reader = ends.server.readable.getReader();
  assertEquals((await reader.read()).value, utf8("ef"));
  reader.releaseLock();
});

Deno.test("TlsConn.read() without room reads nothing", async () => {
  await using ends = await connected();
  assertEquals(await ends.server.read(new Uint8Array()), 0);
  await ends.client.write(utf8("x"));
  assertEquals(await ends.server.read(new Uint8Array(5)), 1);
});

Deno.test("TlsConn.read() serves calls in the order in which they came", async () => {
  await using ends = await connected();
  const first = new Uint8Array(3);
  const second = new Uint8Array(3);
  const reads = Promise.all([
    ends.server.read(first),
    ends.server.read(second),
  ]);
  await ends.client.write(utf8("one"));
  await ends.client.write(utf8("two"));
  assertEquals(await reads, [3, 3]);
  assertEquals(first, utf8("one"));
  assertEquals(second, utf8("two"));
});

Deno.test("TlsConn.read() and write() refuse a locked stream and say so", async () => {
  await using ends = await connected();
  const reader = ends.server.readable.getReader();
  const writer = ends.server.writable.getWriter();
  await assertRejects(
    () => ends.server.read(new Uint8Array(1)),
    TypeError,
    "readable is locked",
  );
  await assertRejects(
    () => ends.server.write(utf8("x")),
    TypeError,
    "writable is locked",
  );
  reader.releaseLock();
  writer.releaseLock();
  await ends.client.write(utf8("x"));
  assertEquals(await ends.server.read(new Uint8Array(1)), 1);
});

Deno.test("TlsConn.write() refuses anything but a Uint8Array, and continues", async () => {
  await using ends = await connected();
  await assertRejects(
    () => ends.client.write("text" as unknown as Uint8Array),
    TypeError,
    "expected a Uint8Array",
  );
  await ends.client.write(utf8("fine"));
  assertEquals(await readBytes(ends.server, 4), utf8("fine"));
});

Deno.test("TlsConn.writable refuses anything but a Uint8Array", async () => {
  await using ends = await connected();
  const writer = ends.client.writable.getWriter();
  await assertRejects(
    () => writer.write("text" as unknown as Uint8Array),
    TypeError,
    "expected a Uint8Array",
  );
  await writer.closed.catch(() => {});
});

Deno.test("TlsConn.write() of nothing sends no record", async () => {
  await using ends = await connected();
  const before = ends.client.stats.recordsWritten;
  assertEquals(await ends.client.write(new Uint8Array()), 0);
  assertEquals(ends.client.stats.recordsWritten, before);
});

Deno.test("TlsConn.write() is done with the bytes when it resolves", async () => {
  await using ends = await connected();
  const bytes = pattern(200_000);
  const sent = bytes.slice();
  const reading = readBytes(ends.server, bytes.length);
  await ends.client.write(sent);
  sent.fill(0);
  assertEquals(await reading, bytes);
});

Deno.test("TlsConn.write() keeps the order of calls that were not awaited", async () => {
  await using ends = await connected();
  const parts = [...Array(40)].map((_, at) => pattern(3000 + at, at + 1));
  const reading = readBytes(
    ends.server,
    parts.reduce((sum, { length }) => sum + length, 0),
  );
  await Promise.all(parts.map((part) => ends.client.write(part)));
  const got = await reading;
  let at = 0;
  for (const part of parts) {
    assertEquals(got.subarray(at, at + part.length), part);
    at += part.length;
  }
});

/** Pipes bytes both ways at once, to the end of both. */
async function carryBothWays(
  ends: Awaited<ReturnType<typeof connected>>,
  up: Uint8Array<ArrayBuffer>,
  down: Uint8Array<ArrayBuffer>,
): Promise<void> {
  const [atServer, atClient] = await Promise.all([
    toBytes(ends.server.readable),
    toBytes(ends.client.readable),
    new Blob([up]).stream().pipeTo(ends.client.writable),
    new Blob([down]).stream().pipeTo(ends.server.writable),
  ]);
  assert(equal(atServer, up), "what the server got");
  assert(equal(atClient, down), "what the client got");
  assertEquals(await ends.client.closed, { clean: true });
  assertEquals(await ends.server.closed, { clean: true });
}

Deno.test("TlsConn carries megabytes both ways at once by pipeTo", async () => {
  await using ends = await connected();
  await carryBothWays(
    ends,
    pattern(3 * 2 ** 20 + 17, 3),
    pattern(2 * 2 ** 20 + 5, 9),
  );
});

Deno.test("TlsConn carries both ways over pipes that hold nothing", async () => {
  await using ends = await connected({}, {}, unbuffered());
  await carryBothWays(ends, pattern(300_017, 3), pattern(200_005, 9));
});

Deno.test("TlsConn echoes by piping readable into its own writable", async () => {
  await using ends = await connected();
  const echo = ends.server.readable.pipeTo(ends.server.writable);
  const bytes = pattern(500_000);
  const [got] = await Promise.all([
    toBytes(ends.client.readable),
    new Blob([bytes]).stream().pipeTo(ends.client.writable),
    echo,
  ]);
  assert(equal(got, bytes));
});

Deno.test("TlsConn.write() waits for a peer that does not read", async () => {
  const toServer = meter();
  await using ends = await connected({}, {}, crossed({ toServer }));
  const before = toServer.bytes;
  let written = 0;
  const writing = (async () => {
    for (let at = 0; at < 256; at++) {
      await ends.client.write(new Uint8Array(65_536));
      written += 65_536;
    }
  })();
  await quiet(() => written);
  assertLess(written, 2 * 2 ** 20, "what was taken of the writer");
  assertLess(toServer.bytes - before, 2 ** 20, "what went over the transport");
  const got = await readBytes(ends.server, 256 * 65_536);
  assertEquals(got.length, 256 * 65_536);
  await writing;
});

Deno.test("TlsConn.writable stalls a pipe to a peer that does not read", async () => {
  await using ends = await connected();
  let pulled = 0;
  const source = new ReadableStream<Uint8Array>({
    pull(controller) {
      pulled++;
      controller.enqueue(new Uint8Array(65_536));
    },
  });
  const piping = source.pipeTo(ends.client.writable);
  piping.catch(() => {});
  await quiet(() => pulled);
  assertLess(pulled, 64);
  const before = pulled;
  await readBytes(ends.server, 8 * 2 ** 20);
  assert(pulled > before);
  const reason = new Error("stop");
  ends.client.abort(reason);
  assertStrictEquals(await assertRejects(() => piping), reason);
});

Deno.test("TlsConn.writable.abort() ends a write that the peer does not read", async () => {
  await using ends = await connected();
  const writer = ends.client.writable.getWriter();
  const reason = new Error("stop");
  const writing = writer.write(new Uint8Array(4 * 2 ** 20));
  await settled();
  const [write, abort] = await Promise.allSettled([
    writing,
    writer.abort(reason),
    writer.closed,
  ]);
  assertEquals(write, { status: "rejected", reason });
  assertEquals(abort.status, "fulfilled");
  assertEquals(await ends.client.closed, { clean: false, error: reason });
});

Deno.test("TlsConn.readable reads from the transport only on demand", async () => {
  const toServer = meter();
  await using ends = await connected({}, {}, crossed({ toServer }));
  // A reader that stops in the middle.
  const writing = ends.client.write(new Uint8Array(8 * 2 ** 20));
  await readBytes(ends.server, 100_000);
  await quiet(() => toServer.bytes);
  assertLess(toServer.bytes, 2 * 2 ** 20);
  await readBytes(ends.server, 8 * 2 ** 20 - 100_000);
  await writing;
});

Deno.test("TlsConn.readable.cancel() ends reading and leaves writing open", async () => {
  await using ends = await connected();
  await ends.server.readable.cancel("enough");
  const reading = readBytes(ends.client, 5);
  await ends.server.write(utf8("still"));
  assertEquals(await reading, utf8("still"));
});

Deno.test("TlsConn.readable.cancel() ends the wait of a pending read", async () => {
  await using ends = await connected();
  const reader = ends.server.readable.getReader();
  const waiting = reader.read();
  await reader.cancel();
  assertEquals((await waiting).done, true);
});

Deno.test("TlsConn.readable.cancel() after our close_notify closes the transport", async () => {
  const ends = await connected();
  await ends.server.closeWrite();
  await ends.server.readable.cancel();
  assertEquals(await ends.server.closed, { clean: true });
  await ends.client.close();
});

Deno.test("TlsConn.writable.abort() breaks the connection, which the peer can tell from an end", async () => {
  await using ends = await connected();
  const reason = new Error("no more");
  await ends.client.write(utf8("part"));
  const waiting = ends.client.read(new Uint8Array(1));
  waiting.catch(() => {});
  const got = readBytes(ends.server, 4);
  assertEquals(await got, utf8("part"));
  await ends.client.writable.abort(reason);
  assertStrictEquals(await assertRejects(() => waiting), reason);
  assertEquals(await ends.client.closed, { clean: false, error: reason });
  await assertRejects(() => ends.server.read(new Uint8Array(1)));
  const { clean } = await ends.server.closed;
  assertEquals(clean, false);
});

Deno.test("TlsConn.stats counts what passes", async () => {
  await using ends = await connected();
  const { bytesWritten, recordsWritten } = ends.client.stats;
  await ends.client.write(new Uint8Array(1000));
  await readBytes(ends.server, 1000);
  const after = ends.client.stats;
  // Header, content type and tag of one record.
  assertEquals(after.bytesWritten - bytesWritten, 5 + 1000 + 1 + 16);
  assertEquals(after.recordsWritten - recordsWritten, 1);
  assertEquals(ends.server.stats.bytesRead, after.bytesWritten);
  assertEquals(ends.server.stats.recordsRead, after.recordsWritten);
});

Deno.test("client() cuts writes into records of maxFragmentSize", async () => {
  await using ends = await connected({ maxFragmentSize: 512 });
  const { recordsWritten } = ends.client.stats;
  await ends.client.write(pattern(5000));
  assertEquals(await readBytes(ends.server, 5000), pattern(5000));
  assertEquals(ends.client.stats.recordsWritten - recordsWritten, 10);
});

Deno.test("client() pads records as `padding` says, and the peer removes the padding", async () => {
  const sizes: number[] = [];
  await using ends = await connected({
    padding: (length) => {
      sizes.push(length);
      return 64 - length % 64;
    },
  });
  const before = ends.client.stats.bytesWritten;
  await ends.client.write(utf8("ten bytes!"));
  assertEquals(await readBytes(ends.server, 10), utf8("ten bytes!"));
  assertEquals(sizes.at(-1), 10);
  assertEquals(ends.client.stats.bytesWritten - before, 5 + 64 + 1 + 16);
});

/** Waits until a count no longer grows. */
async function quiet(count: () => number): Promise<void> {
  let last = -1;
  let still = 0;
  while (still < 20) {
    await settled();
    still = count() === last ? still + 1 : 0;
    last = count();
  }
}

/** Faster than `assertEquals` for megabytes. */
function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}

Deno.test("TlsConn.read() called several times at once returns all bytes in order", async () => {
  await using ends = await connected();
  const into = Array.from({ length: 6 }, () => new Uint8Array(2));
  const reading = into.map((bytes) => ends.client.read(bytes));
  for (const text of ["abc", "def", "ghi"]) await ends.server.write(utf8(text));
  assertEquals(await Promise.all(reading), [2, 1, 2, 1, 2, 1]);
  assertEquals(
    into.map((bytes) => new TextDecoder().decode(bytes)),
    ["ab", "c\0", "de", "f\0", "gh", "i\0"],
  );
});

Deno.test("TlsConn.write() behind one that waited for the handshake follows those that wait still", async () => {
  await using ends = await pair();
  const first = ends.client.write(utf8("a"));
  const second = ends.client.write(utf8("b"));
  // As soon as the first one has gone.
  const third = Promise.resolve(first).then(() => ends.client.write(utf8("c")));
  assertEquals(await readBytes(ends.server, 3), utf8("abc"));
  await Promise.all([second, third]);
});

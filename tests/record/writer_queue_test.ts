/**
 * The queue of a RecordWriter: what waits for the transport, in which order it
 * leaves, and what becomes of it when writing fails.
 *
 * @module
 */

import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertRejects,
  assertStrictEquals,
} from "@std/assert";
import { concat } from "@std/bytes";
import { nodeCrypto } from "../../crypto/primitives/node_crypto.ts";
import { noProtection } from "../../record/protection.ts";
import { Share } from "../../record/share.ts";
import { RecordWriter } from "../../record/writer.ts";
import { ContentType } from "../../registry.ts";
import {
  aes128gcm,
  GatedAead,
  limited,
  PieceSink,
  settled,
  tls13,
  until,
} from "./_ends.ts";
import {
  bytesOf,
  headersOf,
  protectedWriter,
  readBack,
  StalledSink,
} from "./_writer.ts";

const { application_data, handshake } = ContentType;

Deno.test("RecordWriter has a batch of records leave in one write", async () => {
  const sink = new StalledSink();
  const writer = await protectedWriter(sink);
  const content = bytesOf(16384);
  writer.write(application_data, content);
  await until(() => sink.writes.length === 1);
  for (let count = 0; count < 40; count++) {
    writer.write(application_data, content);
  }
  await settled();
  // The rest is sealed, and waits for the first to be over.
  assertEquals(sink.writes.length, 1);
  sink.writes.shift()?.end();
  await until(() => sink.writes.length === 1);
  const [second] = sink.writes;
  assertEquals(headersOf(second?.bytes ?? new Uint8Array()).length, 15);
  assertEquals(headersOf(await sink.drain(writer.flush())).length, 40);
});

Deno.test("RecordWriter puts records that are sealed at once and later ones in one write, in order", async () => {
  // With it small records are sealed at once, and large ones by a promise.
  nodeCrypto();
  const sink = new StalledSink();
  const writer = await protectedWriter(sink);
  writer.write(application_data, bytesOf(1));
  const lengths = [100, 3000, 16384, 200, 5000, ...Array(60).fill(3000), 4096];
  const contents = lengths.map((length) => bytesOf(length));
  for (const content of contents) writer.write(application_data, content);
  await settled();
  const [first] = sink.writes.splice(0);
  const head = first?.bytes.slice() ?? new Uint8Array();
  first?.end();
  await until(() => sink.writes.length > 0);
  // What was sealed at once has grown into the largest buffer; all fit in one.
  assertEquals(headersOf(sink.writes[0]?.bytes ?? head).length, lengths.length);
  const rest = await sink.drain(writer.flush());
  const read = await readBack(
    concat([head, rest]),
    await tls13(0, aes128gcm),
  );
  assertEquals(
    read.map(([, bytes]) => bytes),
    [bytesOf(1), ...contents],
  );
});

Deno.test("RecordWriter writes in the order of the calls, not of the sealing", async () => {
  const aead = new GatedAead();
  const sink = new PieceSink();
  const writer = new RecordWriter(sink, { writeShare: new Share() });
  writer.setProtection(await tls13(0, aead));
  for (let count = 0; count < 10; count++) {
    writer.write(application_data, Uint8Array.of(count));
  }
  const flushed = writer.flush();
  await aead.answerAll();
  await flushed;
  const read = await readBack(sink.bytes, await tls13());
  assertEquals(
    read.map(([, bytes]) => bytes[0]),
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
  );
});

Deno.test("RecordWriter seals what follows while it writes", async () => {
  const aead = new GatedAead();
  const sink = new StalledSink();
  const writer = new RecordWriter(sink, { writeShare: new Share() });
  writer.setProtection(await tls13(0, aead));
  writer.write(application_data, Uint8Array.of(1));
  await aead.answerAll();
  await until(() => sink.writes.length === 1);
  writer.write(application_data, Uint8Array.of(2));
  assertEquals(aead.held.length, 1);
  await aead.answerAll();
  assertEquals(headersOf(await sink.drain(writer.flush())).length, 2);
});

Deno.test("RecordWriter copies its bytes before write() returns, unless it is full", async () => {
  for (const algorithm of [aes128gcm, limited(1000)]) {
    const sink = new PieceSink();
    const writer = await protectedWriter(sink, {}, algorithm);
    const content = bytesOf(20_000);
    assertEquals(writer.write(application_data, content), undefined);
    content.fill(0);
    await writer.flush();
    const read = await readBack(sink.bytes, await tls13(0, algorithm));
    assertEquals(concat(read.map(([, bytes]) => bytes)), bytesOf(20_000));
  }
});

Deno.test("RecordWriter stalls with the transport, at a bounded queue", async () => {
  const aead = new GatedAead();
  const sink = new StalledSink();
  const writer = new RecordWriter(sink, { writeShare: new Share() });
  writer.setProtection(await tls13(0, aead));
  const content = bytesOf(4_000_000);
  const full = writer.write(application_data, content);
  assertInstanceOf(full, Promise);
  let isOver = false;
  full.then(() => isOver = true);
  const answer = async () => {
    await aead.answerAll();
    for (let count = 0; count < 3; count++) await settled();
  };
  await answer();
  assert(aead.calls * 16401 <= 768 * 1024 + 16401, `${aead.calls}`);
  assertEquals(isOver, false);
  const pieces: Uint8Array[] = [];
  while (!isOver) {
    const write = sink.writes.shift();
    const before = aead.calls;
    if (write !== undefined) {
      pieces.push(write.bytes.slice());
      write.end();
    }
    await answer();
    // As many more as have left.
    assert(aead.calls - before <= 16, `${aead.calls - before}`);
  }
  pieces.push(await sink.drain(writer.flush()));
  const read = await readBack(concat(pieces), await tls13());
  assertEquals(concat(read.map(([, bytes]) => bytes)), content);
});

Deno.test("RecordWriter is full until enough has left", async () => {
  const sink = new StalledSink();
  const writer = await protectedWriter(sink, {}, limited(1e6));
  writer.write(application_data, Uint8Array.of(1));
  // All of it is sealed, and is just more than the queue holds.
  const full = writer.write(application_data, new Uint8Array(48 * 16384));
  assertInstanceOf(full, Promise);
  let isOver = false;
  full.then(() => isOver = true);
  await until(() => sink.writes.length === 1);
  sink.writes.shift()?.end();
  await until(() => sink.writes.length === 1);
  assertEquals(isOver, false);
  sink.writes.shift()?.end();
  await until(() => isOver);
  await sink.drain(writer.flush());
});

Deno.test("RecordWriter counts many small records as more than their bytes", async () => {
  const sink = new StalledSink();
  const writer = await protectedWriter(sink, {}, limited(1e6));
  let count = 0;
  while (writer.write(application_data, Uint8Array.of(1)) === undefined) {
    count++;
  }
  assert(count < 5000, `${count}`);
  writer.abort(new TypeError("over"));
});

Deno.test("RecordWriter keeps writes in order that wait for room", async () => {
  const sink = new StalledSink();
  const writer = await protectedWriter(sink);
  const parts = [1, 2, 3, 4].map((byte) => new Uint8Array(700_000).fill(byte));
  const writes = parts.map((part) => writer.write(application_data, part));
  assertEquals(writes[0], undefined);
  for (const write of writes.slice(1)) assertInstanceOf(write, Promise);
  const order: number[] = [];
  writes.forEach((write, at) => write?.then(() => order.push(at)));
  const bytes = await sink.drain(writer.flush());
  assertEquals(order, [1, 2, 3]);
  const read = await readBack(bytes, await tls13(0, aes128gcm));
  assertEquals(concat(read.map(([, bytes]) => bytes)), concat(parts));
});

Deno.test("RecordWriter keeps a write in order that comes while another waits", async () => {
  const sink = new StalledSink();
  const writer = await protectedWriter(sink);
  const parts = [1, 2, 3].map((byte) => new Uint8Array(1_500_000).fill(byte));
  const [one, two, three] = parts as [Uint8Array, Uint8Array, Uint8Array];
  const first = writer.write(application_data, one);
  const second = writer.write(application_data, two);
  const third = first?.then(() => writer.write(application_data, three));
  const bytes = await sink.drain(third?.then(() => writer.flush()));
  await second;
  const read = await readBack(bytes, await tls13(0, aes128gcm));
  assertEquals(concat(read.map(([, bytes]) => bytes)), concat(parts));
});

Deno.test("RecordWriter lets a KeyUpdate into the middle of a long write", async () => {
  const sink = new StalledSink();
  const writer = await protectedWriter(sink);
  const content = bytesOf(3_000_000);
  const full = writer.write(application_data, content);
  writer.write(handshake, Uint8Array.of(24, 0));
  writer.setProtection(await tls13(5, aes128gcm));
  const bytes = await sink.drain(writer.flush());
  await full;
  const read = await readBack(
    bytes,
    await tls13(0, aes128gcm),
    await tls13(5, aes128gcm),
  );
  const at = read.findIndex(([type]) => type === handshake);
  assert(at > 10 && at < read.length - 10, `${at} of ${read.length}`);
  const data = read.filter(([type]) => type === application_data);
  assertEquals(concat(data.map(([, bytes]) => bytes)), content);
});

Deno.test("RecordWriter flush() waits for what was written before it, not after", async () => {
  const sink = new StalledSink();
  const writer = await protectedWriter(sink);
  writer.write(application_data, Uint8Array.of(1));
  let isFlushed = false;
  writer.flush().then(() => isFlushed = true);
  await until(() => sink.writes.length === 1);
  writer.write(application_data, Uint8Array.of(2));
  await settled();
  assertEquals(isFlushed, false);
  sink.writes.shift()?.end();
  await until(() => isFlushed);
  await until(() => sink.writes.length === 1);
  await sink.drain(writer.flush());
});

Deno.test("RecordWriter flush() is not put off by writes that keep coming", async () => {
  const sink = new StalledSink();
  const writer = await protectedWriter(sink);
  const content = new Uint8Array(1_500_000);
  writer.write(application_data, content);
  let isFlushed = false;
  writer.flush().then(() => isFlushed = true);
  for (let writes = 0; writes < 100 && !isFlushed; writes++) {
    writer.write(application_data, content);
    await until(() => sink.writes.length > 0);
    sink.writes.shift()?.end();
    await settled();
  }
  assert(isFlushed);
  writer.abort(new TypeError("over"));
});

Deno.test("RecordWriter leaves no rejection unhandled", async () => {
  const aead = new GatedAead();
  const sink = new StalledSink();
  const writer = new RecordWriter(sink, { writeShare: new Share() });
  writer.setProtection(await tls13(0, aead));
  writer.write(application_data, bytesOf(5_000_000));
  writer.write(application_data, bytesOf(5_000_000));
  writer.flush();
  writer.flush();
  await aead.answerAll();
  sink.writes.shift()?.end(new Deno.errors.BrokenPipe("gone"));
  await settled();
  writer.write(application_data, bytesOf(10));
  writer.flush();
  await aead.answerAll();
  await settled();
});

Deno.test("RecordWriter fails with what sealing fails with", async () => {
  const sink = new PieceSink();
  const writer = new RecordWriter(sink, { writeShare: new Share() });
  const error = new TypeError("no memory");
  writer.setProtection({
    ...noProtection,
    seal: (type) => ({
      type,
      prefix: new Uint8Array(),
      body: settled().then(() => {
        throw error;
      }),
    }),
  });
  // The second one fails too, when nobody waits for it any more.
  writer.write(application_data, Uint8Array.of(1));
  writer.write(application_data, Uint8Array.of(2));
  assertStrictEquals(await assertRejects(() => writer.flush()), error);
  assertEquals(sink.pieces.length, 0);
});

Deno.test("RecordWriter abort() rejects what waits and what follows", async () => {
  const sink = new StalledSink();
  const writer = await protectedWriter(sink);
  const reason = new TypeError("enough");
  const full = writer.write(application_data, bytesOf(3_000_000));
  const flushed = writer.flush();
  await settled();
  writer.abort(reason);
  for (const promise of [full, flushed, writer.flush()]) {
    assertStrictEquals(await assertRejects(async () => await promise), reason);
  }
  sink.writes.shift()?.end();
  await settled();
  assertEquals(sink.writes.length, 0);
});

Deno.test("RecordWriter seals nothing more after an error", async () => {
  for (const type of [application_data, handshake]) {
    const writer = await protectedWriter(new PieceSink());
    const reason = new TypeError("enough");
    writer.abort(reason);
    assertStrictEquals(
      await assertRejects(async () => await writer.write(type, bytesOf(10))),
      reason,
    );
    assertEquals(writer.keyUpdateDue, false);
    assertEquals(writer.hasUnsentData, type === application_data);
  }
});

Deno.test("RecordWriter writes nothing that is sealed after abort()", async () => {
  const aead = new GatedAead();
  const sink = new PieceSink();
  const writer = new RecordWriter(sink);
  writer.setProtection(await tls13(0, aead));
  writer.write(application_data, bytesOf(10));
  await settled();
  writer.abort(new TypeError("enough"));
  await aead.answerAll();
  await settled();
  assertEquals(sink.pieces, []);
});

Deno.test("RecordWriter does not use a buffer again that a failed write may hold", async () => {
  let held: Uint8Array | undefined;
  const failing = await protectedWriter({
    write(bytes) {
      held = bytes;
      return Promise.reject(new Deno.errors.BrokenPipe("gone"));
    },
  });
  failing.write(application_data, new Uint8Array(100));
  await assertRejects(() => failing.flush());
  const sink = new StalledSink();
  const writer = await protectedWriter(sink);
  writer.write(application_data, new Uint8Array(100));
  await until(() => sink.writes.length === 1);
  assert(sink.writes[0]?.bytes.buffer !== held?.buffer);
  await sink.drain(writer.flush());
});

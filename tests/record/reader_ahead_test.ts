/**
 * What a RecordReader reads and opens before anybody asks for it, and what
 * becomes of that when keys change or nobody reads.
 *
 * @module
 */

import {
  assert,
  assertEquals,
  assertRejects,
  assertStrictEquals,
} from "@std/assert";
import { concat } from "@std/bytes";
import { BUFFER_POOLS } from "../../record/buffers.ts";
import { RecordReader } from "../../record/reader.ts";
import { Share } from "../../record/share.ts";
import { ContentType } from "../../registry.ts";
import {
  aes128gcm,
  GatedAead,
  PieceSource,
  Pipe,
  plain,
  settled,
  tls13,
} from "./_ends.ts";
import { contents, dataReader, readAll, sealAll } from "./_reader.ts";

const { handshake } = ContentType;

Deno.test("RecordReader reads nothing ahead in the handshake", async () => {
  const aead = new GatedAead();
  const protection = await tls13(0, aead);
  const records = await sealAll(contents(4), await tls13());
  const source = new PieceSource(records);
  const reader = new RecordReader(source, { readShare: new Share() });
  reader.setProtection(protection);
  const reading = reader.read();
  await settled();
  assertEquals([aead.calls, source.reads], [1, 1]);
  await aead.answer();
  assertEquals((await reading)?.bytes[0], 0);
  await settled();
  assertEquals([aead.calls, source.reads], [1, 1]);
});

Deno.test("RecordReader opens 32 records at once, and returns them in order", async () => {
  const aead = new GatedAead();
  const wanted = contents(80);
  const records = await sealAll(wanted, await tls13());
  const reader = dataReader([concat(records)], await tls13(0, aead));
  const reading = reader.read();
  await settled();
  assertEquals(aead.held.length, 32);
  await aead.answerAll();
  const read = [await reading];
  while (read.length < wanted.length) {
    const fragment = reader.read();
    await settled();
    assert(aead.held.length <= 32);
    await aead.answerAll();
    read.push(await fragment);
  }
  assertEquals(read.map((fragment) => fragment?.bytes), wanted);
});

Deno.test("RecordReader keeps a read of the transport under way while it opens", async () => {
  const aead = new GatedAead();
  const records = await sealAll(contents(6), await tls13());
  const source = new PieceSource(records);
  const reader = new RecordReader(source, { readShare: new Share() });
  reader.setProtection(await tls13(0, aead));
  reader.startReadAhead();
  const reading = reader.read();
  await settled();
  assertEquals([aead.held.length, source.reads], [6, 7]);
  await aead.answerAll();
  await reading;
});

Deno.test("RecordReader opens what comes while nobody reads, behind the handshake", async () => {
  const records = await sealAll(contents(2), await tls13());
  const aead = new GatedAead();
  const pipe = new Pipe();
  const reader = new RecordReader(pipe);
  reader.setProtection(await tls13(0, aead));
  reader.startReadAhead();
  const reading = reader.read();
  pipe.write(records[0] as Uint8Array);
  await settled();
  await aead.answer();
  await reading;
  assertEquals(aead.calls, 1);
  // The read that went on meanwhile gets it.
  pipe.write(records[1] as Uint8Array);
  await settled();
  assertEquals(aead.calls, 2);
  await aead.answer();
  assertEquals(reader.tryRead()?.bytes[0], 1);
});

Deno.test("RecordReader opens nothing that comes while nobody reads in the handshake", async () => {
  const records = await sealAll(contents(1), await tls13());
  const aead = new GatedAead();
  const pipe = new Pipe();
  const reader = new RecordReader(pipe);
  reader.setProtection(await tls13(0, aead));
  reader.watchEnd(() => {});
  pipe.write(records[0] as Uint8Array);
  await settled();
  assertEquals([aead.calls, reader.stats.bytes], [0, records[0]?.length]);
});

Deno.test("RecordReader opens records in their turn if opening is synchronous", async () => {
  const records = await sealAll(contents(10), await tls13());
  const protection = await tls13();
  const reader = dataReader([concat(records)], protection);
  for (let count = 1; count <= 10; count++) {
    await reader.read();
    await settled();
    assertEquals(protection.sequenceNumber, count);
  }
});

Deno.test("RecordReader reads nothing while a record is there unopened", async () => {
  const aead = new GatedAead();
  const [first, ...rest] = await sealAll(contents(200, 1000), await tls13());
  const slow = await tls13(0, aead);
  const fast = await tls13();
  let opened = 0;
  const source = new PieceSource([first as Uint8Array, ...rest]);
  const reader = new RecordReader(source, { readShare: new Share() });
  reader.setProtection({
    ...fast,
    hidesType: true,
    maxBodyLength: fast.maxBodyLength,
    // The first one takes its time, the others none.
    open: (record) => {
      fast.open(record);
      return opened++ === 0 ? slow.open(record) : { type: 23, bytes: record };
    },
  });
  reader.startReadAhead();
  const reading = reader.read();
  for (let count = 0; count < 100; count++) await settled();
  assert(source.reads < 10, `${source.reads}`);
  await aead.answerAll();
  await reading;
});

Deno.test("RecordReader reads nothing while one record is there unopened, and no more", async () => {
  const aead = new GatedAead();
  const records = await sealAll(contents(3), await tls13());
  const slow = await tls13(0, aead);
  let opened = 0;
  const source = new PieceSource([concat(records)]);
  const reader = new RecordReader(source);
  reader.setProtection({
    ...slow,
    hidesType: true,
    maxBodyLength: slow.maxBodyLength,
    open: (record) =>
      opened++ === 0 ? slow.open(record) : { type: 23, bytes: record },
  });
  reader.startReadAhead();
  const reading = reader.read();
  await settled();
  assertEquals([opened, source.reads], [2, 1]);
  await aead.answerAll();
  await reading;
});

Deno.test("RecordReader reads only on demand", async () => {
  const records = await sealAll(contents(200, 16384), await tls13());
  const source = new PieceSource(records);
  const reader = new RecordReader(source, { readShare: new Share() });
  await settled();
  assertEquals(source.reads, 0);
  reader.setProtection(await tls13(0, aes128gcm));
  reader.setProtection(await tls13());
  reader.startReadAhead();
  await reader.read();
  const { reads } = source;
  await settled();
  await settled();
  assertEquals(source.reads, reads);
});

Deno.test("RecordReader bounds what it reads ahead of a slow opening", async () => {
  const aead = new GatedAead();
  const one = new Uint8Array(16384 + 22);
  one.set([23, 3, 3, 0x40, 17]);
  let bytes = 0;
  const reader = new RecordReader({
    // deno-lint-ignore require-await -- a source is asynchronous
    async read(into) {
      for (let at = 0; at < into.length; at++) {
        into[at] = one[(bytes + at) % one.length] as number;
      }
      bytes += into.length;
      return into.length;
    },
  }, { readShare: new Share() });
  reader.setProtection(await tls13(0, aead));
  reader.startReadAhead();
  const reading = reader.read();
  for (let count = 0; count < 20; count++) await settled();
  assertEquals(aead.held.length, 32);
  // A window of records and what is left of one buffer.
  assert(bytes < 32 * one.length + 256 * 1024, `${bytes}`);
  reader.cancel(new TypeError("over"));
  await assertRejects(() => Promise.resolve(reading), TypeError);
  await aead.answerAll();
});

Deno.test("RecordReader asks for little room while it is idle", async () => {
  const pipe = new Pipe();
  let room = 0;
  const reader = new RecordReader({
    read(into) {
      room = into.length;
      return pipe.read(into);
    },
  });
  const reading = reader.read();
  assertEquals(room, 4096);
  pipe.close();
  await reading;
});

for (
  const [name, make] of [
    ["at once", () => tls13],
    ["with promises", () => (number: number) => tls13(number, aes128gcm)],
  ] as const
) {
  Deno.test(`RecordReader opens what is queued again when keys change, ${name}`, async () => {
    const keys = make();
    const before = await sealAll(contents(3), await keys(1));
    const between = await sealAll(contents(3), await keys(2));
    const after = await sealAll(contents(40), await keys(3));
    const reader = dataReader(
      [concat([...before, ...between, ...after])],
      await keys(1),
    );
    const read: number[] = [];
    const readOne = async () => {
      read.push((await reader.read())?.bytes[0] ?? -1);
    };
    for (let count = 0; count < 3; count++) await readOne();
    await settled();
    reader.setProtection(await keys(2));
    for (let count = 0; count < 3; count++) await readOne();
    reader.setProtection(await keys(3));
    for (let count = 0; count < 40; count++) await readOne();
    assertEquals(read, [0, 1, 2, 0, 1, 2, ...Array(40).keys()]);
    assertEquals(await reader.read(), undefined);
  });
}

Deno.test("RecordReader keeps queued records until their turn, with several readers", async () => {
  const aead = new GatedAead();
  const [update] = await sealAll(contents(1, 16384), await tls13(1));
  const wanted = contents(20, 16384);
  const queued = await sealAll(wanted, await tls13(2));
  const bytes = concat([update as Uint8Array, ...queued]);
  const reader = dataReader([bytes], await tls13(1, aead));
  const first = reader.read();
  for (let count = 0; count < 5; count++) await settled();
  await aead.answerAll();
  assertEquals((await first)?.bytes, new Uint8Array(16384));
  // Another connection has its own use for all buffers that are free.
  const others = await sealAll(contents(100, 16384), await tls13(3));
  await readAll(dataReader([concat(others)], await tls13(3)));
  reader.setProtection(await tls13(2));
  const read = (await readAll(reader)).map(({ bytes }) => bytes);
  assertEquals(read, wanted);
});

Deno.test("RecordReader releases its buffer at the end", async () => {
  let buffer: ArrayBufferLike | undefined;
  const source = new PieceSource([plain(handshake, Uint8Array.of(1))]);
  const reader = new RecordReader({
    read(into) {
      buffer = into.buffer;
      return source.read(into);
    },
  });
  await readAll(reader);
  const free = BUFFER_POOLS[0].take();
  assertStrictEquals(free.buffer, buffer);
  BUFFER_POOLS[0].give(free);
});

Deno.test("RecordReader drops records that were opened with old keys after a change of keys", async () => {
  const old = new GatedAead();
  const next = new GatedAead();
  const records = [
    ...await sealAll(contents(1), await tls13(1)),
    ...await sealAll(contents(2), await tls13(2)),
  ];
  const reader = dataReader([concat(records)], await tls13(1, old));
  const first = reader.read();
  await settled();
  await old.answer();
  assertEquals((await first)?.bytes[0], 0);
  // Two openings under the old keys are still under way, and will fail.
  assertEquals(old.held.length, 2);
  reader.setProtection(await tls13(2, next));
  const second = reader.read();
  await old.answerAll();
  await next.answerAll();
  assertEquals((await second)?.bytes[0], 0);
  assertEquals((await reader.read())?.bytes[0], 1);
});

Deno.test("RecordReader detach() returns the bytes that belong to no record that was read", async () => {
  const records = await sealAll(contents(3), await tls13(0, aes128gcm));
  const after = new TextEncoder().encode("plain text");
  const bytes = concat([...records, after]);
  const reader = dataReader([bytes], await tls13(0, aes128gcm));
  await reader.read();
  await settled();
  const { bytes: rest, pending } = reader.detach();
  assertEquals(rest, bytes.slice((records[0] as Uint8Array).length));
  assertEquals(pending, undefined);
  await assertRejects(async () => await reader.read(), TypeError);
});

Deno.test("RecordReader detach() returns a read of the transport that is under way", async () => {
  const pipe = new Pipe();
  const reader = new RecordReader(pipe, { readShare: new Share() });
  const reading = reader.read();
  const { bytes, pending } = reader.detach();
  await assertRejects(async () => await reading, TypeError);
  assertEquals(bytes.length, 0);
  pipe.write(Uint8Array.of(1, 2, 3));
  assertEquals(await pending, Uint8Array.of(1, 2, 3));
});

import { assert, assertEquals } from "@std/assert";
import { concat } from "@std/bytes";
import { BUFFER_POOLS } from "../../record/buffers.ts";
import { RecordReader } from "../../record/reader.ts";
import { Share, type Streamer } from "../../record/share.ts";
import { RecordWriter } from "../../record/writer.ts";
import { ContentType, ProtocolVersion } from "../../registry.ts";
import { GatedAead, settled, tls13 } from "./_ends.ts";
import { contents, dataReader, readAll, sealAll } from "./_reader.ts";
import { StalledSink } from "./_writer.ts";

const [SMALL, MEDIUM, LARGE] = BUFFER_POOLS;

/** Lets `count` connections stream side by side. */
function stream(share: Share, count: number, rounds = 8): Streamer[] {
  const streamers = Array.from({ length: count }, () => ({ pieces: 0 }));
  for (let round = 0; round < rounds; round++) {
    for (const streamer of streamers) share.note(streamer);
  }
  return streamers;
}

Deno.test("Share gives one connection alone as much as it can use", () => {
  const share = new Share();
  assertEquals([share.records, share.bufferSize], [32, LARGE.size]);
  stream(share, 1, 1000);
  assertEquals(share.streaming, 1);
  assertEquals([share.records, share.bufferSize], [32, LARGE.size]);
});

Deno.test("Share shrinks with the number that stream, never below two records", () => {
  const shares = [2, 4, 16, 17, 40, 1000].map((count) => {
    const share = new Share();
    stream(share, count);
    return [share.records, share.bufferSize];
  });
  assertEquals(shares, [
    [32, LARGE.size],
    [16, LARGE.size],
    [4, LARGE.size],
    [3, MEDIUM.size],
    [2, MEDIUM.size],
    [2, MEDIUM.size],
  ]);
});

Deno.test("Share counts each connection once, however much it moves", () => {
  const share = new Share();
  const [slow] = stream(share, 1, 1);
  stream(share, 1, 60);
  assertEquals(share.streaming, 2);
  assertEquals(slow, { pieces: 1 });
});

Deno.test("Share forgets connections that are over, or were just dropped", () => {
  const share = new Share();
  const before = stream(share, 1000);
  assert(share.streaming > 50);
  stream(share, 1, 64);
  assertEquals(share.streaming, 1);
  assert(before.every(({ pieces }) => pieces === 0));
});

Deno.test("RecordReader opens few records ahead while many connections read", async () => {
  const readShare = new Share();
  stream(readShare, 1000);
  const records = concat(await sealAll(contents(20, 1000), await tls13()));
  const aead = new GatedAead();
  const reader = dataReader([records], await tls13(0, aead), readShare);
  const first = reader.read();
  await settled();
  assertEquals(aead.held.length, 2);
  await aead.answer();
  assertEquals((await first)?.bytes[0], 0);
  const rest = readAll(reader);
  for (let count = 0; count < 19; count++) {
    await settled();
    assert(aead.held.length <= 2, `${aead.held.length}`);
    await aead.answer();
  }
  assertEquals(
    (await rest).map(({ bytes }) => bytes[0] ?? NaN),
    [
      ...Array(20).keys(),
    ].slice(1),
  );
});

Deno.test("RecordReader reads into smaller buffers while many connections read", async () => {
  for (const [others, largest] of [[1, LARGE], [1000, MEDIUM]] as const) {
    const readShare = new Share();
    const records = concat(await sealAll(contents(80, 16384), await tls13()));
    let [at, most] = [0, 0];
    const reader = new RecordReader({
      read(into) {
        if (at === 0) stream(readShare, others);
        most = Math.max(most, into.length);
        const part = records.subarray(at, at + into.length);
        into.set(part);
        at += part.length;
        return Promise.resolve(part.length || null);
      },
    }, { readShare });
    reader.setVersion(ProtocolVersion["TLSv1.3"]);
    reader.setProtection(await tls13());
    reader.startReadAhead();
    assertEquals((await readAll(reader)).length, 80);
    // Less what is left of a record that the buffer before has cut in two.
    assert(most > largest.size - 16406 && most <= largest.size, `${most}`);
  }
});

Deno.test("RecordReader gets its records while another connection never stops", async () => {
  const readShare = new Share();
  const greedy = await endless(readShare);
  // A thousand pieces of its own are all that the share has seen.
  for (let count = 0; count < 1000; count++) await greedy.read();
  const modest = await endless(readShare);
  const turns: string[] = [];
  const take = async (name: string, reader: RecordReader) => {
    for (let count = 0; count < 200; count++) {
      await reader.read();
      await settled();
      turns.push(name);
    }
  };
  await Promise.all([take("greedy", greedy), take("modest", modest)]);
  const half = turns.slice(0, 200).filter((name) => name === "modest");
  assert(half.length >= 90, `${half.length} of 200`);
});

Deno.test("RecordWriter queues little while many connections write", async () => {
  for (const [others, { size }] of [[1, LARGE], [1000, MEDIUM]] as const) {
    const writeShare = new Share();
    stream(writeShare, others);
    const aead = new GatedAead();
    const sink = new StalledSink();
    const writer = new RecordWriter(sink, { writeShare });
    writer.setProtection(await tls13(0, aead));
    const content = new Uint8Array(1_000_000);
    const full = writer.write(ContentType.application_data, content);
    assert(full instanceof Promise);
    assert(aead.calls * 16401 <= 3 * size + 16401, `${aead.calls}`);
    let isOver = false;
    writer.flush().then(() => isOver = true);
    while (!isOver) {
      await aead.answerAll();
      const write = sink.writes.shift();
      assert(write === undefined || write.bytes.length <= size);
      write?.end();
      await settled();
    }
    assertEquals(aead.calls, Math.ceil(1_000_000 / 16384));
  }
});

Deno.test("small messages count for nobody's share", async () => {
  const readShare = new Share();
  const records = await sealAll(contents(50), await tls13());
  await readAll(dataReader(records, await tls13(), readShare));
  assertEquals(readShare.streaming, 0);
  assert(records.every(({ length }) => length < SMALL.size));
});

/** A reader whose peer never stops. */
async function endless(readShare: Share): Promise<RecordReader> {
  const records = concat(await sealAll(contents(400, 16384), await tls13()));
  let at = 0;
  const reader = new RecordReader({
    read(into) {
      const part = records.subarray(at, at + into.length);
      into.set(part);
      at += part.length;
      return Promise.resolve(part.length || null);
    },
  }, { readShare });
  reader.setVersion(ProtocolVersion["TLSv1.3"]);
  reader.setProtection(await tls13());
  reader.startReadAhead();
  return reader;
}

import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { concat } from "@std/bytes";
import { protection as suites } from "../../crypto/cipher_suite.ts";
import { TlsError, TlsTruncatedError } from "../../errors.ts";
import { BUFFER_POOLS } from "../../record/buffers.ts";
import type { Fragment, RecordProtection } from "../../record/protection.ts";
import { protectAead } from "../../record/protection_aead.ts";
import { RecordReader } from "../../record/reader.ts";
import type { RecordHeader } from "../../record/transport.ts";
import { ContentType, ProtocolVersion } from "../../registry.ts";
import { mutations, seededRandom } from "../_mutate.ts";
import {
  aes128gcm,
  chacha20poly1305,
  GatedAead,
  PieceSource,
  Pipe,
  plain,
  record,
  rejectsWith,
  settled,
  tls13,
} from "./_ends.ts";

const { alert, application_data, change_cipher_spec, handshake } = ContentType;
const { "TLSv1.2": TLS12, "TLSv1.3": TLS13 } = ProtocolVersion;

/** All fragments up to the end. */
async function readAll(reader: RecordReader): Promise<Fragment[]> {
  const fragments: Fragment[] = [];
  for (;;) {
    const fragment = await reader.read();
    if (fragment === undefined) return fragments;
    fragments.push(fragment);
  }
}

/** Records of TLS 1.3 with these contents, one after another. */
async function sealAll(
  contents: readonly Uint8Array[],
  protection: RecordProtection,
  type: number = application_data,
): Promise<Uint8Array[]> {
  const records: Uint8Array[] = [];
  for (const content of contents) {
    records.push(await record(protection.seal(type, content, TLS12)));
  }
  return records;
}

/** Contents that differ. */
function contents(count: number, length = 100): Uint8Array[] {
  return Array.from(
    { length: count },
    (_, at) => new Uint8Array(length).fill(at),
  );
}

/** A reader of TLS 1.3 behind its handshake. */
function dataReader(
  pieces: readonly Uint8Array[],
  protection: RecordProtection,
): RecordReader {
  const reader = new RecordReader(new PieceSource(pieces));
  reader.setVersion(TLS13);
  reader.setProtection(protection);
  reader.startReadAhead();
  return reader;
}

function split(bytes: Uint8Array, at: number): Uint8Array[] {
  return [bytes.slice(0, at), bytes.slice(at)];
}

Deno.test("RecordReader gives unprotected fragments as they came", async () => {
  const hello = plain(handshake, Uint8Array.of(1, 2, 3), 0x301);
  const warning = plain(alert, Uint8Array.of(1, 0));
  const source = new PieceSource([concat([hello, warning])]);
  assertEquals(await readAll(new RecordReader(source)), [
    { type: handshake, bytes: Uint8Array.of(1, 2, 3) },
    { type: alert, bytes: Uint8Array.of(1, 0) },
  ]);
});

Deno.test("RecordReader gives unprotected fragments that stay as they are", async () => {
  const first = plain(handshake, new Uint8Array(50).fill(1));
  const second = plain(handshake, new Uint8Array(50).fill(2));
  const reader = new RecordReader(new PieceSource([first, second]));
  const fragment = await reader.read();
  await reader.read();
  assertEquals(fragment?.bytes, new Uint8Array(50).fill(1));
});

for (const algorithm of [aes128gcm, chacha20poly1305]) {
  Deno.test(`RecordReader gives the same for any split, with ${algorithm.name}`, async () => {
    const wanted = [...contents(3, 20), new Uint8Array(300).fill(9)];
    const records = await sealAll(wanted, await tls13(0, algorithm));
    const bytes = concat(records);
    for (let at = 0; at <= bytes.length; at++) {
      const reader = dataReader(split(bytes, at), await tls13(0, algorithm));
      const fragments = await readAll(reader);
      assertEquals(fragments.map(({ bytes }) => bytes), wanted);
    }
  });

  Deno.test(`RecordReader gives the same for random pieces, with ${algorithm.name}`, async () => {
    const random = seededRandom(5);
    for (let round = 0; round < 10; round++) {
      const wanted = Array.from(
        { length: 40 },
        (_, at) => new Uint8Array(1 + random(16384)).fill(at),
      );
      const bytes = concat(await sealAll(wanted, await tls13(0, algorithm)));
      const pieces: Uint8Array[] = [];
      for (let at = 0; at < bytes.length;) {
        const length = 1 + random(round % 2 === 0 ? 100_000 : 3000);
        pieces.push(bytes.slice(at, at += length));
      }
      const reader = dataReader(pieces, await tls13(0, algorithm));
      const fragments = await readAll(reader);
      assertEquals(fragments.map(({ bytes }) => bytes), wanted);
      assertEquals(reader.stats, { bytes: bytes.length, records: 40 });
    }
  });
}

Deno.test("RecordReader needs no promise where none is needed", async () => {
  const records = await sealAll(contents(3), await tls13());
  const reader = dataReader([concat(records)], await tls13());
  assertInstanceOf(reader.read(), Promise);
  await settled();
  for (const at of [1, 2]) {
    const fragment = reader.read();
    assert(!(fragment instanceof Promise));
    assertEquals(fragment?.bytes[0], at);
  }
  assertEquals(await reader.read(), undefined);
});

Deno.test("RecordReader tryRead() gives what is there, and no more", async () => {
  const records = await sealAll(contents(5), await tls13());
  const source = new PieceSource([
    concat([...records.slice(0, 3), (records[3] as Uint8Array).slice(0, 9)]),
    concat([(records[3] as Uint8Array).slice(9), records[4] as Uint8Array]),
  ]);
  const reader = new RecordReader(source);
  reader.setProtection(await tls13());
  assertEquals(reader.tryRead(), undefined);
  assertEquals(source.reads, 0);
  assertEquals((await reader.read())?.bytes[0], 0);
  assertEquals(reader.tryRead()?.bytes[0], 1);
  assertEquals(reader.tryRead()?.bytes[0], 2);
  assertEquals(reader.tryRead(), undefined);
  assertEquals(source.reads, 1);
  assertEquals((await reader.read())?.bytes[0], 3);
  assertEquals(reader.tryRead()?.bytes[0], 4);
  assertEquals(reader.tryRead(), undefined);
  assertEquals(await reader.read(), undefined);
  assertEquals(reader.tryRead(), undefined);
});

Deno.test("RecordReader tryRead() leaves errors to read()", async () => {
  const [good = new Uint8Array()] = await sealAll(contents(1), await tls13());
  const bad = good.slice();
  const reader = dataReader([concat([good, bad])], await tls13());
  await reader.read();
  assertEquals(reader.tryRead(), undefined);
  assertEquals(reader.tryRead(), undefined);
  await rejectsWith("bad_record_mac", () => reader.read());
});

Deno.test("RecordReader has one read at a time", async () => {
  const pipe = new Pipe();
  const reader = new RecordReader(pipe);
  const reading = reader.read();
  assertThrows(() => reader.read(), TypeError);
  assertEquals(reader.tryRead(), undefined);
  pipe.close();
  assertEquals(await reading, undefined);
});

Deno.test("RecordReader reads nothing ahead in the handshake", async () => {
  const aead = new GatedAead();
  const protection = await tls13(0, aead);
  const records = await sealAll(contents(4), await tls13());
  const source = new PieceSource(records);
  const reader = new RecordReader(source);
  reader.setProtection(protection);
  const reading = reader.read();
  await settled();
  assertEquals([aead.calls, source.reads], [1, 1]);
  await aead.answer();
  assertEquals((await reading)?.bytes[0], 0);
  await settled();
  assertEquals([aead.calls, source.reads], [1, 1]);
});

Deno.test("RecordReader opens 32 records at once, and gives them in order", async () => {
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
  const reader = new RecordReader(source);
  reader.setProtection(await tls13(0, aead));
  reader.startReadAhead();
  const reading = reader.read();
  await settled();
  assertEquals([aead.held.length, source.reads], [6, 7]);
  await aead.answerAll();
  await reading;
});

Deno.test("RecordReader opens records in their turn where that takes no promise", async () => {
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
  const reader = new RecordReader(source);
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

Deno.test("RecordReader reads nothing while nobody asks", async () => {
  const records = await sealAll(contents(200, 16384), await tls13());
  const source = new PieceSource(records);
  const reader = new RecordReader(source);
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
  });
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

Deno.test("RecordReader keeps what is queued until its turn, whoever reads beside it", async () => {
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

Deno.test("RecordReader gives its buffer back at the end", async () => {
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

Deno.test("RecordReader forgets what old keys give after they changed", async () => {
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

Deno.test("RecordReader gives what came before an error, then the error for good", async () => {
  for (const algorithm of [aes128gcm, chacha20poly1305]) {
    const records = await sealAll(contents(4), await tls13(0, algorithm));
    const bad = records[2] as Uint8Array;
    bad[20] = (bad[20] as number) ^ 1;
    const reader = dataReader([concat(records)], await tls13(0, algorithm));
    assertEquals((await reader.read())?.bytes[0], 0);
    await settled();
    assertEquals((await reader.read())?.bytes[0], 1);
    const error = await rejectsWith("bad_record_mac", () => reader.read());
    for (let count = 0; count < 2; count++) {
      const again = await rejectsWith("bad_record_mac", () => reader.read());
      assertStrictEquals(again, error);
    }
  }
});

Deno.test("RecordReader gives what came before a header that is wrong", async () => {
  const records = await sealAll(contents(3), await tls13(0, aes128gcm));
  const reader = dataReader(
    [concat([...records, Uint8Array.of(99, 3, 3, 0, 1)])],
    await tls13(0, aes128gcm),
  );
  for (const at of [0, 1, 2]) {
    assertEquals((await reader.read())?.bytes[0], at);
  }
  await rejectsWith("unexpected_message", () => reader.read());
});

Deno.test("RecordReader refuses a header before its body is there", async () => {
  for (
    const [header, wanted] of [
      [[22, 3, 3, 0x40, 0x01], "record_overflow"],
      [[22, 3, 3, 0xff, 0xff], "record_overflow"],
      [[22, 2, 3, 0, 1], "protocol_version"],
    ] as const
  ) {
    const pipe = new Pipe();
    const reader = new RecordReader(pipe);
    const reading = rejectsWith(wanted, () => reader.read());
    pipe.write(Uint8Array.from(header));
    await reading;
  }
});

Deno.test("RecordReader has the limit of each protection", async () => {
  const { key, iv } = { key: new Uint8Array(16), iv: new Uint8Array(4) };
  const forms: [RecordProtection | undefined, number][] = [
    [undefined, 2 ** 14],
    [await tls13(), 2 ** 14 + 256],
    [
      await protectAead(suites.AES_128_GCM_SHA256.cipher, key, iv),
      2 ** 14 + 2048,
    ],
  ];
  for (const [protection, limit] of forms) {
    for (const length of [limit, limit + 1]) {
      const body = plain(application_data, new Uint8Array(length));
      const reader = new RecordReader(new PieceSource([body]));
      if (protection !== undefined) reader.setProtection(protection);
      const wanted = length > limit
        ? "record_overflow"
        : protection === undefined
        ? "unexpected_message"
        : "bad_record_mac";
      await rejectsWith(wanted, () => reader.read());
    }
  }
});

Deno.test("RecordReader gives undefined at the end, again and again", async () => {
  for (const pieces of [[], [plain(handshake, Uint8Array.of(1))]]) {
    const reader = new RecordReader(new PieceSource(pieces));
    assertEquals((await readAll(reader)).length, pieces.length);
    assertEquals(await reader.read(), undefined);
    assertEquals(await reader.read(), undefined);
  }
});

Deno.test("RecordReader tells an end in the middle of a record", async () => {
  const bytes = concat([
    plain(handshake, Uint8Array.of(1)),
    plain(handshake, Uint8Array.of(2, 3)),
  ]);
  for (let length = 7; length < bytes.length; length++) {
    const reader = new RecordReader(
      new PieceSource([bytes.slice(0, length)]),
    );
    assertEquals((await reader.read())?.bytes[0], 1);
    await assertRejects(
      async () => await reader.read(),
      TlsTruncatedError,
      "in the middle of a record",
    );
  }
});

Deno.test("RecordReader passes on what the transport fails with, after what came", async () => {
  const error = new Deno.errors.ConnectionReset("reset");
  const source = new PieceSource([plain(handshake, Uint8Array.of(1))], {
    error,
  });
  const reader = new RecordReader(source);
  assertEquals((await reader.read())?.bytes[0], 1);
  for (let count = 0; count < 2; count++) {
    const given = await assertRejects(async () => await reader.read());
    assertStrictEquals(given, error);
  }
});

Deno.test("RecordReader passes on what a source throws at once", async () => {
  const reader = new RecordReader({
    read() {
      throw new Deno.errors.BadResource("closed");
    },
  });
  await assertRejects(
    async () => await reader.read(),
    Deno.errors.BadResource,
  );
});

Deno.test("RecordReader refuses a source that gives more than there is room for", async () => {
  const reader = new RecordReader({
    read: (into) => Promise.resolve(into.length + 1),
  });
  await assertRejects(async () => await reader.read(), RangeError);
});

Deno.test("RecordReader names a peer that does not speak TLS", async () => {
  for (const text of ["SSH-2.0-x\r\n", "+OK", "N"]) {
    const bytes = new TextEncoder().encode(text);
    for (let at = 0; at <= bytes.length; at++) {
      const pieces = split(bytes, at).filter(({ length }) => length > 0);
      const reader = new RecordReader(new PieceSource(pieces));
      const error = await assertRejects(
        async () => await reader.read(),
        TlsError,
      );
      assertEquals(error.code, "not_tls");
    }
  }
});

Deno.test("RecordReader takes a later record of an unknown type for an error of TLS", async () => {
  const bytes = concat([
    plain(handshake, Uint8Array.of(1)),
    new TextEncoder().encode("SSH-2.0-x\r\n"),
  ]);
  const reader = new RecordReader(new PieceSource([bytes]));
  await reader.read();
  await rejectsWith("unexpected_message", () => reader.read());
});

Deno.test("RecordReader setVersion() has TLS 1.2 name itself, TLS 1.3 anything", async () => {
  const bytes = plain(handshake, Uint8Array.of(1), 0x301);
  const tls12 = new RecordReader(new PieceSource([bytes]));
  tls12.setVersion(TLS12);
  await rejectsWith("protocol_version", () => tls12.read());
  const tls13 = new RecordReader(new PieceSource([bytes]));
  tls13.setVersion(TLS13);
  assertEquals((await tls13.read())?.bytes[0], 1);
});

Deno.test("RecordReader begins with initialData", async () => {
  const bytes = concat([
    plain(handshake, Uint8Array.of(1)),
    plain(handshake, Uint8Array.of(2)),
  ]);
  for (let at = 0; at <= bytes.length; at++) {
    const [initialData, rest] = split(bytes, at) as [Uint8Array, Uint8Array];
    const source = new PieceSource(rest.length > 0 ? [rest] : []);
    const reader = new RecordReader(source, { initialData });
    const fragments = await readAll(reader);
    assertEquals(fragments.map(({ bytes }) => bytes[0]), [1, 2]);
    assertEquals(reader.stats, { bytes: bytes.length, records: 2 });
  }
});

Deno.test("RecordReader drops change_cipher_spec of TLS 1.3 under protection too", async () => {
  const sealing = await tls13();
  const ccs = plain(change_cipher_spec, Uint8Array.of(1));
  const [first, second] = await sealAll(contents(2), sealing, handshake);
  const bytes = [ccs, first, ccs, ccs, second, ccs] as Uint8Array[];
  const reader = new RecordReader(new PieceSource([concat(bytes)]));
  reader.changeCipherSpec = "drop";
  reader.setProtection(await tls13());
  const fragments = await readAll(reader);
  assertEquals(fragments.map(({ type, bytes }) => [type, bytes[0]]), [
    [handshake, 0],
    [handshake, 1],
  ]);
  assertEquals(reader.changeCipherSpec, "drop");
});

Deno.test("RecordReader refuses change_cipher_spec before and after the handshake", async () => {
  const ccs = plain(change_cipher_spec, Uint8Array.of(1));
  const before = new RecordReader(new PieceSource([ccs]));
  await rejectsWith("unexpected_message", () => before.read());
  const [first] = await sealAll(contents(1), await tls13());
  const reader = dataReader([first as Uint8Array, ccs], await tls13());
  reader.changeCipherSpec = "drop";
  await reader.read();
  reader.changeCipherSpec = "refuse";
  await rejectsWith("unexpected_message", () => reader.read());
});

Deno.test("RecordReader refuses change_cipher_spec inside of TLS 1.3's protection", async () => {
  const sealed = await sealAll(
    [Uint8Array.of(1)],
    await tls13(),
    change_cipher_spec,
  );
  for (const policy of ["refuse", "drop", "return"] as const) {
    const reader = dataReader(sealed, await tls13());
    reader.changeCipherSpec = policy;
    await rejectsWith("unexpected_message", () => reader.read());
  }
});

Deno.test("RecordReader takes an alert of a peer that got no keys, and no later one", async () => {
  const plainAlert = plain(alert, Uint8Array.of(2, 47));
  const reader = dataReader([plainAlert], await tls13());
  assertEquals(await reader.read(), {
    type: alert,
    bytes: Uint8Array.of(2, 47),
  });
  const [first] = await sealAll(contents(1), await tls13());
  const later = dataReader([first as Uint8Array, plainAlert], await tls13());
  await later.read();
  await rejectsWith("unexpected_message", () => later.read());
});

Deno.test("RecordReader takes no unprotected alert under keys that follow others", async () => {
  const closeNotify = plain(alert, Uint8Array.of(1, 0));
  const [first] = await sealAll(contents(1), await tls13());
  const reader = dataReader([first as Uint8Array, closeNotify], await tls13());
  await reader.read();
  reader.setProtection(await tls13());
  await rejectsWith("unexpected_message", () => reader.read());
});

Deno.test("RecordReader refuses unprotected handshake records of TLS 1.3", async () => {
  const reader = dataReader(
    [plain(handshake, Uint8Array.of(1))],
    await tls13(),
  );
  await rejectsWith("unexpected_message", () => reader.read());
});

Deno.test("RecordReader has record_size_limit include type and padding in TLS 1.3", async () => {
  for (const [padding, isRefused] of [[0, false], [35, false], [36, true]]) {
    const sealed = await record(
      (await tls13()).seal(23, new Uint8Array(64), TLS12, Number(padding)),
    );
    const reader = dataReader([sealed], await tls13());
    reader.recordSizeLimit = 100;
    if (isRefused) await rejectsWith("record_overflow", () => reader.read());
    else assertEquals((await reader.read())?.bytes.length, 64);
  }
});

Deno.test("RecordReader has record_size_limit be of content in TLS 1.2", async () => {
  const protect = () =>
    protectAead(
      suites.AES_128_GCM_SHA256.cipher,
      new Uint8Array(16),
      new Uint8Array(4),
    );
  for (const length of [100, 101]) {
    const sealed = await record(
      (await protect()).seal(23, new Uint8Array(length), TLS12),
    );
    const reader = dataReader([sealed], await protect());
    reader.setVersion(TLS12);
    reader.recordSizeLimit = 100;
    if (length > 100) {
      await rejectsWith("record_overflow", () => reader.read());
    } else {
      assertEquals((await reader.read())?.bytes.length, length);
    }
  }
});

Deno.test("RecordReader does not hold unprotected records to record_size_limit", async () => {
  const reader = new RecordReader(
    new PieceSource([plain(handshake, new Uint8Array(200))]),
  );
  reader.recordSizeLimit = 64;
  assertEquals((await reader.read())?.bytes.length, 200);
});

Deno.test("RecordReader skipEarlyData() drops records that do not open", async () => {
  for (const algorithm of [aes128gcm, chacha20poly1305]) {
    const early = await sealAll(contents(5, 1000), await tls13(1, algorithm));
    const ccs = plain(change_cipher_spec, Uint8Array.of(1));
    const late = await sealAll(
      contents(2),
      await tls13(2, algorithm),
      handshake,
    );
    const reader = new RecordReader(
      new PieceSource([concat([ccs, ...early, ccs, ...late])]),
    );
    reader.changeCipherSpec = "drop";
    reader.setVersion(TLS13);
    reader.setProtection(await tls13(2, algorithm));
    reader.skipEarlyData(5 * (1000 + 22));
    const fragments = await readAll(reader);
    assertEquals(fragments.map(({ type, bytes }) => [type, bytes[0]]), [
      [handshake, 0],
      [handshake, 1],
    ]);
  }
});

Deno.test("RecordReader skipEarlyData() opens one record at a time until it is over", async () => {
  // Of a length that is opened with promises.
  const early = await sealAll(contents(5, 5000), await tls13(1, aes128gcm));
  const late = await sealAll(contents(50, 5000), await tls13(2, aes128gcm));
  const reader = dataReader(
    [concat([...early, ...late])],
    await tls13(2, aes128gcm),
  );
  reader.skipEarlyData(50_000);
  const fragments = await readAll(reader);
  assertEquals(fragments.map(({ bytes }) => bytes[0]), [...Array(50).keys()]);
});

Deno.test("RecordReader skipEarlyData() ends with the first record that opens", async () => {
  const [late] = await sealAll(contents(1), await tls13(2));
  const early = await sealAll(contents(1), await tls13(1));
  const reader = new RecordReader(
    new PieceSource([concat([late as Uint8Array, ...early])]),
  );
  reader.setProtection(await tls13(2));
  reader.skipEarlyData(10_000);
  assertEquals((await reader.read())?.bytes[0], 0);
  await rejectsWith("bad_record_mac", () => reader.read());
});

Deno.test("RecordReader skipEarlyData() drops no more than it may", async () => {
  const early = await sealAll(contents(3), await tls13(1));
  const reader = new RecordReader(new PieceSource(early));
  reader.setProtection(await tls13(2));
  reader.skipEarlyData(3 * 122 - 1);
  await rejectsWith("unexpected_message", () => reader.read());
});

Deno.test("RecordReader skipEarlyData() drops full records before a second ClientHello", async () => {
  const early = await sealAll(contents(3, 16384), await tls13(1));
  const hello = plain(handshake, Uint8Array.of(1));
  const late = await sealAll(contents(1), await tls13(1));
  const reader = new RecordReader(
    new PieceSource([concat([...early, hello, ...late])]),
  );
  reader.skipEarlyData(100_000);
  assertEquals(await reader.read(), {
    type: handshake,
    bytes: Uint8Array.of(1),
  });
  await rejectsWith("unexpected_message", () => reader.read());
});

Deno.test("RecordReader detach() gives back what belongs to no record that was read", async () => {
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

Deno.test("RecordReader detach() gives a read of the transport that is under way", async () => {
  const pipe = new Pipe();
  const reader = new RecordReader(pipe);
  const reading = reader.read();
  const { bytes, pending } = reader.detach();
  await assertRejects(async () => await reading, TypeError);
  assertEquals(bytes.length, 0);
  pipe.write(Uint8Array.of(1, 2, 3));
  assertEquals(await pending, Uint8Array.of(1, 2, 3));
});

Deno.test("RecordReader cancel() rejects what is waiting and all that follows", async () => {
  const pipe = new Pipe();
  const reader = new RecordReader(pipe);
  const reason = new TypeError("enough");
  const reading = reader.read();
  reader.cancel(reason);
  reader.cancel(new TypeError("twice"));
  for (let count = 0; count < 2; count++) {
    const given = await assertRejects(async () => await reading);
    assertStrictEquals(given, reason);
    const later = await assertRejects(async () => await reader.read());
    assertStrictEquals(later, reason);
  }
  assertEquals(reader.tryRead(), undefined);
  // What comes now, or fails now, is of no concern to anybody.
  pipe.write(new Uint8Array(1000));
  pipe.close();
  await settled();
  assertEquals(reader.stats, { bytes: 0, records: 0 });
});

Deno.test("RecordReader leaves no rejection unhandled when it is cancelled", async () => {
  const aead = new GatedAead();
  const records = await sealAll(contents(5), await tls13(9));
  const failing = Promise.withResolvers<number>();
  const source = new PieceSource([concat(records)]);
  let reads = 0;
  const reader = new RecordReader({
    read: (into) => reads++ === 0 ? source.read(into) : failing.promise,
  });
  reader.setProtection(await tls13(0, aead));
  reader.startReadAhead();
  reader.read();
  await settled();
  assertEquals(aead.held.length, 5);
  reader.cancel(new TypeError("enough"));
  failing.reject(new Deno.errors.ConnectionReset("reset"));
  await aead.answerAll();
  await settled();
});

Deno.test("RecordReader tells of each record when its turn comes", async () => {
  const seen: RecordHeader[] = [];
  const records = await sealAll(contents(2), await tls13());
  const reader = new RecordReader(
    new PieceSource([plain(handshake, Uint8Array.of(1), 0x301), ...records]),
    {
      onRecord: (direction, header) => {
        assertEquals(direction, "read");
        seen.push(header);
      },
    },
  );
  await reader.read();
  reader.setProtection(await tls13());
  assertEquals(seen, [{ type: handshake, version: 0x301, length: 1 }]);
  await readAll(reader);
  assertEquals(seen.slice(1), [
    { type: application_data, version: TLS12, length: 117 },
    { type: application_data, version: TLS12, length: 117 },
  ]);
});

Deno.test("RecordReader answers any bytes with fragments or a TlsError", async () => {
  const good = concat([
    plain(change_cipher_spec, Uint8Array.of(1)),
    ...await sealAll(contents(3, 40), await tls13()),
    ...await sealAll([Uint8Array.of(1, 0)], await tls13(), alert),
  ]);
  const hello = plain(handshake, new Uint8Array(60), 0x301);
  let refused = 0;
  for (const bytes of mutations([good, hello], 3000, 11)) {
    for (const protection of [undefined, await tls13()]) {
      const reader = new RecordReader(new PieceSource([bytes]));
      reader.changeCipherSpec = "drop";
      if (protection !== undefined) reader.setProtection(protection);
      try {
        await readAll(reader);
      } catch (error) {
        assertInstanceOf(error, TlsError);
        refused++;
      }
    }
  }
  assert(refused > 3000, `${refused}`);
});

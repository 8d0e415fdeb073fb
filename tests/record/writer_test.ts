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
import {
  noProtection,
  type RecordProtection,
} from "../../record/protection.ts";
import { protectAead } from "../../record/protection_aead.ts";
import { protectCbc } from "../../record/protection_cbc.ts";
import { RecordReader } from "../../record/reader.ts";
import type { ByteSink, RecordHeader } from "../../record/transport.ts";
import { RecordWriter } from "../../record/writer.ts";
import { ContentType, ProtocolVersion } from "../../registry.ts";
import {
  aes128gcm,
  GatedAead,
  limited,
  PieceSink,
  PieceSource,
  plain,
  rejectsWith,
  settled,
  tls13,
  until,
} from "./_ends.ts";

const { alert, application_data, change_cipher_spec, handshake } = ContentType;
const { TLSv1: TLS10, "TLSv1.2": TLS12, "TLSv1.3": TLS13 } = ProtocolVersion;

/** A sink whose writes end when they are told to. */
class StalledSink implements ByteSink {
  readonly writes: { bytes: Uint8Array; end(error?: unknown): void }[] = [];

  write(bytes: Uint8Array): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.writes.push({
      bytes,
      end: (error) => error === undefined ? resolve() : reject(error),
    });
    return promise;
  }

  /** Ends writes until something is over, and gives what was written. */
  async drain(until: Promise<unknown> | undefined): Promise<Uint8Array> {
    let isOver = false;
    until?.finally(() => isOver = true);
    const pieces: Uint8Array[] = [];
    while (!isOver) {
      const write = this.writes.shift();
      if (write !== undefined) {
        pieces.push(write.bytes.slice());
        write.end();
      }
      await settled();
    }
    return concat(pieces);
  }
}

/** Type and length of each record. */
function headersOf(bytes: Uint8Array): [type: number, length: number][] {
  const headers: [number, number][] = [];
  for (let at = 0; at < bytes.length;) {
    const length = (bytes[at + 3] as number) * 256 + (bytes[at + 4] as number);
    headers.push([bytes[at] as number, length]);
    at += 5 + length;
  }
  return headers;
}

/** What a reader with these keys makes of it, content of a type joined. */
async function readBack(
  bytes: Uint8Array,
  ...protections: RecordProtection[]
): Promise<[type: number, bytes: Uint8Array][]> {
  const reader = new RecordReader(new PieceSource([bytes]));
  reader.changeCipherSpec = "return";
  reader.setProtection(protections.shift() ?? noProtection);
  const read: [number, Uint8Array][] = [];
  for (;;) {
    const fragment = await reader.read();
    if (fragment === undefined) return read;
    read.push([fragment.type, fragment.bytes]);
    // In these tests a handshake message of type 24 is the last of its epoch.
    const next = fragment.bytes[0] === 24 && fragment.type === handshake
      ? protections.shift()
      : undefined;
    if (next !== undefined) reader.setProtection(next);
  }
}

async function protectedWriter(
  sink: ByteSink,
  options: ConstructorParameters<typeof RecordWriter>[1] = {},
  algorithm = aes128gcm,
): Promise<RecordWriter> {
  const writer = new RecordWriter(sink, options);
  writer.setProtection(await tls13(0, algorithm));
  return writer;
}

function bytesOf(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, at) => at * 7 + (at >> 8));
}

Deno.test("RecordWriter writes unprotected messages in records of their own", async () => {
  const sink = new PieceSink();
  const writer = new RecordWriter(sink);
  writer.write(handshake, Uint8Array.of(1, 2));
  writer.write(handshake, Uint8Array.of(3));
  writer.write(change_cipher_spec, Uint8Array.of(1));
  await settled();
  assertEquals(sink.pieces.length, 0);
  await writer.flush();
  assertEquals(sink.pieces, [
    concat([
      plain(handshake, Uint8Array.of(1, 2)),
      plain(handshake, Uint8Array.of(3)),
      plain(change_cipher_spec, Uint8Array.of(1)),
    ]),
  ]);
});

Deno.test("RecordWriter setVersion() is in the headers, TLS 1.2's for TLS 1.3", async () => {
  const sink = new PieceSink();
  const writer = new RecordWriter(sink);
  const one = Uint8Array.of(1);
  writer.write(alert, one);
  for (const version of [0x301, 0x302, 0x303, TLS13]) {
    writer.setVersion(version);
    writer.write(alert, one);
  }
  await writer.flush();
  assertEquals(
    sink.bytes,
    concat(
      [0x303, 0x301, 0x302, 0x303, 0x303].map((version) =>
        plain(alert, one, version)
      ),
    ),
  );
});

Deno.test("RecordWriter puts protected messages into one record", async () => {
  const sink = new PieceSink();
  const writer = await protectedWriter(sink);
  writer.write(handshake, Uint8Array.of(1, 2));
  writer.write(handshake, Uint8Array.of(3));
  await writer.flush();
  assertEquals(await readBack(sink.bytes, await tls13(0, aes128gcm)), [
    [handshake, Uint8Array.of(1, 2, 3)],
  ]);
});

Deno.test("RecordWriter splits messages that are too long together", async () => {
  const sink = new PieceSink();
  const writer = await protectedWriter(sink);
  writer.write(handshake, bytesOf(10_000));
  writer.write(handshake, bytesOf(10_000));
  await writer.flush();
  assertEquals(
    headersOf(sink.bytes).map(([, length]) => length - 17),
    [16384, 3616],
  );
  const read = await readBack(sink.bytes, await tls13(0, aes128gcm));
  assertEquals(
    concat(read.map(([, bytes]) => bytes)),
    concat([bytesOf(10_000), bytesOf(10_000)]),
  );
});

Deno.test("RecordWriter keeps the order of types, and messages apart by them", async () => {
  const sink = new PieceSink();
  const writer = await protectedWriter(sink);
  writer.write(handshake, Uint8Array.of(1));
  writer.write(alert, Uint8Array.of(1, 90));
  writer.write(handshake, Uint8Array.of(2));
  writer.write(application_data, Uint8Array.of(3));
  writer.write(handshake, Uint8Array.of(4));
  await writer.flush();
  assertEquals(await readBack(sink.bytes, await tls13(0, aes128gcm)), [
    [handshake, Uint8Array.of(1)],
    [alert, Uint8Array.of(1, 90)],
    [handshake, Uint8Array.of(2)],
    [application_data, Uint8Array.of(3)],
    [handshake, Uint8Array.of(4)],
  ]);
});

Deno.test("RecordWriter setProtection() is for what follows, and no message spans it", async () => {
  for (const algorithm of [aes128gcm, limited(1000)]) {
    const sink = new PieceSink();
    const writer = new RecordWriter(sink);
    writer.write(handshake, Uint8Array.of(24, 1));
    writer.setProtection(await tls13(1, algorithm));
    writer.write(handshake, Uint8Array.of(2));
    writer.write(handshake, Uint8Array.of(3));
    writer.write(application_data, Uint8Array.of(4));
    writer.write(handshake, Uint8Array.of(24, 5));
    writer.setProtection(await tls13(2, algorithm));
    writer.write(application_data, Uint8Array.of(6));
    await writer.flush();
    const read = await readBack(
      sink.bytes,
      noProtection,
      await tls13(1, algorithm),
      await tls13(2, algorithm),
    );
    assertEquals(read, [
      [handshake, Uint8Array.of(24, 1)],
      [handshake, Uint8Array.of(2, 3)],
      [application_data, Uint8Array.of(4)],
      [handshake, Uint8Array.of(24, 5)],
      [application_data, Uint8Array.of(6)],
    ]);
  }
});

Deno.test("RecordWriter has Finished leave with the first application data", async () => {
  for (const algorithm of [aes128gcm, limited(1000)]) {
    const sink = new PieceSink();
    const writer = await protectedWriter(sink, {}, algorithm);
    writer.write(handshake, Uint8Array.of(20));
    await settled();
    assertEquals(sink.pieces.length, 0);
    writer.write(application_data, bytesOf(20_000));
    await until(() => sink.pieces.length > 0);
    assertEquals(sink.pieces.length, 1);
    assertEquals(headersOf(sink.bytes).length, 3);
  }
});

Deno.test("RecordWriter splits application data at maxFragmentSize", async () => {
  for (
    const [size, lengths] of [
      [undefined, [16384, 16384, 17]],
      [1000, [...Array(32).fill(1000), 785]],
    ] as const
  ) {
    const sink = new PieceSink();
    const writer = await protectedWriter(sink, { maxFragmentSize: size });
    const content = bytesOf(32785);
    await writer.write(application_data, content);
    await writer.flush();
    assertEquals(
      headersOf(sink.bytes).map(([, length]) => length - 17),
      [...lengths],
    );
    const read = await readBack(sink.bytes, await tls13(0, aes128gcm));
    assertEquals(concat(read.map(([, bytes]) => bytes)), content);
  }
});

Deno.test("RecordWriter maxFragmentSize can change, and has bounds", async () => {
  const sink = new PieceSink();
  const writer = await protectedWriter(sink);
  writer.maxFragmentSize = 512;
  assertEquals(writer.maxFragmentSize, 512);
  writer.write(application_data, bytesOf(1024));
  await writer.flush();
  assertEquals(headersOf(sink.bytes), [[23, 529], [23, 529]]);
  for (const size of [0, -1, 1.5, NaN, 16385]) {
    assertThrows(() => writer.maxFragmentSize = size, RangeError);
    assertThrows(
      () => new RecordWriter(sink, { maxFragmentSize: size }),
      RangeError,
    );
  }
});

Deno.test("RecordWriter counts TLS 1.3's type in recordSizeLimit", async () => {
  const sink = new PieceSink();
  const writer = new RecordWriter(sink);
  writer.recordSizeLimit = 100;
  // RFC 8449 section 4: unprotected records are not subject to it.
  writer.write(handshake, bytesOf(150));
  writer.setProtection(await tls13());
  writer.write(handshake, bytesOf(150));
  await writer.flush();
  assertEquals(headersOf(sink.bytes), [
    [handshake, 150],
    [23, 99 + 17],
    [23, 51 + 17],
  ]);
});

Deno.test("RecordWriter counts content alone in TLS 1.2's recordSizeLimit", async () => {
  const sink = new PieceSink();
  const writer = new RecordWriter(sink);
  writer.recordSizeLimit = 100;
  writer.setProtection(
    await protectAead(
      suites.AES_128_GCM_SHA256.cipher,
      new Uint8Array(16),
      new Uint8Array(4),
    ),
  );
  writer.write(application_data, bytesOf(150));
  await writer.flush();
  assertEquals(headersOf(sink.bytes), [[23, 124], [23, 74]]);
});

Deno.test("RecordWriter pads as the policy says, within the limits", async () => {
  const sink = new PieceSink();
  const seen: [number, number][] = [];
  const padding = (type: number, length: number) => {
    seen.push([type, length]);
    return type === handshake ? 1e9 : 256 - length % 256;
  };
  const writer = new RecordWriter(sink, { padding });
  writer.write(handshake, Uint8Array.of(24));
  writer.setProtection(await tls13());
  writer.recordSizeLimit = 1001;
  writer.write(handshake, bytesOf(100));
  writer.write(application_data, bytesOf(300));
  writer.write(application_data, bytesOf(1000));
  await writer.flush();
  assertEquals(seen, [[handshake, 100], [23, 300], [23, 1000]]);
  assertEquals(headersOf(sink.bytes).slice(1), [
    [23, 1000 + 17],
    [23, 512 + 17],
    [23, 1000 + 17],
  ]);
  const read = await readBack(sink.bytes, noProtection, await tls13());
  assertEquals(read[2], [23, bytesOf(300)]);
});

Deno.test("RecordWriter does not pad below TLS 1.3", async () => {
  const sink = new PieceSink();
  const writer = new RecordWriter(sink, { padding: () => 100 });
  writer.setProtection(
    await protectAead(
      suites.CHACHA20_POLY1305_SHA256.cipher,
      new Uint8Array(32),
      new Uint8Array(12),
    ),
  );
  writer.write(application_data, bytesOf(10));
  await writer.flush();
  assertEquals(headersOf(sink.bytes), [[23, 26]]);
});

Deno.test("RecordWriter splits 1/n-1 where the protection asks for it", async () => {
  const sink = new PieceSink();
  const writer = new RecordWriter(sink);
  const { cipher } = suites.AES_128_CBC_SHA;
  assert(cipher.kind === "cbc");
  const protect = async () =>
    await protectCbc(cipher, {
      macKey: new Uint8Array(20),
      key: new Uint8Array(16),
      iv: new Uint8Array(16),
    }, { version: TLS10, encryptThenMac: false });
  writer.setVersion(TLS10);
  writer.setProtection(await protect());
  writer.write(handshake, bytesOf(50));
  writer.write(application_data, bytesOf(1));
  writer.write(application_data, bytesOf(50));
  await writer.flush();
  assertEquals(headersOf(sink.bytes).length, 4);
  const read = await readBack(sink.bytes, await protect());
  assertEquals(read.map(([type, { length }]) => [type, length]), [
    [handshake, 50],
    [application_data, 1],
    [application_data, 1],
    [application_data, 49],
  ]);
  assertEquals(concat(read.slice(2).map(([, bytes]) => bytes)), bytesOf(50));
});

Deno.test("RecordWriter writes nothing for no bytes", async () => {
  const sink = new PieceSink();
  const writer = await protectedWriter(sink);
  for (const type of [alert, handshake, application_data]) {
    assertEquals(writer.write(type, new Uint8Array()), undefined);
  }
  await writer.flush();
  assertEquals(sink.pieces.length, 0);
});

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

Deno.test("RecordWriter writes in the order of the calls, whatever is sealed first", async () => {
  const aead = new GatedAead();
  const sink = new PieceSink();
  const writer = new RecordWriter(sink);
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
  const writer = new RecordWriter(sink);
  writer.setProtection(await tls13(0, aead));
  writer.write(application_data, Uint8Array.of(1));
  await aead.answerAll();
  await until(() => sink.writes.length === 1);
  writer.write(application_data, Uint8Array.of(2));
  assertEquals(aead.held.length, 1);
  await aead.answerAll();
  assertEquals(headersOf(await sink.drain(writer.flush())).length, 2);
});

Deno.test("RecordWriter takes its bytes before write() returns, unless it is full", async () => {
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
  const writer = new RecordWriter(sink);
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

Deno.test("RecordWriter gives the transport's error to all that waits and follows", async () => {
  for (const isThrown of [false, true]) {
    const error = new Deno.errors.BrokenPipe("gone");
    const writer = await protectedWriter({
      write() {
        if (isThrown) throw error;
        return Promise.reject(error);
      },
    });
    const full = writer.write(application_data, bytesOf(3_000_000));
    const flushed = writer.flush();
    for (const promise of [full, flushed]) {
      assertStrictEquals(await assertRejects(async () => await promise), error);
    }
    for (const type of [handshake, alert, application_data]) {
      const later = writer.write(type, Uint8Array.of(1));
      assertStrictEquals(await assertRejects(async () => await later), error);
    }
    assertStrictEquals(await assertRejects(() => writer.flush()), error);
    writer.setProtection(await tls13());
  }
});

Deno.test("RecordWriter leaves no rejection unhandled", async () => {
  const aead = new GatedAead();
  const sink = new StalledSink();
  const writer = new RecordWriter(sink);
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
  const writer = new RecordWriter(sink);
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

Deno.test("RecordWriter says when a KeyUpdate is due, and never seals beyond", async () => {
  const sink = new PieceSink();
  const writer = await protectedWriter(sink, {}, limited(16));
  const due: boolean[] = [];
  for (let count = 0; count < 16; count++) {
    due.push(writer.keyUpdateDue);
    await writer.write(application_data, Uint8Array.of(count));
  }
  assertEquals(due.indexOf(true), 14);
  await writer.flush();
  await rejectsWith(
    "internal_error",
    () => writer.write(application_data, Uint8Array.of(1)),
  );
  assertEquals(headersOf(sink.bytes).length, 16);
  await rejectsWith("internal_error", () => writer.flush());
});

Deno.test("RecordWriter fails at the limit of the key in a write that waited", async () => {
  const sink = new StalledSink();
  const writer = await protectedWriter(sink, {}, limited(100));
  const full = writer.write(application_data, new Uint8Array(101 * 16384));
  await sink.drain(full?.catch(() => {}));
  await rejectsWith("internal_error", () => full);
  await rejectsWith("internal_error", () => writer.flush());
});

Deno.test("RecordWriter is not due for a KeyUpdate under a new key", async () => {
  const writer = await protectedWriter(new PieceSink(), {}, limited(8));
  for (let count = 0; count < 7; count++) {
    writer.write(application_data, Uint8Array.of(1));
  }
  assertEquals(writer.keyUpdateDue, true);
  writer.setProtection(await tls13(1, limited(8)));
  assertEquals(writer.keyUpdateDue, false);
  await writer.flush();
});

Deno.test("RecordWriter uses the sink's buffer again, unless the sink keeps it", async () => {
  for (const retains of [undefined, true]) {
    const given: Uint8Array[] = [];
    const sink: ByteSink = {
      ...(retains && { retains }),
      write(bytes) {
        given.push(bytes);
        return Promise.resolve();
      },
    };
    const writer = await protectedWriter(sink);
    for (let count = 0; count < 2; count++) {
      writer.write(application_data, new Uint8Array(100));
      await writer.flush();
    }
    const buffers = new Set(given.map(({ buffer }) => buffer));
    assertEquals(buffers.size, retains ? 2 : 1);
    if (retains) assertEquals(given[0]?.buffer.byteLength, 5 + 117);
  }
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

Deno.test("RecordWriter counts bytes and records, and tells of them", async () => {
  const sink = new PieceSink();
  const seen: RecordHeader[] = [];
  const writer = new RecordWriter(sink, {
    onRecord: (direction, header) => {
      assertEquals(direction, "write");
      seen.push(header);
    },
  });
  writer.write(handshake, Uint8Array.of(1, 2));
  writer.setProtection(await tls13());
  writer.write(application_data, Uint8Array.of(1, 2, 3));
  await writer.flush();
  assertEquals(writer.stats, { bytes: sink.bytes.length, records: 2 });
  assertEquals(seen, [
    { type: handshake, version: TLS12, length: 2 },
    { type: application_data, version: TLS12, length: 20 },
  ]);
});

Deno.test("RecordWriter begins bursts with small records on request", async () => {
  let now = 0;
  const sink = new PieceSink();
  const writer = await protectedWriter(sink, {
    dynamicRecordSizing: true,
    now: () => now,
  });
  const sizes = async (length: number) => {
    const { length: before } = headersOf(sink.bytes);
    writer.write(application_data, new Uint8Array(length));
    await writer.flush();
    return headersOf(sink.bytes).slice(before).map(([, length]) => length);
  };
  // With its header a record fills one TCP segment.
  const small = 1500 - 40 - 32 - 5;
  const first = await sizes(100_000);
  assertEquals(first.slice(0, 40), Array(40).fill(small));
  assertEquals(first[40], 16384 + 17);
  now += 999;
  assertEquals((await sizes(20_000))[0], 16384 + 17);
  now += 1000;
  assertEquals((await sizes(20_000))[0], small);
  // Not of handshake messages.
  writer.write(handshake, new Uint8Array(3000));
  await writer.flush();
  assertEquals(headersOf(sink.bytes).at(-1), [23, 3017]);
});

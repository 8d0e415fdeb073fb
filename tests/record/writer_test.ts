import { assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { concat } from "@std/bytes";
import { protection as suites } from "../../crypto/suites/cipher_suite.ts";
import { noProtection } from "../../record/protection.ts";
import { protectAead } from "../../record/protection_aead.ts";
import type { ByteSink, RecordHeader } from "../../record/transport.ts";
import { RecordWriter } from "../../record/writer.ts";
import { ContentType, ProtocolVersion } from "../../registry.ts";
import {
  aes128gcm,
  limited,
  PieceSink,
  plain,
  rejectsWith,
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

const { alert, application_data, change_cipher_spec, handshake } = ContentType;
const { "TLSv1.2": TLS12, "TLSv1.3": TLS13 } = ProtocolVersion;

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

Deno.test("RecordWriter leaves the bytes that it was given to the caller", async () => {
  const sink = new PieceSink();
  const writer = new RecordWriter(sink);
  const one = Uint8Array.of(1);
  for (const type of [alert, handshake, application_data]) {
    writer.write(type, one);
    await writer.flush();
  }
  assertEquals(one, Uint8Array.of(1));
  assertEquals(
    sink.bytes,
    concat(
      [alert, handshake, application_data].map((type) => plain(type, one)),
    ),
  );
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

Deno.test("RecordWriter rejects all waiting and later calls with the transport's error", async () => {
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

Deno.test("RecordWriter counts bytes and records, and reports them", async () => {
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

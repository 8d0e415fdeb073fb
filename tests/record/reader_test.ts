/**
 * What a RecordReader gives of what comes, and how it ends.
 *
 * @module
 */

import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertRejects,
  assertStrictEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { concat } from "@std/bytes";
import { TlsError, TlsTruncatedError } from "../../errors.ts";
import { others } from "../../record/not_tls.ts";
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
  rejectsWith,
  settled,
  tls13,
} from "./_ends.ts";
import { contents, dataReader, readAll, sealAll } from "./_reader.ts";

const { alert, application_data, change_cipher_spec, handshake } = ContentType;
const { "TLSv1.2": TLS12 } = ProtocolVersion;

function split(bytes: Uint8Array, at: number): Uint8Array[] {
  return [bytes.slice(0, at), bytes.slice(at)];
}

Deno.test("RecordReader returns unprotected fragments as they came", async () => {
  const hello = plain(handshake, Uint8Array.of(1, 2, 3), 0x301);
  const warning = plain(alert, Uint8Array.of(1, 0));
  const source = new PieceSource([concat([hello, warning])]);
  assertEquals(await readAll(new RecordReader(source)), [
    { type: handshake, bytes: Uint8Array.of(1, 2, 3) },
    { type: alert, bytes: Uint8Array.of(1, 0) },
  ]);
});

Deno.test("RecordReader returns unprotected fragments that stay as they are", async () => {
  const first = plain(handshake, new Uint8Array(50).fill(1));
  const second = plain(handshake, new Uint8Array(50).fill(2));
  const reader = new RecordReader(new PieceSource([first, second]));
  const fragment = await reader.read();
  await reader.read();
  assertEquals(fragment?.bytes, new Uint8Array(50).fill(1));
});

for (const algorithm of [aes128gcm, chacha20poly1305]) {
  Deno.test(`RecordReader returns the same for any split, with ${algorithm.name}`, async () => {
    const wanted = [...contents(3, 20), new Uint8Array(300).fill(9)];
    const records = await sealAll(wanted, await tls13(0, algorithm));
    const bytes = concat(records);
    for (let at = 0; at <= bytes.length; at++) {
      const reader = dataReader(split(bytes, at), await tls13(0, algorithm));
      const fragments = await readAll(reader);
      assertEquals(fragments.map(({ bytes }) => bytes), wanted);
    }
  });

  Deno.test(`RecordReader returns the same for random pieces, with ${algorithm.name}`, async () => {
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

Deno.test("RecordReader returns no promise for data that is there", async () => {
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

Deno.test("RecordReader tryRead() returns what is there, and no more", async () => {
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

Deno.test("RecordReader returns what came before an error, then the error for good", async () => {
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

Deno.test("RecordReader returns what came before a header that is wrong", async () => {
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

Deno.test("RecordReader returns undefined at the end, again and again", async () => {
  for (const pieces of [[], [plain(handshake, Uint8Array.of(1))]]) {
    const reader = new RecordReader(new PieceSource(pieces));
    assertEquals((await readAll(reader)).length, pieces.length);
    assertEquals(await reader.read(), undefined);
    assertEquals(await reader.read(), undefined);
  }
});

Deno.test("RecordReader reports an end in the middle of a record", async () => {
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

Deno.test("RecordReader passes on the transport's error, after the data that came", async () => {
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

Deno.test("RecordReader refuses a source that returns more than there is room for", async () => {
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
      reader.others = others;
      const error = await assertRejects(
        async () => await reader.read(),
        TlsError,
      );
      assertEquals([error.code, error.alert], ["not_tls", undefined]);
      assertStringIncludes(error.message, "not TLS");
    }
  }
});

Deno.test("RecordReader takes a part of a later header for a truncated record", async () => {
  const bytes = concat([
    plain(handshake, Uint8Array.of(1)),
    new TextEncoder().encode("SSH"),
  ]);
  const reader = new RecordReader(new PieceSource([bytes]));
  await reader.read();
  await assertRejects(async () => await reader.read(), TlsTruncatedError);
});

Deno.test("RecordReader watchEnd() reports the end, before or after it came", async () => {
  for (const isLate of [false, true]) {
    for (const end of [{}, { error: new Deno.errors.ConnectionReset("x") }]) {
      const reader = new RecordReader(new PieceSource([], end));
      if (isLate) await Promise.resolve(reader.read()).catch(() => {});
      const told: unknown[] = [];
      reader.watchEnd((error) => told.push(error));
      await settled();
      assertEquals(told, [end.error]);
    }
  }
});

Deno.test("RecordReader watchEnd() calls nobody while bytes come", async () => {
  const source = new PieceSource([plain(handshake, Uint8Array.of(1))]);
  const reader = new RecordReader(source);
  let calls = 0;
  reader.watchEnd(() => calls++);
  await settled();
  assertEquals([calls, source.reads], [0, 1]);
  assertEquals((await reader.read())?.bytes, Uint8Array.of(1));
});

Deno.test("RecordReader treats a later record of an unknown type as an error of TLS", async () => {
  const bytes = concat([
    plain(handshake, Uint8Array.of(1)),
    new TextEncoder().encode("SSH-2.0-x\r\n"),
  ]);
  const reader = new RecordReader(new PieceSource([bytes]));
  await reader.read();
  await rejectsWith("unexpected_message", () => reader.read());
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
  const reading = reader.read();
  assert(reading instanceof Promise);
  const rejected = assertRejects(() => reading, TypeError, "enough");
  await settled();
  assertEquals(aead.held.length, 5);
  reader.cancel(new TypeError("enough"));
  await rejected;
  failing.reject(new Deno.errors.ConnectionReset("reset"));
  await aead.answerAll();
  await settled();
});

Deno.test("RecordReader reports each record when its turn comes", async () => {
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

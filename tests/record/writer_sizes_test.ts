/**
 * How a RecordWriter cuts what it is given into records: their sizes, limits and
 * padding.
 *
 * @module
 */

import { assert, assertEquals, assertThrows } from "@std/assert";
import { concat } from "@std/bytes";
import { protection as suites } from "../../crypto/suites/cipher_suite.ts";
import { noProtection } from "../../record/protection.ts";
import { protectAead } from "../../record/protection_aead.ts";
import { protectCbc } from "../../record/protection_cbc.ts";
import { RecordWriter } from "../../record/writer.ts";
import { ContentType, ProtocolVersion } from "../../registry.ts";
import { aes128gcm, PieceSink, tls13 } from "./_ends.ts";
import { bytesOf, headersOf, protectedWriter, readBack } from "./_writer.ts";

const { alert, application_data, handshake } = ContentType;
const { TLSv1: TLS10 } = ProtocolVersion;

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

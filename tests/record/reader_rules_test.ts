/**
 * Which records a RecordReader takes when: change_cipher_spec, alerts, records
 * without protection, record_size_limit, rejected early data.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { concat } from "@std/bytes";
import { protection as suites } from "../../crypto/suites/cipher_suite.ts";
import type { RecordProtection } from "../../record/protection.ts";
import { protectAead } from "../../record/protection_aead.ts";
import { RecordReader } from "../../record/reader.ts";
import { ContentType, ProtocolVersion } from "../../registry.ts";
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
import { contents, dataReader, readAll, sealAll } from "./_reader.ts";

const { alert, application_data, change_cipher_spec, handshake } = ContentType;
const { "TLSv1.2": TLS12, "TLSv1.3": TLS13 } = ProtocolVersion;

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

Deno.test("RecordReader setVersion() has TLS 1.2 name itself, TLS 1.3 anything", async () => {
  const bytes = plain(handshake, Uint8Array.of(1), 0x301);
  const tls12 = new RecordReader(new PieceSource([bytes]));
  tls12.setVersion(TLS12);
  await rejectsWith("protocol_version", () => tls12.read());
  const tls13 = new RecordReader(new PieceSource([bytes]));
  tls13.setVersion(TLS13);
  assertEquals((await tls13.read())?.bytes[0], 1);
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

Deno.test("RecordReader accepts an alert of a peer that got no keys, and no later one", async () => {
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

Deno.test("RecordReader takes such an alert behind records without protection", async () => {
  const reader = new RecordReader(
    new PieceSource([
      plain(handshake, Uint8Array.of(1)),
      plain(alert, Uint8Array.of(2, 47)),
    ]),
  );
  await reader.read();
  reader.setVersion(TLS13);
  reader.setProtection(await tls13());
  assertEquals((await reader.read())?.type, alert);
});

Deno.test("RecordReader refuses an unprotected alert under later keys", async () => {
  const closeNotify = plain(alert, Uint8Array.of(1, 0));
  const [first] = await sealAll(contents(1), await tls13());
  const reader = dataReader([first as Uint8Array, closeNotify], await tls13());
  await reader.read();
  reader.setProtection(await tls13());
  await rejectsWith("unexpected_message", () => reader.read());
});

Deno.test("RecordReader takes no unprotected alert behind a record that is being opened", async () => {
  const aead = new GatedAead();
  const [first] = await sealAll(contents(1), await tls13());
  const closeNotify = plain(alert, Uint8Array.of(1, 0));
  const reader = dataReader(
    [concat([first as Uint8Array, closeNotify])],
    await tls13(0, aead),
  );
  const reading = reader.read();
  await settled();
  await aead.answerAll();
  assertEquals((await reading)?.type, application_data);
  await rejectsWith("unexpected_message", () => reader.read());
});

Deno.test("RecordReader takes no unprotected alert of another length under keys", async () => {
  const bytes = plain(alert, Uint8Array.of(2, 47, 0));
  const reader = dataReader([bytes], await tls13());
  await rejectsWith("unexpected_message", () => reader.read());
});

Deno.test("RecordReader takes nothing unprotected under keys of TLS 1.2", async () => {
  const keys = { key: new Uint8Array(16), iv: new Uint8Array(4) };
  for (
    const record of [
      plain(alert, Uint8Array.of(1, 0)),
      plain(change_cipher_spec, Uint8Array.of(1)),
    ]
  ) {
    const reader = new RecordReader(new PieceSource([record]));
    reader.changeCipherSpec = "return";
    reader.setVersion(TLS12);
    const { cipher } = suites.AES_128_GCM_SHA256;
    reader.setProtection(await protectAead(cipher, keys.key, keys.iv));
    await rejectsWith("bad_record_mac", () => reader.read());
  }
});

Deno.test("RecordReader refuses unprotected handshake records of TLS 1.3", async () => {
  // One as long as an alert, too.
  for (const bytes of [Uint8Array.of(1), Uint8Array.of(2, 47)]) {
    const reader = dataReader([plain(handshake, bytes)], await tls13());
    await rejectsWith("unexpected_message", () => reader.read());
  }
});

Deno.test("RecordReader has max_fragment_length be of content that is protected", async () => {
  for (const length of [512, 513]) {
    const sealed = await record(
      (await tls13()).seal(23, new Uint8Array(length), TLS12, 0),
    );
    const reader = dataReader([sealed], await tls13());
    reader.maxFragmentLength = 512;
    const read = () => reader.read();
    if (length > 512) await rejectsWith("record_overflow", read);
    else assertEquals((await read())?.bytes.length, length);
    const bytes = new Uint8Array(length);
    const inClear = new RecordReader(
      new PieceSource([plain(handshake, bytes)]),
    );
    inClear.maxFragmentLength = 512;
    assertEquals((await inClear.read())?.bytes.length, length);
  }
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
    reader.skipEarlyData(5 * 1000);
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
  reader.skipEarlyData(5 * 5000);
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

Deno.test("RecordReader skipEarlyData() drops no record that is authentic and wrong", async () => {
  const empty = await record((await tls13()).seal(0, new Uint8Array(3), TLS12));
  const reader = new RecordReader(new PieceSource([empty]));
  reader.setProtection(await tls13());
  reader.skipEarlyData(10_000);
  // RFC 9846 section 5.4: it has no content type.
  await rejectsWith("unexpected_message", () => reader.read());
});

Deno.test("RecordReader skipEarlyData() drops no more than it may", async () => {
  const early = await sealAll(contents(3), await tls13(1));
  const reader = new RecordReader(new PieceSource(early));
  reader.setProtection(await tls13(2));
  reader.skipEarlyData(3 * 100 - 1);
  await rejectsWith("unexpected_message", () => reader.read());
});

Deno.test("RecordReader skipEarlyData() drops full records before a second ClientHello", async () => {
  const early = await sealAll(contents(3, 16384), await tls13(1));
  const hello = plain(handshake, Uint8Array.of(1));
  const late = await sealAll(contents(1), await tls13(1));
  const reader = new RecordReader(
    new PieceSource([concat([...early, hello, ...late])]),
  );
  reader.skipEarlyData(3 * 16384);
  assertEquals(await reader.read(), {
    type: handshake,
    bytes: Uint8Array.of(1),
  });
  await rejectsWith("unexpected_message", () => reader.read());
});

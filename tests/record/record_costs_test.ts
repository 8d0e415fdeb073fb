/**
 * What one record costs in calls of the runtime. These numbers are what the
 * code needs, with the reasons; they may fall, and not grow.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { aes128gcm, chacha20poly1305 } from "../../crypto/primitives/aead.ts";
import { nodeCrypto } from "../../crypto/primitives/node_crypto.ts";
import type { AeadAlgorithm } from "../../crypto/primitives/provider.ts";
import { RecordReader } from "../../record/reader.ts";
import { Share } from "../../record/share.ts";
import { RecordWriter } from "../../record/writer.ts";
import { ContentType, ProtocolVersion } from "../../registry.ts";
import { PieceSource, tls13 } from "./_ends.ts";
import { contents, sealAll } from "./_reader.ts";
import { countCalls, type Counts } from "./_counts.ts";

/** What is counted: one record, in the middle of many. */
interface Row {
  readonly name: string;
  readonly algorithm: AeadAlgorithm;
  readonly length: number;
  readonly write: Counts;
  readonly read: Counts;
}

// A record that is written: a view of its content, one of TLSInnerPlaintext in
// the buffer that all share, one of the batch in a buffer of the pool. flush()
// is a promise, which need not be awaited: that is the other.
//
// A record that is read: views of the room that the transport fills, of the
// piece that this test fills it with, of the record, of its header as
// additional data, of its ciphertext, and of the content without its type. Two
// more are ciphertext and tag, which Node takes apart; what Node gives is put
// into an array that is no Buffer. The promises are that of the reader who
// waits, which need not be awaited, and the one of the transport's read.
//
// WebCrypto gives a buffer, of which a promise makes an array; so there is one
// promise more, and another for those who do not wait. To open takes a third:
// the first makes the array, the next one the fragment.
const rows: readonly Row[] = [
  {
    name: "100 bytes, ChaCha20-Poly1305",
    algorithm: chacha20poly1305,
    length: 100,
    write: counts(0, 0, 3, 2, 0),
    read: counts(1, 0, 8, 3, 0),
  },
  {
    name: "100 bytes, AES-GCM",
    algorithm: aes128gcm,
    length: 100,
    write: counts(0, 0, 3, 2, 0),
    read: counts(1, 0, 8, 3, 0),
  },
  {
    name: "16 KiB, ChaCha20-Poly1305",
    algorithm: chacha20poly1305,
    length: 16384,
    write: counts(0, 0, 3, 2, 0),
    read: counts(1, 0, 8, 3, 0),
  },
  {
    name: "16 KiB, AES-GCM",
    algorithm: aes128gcm,
    length: 16384,
    write: counts(1, 0, 3, 4, 1),
    read: counts(1, 0, 6, 6, 1),
  },
];

const { application_data } = ContentType;
const isWithNode = nodeCrypto() !== undefined;

for (const { name, algorithm, length, write, read } of rows) {
  Deno.test(
    `a record of ${name} costs no more calls of the runtime than it must`,
    {
      ignore: !isWithNode,
    },
    async () => {
      assertNoMore(await costOfWriting(algorithm, length), write, "write");
      assertNoMore(await costOfReading(algorithm, length), read, "read");
    },
  );
}

Deno.test("countCalls() counts, and puts everything back", async () => {
  const { slice } = Uint8Array.prototype;
  const counted = await countCalls(() =>
    Promise.resolve(new Uint8Array(4).slice(1).subarray(1)).then(() => {})
  );
  assertEquals(counted, counts(1, 1, 1, 1, 0));
  assertEquals(Uint8Array.prototype.slice, slice);
  assertEquals(new Uint8Array(1).constructor, Uint8Array);
});

/** Calls a record, on average over many that are each written for themselves. */
async function costOfWriting(
  algorithm: AeadAlgorithm,
  length: number,
): Promise<Counts> {
  const written = Promise.resolve();
  const writer = new RecordWriter({ write: () => written }, {
    writeShare: new Share(),
  });
  writer.setProtection(await tls13(0, algorithm));
  const content = new Uint8Array(length);
  const run = async (records: number) => {
    for (let count = 0; count < records; count++) {
      writer.write(application_data, content);
      await writer.flush();
    }
  };
  await run(RECORDS);
  return each(await countCalls(() => run(RECORDS)));
}

/** The same of reading, with the bytes of all records there. */
async function costOfReading(
  algorithm: AeadAlgorithm,
  length: number,
): Promise<Counts> {
  const records = await sealAll(
    contents(2 * RECORDS, length),
    await tls13(0, algorithm),
  );
  const reader = new RecordReader(new PieceSource(records), {
    readShare: new Share(),
  });
  reader.setVersion(ProtocolVersion["TLSv1.3"]);
  reader.setProtection(await tls13(0, algorithm));
  const run = async () => {
    for (let count = 0; count < RECORDS; count++) await reader.read();
  };
  await run();
  return each(await countCalls(run));
}

function each(all: Counts): Counts {
  const { arrays, copies, views, promises, webCrypto } = all;
  const [first = 0, ...rest] = [arrays, copies, views, promises, webCrypto]
    .map((count) => count / RECORDS);
  const [second = 0, third = 0, fourth = 0, fifth = 0] = rest;
  return counts(first, second, third, fourth, fifth);
}

function counts(
  arrays: number,
  copies: number,
  views: number,
  promises: number,
  webCrypto: number,
): Counts {
  return { arrays, copies, views, promises, webCrypto };
}

function assertNoMore(got: Counts, most: Counts, what: string): void {
  const told = `${what}: ${JSON.stringify(got)}`;
  assert(got.arrays <= most.arrays, told);
  assert(got.copies <= most.copies, told);
  assert(got.views <= most.views, told);
  assert(got.promises <= most.promises, told);
  assert(got.webCrypto <= most.webCrypto, told);
}

/** Enough for what happens now and then to be seen as a fraction. */
const RECORDS = 64;

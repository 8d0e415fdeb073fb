/**
 * The algorithms of RFC 8879: runtimes with `node:zlib`, and those with nothing
 * but the streams of the web.
 *
 * @module
 */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { builtInCompressor } from "../../../handshake/tls13/certificate_compressors.ts";
import { CertificateCompressionAlgorithm } from "../../../registry.ts";

const { zlib, brotli, zstd } = CertificateCompressionAlgorithm;

const implementations = [
  ["zlib of node:zlib", builtInCompressor(zlib)],
  ["brotli of node:zlib", builtInCompressor(brotli)],
  ["zstd of node:zlib", builtInCompressor(zstd)],
  ["zlib of streams", builtInCompressor(zlib, null)],
] as const;

const message = new Uint8Array(3000).map((_, index) => index % 50);

/** 4 MiB of one byte. */
const bomb = new Uint8Array(2 ** 22);

for (const [name, compressor] of implementations) {
  const compress = async (bytes: Uint8Array) =>
    await compressor.compress(bytes) ?? new Uint8Array();
  const decompress = async (bytes: Uint8Array, length: number) =>
    new Uint8Array(await compressor.decompress(bytes, length));

  Deno.test(`${name} decompresses what it compressed`, async () => {
    const compressed = await compress(message);
    assert(compressed.length < 300);
    assertEquals(await decompress(compressed, message.length), message);
    assertEquals(await decompress(compressed, 2 ** 17), message);
  });

  Deno.test(`${name} gives nothing that is no smaller`, async () => {
    const random = crypto.getRandomValues(new Uint8Array(100));
    assertEquals(await compressor.compress(random), undefined);
  });

  Deno.test(`${name} refuses what is longer, cut, altered or followed by more`, async () => {
    const compressed = await compress(message);
    const { length } = message;
    await assertRejects(() => decompress(compressed, length - 1));
    // Not every runtime notices what is missing, but for its length.
    const half = compressed.subarray(0, compressed.length / 2);
    await assertRejects(async () => {
      assertEquals((await decompress(half, length)).length, length);
    });
    await assertRejects(() => decompress(message.subarray(7), length));
    await assertRejects(() =>
      decompress(Uint8Array.of(...compressed, 0), length)
    );
  });

  Deno.test(`${name} stops at the length that it was given`, async () => {
    const compressed = await compress(bomb);
    assert(compressed.length < 2 ** 17, `${compressed.length} bytes`);
    await assertRejects(() => decompress(compressed, 2 ** 17));
  });
}

Deno.test("zstd refuses a frame whose window is above 8 MiB", async () => {
  // RFC 8878 section 3.1.1: magic, descriptor without sizes, window, and an
  // empty last block. A window descriptor is an exponent above 2^10, and eighths.
  const frame = (exponent: number) =>
    Uint8Array.of(
      ...[0x28, 0xb5, 0x2f, 0xfd, 0x00, (exponent - 10) << 3, 0x09, 0, 0, 65],
    );
  const { decompress } = builtInCompressor(zstd);
  assertEquals(new Uint8Array(await decompress(frame(23), 10)).length, 1);
  await assertRejects(async () => await decompress(frame(24), 10));
});

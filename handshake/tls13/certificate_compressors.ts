/**
 * The algorithms of RFC 8879: by `node:zlib`, where the runtime has it, and zlib
 * by the streams of the web everywhere else.
 *
 * @module
 */

import { builtin } from "../../platform/builtin.ts";
import { CertificateCompressionAlgorithm } from "../../registry.ts";
import type { CertificateCompressor } from "../common/certificate_compressor.ts";

/** The built-in algorithm of that number. */
export function builtInCompressor(
  id: number,
  zlib: NodeZlib | null = builtin<NodeZlib>("node:zlib") ?? null,
): CertificateCompressor {
  if (zlib === null) return streams;
  const method = methodOf(id, zlib);
  return {
    id,
    compress: (message) => ifSmaller(method.compress(message), message),
    decompress: (compressed, length) =>
      decompressAtOnce(method, compressed, length),
  };
}

/** The part of `node:zlib` that is used here. */
export interface NodeZlib {
  deflateSync: Compress;
  inflateSync: Decompress;
  brotliCompressSync: Compress;
  brotliDecompressSync: Decompress;
  zstdCompressSync: Compress;
  zstdDecompressSync: Decompress;
  readonly constants: { readonly ZSTD_d_windowLogMax: number };
}

type Compress = (bytes: Uint8Array) => Uint8Array;

type Decompress = (
  bytes: Uint8Array,
  options: {
    readonly info: true;
    readonly maxOutputLength: number;
    readonly params?: Readonly<Record<number, number>>;
  },
) => {
  readonly buffer: Uint8Array;
  /** `bytesWritten` counts the bytes that it took. */
  readonly engine: { readonly bytesWritten: number };
};

interface Method {
  readonly compress: Compress;
  readonly decompress: Decompress;
  readonly params?: Readonly<Record<number, number>>;
}

function methodOf(id: number, zlib: NodeZlib): Method {
  if (id === CertificateCompressionAlgorithm.zlib) {
    return { compress: zlib.deflateSync, decompress: zlib.inflateSync };
  }
  if (id === CertificateCompressionAlgorithm.brotli) {
    return {
      compress: zlib.brotliCompressSync,
      decompress: zlib.brotliDecompressSync,
    };
  }
  return {
    compress: zlib.zstdCompressSync,
    decompress: zlib.zstdDecompressSync,
    params: { [zlib.constants.ZSTD_d_windowLogMax]: ZSTD_WINDOW_LOG },
  };
}

/**
 * A frame names the window that its decoder allocates: 8 MiB at most, which RFC
 * 8878 section 3.1.1.1.2 recommends to support, in place of the usual 128 MiB.
 */
const ZSTD_WINDOW_LOG = 23;

/** It stops as soon as there is more than `length`, which a bomb cannot pass. */
function decompressAtOnce(
  { decompress, params }: Method,
  compressed: Uint8Array,
  length: number,
): Uint8Array {
  const { buffer, engine } = decompress(compressed, {
    info: true,
    maxOutputLength: length,
    ...params && { params },
  });
  if (engine.bytesWritten === compressed.length) return buffer;
  throw new TypeError(
    `There are ${
      compressed.length - engine.bytesWritten
    } bytes behind the compressed data`,
  );
}

/** zlib by the streams of the web. */
const streams: CertificateCompressor = {
  id: CertificateCompressionAlgorithm.zlib,
  async compress(message) {
    const compressed = new Uint8Array(message.length);
    const length = await passThrough(
      new CompressionStream("deflate"),
      [message.slice()],
      compressed,
    );
    return length === undefined
      ? undefined
      : ifSmaller(compressed.subarray(0, length), message);
  },
  async decompress(compressed, length) {
    const message = new Uint8Array(length);
    const found = await passThrough(
      new DecompressionStream("deflate"),
      slices(compressed),
      message,
    );
    if (found !== undefined) return message.subarray(0, found);
    throw new TypeError(`There are more than ${length} bytes`);
  },
};

/**
 * Sends bytes through a stream, as long as there is room for what comes out.
 *
 * @returns How many bytes came out; `undefined` if they did not fit.
 */
async function passThrough(
  { readable, writable }: CompressionStream | DecompressionStream,
  input: Iterable<Uint8Array<ArrayBuffer>>,
  output: Uint8Array,
): Promise<number | undefined> {
  const fed = feed(writable.getWriter(), input);
  fed.catch(() => {}); // the reader gets the same error
  const reader = readable.getReader();
  for (let at = 0;;) {
    const { done, value } = await reader.read();
    if (done) return at;
    if (value.length > output.length - at) {
      await reader.cancel();
      return undefined;
    }
    output.set(value, at);
    at += value.length;
  }
}

async function feed(
  writer: WritableStreamDefaultWriter<BufferSource>,
  input: Iterable<Uint8Array<ArrayBuffer>>,
): Promise<void> {
  for (const piece of input) await writer.write(piece);
  await writer.close();
}

/**
 * Small pieces, as a stream may decompress all of one before it is read: zlib
 * makes at most 1,032 bytes of one.
 */
function* slices(bytes: Uint8Array): Generator<Uint8Array<ArrayBuffer>> {
  for (let at = 0; at < bytes.length; at += SLICE) {
    yield bytes.slice(at, at + SLICE);
  }
}

/** In bytes. */
const SLICE = 128;

function ifSmaller(
  compressed: Uint8Array,
  message: Uint8Array,
): Uint8Array | undefined {
  return compressed.length < message.length ? compressed : undefined;
}

/**
 * Writers of records, and what they have written.
 *
 * @module
 */

import { concat } from "@std/bytes";
import {
  noProtection,
  type RecordProtection,
} from "../../record/protection.ts";
import { RecordReader } from "../../record/reader.ts";
import type { ByteSink } from "../../record/transport.ts";
import { RecordWriter } from "../../record/writer.ts";
import { ContentType } from "../../registry.ts";
import { aes128gcm, PieceSource, settled, tls13 } from "./_ends.ts";

const { handshake } = ContentType;

/** A sink whose writes end on command. */
export class StalledSink implements ByteSink {
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
export function headersOf(bytes: Uint8Array): [type: number, length: number][] {
  const headers: [number, number][] = [];
  for (let at = 0; at < bytes.length;) {
    const length = (bytes[at + 3] as number) * 256 + (bytes[at + 4] as number);
    headers.push([bytes[at] as number, length]);
    at += 5 + length;
  }
  return headers;
}

/** What a reader with these keys makes of it, content of a type joined. */
export async function readBack(
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

export async function protectedWriter(
  sink: ByteSink,
  options: ConstructorParameters<typeof RecordWriter>[1] = {},
  algorithm = aes128gcm,
): Promise<RecordWriter> {
  const writer = new RecordWriter(sink, options);
  writer.setProtection(await tls13(0, algorithm));
  return writer;
}

export function bytesOf(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, at) => at * 7 + (at >> 8));
}

/**
 * The record layer (RFC 8446 section 5): content of a type in, records out,
 * and back. It gets the two directions of a transport, and a
 * {@linkcode RecordProtection} for each epoch; it knows no streams, messages or
 * keys.
 *
 * @module
 */

import type { MaybePromise } from "../crypto/primitives/provider.ts";
import type { Fragment, RecordProtection } from "./protection.ts";
import { RecordReader, type RecordReaderOptions } from "./reader.ts";
import type { ByteSink, ByteSource } from "./transport.ts";
import { RecordWriter, type RecordWriterOptions } from "./writer.ts";

/** Options of {@linkcode RecordLayer}. */
export interface RecordLayerOptions
  extends RecordReaderOptions, RecordWriterOptions {
  /** Where records come from. */
  readonly source: ByteSource;
  /** Where records go. */
  readonly sink: ByteSink;
}

/** What went over the transport. */
export interface RecordLayerStats {
  /** With headers and what protection adds. */
  readonly bytesRead: number;
  /** With headers and what protection adds. */
  readonly bytesWritten: number;
  /** Of all types. */
  readonly recordsRead: number;
  /** Of all types. */
  readonly recordsWritten: number;
}

/** Both directions of a connection's records. */
export class RecordLayer {
  /** Records in. */
  readonly reader: RecordReader;
  /** Records out. */
  readonly writer: RecordWriter;

  constructor(options: RecordLayerOptions) {
    this.reader = new RecordReader(options.source, options);
    this.writer = new RecordWriter(options.sink, options);
  }

  /** What went over the transport so far. */
  get stats(): RecordLayerStats {
    const { bytes: bytesRead, records: recordsRead } = this.reader.stats;
    const { bytes: bytesWritten, records: recordsWritten } = this.writer.stats;
    return { bytesRead, bytesWritten, recordsRead, recordsWritten };
  }

  /** The next fragment: see {@linkcode RecordReader.read}. */
  read(): MaybePromise<Fragment | undefined> {
    return this.reader.read();
  }

  /** A fragment that is there: see {@linkcode RecordReader.tryRead}. */
  tryRead(): Fragment | undefined {
    return this.reader.tryRead();
  }

  /** Queues content: see {@linkcode RecordWriter.write}. */
  write(type: number, bytes: Uint8Array): Promise<void> | undefined {
    return this.writer.write(type, bytes);
  }

  /** Resolves when the transport has taken all that was written so far. */
  flush(): Promise<void> {
    return this.writer.flush();
  }

  /** Changes the keys for records that are read from here on. */
  setReadProtection(protection: RecordProtection): void {
    this.reader.setProtection(protection);
  }

  /** Changes the keys for records that are written from here on. */
  setWriteProtection(protection: RecordProtection): void {
    this.writer.setProtection(protection);
  }

  /** Sets the version that was negotiated, in both directions. */
  setVersion(version: number): void {
    this.reader.setVersion(version);
    this.writer.setVersion(version);
  }

  /** Ends both directions: calls in progress and all later calls reject. */
  abort(reason: unknown): void {
    this.reader.cancel(reason);
    this.writer.abort(reason);
  }
}

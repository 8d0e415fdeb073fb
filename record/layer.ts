/**
 * The record layer (RFC 9846 section 5): content of a type in, records out,
 * and back. It knows no stream, no message and no key: it gets a transport's
 * two ends, and a `RecordProtection` for each epoch.
 *
 * @module
 */

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

  /** Neither reads nor writes before it is called. */
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

/** Skeleton: signatures only, the working classes follow. @module */

import type { MaybePromise } from "../crypto/provider.ts";
import type { Fragment, RecordProtection } from "./protection.ts";

/** Where bytes come from. */
export interface ByteSource {
  /** Reads some bytes, one at least, into `into`; `null` at the end. */
  read(into: Uint8Array): Promise<number | null>;
}

/** Where bytes go. */
export interface ByteSink {
  /** Writes all of the bytes, which stay unchanged until it has. */
  write(bytes: Uint8Array): Promise<void>;
}

/** What becomes of change_cipher_spec records. */
export type ChangeCipherSpecPolicy =
  /** `unexpected_message`: before the first ClientHello, after Finished. */
  | "refuse"
  /** TLS 1.3: dropped and counted (RFC 8446 section 5, appendix D.4). */
  | "drop"
  /** TLS 1.2: a fragment as any other. */
  | "return";

/** Options of a record layer. */
export interface RecordLayerOptions {
  source: ByteSource;
  sink: ByteSink;
  /** Bytes that came before and are read first. */
  initialData?: Uint8Array;
  /** Largest content of a record that we send, in bytes. @default {16384} */
  maxFragmentSize?: number;
  /** Zeros to add to a record of TLS 1.3: of its content's type and length. */
  padding?: (type: number, length: number) => number;
  /** Small records at the start of a burst. @default {false} */
  dynamicRecordSizing?: boolean;
  /** Is told of each record: for traces. */
  onRecord?: (
    direction: "read" | "write",
    type: number,
    length: number,
  ) => void;
}

export declare class RecordReader {
  /** The next fragment; `undefined` at the end of the transport. Throws/rejects TlsTruncatedError in mid-record. One call at a time. */
  read(): MaybePromise<Fragment | undefined>;
  /** A fragment that is there already; `undefined`: use read() (nothing ready, the end, or an error). */
  tryRead(): Fragment | undefined;
  /** Records from the next on are opened with it; those queued are opened again. */
  setProtection(protection: RecordProtection): void;
  /** ProtocolVersion that was negotiated: below TLS 1.3 the header must have it. */
  setVersion(version: number): void;
  changeCipherSpec: ChangeCipherSpecPolicy;
  /** The record_size_limit that we sent (RFC 8449); applies to protected records. */
  recordSizeLimit: number;
  /** Handshake over: opens records ahead, up to 32 at once. */
  startReadAhead(): void;
  /** RFC 8446 section 4.2.10: drops records that do not open, or application_data before ClientHello 2. */
  skipEarlyData(maxBytes: number): void;
  /** Hands back what has been read from the source but not delivered; `pending` is a read still under way. */
  detach(): {
    bytes: Uint8Array;
    pending: Promise<Uint8Array | null> | undefined;
  };
  /** Ends reading: pending and later reads give the reason. */
  cancel(reason: unknown): void;
}

export declare class RecordWriter {
  /**
   * Seals and queues. Application data leave by themselves, the rest at
   * flush() (or with the next application data). Gives a promise where the
   * queue is full: `bytes` must stay unchanged until it resolves.
   */
  write(type: number, bytes: Uint8Array): void | Promise<void>;
  /** Resolves once all that was queued has been written. */
  flush(): Promise<void>;
  /** For what is written from now on. */
  setProtection(protection: RecordProtection): void;
  setVersion(version: number): void;
  /** Settable: content bytes a record. */
  maxFragmentSize: number;
  /** The peer's record_size_limit as it sent it (TLS 1.3: counts the type's byte; handled here). */
  recordSizeLimit: number;
  /** The key's limit approaches: send KeyUpdate (RFC 8446 section 5.5). */
  readonly keyUpdateDue: boolean;
  /** Ends writing: everything pending rejects with the reason. */
  abort(reason: unknown): void;
}

export declare class RecordLayer {
  constructor(options: RecordLayerOptions);
  readonly reader: RecordReader;
  readonly writer: RecordWriter;
  read(): MaybePromise<Fragment | undefined>;
  tryRead(): Fragment | undefined;
  write(type: number, bytes: Uint8Array): void | Promise<void>;
  flush(): Promise<void>;
  setReadProtection(protection: RecordProtection): void;
  setWriteProtection(protection: RecordProtection): void;
  setVersion(version: number): void;
  readonly stats: {
    bytesRead: number;
    bytesWritten: number;
    recordsRead: number;
    recordsWritten: number;
  };
}

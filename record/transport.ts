/**
 * The two ends of a record layer: all that it knows of a transport.
 *
 * @module
 */

/** Where bytes come from. */
export interface ByteSource {
  /**
   * Reads some bytes into `into`, one at least, and gives how many; `null` at
   * the end. One call at a time.
   */
  read(into: Uint8Array): Promise<number | null>;
  /** Called when a read has failed, before anybody gets the error. */
  readFailed?(error: unknown): void;
}

/** Where bytes go. */
export interface ByteSink {
  /** Writes all of the bytes. One call at a time. */
  write(bytes: Uint8Array): Promise<void>;
  /**
   * Whether the bytes may be looked at after the write is over, as in a stream
   * that passes its chunks on. They are then a buffer of their own; otherwise
   * their buffer is used again.
   *
   * @default {false}
   */
  readonly retains?: boolean;
}

/** What went over the transport in one direction. */
export interface RecordStats {
  /** Bytes, headers included. */
  readonly bytes: number;
  /** Records. */
  readonly records: number;
}

/** Called for each record as it is read or written. */
export type RecordObserver = (
  direction: "read" | "write",
  header: RecordHeader,
) => void;

/** The header of a record (RFC 9846 section 5.1). */
export interface RecordHeader {
  /** ContentType; in TLS 1.3 under protection always application_data. */
  readonly type: number;
  /** `legacy_record_version`. */
  readonly version: number;
  /** Bytes that follow the header. */
  readonly length: number;
}

/**
 * Options of a connection, as its engine takes them.
 *
 * @module
 */

import type { HandshakeEvent } from "../../handshake/events.ts";

/** What of the options concerns the connection rather than the handshake. */
export interface EngineOptions {
  /** Milliseconds that a handshake may take; 0 for as long as it likes. */
  readonly handshakeTimeout: number;
  /** How many of them are left for the first one. */
  readonly timeLeft?: number;
  /** Milliseconds that a read of the transport may take. */
  readonly readTimeout: number | undefined;
  /** Milliseconds that a write to the transport may take. */
  readonly writeTimeout: number | undefined;
  /** Gives up the handshake. */
  readonly signal: AbortSignal | undefined;
  /** Whether we may go on writing when the peer has ended. */
  readonly allowHalfOpen: boolean;
  /** Whether the transport ends with our close_notify. */
  readonly endsWithCloseNotify: boolean;
  /** Bytes that were read of the transport before. */
  readonly initialData: Uint8Array | undefined;
  /** Records of little content first. */
  readonly dynamicRecordSizing: boolean;
  /** Most content of a record that we send, in bytes. */
  readonly maxFragmentSize: number | undefined;
  /** Largest Certificate message to read, in bytes. */
  readonly maxCertificateSize: number | undefined;
  /** Takes what happens. */
  readonly onEvent: ((event: HandshakeEvent) => void) | undefined;
  /** Zeros to add to a record. */
  readonly padding: ((type: number, length: number) => number) | undefined;
  /** Takes lines that tell of each record and message. */
  readonly trace: ((line: string) => void) | undefined;
}

/**
 * What a connection goes by, and not its handshake: types only.
 *
 * @module
 */

import type { UntimedEvent } from "../io/events.ts";

/** What the connection goes by, and not its handshake. */
export interface ConnectionConfig {
  /** Milliseconds that a handshake may take; 0 for no limit. */
  readonly handshakeTimeout: number;
  /** Milliseconds that a read of the transport may take. */
  readonly readTimeout: number | undefined;
  /** Milliseconds that a write to the transport may take. */
  readonly writeTimeout: number | undefined;
  /** Whether we may go on writing when the peer has ended. */
  readonly allowHalfOpen: boolean;
  /** Most content of a record that we send, in bytes. */
  readonly maxFragmentSize: number | undefined;
  /** Small records at the start of a burst. */
  readonly dynamicRecordSizing: boolean;
  /** Zeros to add to a record of TLS 1.3, by its type and length. */
  readonly padding: ((type: number, length: number) => number) | undefined;
  /** Largest Certificate message to read, in bytes. */
  readonly maxCertificateSize: number;
  /** Called for every event; never throws. */
  readonly onEvent: ((event: UntimedEvent) => void) | undefined;
  /** Called with a line for each record and message; never throws. */
  readonly trace: ((line: string) => void) | undefined;
  /** What it says of messages. */
  readonly traceDepth: TraceDepth;
}

/** What a trace says of messages: names and lengths, or their fields too. */
export type TraceDepth = "messages" | "fields";

/**
 * Types of what a caller hands in to carry records.
 *
 * @module
 */

export type { Duplex, Socket, SocketConn } from "../../platform/socket.ts";

/** Bytes that were read from a carrier and not used. */
export interface ReadAhead {
  /** The first bytes. */
  readonly bytes: Uint8Array;
  /** A read that is still under way. */
  readonly pending: Promise<Uint8Array | null> | undefined;
}

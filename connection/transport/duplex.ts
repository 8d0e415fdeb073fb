/**
 * Types of what a caller hands in to carry records.
 *
 * @module
 */

/** Any two streams of bytes, one each way. */
export interface Duplex {
  /** Bytes from the other end. */
  readonly readable: ReadableStream<Uint8Array>;
  /** Bytes for the other end. */
  readonly writable: WritableStream<Uint8Array>;
}

/** Bytes that were read from a carrier and not used. */
export interface ReadAhead {
  /** The first bytes. */
  readonly bytes: Uint8Array;
  /** A read that is still under way. */
  readonly pending: Promise<Uint8Array | null> | undefined;
}

/** The part of `Deno.Conn` and `Deno.TcpConn` that a connection passes on. */
export interface Socket {
  /** Our address, as soon as there is one. */
  readonly localAddr: Deno.Addr | undefined;
  /** The peer's address, as soon as there is one. */
  readonly remoteAddr: Deno.Addr | undefined;
  /** Keeps the process alive while it is open. */
  ref?(): void;
  /** Lets the process exit while it is open. */
  unref?(): void;
  /** Turns Nagle's algorithm off, or on. */
  setNoDelay?(noDelay?: boolean): void;
  /** Turns keep-alive probes on, or off. */
  setKeepAlive?(keepAlive?: boolean): void;
}

/** The part of `Deno.Conn` that carries records. */
export interface SocketConn extends Socket, Duplex {
  /** Reads into a buffer; returns how many bytes, or `null` at the end. */
  read(into: Uint8Array): Promise<number | null>;
  /** Writes some of the bytes; returns how many. */
  write(bytes: Uint8Array): Promise<number>;
  /** Ends our direction. */
  closeWrite(): Promise<void>;
  /** Closes both directions. */
  close(): void | Promise<void>;
  /** Closes both directions at once, for a reason; `close()` does without. */
  abort?(reason: unknown): void;
  /** Whether it may keep the bytes of a write that is over. */
  readonly retains?: boolean;
}

/**
 * Types of what carries records, and of what gives such sockets.
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

/** A listener of Deno, or anything that returns such sockets. */
export interface SocketListener {
  /** Where it listens. */
  readonly addr: Deno.Addr;
  /** The next socket. */
  accept(): Promise<SocketConn>;
  /** Stops listening. */
  close(): void;
  /** Keeps the process alive while it is open. */
  ref?(): void;
  /** Lets the process exit while it is open. */
  unref?(): void;
  /** Resolves once it listens, where it does not do so at once. */
  readonly ready?: Promise<void>;
}

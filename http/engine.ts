/**
 * What speaks HTTP for us: a server of the runtime's, behind connections that
 * are ours alone. Bytes go in and out; nothing is added or dropped on the way.
 *
 * @module
 */

/** What an engine tells about a request. */
export interface EngineRequestInfo {
  /** Settles when the response has been sent, or cannot be. */
  readonly completed: Promise<void>;
}

/** Answers the requests of one connection. */
export type Answer = (
  request: Request,
  info: EngineRequestInfo,
) => Response | Promise<Response>;

/** One connection to the engine. */
export interface Hop {
  /** Reads what the engine sends; `null` at its end. */
  read(into: Uint8Array): Promise<number | null>;
  /** Writes some of the bytes to the engine; returns how many. */
  write(bytes: Uint8Array): Promise<number>;
  /** Ends our direction. */
  closeWrite(): Promise<void>;
  /** Closes both directions. */
  close(): void;
  /** Keeps the process alive while it is open. */
  ref(): void;
  /** Lets the process exit while it is open. */
  unref(): void;
}

/** An engine. */
export interface HttpEngine {
  /** How the URL of a request begins that names no authority. */
  readonly ownUrl: string;
  /**
   * Opens a connection whose requests `answer` gets, and no other's.
   *
   * @param isHttp2 Whether the client speaks HTTP/2, and not HTTP/1.1.
   */
  open(answer: Answer, isHttp2: boolean): Promise<Hop>;
  /**
   * Takes no connection more; those that are open end when their responses have
   * been sent. Resolves when all have.
   */
  shutdown(): Promise<void>;
  /** Keeps the process alive. */
  ref(): void;
  /** Lets the process exit. */
  unref(): void;
}

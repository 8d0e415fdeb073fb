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

/**
 * A request to change the protocol of a connection of HTTP/1.1, as `node:http`
 * gives it: an `IncomingMessage`, a `Duplex`, and a `Buffer` with what has come
 * behind the request.
 */
export interface Upgrade {
  readonly incoming: unknown;
  readonly socket: unknown;
  readonly head: unknown;
}

/**
 * Takes over a connection whose client asks to change the protocol, or gives the
 * response that refuses it.
 */
export type TakeOver = (
  request: Request,
  upgrade: Upgrade,
) => Promise<Response | undefined>;

/** What a connection to the engine is for. */
export interface HopOptions {
  /** Whether the client speaks HTTP/2, and not HTTP/1.1. */
  readonly isHttp2: boolean;
  /** On Node.js and Bun, if connections can be taken over. */
  readonly takeOver?: TakeOver | undefined;
}

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
  /** Opens a connection whose requests `answer` gets, and no other's. */
  open(answer: Answer, options: HopOptions): Promise<Hop>;
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

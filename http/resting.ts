/**
 * Connections of HTTP/1.1 on which nothing is asked for a while. The engine's end
 * of one costs as much memory as TLS, and up to three file descriptors; between
 * two requests it holds nothing, so that another one does as well.
 *
 * @module
 */

import { unrefTimer } from "../platform/platform.ts";

/** What rests. */
export interface Restful {
  /**
   * Closes its connection to the engine.
   *
   * @returns Whether it could.
   */
  rest(): boolean;
}

/** All connections of a server that have a connection to the engine. */
export class RestingConnections {
  readonly #rests = new Map<Restful, Rest>();
  readonly #quiet: number;
  #timer: ReturnType<typeof setInterval> | undefined;

  /**
   * None yet.
   *
   * @param quiet Milliseconds between two looks.
   */
  constructor(quiet = QUIET) {
    this.#quiet = quiet;
  }

  /** One has opened a connection to the engine. */
  enter(connection: Restful): Rest {
    const rest = new Rest();
    this.#rests.set(connection, rest);
    if (this.#timer === undefined) {
      this.#timer = setInterval(() => this.#look(), this.#quiet);
      unrefTimer(this.#timer);
    }
    return rest;
  }

  /** One has ended. */
  leave(connection: Restful): void {
    this.#rests.delete(connection);
    if (this.#rests.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #look(): void {
    for (const [connection, rest] of this.#rests) {
      if (rest.isDue() && connection.rest()) this.leave(connection);
    }
  }
}

/**
 * Whether a connection to the engine is between two requests for certain. If it
 * were not, what is left of a request would be read as another one; in doubt it
 * is kept.
 */
export class Rest {
  /** Something has gone either way since the last look. */
  #isActive = true;
  /** The client has yet to read what was sent. */
  #isBlocked = false;
  /** What has come ends where a request without a body may end. */
  #isComplete = false;
  /**
   * The engine has read a request since something has come, and there is nothing
   * behind its fields. It may refuse one without a word to us.
   */
  #isBodiless = false;

  /** The client has sent something. */
  onReceived(chunk: Uint8Array): void {
    this.#isActive = true;
    this.#isComplete = endsWithEmptyLine(chunk);
    this.#isBodiless = false;
  }

  /** A response, or a part of one, was sent; `room` resolves when more may be. */
  onSent(room: Promise<void> | undefined): Promise<void> | undefined {
    this.#isActive = true;
    if (room === undefined) return undefined;
    this.#isBlocked = true;
    return room.finally(() => void (this.#isBlocked = false));
  }

  /**
   * The engine has read the fields of a request, and so all of those before it.
   *
   * RFC 9112 section 6.3 (Message Body Length): without Content-Length and
   * Transfer-Encoding it has no body.
   */
  onRequest({ method, headers }: Request): void {
    this.#isBodiless = method !== "CONNECT" &&
      !BODY_FIELDS.some((name) => headers.has(name));
  }

  /** Whether nothing has gone either way between this look and the last one. */
  isDue(): boolean {
    const wasActive = this.#isActive;
    this.#isActive = false;
    return !wasActive && !this.#isBlocked && this.#isComplete &&
      this.#isBodiless;
  }
}

/** Whether the last line is empty, as behind the fields of a request. */
function endsWithEmptyLine(chunk: Uint8Array): boolean {
  const { length } = chunk;
  return length >= 4 && chunk[length - 4] === 0x0d &&
    chunk[length - 3] === 0x0a && chunk[length - 2] === 0x0d &&
    chunk[length - 1] === 0x0a;
}

/** Fields behind which something else than a request may come. */
const BODY_FIELDS = ["content-length", "transfer-encoding", "upgrade"] as const;

/**
 * Milliseconds: after twice that at the latest, a connection rests. To come back
 * costs less than a handshake; a server whose clients come by the hundred each
 * second has three descriptors for each of those seconds.
 */
const QUIET = 1000;

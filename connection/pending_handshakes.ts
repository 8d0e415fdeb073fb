/**
 * The handshakes that a listener has under way: bounded in number, so that a
 * client that is slow or hostile costs one slot and its own time.
 *
 * @module
 */

import { TlsError } from "../errors.ts";
import { isNamed } from "../platform/platform.ts";
import type { TlsConn } from "./conn.ts";
import type { ListenerEvents } from "./listener_events.ts";
import type { SocketListener } from "./options/listen_options.ts";
import type { SocketConn } from "./transport/transport.ts";

/** The handshakes under way; when there are too many, one is aborted. */
export class PendingHandshakes {
  /** The oldest first, each with the time when it began. */
  readonly #handshakes = new Map<TlsConn, number>();
  /** Resolves when a slot is free again. */
  #slot: PromiseWithResolvers<void> | undefined;

  /** Their number. */
  get size(): number {
    return this.#handshakes.size;
  }

  /** Adds one that begins. */
  add(conn: TlsConn): void {
    this.#handshakes.set(conn, performance.now());
  }

  /**
   * Removes one that has ended.
   *
   * @returns Whether it was there.
   */
  delete(conn: TlsConn): boolean {
    this.free();
    return this.#handshakes.delete(conn);
  }

  /** Ends them all. */
  abort(reason: unknown): void {
    for (const conn of this.#handshakes.keys()) conn.abort(reason);
  }

  /** Without file descriptors: waits for the end of a handshake, or a moment. */
  async waitOutShortage(): Promise<void> {
    this.#overdue()?.abort(tooMany());
    this.#slot = Promise.withResolvers();
    const timer = setTimeout(() => this.free(), SHORTAGE_PAUSE);
    await this.#slot.promise;
    clearTimeout(timer);
  }

  /**
   * Waits until a handshake has ended, or one has used up its time: clients that
   * send nothing must not keep others out until their time limit.
   */
  async waitForSlot(): Promise<void> {
    this.#slot = Promise.withResolvers();
    let expected = performance.now();
    const look = () => {
      const isBusy = performance.now() - expected > LOOK_INTERVAL;
      // If this process is late itself, messages of clients may not be read yet,
      // and the work that is being done frees slots.
      if (!isBusy) this.#overdue()?.abort(tooMany());
      expected = performance.now() + LOOK_INTERVAL;
      timer = setTimeout(look, LOOK_INTERVAL);
    };
    let timer = setTimeout(look, 1);
    await this.#slot.promise;
    clearTimeout(timer);
  }

  /**
   * A handshake that has used up its time: the one whose client has sent least.
   * One that was answered comes last: it may be late because we were, or because
   * the client is far away.
   */
  #overdue(): TlsConn | undefined {
    const now = performance.now();
    let overdue: TlsConn | undefined;
    let least = Infinity;
    for (const [conn, since] of this.#handshakes) {
      const { bytesRead, bytesWritten } = conn.stats;
      const isAnswered = bytesWritten > 0;
      const rank = isAnswered ? Number.MAX_SAFE_INTEGER : bytesRead;
      const time = isAnswered ? ANSWERED_TIME : SILENT_TIME;
      if (now - since < time || rank >= least) continue;
      overdue = conn;
      least = rank;
    }
    return overdue;
  }

  /** Ends the wait for a slot. */
  free(): void {
    this.#slot?.resolve();
    this.#slot = undefined;
  }
}

/** The next socket, or `undefined` if its client is gone already. */
export async function acceptSocket(
  listener: SocketListener,
  pending: PendingHandshakes,
  events: ListenerEvents,
): Promise<SocketConn | undefined> {
  try {
    const socket = await listener.accept();
    events.resume();
    socket.setNoDelay?.(true);
    return socket;
  } catch (error) {
    // accept(2) reports clients that gave up in the queue.
    if (
      isNamed(error, "ConnectionAborted") || isNamed(error, "ConnectionReset")
    ) return undefined;
    if (!isShortage(error)) throw error;
    events.pause("resources");
    await pending.waitOutShortage();
    return undefined;
  }
}

/**
 * Whether accept(2) failed for lack of a resource that may be free again soon.
 */
function isShortage(error: unknown): boolean {
  return error instanceof Error && "code" in error &&
    SHORTAGES.has(String(error.code));
}

function tooMany(): TlsError {
  return new TlsError(
    "too_many_pending_handshakes",
    "The handshake gave way to another client: too many were under way",
    { hint: "maxPendingHandshakes says how many may be" },
  );
}

/**
 * Milliseconds that a handshake has before it gives way to others, until its
 * ClientHello has come, and in all.
 */
const SILENT_TIME = 1000;
const ANSWERED_TIME = 4000;

/** Milliseconds before accept(2) is tried again. */
const SHORTAGE_PAUSE = 50;

/** Milliseconds between two looks for a handshake to abort. */
const LOOK_INTERVAL = 20;

/** Lack of descriptors or memory: the listener survives it. */
const SHORTAGES: ReadonlySet<string> = new Set([
  "EMFILE",
  "ENFILE",
  "ENOBUFS",
  "ENOMEM",
]);

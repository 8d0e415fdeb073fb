/**
 * Reports handshake events to the option `onEvent`, if it is set.
 *
 * @module
 */

import type { TlsAlertName } from "../../errors.ts";
import {
  AlertDescription,
  AlertLevel,
  HandshakeType,
  nameOf,
} from "../../registry.ts";
import type { UntimedEvent } from "./events.ts";

type Direction = "read" | "write";

/** Who hears of events; an object, as a closure would be another one. */
export interface EventListener {
  /** Called for every handshake event: messages, alerts, key changes. */
  readonly onEvent?: ((event: UntimedEvent) => void) | undefined;
}

/** Reports events, and remembers when the steps of a handshake were done. */
export class EventTeller {
  /**
   * The steps of the last handshake in turn: of each a number, and its time. The
   * number of a message is its type, with {@linkcode WRITTEN} if we sent it.
   */
  readonly marks: number[] = [];
  #marks = false;
  readonly #listener: EventListener;

  constructor(listener: EventListener) {
    this.#listener = listener;
  }

  /** Reports something. */
  tell(event: UntimedEvent): void {
    this.#listener.onEvent?.(event);
  }

  /** A handshake started or ended. */
  handshake(
    type: "handshake_start" | "handshake_done",
    side: "client" | "server",
  ): void {
    this.#marks = type === "handshake_start";
    if (this.#marks) this.marks.length = 0;
    this.#mark(this.#marks ? START : DONE);
    this.tell({ type, side });
  }

  #mark(step: number): void {
    this.marks.push(step, performance.now());
  }

  /** A handshake message, with its header. */
  message(direction: Direction, bytes: Uint8Array): void {
    const type = bytes[0] as number;
    if (this.#marks && this.marks.length < MAX_MARKS) {
      this.#mark(direction === "write" ? type + WRITTEN : type);
    }
    const name = nameOf(HandshakeType, type);
    this.tell({ type: "message", direction, name, bytes });
  }

  /** An alert. */
  alert(direction: Direction, level: number, description: number): void {
    this.tell({
      type: "alert",
      direction,
      level: level === AlertLevel.warning ? "warning" : "fatal",
      alert: nameOf(AlertDescription, description) as TlsAlertName,
    });
  }
}

/** Beside the types of messages, which are a byte. */
export const WRITTEN = 256;
/** The handshake begins. */
export const START = -1;
/** The handshake is over. */
export const DONE = -2;

/** More than a handshake has, but for a peer that repeats HelloRequest. */
const MAX_MARKS = 64;

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
import type { HandshakeEvent } from "./events.ts";

type Direction = "read" | "write";

/** Reports events, with one method each. */
export class EventTeller {
  readonly #onEvent: ((event: HandshakeEvent) => void) | undefined;

  constructor(onEvent: ((event: HandshakeEvent) => void) | undefined) {
    this.#onEvent = onEvent;
  }

  /** A handshake started or ended. */
  handshake(
    type: "handshake_start" | "handshake_done",
    side: "client" | "server",
  ): void {
    this.#onEvent?.({ type, side });
  }

  /** A callback failed whose result the connection does not depend on. */
  callbackFailed(
    callback: "sessionCache" | "sessionStore" | "earlyData",
    error: unknown,
  ): void {
    this.#onEvent?.({ type: "callback_failed", callback, error });
  }

  /** A handshake message, with its header. */
  message(direction: Direction, bytes: Uint8Array): void {
    this.#onEvent?.({
      type: "message",
      direction,
      name: nameOf(HandshakeType, bytes[0] as number),
      bytes,
    });
  }

  /** A change_cipher_spec. */
  changeCipherSpec(direction: Direction): void {
    this.#onEvent?.({ type: "change_cipher_spec", direction });
  }

  /** An alert. */
  alert(direction: Direction, level: number, description: number): void {
    this.#onEvent?.({
      type: "alert",
      direction,
      level: level === AlertLevel.warning ? "warning" : "fatal",
      alert: nameOf(AlertDescription, description) as TlsAlertName,
    });
  }

  /** A server requested a certificate, and we sent none. */
  certificateNotSent(reason: string): void {
    this.#onEvent?.({ type: "certificate_not_sent", reason });
  }

  /** The peer asked for a renegotiation, and we refused it. */
  renegotiationRefused(reason: string): void {
    this.#onEvent?.({ type: "renegotiation_refused", reason });
  }

  /** Early data is not accepted, or not offered. */
  earlyDataRefused(reason: string): void {
    this.#onEvent?.({ type: "early_data_refused", reason });
  }

  /** The keys of one direction changed. */
  keyChange(direction: Direction): void {
    this.#onEvent?.({ type: "key_change", direction });
  }
}

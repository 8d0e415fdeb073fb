/**
 * The fields of what happens on a connection, as lines.
 *
 * @module
 */

import { AlertDescription, AlertLevel } from "../../registry.ts";
import type { UntimedEvent } from "../io/events.ts";
import { alertMeaning } from "./alert_meanings.ts";
import { MessageDecoder, type Negotiated } from "./decoder.ts";
import { fieldLines } from "./lines.ts";

/** Decodes the messages of one connection for a trace. */
export class EventFields {
  readonly #decoder: MessageDecoder;

  /** `negotiated` is what is known, if the handshake is over. */
  constructor(negotiated: Negotiated | undefined) {
    this.#decoder = new MessageDecoder(negotiated);
  }

  /** The lines of a message, or what an alert means. */
  lines(event: UntimedEvent): string[] {
    if (event.type === "message") {
      const { name, section, fields } = this.#decoder.decode(event.bytes);
      return [`${name} (${section})`, ...fieldLines(fields)];
    }
    if (event.type !== "alert") return [];
    const { level, alert } = event;
    const number = Object.hasOwn(AlertDescription, alert)
      ? ` (${AlertDescription[alert as keyof typeof AlertDescription]})`
      : "";
    return [
      `level: ${level} (${AlertLevel[level]})`,
      `description: ${alert}${number}: ${alertMeaning(alert)}`,
    ];
  }
}

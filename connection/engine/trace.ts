/**
 * The lines of the option `trace`.
 *
 * @module
 */

import { escapeText } from "../../escape.ts";
import type { UntimedEvent } from "../../handshake/io/events.ts";
import type { RecordHeader } from "../../record/transport.ts";
import { ContentType, nameOf } from "../../registry.ts";

/** Writes the lines of one connection, without secrets and content. */
export class Tracer {
  readonly #write: (line: string) => void;
  readonly #side: string;

  constructor(write: (line: string) => void, side: "client" | "server") {
    this.#write = write;
    this.#side = side;
  }

  /** Writes a record's length, and its type as in the header. */
  record(direction: "read" | "write", { type, length }: RecordHeader): void {
    this.#line(
      direction,
      `record ${nameOf(ContentType, type)}, ${length} bytes`,
    );
  }

  /** Writes a message, an alert or a change of keys. */
  event(event: UntimedEvent): void {
    switch (event.type) {
      case "message":
        return this.#line(
          event.direction,
          `${event.name}, ${event.bytes.length} bytes`,
        );
      case "alert":
        return this.#line(
          event.direction,
          `alert ${event.level} ${event.alert}`,
        );
      case "key_change":
        return this.#line(event.direction, "under new keys");
      case "certificate_not_sent":
      case "renegotiation_refused":
      case "early_data_refused":
        return this.#write(`${this.#side} -- ${escapeText(event.reason)}`);
      default:
        return this.#write(`${this.#side} -- ${event.type}`);
    }
  }

  #line(direction: "read" | "write", what: string): void {
    const arrow = direction === "read" ? "<-" : "->";
    this.#write(`${this.#side} ${arrow} ${escapeText(what)}`);
  }
}

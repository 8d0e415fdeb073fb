/**
 * The lines of the option `trace`.
 *
 * @module
 */

import { escapeText } from "../../escape.ts";
import type { EventFields } from "../../handshake/fields/event_fields.ts";
import type { TraceDepth } from "../../handshake/common/connection_config.ts";
import type { Established } from "../../handshake/common/established.ts";
import type { UntimedEvent } from "../../handshake/io/events.ts";
import { Lazy } from "../../lazy.ts";
import type { RecordHeader } from "../../record/transport.ts";
import { ContentType, nameOf } from "../../registry.ts";

/** Where the lines of a connection go, and what they say. */
export interface TraceTarget {
  readonly write: (line: string) => void;
  readonly side: "client" | "server";
  /** Whether messages are shown with their fields. */
  readonly depth: TraceDepth;
  /** The results of the handshake, if it was over when the trace began. */
  readonly established: Established | undefined;
}

/** Writes the lines of one connection, without secrets and content. */
export class TraceLines {
  readonly #target: TraceTarget;
  readonly #side: string;
  #fields: EventFields | undefined;
  /** What happened until the fields can be shown. */
  #kept: (() => void)[] | undefined;
  /** Resolves when the fields can be shown, if they cannot yet. */
  readonly loading: Promise<void> | undefined;

  /** Writes nothing yet. */
  constructor(target: TraceTarget) {
    this.#target = target;
    this.#side = target.side;
    if (target.depth === "fields") this.loading = this.#load();
  }

  /** Writes a record's length, and its type as in the header. */
  record(direction: "read" | "write", { type, length }: RecordHeader): void {
    this.#inOrder(() =>
      this.#line(
        direction,
        `record ${nameOf(ContentType, type)}, ${length} bytes`,
      )
    );
  }

  /** Writes a message, an alert or a change of keys. */
  event(event: UntimedEvent): void {
    this.#inOrder(() => this.#event(event));
  }

  #event(event: UntimedEvent): void {
    switch (event.type) {
      case "message":
        this.#line(
          event.direction,
          `${event.name}, ${event.bytes.length} bytes`,
        );
        return this.#decoded(event);
      case "alert":
        this.#line(event.direction, `alert ${event.level} ${event.alert}`);
        return this.#decoded(event);
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

  #decoded(event: UntimedEvent & { direction: "read" | "write" }): void {
    for (const line of this.#fields?.lines(event) ?? []) {
      this.#line(event.direction, `  ${line}`);
    }
  }

  #line(direction: "read" | "write", what: string): void {
    const arrow = direction === "read" ? "<-" : "->";
    this.#write(`${this.#side} ${arrow} ${escapeText(what)}`);
  }

  #write(line: string): void {
    this.#target.write(line);
  }

  #inOrder(write: () => void): void {
    if (this.#kept === undefined) write();
    else this.#kept.push(write);
  }

  #load(): Promise<void> | undefined {
    const { established } = this.#target;
    const begin = ({ EventFields }: Module) => {
      this.#fields = new EventFields(
        established && {
          version: established.version,
          cipherSuite: established.cipherSuite.id,
        },
      );
    };
    const { loaded } = module;
    if (loaded !== undefined) {
      begin(loaded);
      return undefined;
    }
    this.#kept = [];
    return Promise.resolve(module.load()).then(begin).catch((error) => {
      this.#write(`${this.#side} -- no fields: ${escapeText(String(error))}`);
    }).then(() => {
      const kept = this.#kept ?? [];
      this.#kept = undefined;
      for (const write of kept) write();
    });
  }
}

type Module = typeof import("../../handshake/fields/event_fields.ts");

const module = new Lazy(
  "the fields of messages",
  () => import("../../handshake/fields/event_fields.ts"),
);

/**
 * What a listener reports: that it listens, pauses, resumes, ends.
 *
 * @module
 */

import { callObserver } from "./options/hooks.ts";
import type { ListenerEvent, ListenOptions } from "./options/listen_options.ts";

/** The events of one listener. */
export class ListenerEvents {
  readonly #onListenerEvent: ListenOptions["onListenerEvent"];
  #paused: PauseReason | undefined;

  constructor(onListenerEvent: ListenOptions["onListenerEvent"]) {
    this.#onListenerEvent = onListenerEvent;
  }

  /** Why it has told that it pauses, until it has told that it has resumed. */
  get paused(): PauseReason | undefined {
    return this.#paused;
  }

  /** Tells once that no clients are accepted. */
  pause(reason: PauseReason): void {
    if (this.#paused !== undefined) return;
    this.#paused = reason;
    this.tell(() => ({ type: "paused", reason }));
  }

  /** Tells that they are accepted again, if it told otherwise. */
  resume(): void {
    if (this.#paused === undefined) return;
    this.#paused = undefined;
    this.tell(() => ({ type: "resumed" }));
  }

  /** Calls the listener's callback, whose failure changes nothing. */
  tell(event: () => Told): void {
    const onListenerEvent = this.#onListenerEvent;
    if (onListenerEvent === undefined) return;
    callObserver(() =>
      onListenerEvent({ ...event(), time: performance.now() })
    );
  }
}

type PauseReason = Extract<ListenerEvent, { type: "paused" }>["reason"];

/** An event before it has its time. */
type Told = ListenerEvent extends infer E
  ? E extends unknown ? Omit<E, "time"> : never
  : never;

/**
 * Requests that come as early data (RFC 8470): before the client has finished
 * its handshake, so they may be replays.
 *
 * @module
 */

import type { Engine } from "../connection/engine/engine.ts";

/** What a server does with requests that come before the handshake is over. */
export type EarlyRequests = "refuse" | "delay" | "allow";

/** What a client sends: early data, and what follows that. */
export class EarlyFirst {
  readonly #engine: Engine;
  #isOver = false;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** The next data; `null` at the end. */
  async next(): Promise<Uint8Array | null> {
    if (!this.#isOver) {
      const bytes = await this.#engine.handshakes.readEarlyData();
      if (bytes !== null) return bytes;
      this.#isOver = true;
    }
    return await this.#engine.inbound.next();
  }
}

/**
 * The response to a request that must not be replayed. RFC 8470 section 5.2: 425
 * (Too Early) has the client send it once more, and not early.
 */
export function tooEarly(): Response {
  return new Response(
    "This request may be a replay: send it again after the handshake\n",
    { status: 425, headers: { "content-type": "text/plain;charset=utf-8" } },
  );
}

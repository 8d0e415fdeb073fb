/**
 * The connections of a command, kept for a page.
 *
 * @module
 */

import type { ClientOptions } from "../../connection/options/options.ts";
import type { SocketConn } from "../../connection/transport/duplex.ts";
import { writeOutput } from "../base/files.ts";
import type { System } from "../base/system.ts";
import { Capture } from "../page/capture.ts";

/** Keeps what passes, and writes the page. */
export class PageBook {
  readonly #path: string;
  readonly #target: string;
  readonly #captures: Capture[] = [];

  constructor(path: string, target: string) {
    this.#path = path;
    this.#target = target;
  }

  /** Begins a connection: its bytes and its key log are kept. */
  open(
    title: string,
    options: ClientOptions,
  ): {
    readonly options: ClientOptions;
    readonly tap: (socket: SocketConn) => SocketConn;
  } {
    const capture = new Capture(title, `A connection to ${this.#target}.`);
    this.#captures.push(capture);
    const { keyLog } = options;
    return {
      options: {
        ...options,
        keyLog: (line, connection) => {
          capture.keyLog.push(line);
          return keyLog?.(line, connection);
        },
      },
      tap: (socket) => capture.tap(socket),
    };
  }

  /** Writes the page, which has keys in it: for its owner's eyes. */
  async write(system: System): Promise<void> {
    const captures = this.#captures.filter(({ chunks }) => chunks.length > 0);
    if (captures.length === 0) return;
    // Nobody else needs it.
    const { handshakePage } = await import("../page/page.ts");
    const page = await handshakePage(`TLS to ${this.#target}`, captures);
    const how = { secret: true, replace: true };
    await writeOutput(system, this.#path, page, how);
  }
}

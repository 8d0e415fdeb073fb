/**
 * Traces of connections. What writes their lines is loaded for the first one;
 * what happens until then is kept, in its order.
 *
 * @module
 */

import type { TraceDepth } from "../../handshake/common/connection_config.ts";
import { Lazy } from "../../lazy.ts";
import type { TraceLines, TraceTarget } from "./trace_lines.ts";

/** Options of {@linkcode TlsConn.setTrace}. */
export interface TraceOptions {
  /**
   * What the trace says of messages: their names and lengths, or all of their
   * fields as well.
   *
   * @default {the option traceDepth}
   */
  readonly depth?: TraceDepth | undefined;
}

/** Writes the lines of one connection. */
export class Tracer {
  readonly #calls: ((lines: TraceLines) => void)[] = [];
  #lines: TraceLines | undefined;
  /**
   * Resolves when the lines can be written, if they cannot yet. A handshake waits
   * for that: lines behind its end would be lost where a program ends.
   */
  loading: Promise<void> | undefined;

  /** `fails` gets the error if the lines cannot be loaded. */
  constructor(target: TraceTarget, fails: (error: unknown) => void) {
    const begin = ({ TraceLines }: Module) => {
      const lines = this.#lines = new TraceLines(target);
      for (const call of this.#calls.splice(0)) call(lines);
      return lines.loading;
    };
    const { loaded } = module;
    this.loading = loaded
      ? begin(loaded)
      : Promise.resolve(module.load()).then(begin).catch(fails);
  }

  /** Calls a function with what writes the lines, now or when it is there. */
  tell(call: (lines: TraceLines) => void): void {
    if (this.#lines) call(this.#lines);
    else this.#calls.push(call);
  }
}

type Module = typeof import("./trace_lines.ts");

const module = new Lazy("traces", () => import("./trace_lines.ts"));

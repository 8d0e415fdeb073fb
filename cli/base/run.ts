/**
 * One run of a command: what it prints, for people or as JSON.
 *
 * @module
 */

import { type Described, describeError, ExitCode, Failure } from "./exit.ts";
import { coloured, type Paint, plain, wrap } from "./style.ts";
import type { Output, System } from "./system.ts";

/** What JSON can say. */
export type Json =
  | string
  | number
  | boolean
  | null
  | undefined
  | readonly Json[]
  | { readonly [name: string]: Json };

/** Flags of every command. */
export interface CommonFlags {
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly color?: boolean;
}

/** What came out of a command. */
export interface Outcome {
  /** What went wrong, if something did: it decides the exit code. */
  readonly error?: unknown;
  /** Whether `text` says what went wrong. */
  readonly isTold?: boolean;
  /** The exit code, where nothing went wrong. @default {0} */
  readonly exitCode?: number;
  /** What `--json` prints as `result`. */
  readonly result?: Json;
  /** What was asked for itself, on standard output: without `--json`, always. */
  readonly content?: string;
  /** What people get to read, on standard output. */
  readonly text?: readonly string[];
}

/** The version of what `--json` prints. */
const FORMAT = 1;

/** One run of a command. */
export class Run {
  readonly system: System;
  /** The command, such as `"cert inspect"`. */
  readonly command: string;
  readonly flags: CommonFlags;

  constructor(system: System, command: string, flags: CommonFlags) {
    this.system = system;
    this.command = command;
    this.flags = flags;
  }

  /** How text is marked on an output. */
  paint(output: Output): Paint {
    const { system, flags } = this;
    const isPlain = flags.color === false || flags.json === true ||
      !output.isTerminal || system.variable("NO_COLOR") !== undefined ||
      system.variable("TERM") === "dumb";
    return isPlain ? plain : coloured;
  }

  /** How many characters a line of a paragraph may have. */
  width(output: Output): number {
    return Math.max(40, Math.min(output.columns ?? WIDTH, MAX_WIDTH));
  }

  /** Prints a remark for people: nothing with `--quiet` or `--json`. */
  async note(text: string): Promise<void> {
    if (this.flags.quiet || this.flags.json) return;
    await writeLines(this.system.stderr, [text]);
  }

  /**
   * Says on a terminal how far it is, in a line that the next one replaces; an
   * empty text removes it.
   */
  progress(text: string): void {
    const { stderr } = this.system;
    if (this.flags.quiet || this.flags.json || !stderr.isTerminal) return;
    const line = `\r\x1b[K${text}`;
    // Nobody waits for it: a terminal that is closed is noticed elsewhere.
    stderr.write(new TextEncoder().encode(line)).catch(() => {});
  }

  /** Prints what came out; returns the exit code. */
  async finish(outcome: Outcome): Promise<number> {
    const { stdout, stderr } = this.system;
    const { error, isTold, exitCode = ExitCode.ok, result } = outcome;
    const { content = "", text = [] } = outcome;
    const described = error === undefined ? undefined : describeError(error);
    const code = described === undefined ? exitCode : ExitCode[described.kind];
    if (this.flags.json) {
      const envelope = {
        format: FORMAT,
        command: this.command,
        exitCode: code,
        error: described === undefined ? null : errorJson(described),
        result: result ?? null,
      };
      await writeLines(stdout, [safeJson(envelope)]);
      return code;
    }
    if (content !== "") {
      await writeBytes(stdout, new TextEncoder().encode(content));
    }
    if (text.length > 0 && !this.flags.quiet) await writeLines(stdout, text);
    if (described !== undefined && !isTold) {
      const label = this.paint(stderr)("bad", "error:");
      const [first = "", ...rest] = wrap(
        `error: ${described.message}`,
        this.width(stderr),
      );
      await writeLines(stderr, [first.replace("error:", () => label), ...rest]);
    }
    return code;
  }
}

/** JSON in which a terminal finds nothing to obey: the values stay the same. */
function safeJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu,
    (character) =>
      Array.from(
        { length: character.length },
        (_, at) =>
          `\\u${character.charCodeAt(at).toString(16).padStart(4, "0")}`,
      ).join(""),
  );
}

function errorJson({ kind, code, message, hint, alert }: Described): Json {
  return { kind, code, message, hint: hint ?? null, alert: alert ?? null };
}

/** Prints lines. */
export async function writeLines(
  output: Output,
  lines: readonly string[],
): Promise<void> {
  await writeBytes(
    output,
    new TextEncoder().encode(lines.map((line) => `${line}\n`).join("")),
  );
}

/**
 * Writes bytes.
 *
 * @throws {Failure} If nobody reads any more.
 */
export async function writeBytes(
  output: Output,
  bytes: Uint8Array,
): Promise<void> {
  try {
    await output.write(bytes);
  } catch (cause) {
    throw new Failure(
      "file",
      `Cannot write the output: ${
        isBrokenPipe(cause) ? "its reader has gone" : String(cause)
      }`,
      { code: "output_closed", cause },
    );
  }
}

function isBrokenPipe(error: unknown): boolean {
  return error instanceof Error && error.name === "BrokenPipe";
}

/** A line where the terminal does not say how wide it is. */
const WIDTH = 80;

/** A longer line is hard to read. */
const MAX_WIDTH = 100;

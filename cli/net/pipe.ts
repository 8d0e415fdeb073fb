/**
 * Standard input and output as the ends of a connection.
 *
 * @module
 */

import type { TlsConn } from "../../connection/conn.ts";
import { Failure } from "../base/exit.ts";
import { type Run, writeBytes } from "../base/run.ts";

/** How the pipe works. */
export interface PipeFlags {
  /** Line feeds become CR LF. */
  readonly crlf?: boolean;
  /** The end of standard input does not end what we send. */
  readonly ignoreEof?: boolean;
  /** Seconds to wait for the server behind our end. */
  readonly timeout: number;
}

/**
 * Pipes until the server has ended, or an error comes. The end of standard input
 * ends our direction, and the other one goes on.
 *
 * @returns Whether the server has ended; else it was left.
 * @throws {Failure} If standard input or output fails.
 * @throws {TlsError} If the connection fails.
 */
export async function pipeTerminal(
  run: Run,
  conn: TlsConn,
  flags: PipeFlags,
): Promise<boolean> {
  const failed = Promise.withResolvers<never>();
  const silence = new Silence(flags.timeout * 1000);
  const sending = send(run, conn, flags);
  sending.then((ended) => ended && silence.begin(), failed.reject);
  try {
    await Promise.race([
      receive(run, conn, silence),
      silence.passed,
      failed.promise,
    ]);
  } finally {
    silence.end();
  }
  if (!silence.isPassed) return true;
  await run.note(
    `The server has sent nothing for ${flags.timeout} s since standard input ended, and was left.`,
  );
  return false;
}

/** Sends standard input; gives whether our direction has ended with it. */
async function send(
  { system: { stdin } }: Run,
  conn: TlsConn,
  { crlf, ignoreEof }: PipeFlags,
): Promise<boolean> {
  const buffer = new Uint8Array(65_536);
  while (true) {
    const length = await stdin.read(buffer).catch((cause: unknown) => {
      throw new Failure(
        "file",
        `Cannot read standard input: ${
          cause instanceof Error ? cause.message : cause
        }`,
        { code: "input_closed", cause },
      );
    });
    if (length === null) break;
    const bytes = buffer.slice(0, length);
    await conn.write(crlf ? withCrLf(bytes) : bytes);
  }
  if (ignoreEof) return false;
  await conn.closeWrite();
  return true;
}

async function receive(
  { system: { stdout } }: Run,
  conn: TlsConn,
  silence: Silence,
): Promise<void> {
  const buffer = new Uint8Array(65_536);
  while (true) {
    const length = await conn.read(buffer);
    if (length === null) return;
    silence.restart();
    await writeBytes(stdout, buffer.slice(0, length));
  }
}

/** Watches for a time in which nothing comes. */
class Silence {
  readonly #length: number;
  readonly #passed = Promise.withResolvers<void>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isPassed = false;

  constructor(length: number) {
    this.#length = length;
  }

  /** Resolves when nothing has come for that time since it began. */
  get passed(): Promise<void> {
    return this.#passed.promise;
  }

  get isPassed(): boolean {
    return this.#isPassed;
  }

  begin(): void {
    this.#timer = setTimeout(() => {
      this.#isPassed = true;
      this.#passed.resolve();
    }, this.#length);
  }

  restart(): void {
    if (this.#timer === undefined) return;
    clearTimeout(this.#timer);
    this.begin();
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}

/** Line feeds alone become CR LF; those of a CR LF stay. */
function withCrLf(bytes: Uint8Array): Uint8Array {
  const lines: number[] = [];
  let before = 0;
  for (const byte of bytes) {
    if (byte === LF && before !== CR) lines.push(CR);
    lines.push(byte);
    before = byte;
  }
  return Uint8Array.from(lines);
}

const CR = 13;
const LF = 10;

/**
 * A process that runs tests of the copy, and is replaced when it hangs.
 *
 * @module
 */

import { MARK, type Request, type Response } from "./_harness.ts";
import { linesOf } from "./_lines.ts";

/** One process at a time, started when it is needed. */
export class Worker implements AsyncDisposable {
  readonly #root: string;
  #running: Running | undefined;

  /** @param root The copy. */
  constructor(root: string) {
    this.#root = root;
  }

  /**
   * The answer, or `undefined` if there is none in time: then the process is
   * ended. A file that is asked for the first time may take minutes longer, as
   * there may be no processor for its import.
   */
  async ask(request: Request, patience: number): Promise<Response | undefined> {
    const running = this.#running ??= start(this.#root);
    const isLoaded = running.loaded.has(request.file);
    running.loaded.add(request.file);
    const line = new TextEncoder().encode(`${JSON.stringify(request)}\n`);
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<undefined>((resolve) => {
      timer = setTimeout(
        () => resolve(undefined),
        patience + (isLoaded ? 0 : IMPORT_PATIENCE),
      );
    });
    const answer = running.input.write(line)
      .then(() => nextAnswer(running.lines))
      .catch(() => undefined);
    const response = await Promise.race([answer, late]);
    clearTimeout(timer);
    if (response === undefined) await this.restart();
    return response;
  }

  /** Whether the process has imported a test file. */
  hasImported(file: string): boolean {
    return this.#running?.loaded.has(file) ?? false;
  }

  /** Ends the process: the next question gets another one. */
  async restart(): Promise<void> {
    const running = this.#running;
    this.#running = undefined;
    if (running === undefined) return;
    try {
      running.process.kill("SIGKILL");
    } catch {
      // It has ended already.
    }
    await running.process.status;
    await running.input.abort().catch(() => {});
    await running.lines.return(undefined).catch(() => {});
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.restart();
  }
}

interface Running {
  readonly process: Deno.ChildProcess;
  readonly input: WritableStreamDefaultWriter<Uint8Array>;
  readonly lines: AsyncGenerator<string>;
  /** The test files that it has imported. */
  readonly loaded: Set<string>;
}

function start(root: string): Running {
  const process = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", "tests/_tools/mutate/_harness.ts"],
    cwd: root,
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  return {
    process,
    input: process.stdin.getWriter(),
    lines: linesOf(process.stdout),
    loaded: new Set(),
  };
}

async function nextAnswer(
  lines: AsyncGenerator<string>,
): Promise<Response | undefined> {
  for (;;) {
    const { done, value } = await lines.next();
    if (done) return undefined;
    const at = value.indexOf(MARK);
    if (at >= 0) return JSON.parse(value.slice(at + MARK.length));
  }
}

/** What importing a test file may take on top, in milliseconds. */
const IMPORT_PATIENCE = 240_000;

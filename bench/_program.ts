/**
 * A program that answers each line with a line.
 *
 * @module
 */

/** A program under way. */
export class Program {
  readonly #child: Deno.ChildProcess;
  readonly #output: ReadableStreamDefaultReader<string>;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  #rest = "";

  /** Starts it in a folder. */
  constructor(path: string, args: readonly string[], cwd: string) {
    this.#child = new Deno.Command(path, {
      args: [...args],
      cwd,
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    this.#output = this.#child.stdout.pipeThrough(new TextDecoderStream())
      .getReader();
    this.#input = this.#child.stdin.getWriter();
  }

  /** The next line that it prints. */
  async line(): Promise<string> {
    for (;;) {
      const end = this.#rest.indexOf("\n");
      if (end >= 0) {
        const line = this.#rest.slice(0, end);
        this.#rest = this.#rest.slice(end + 1);
        return line;
      }
      const { done, value } = await this.#output.read();
      if (done) throw new Error(`It ended, and said: ${this.#rest}`);
      this.#rest += value;
    }
  }

  /** Sends a line, and returns the next that it prints. */
  async ask(line: string): Promise<string> {
    await this.#input.write(new TextEncoder().encode(`${line}\n`));
    return await this.line();
  }

  /** Ends it. */
  async end(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#output.cancel();
    await this.#input.abort().catch(() => {});
    await this.#child.status;
  }
}

/**
 * A peer's process. Its standard output is what came out of TLS, mixed with
 * what the program says: payload is 0x80 and above, text below.
 *
 * @module
 */

/** How long to wait for a program before calling it stuck, in milliseconds. */
const PATIENCE = 60_000;

/** How long a program may take to end before it is killed, in milliseconds. */
const FAREWELL = 500;

/** What OpenSSL shows of messages: too long for an error. */
const HEX_DUMP = /^( {4}([0-9a-f]{2} ?)+\n)+/gm;

/** What the programs started since the last call have said. */
export function takeWords(): string {
  return started.splice(0).map((process) => process.words()).join("\n");
}

const started: PeerProcess[] = [];

/** A program under way. It ends when it is disposed of, at the latest. */
export class PeerProcess implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #stdin: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  readonly #reading: Promise<unknown>;
  readonly #name: string;
  #chunks: Uint8Array[] = [];
  #available = 0;
  #output = "";
  #errors = "";
  #exited = false;
  #changed = Promise.withResolvers<void>();

  /** Starts a program. */
  constructor(
    command: string,
    args: readonly string[],
    env: Record<string, string> = {},
  ) {
    this.#name = [command.replace(/.*[/]/, ""), ...args].join(" ");
    this.#child = new Deno.Command(command, {
      args: [...args],
      env,
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#stdin = this.#child.stdin.getWriter();
    // A program that has ended takes no more input: its text says why.
    this.#stdin.closed.catch(() => {});
    started.push(this);
    this.#reading = Promise.all([
      this.#read(this.#child.stdout, (text) => this.#output += text, true),
      this.#read(this.#child.stderr, (text) => this.#errors += text),
    ]).then(async () => {
      await this.#child.status;
      this.#exited = true;
      this.#notify();
    });
  }

  /** The process's number. */
  get pid(): number {
    return this.#child.pid;
  }

  /** All that it has said: on standard output, then on standard error. */
  get text(): string {
    return `${this.#output}\n${this.#errors}`;
  }

  /** Whether it has ended. */
  get exited(): boolean {
    return this.#exited;
  }

  /** Writes to its standard input. */
  async write(data: Uint8Array | string): Promise<void> {
    const bytes = typeof data === "string"
      ? new TextEncoder().encode(data)
      : new Uint8Array(data);
    await this.#stdin.write(bytes);
  }

  /** Ends its standard input. */
  async end(): Promise<void> {
    await this.#stdin.close().catch(() => {});
  }

  /** What it has said, short enough for an error. */
  words(): string {
    const text = this.text.replace(HEX_DUMP, "").trim();
    return `${this.#name} said:\n${text.slice(-2000)}`;
  }

  /**
   * What it has said that matches a global pattern, on standard output first.
   * A line counts when it has come to its end: what is read may stop anywhere.
   */
  matches(pattern: RegExp): RegExpExecArray[] {
    return [this.#output, this.#errors].flatMap((text) => [
      ...(this.#exited ? text : wholeLines(text)).matchAll(pattern),
    ]);
  }

  /** Waits until it has said something for the nth time, counted from 0. */
  async said(pattern: RegExp, nth = 0): Promise<RegExpExecArray> {
    let match: RegExpExecArray | undefined;
    const found = () => {
      match = this.matches(pattern)[nth];
      return match !== undefined;
    };
    await this.#until(found, `say ${pattern}`);
    if (match === undefined) throw new Error("unreachable");
    return match;
  }

  /** Takes that many bytes of payload, unless it says that there is an end. */
  async receive(length: number, end: RegExp, nth = 0): Promise<Uint8Array> {
    await this.#until(
      () => this.#available >= length || this.matches(end).length > nth,
      () => `hand over ${length} bytes, got ${this.#available}`,
    );
    if (this.#available < length) {
      throw new Error(
        `Got ${this.#available} of ${length} bytes: ${this.text}`,
      );
    }
    const joined = new Uint8Array(this.#available);
    let at = 0;
    for (const chunk of this.#chunks) {
      joined.set(chunk, at);
      at += chunk.length;
    }
    this.#available -= length;
    this.#chunks = this.#available === 0 ? [] : [joined.subarray(length)];
    return joined.subarray(0, length);
  }

  /** Waits until it ends, without ending it. */
  async exit(): Promise<Deno.CommandStatus> {
    await this.#until(() => this.#exited, "end", true);
    return await this.#child.status;
  }

  /** Ends it, by the end of its input if that is soon; nobody looks how. */
  async [Symbol.asyncDispose](): Promise<void> {
    const ending = this.end();
    const timer = setTimeout(() => this.kill(), FAREWELL);
    await this.#reading;
    clearTimeout(timer);
    await ending;
  }

  /** Ends it at once. */
  kill(): void {
    if (this.#exited) return;
    try {
      this.#child.kill("SIGKILL");
    } catch (error) {
      // It has just ended, and its status is still on the way.
      if (!(error instanceof TypeError)) throw error;
    }
  }

  async #read(
    stream: ReadableStream<Uint8Array<ArrayBuffer>>,
    say: (text: string) => void,
    keep = false,
  ): Promise<void> {
    const decoder = new TextDecoder();
    for await (const chunk of stream) {
      const bytes = chunk.filter((byte) => byte >= 0x80);
      if (keep && bytes.length > 0) {
        this.#chunks.push(bytes);
        this.#available += bytes.length;
      }
      if (bytes.length < chunk.length) {
        say(decoder.decode(chunk.filter((byte) => byte < 0x80)));
      }
      this.#notify();
    }
  }

  #notify(): void {
    const changed = this.#changed;
    this.#changed = Promise.withResolvers();
    changed.resolve();
  }

  async #until(
    condition: () => boolean,
    what: string | (() => string),
    mayExit = false,
  ): Promise<void> {
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      this.#notify();
    }, PATIENCE);
    try {
      while (!condition()) {
        if (late || (this.#exited && !mayExit)) {
          const wanted = typeof what === "string" ? what : what();
          throw new Error(
            `${this.#name} did not ${wanted} ${
              late ? `within ${PATIENCE} ms` : "before it ended"
            }`,
          );
        }
        await this.#changed.promise;
      }
    } finally {
      clearTimeout(timer);
    }
  }
}

function wholeLines(text: string): string {
  return text.slice(0, text.lastIndexOf("\n") + 1);
}

/**
 * A carrier in memory: two queues of chunks, which a test in between may
 * change, delay, break or end.
 *
 * @module
 */

import type {
  Duplex,
  Transport,
} from "../../connection/transport/transport.ts";

/** The error of this transport: it must come out unchanged. */
export class TransportFault extends Error {
  override readonly name = "TransportFault";
}

/** One end. */
export class MemoryTransport implements Transport {
  readonly socket = undefined;
  readonly retains = false;
  readonly #incoming: Uint8Array[] = [];
  /** Takes what is written here. */
  readonly #onWrite: (bytes: Uint8Array) => void;
  readonly #onEnd: () => void;
  #reader: PromiseWithResolvers<number | null> | undefined;
  #into: Uint8Array = new Uint8Array();
  #ended = false;
  #isOver = false;
  #failure: { readonly error: unknown } | undefined;
  /** How often anything happened. */
  moves = 0;
  /** How many bytes it has taken. */
  progress = 0;
  /** It takes everything. */
  onWriteFailure = undefined;

  /** Makes an end that writes to `onWrite`. */
  constructor(onWrite: (bytes: Uint8Array) => void, onEnd: () => void) {
    this.#onWrite = onWrite;
    this.#onEnd = onEnd;
  }

  /** Passes bytes to this end to read. */
  deliver(bytes: Uint8Array): void {
    if (bytes.length === 0 || this.#ended || this.#isOver) return;
    this.#incoming.push(bytes);
    this.#advance();
  }

  /** Nothing more is to be read. */
  end(): void {
    this.#ended = true;
    this.#advance();
  }

  /** Reads, and writes from now on, fail. */
  fail(error: unknown): void {
    this.#failure ??= { error };
    this.#advance();
  }

  read(into: Uint8Array): Promise<number | null> {
    if (this.#reader !== undefined) throw new TypeError("Two reads at once");
    const reader = this.#reader = Promise.withResolvers();
    this.#into = into;
    this.#advance();
    return reader.promise;
  }

  // deno-lint-ignore require-await
  async write(bytes: Uint8Array): Promise<void> {
    this.moves++;
    if (this.#failure !== undefined) throw this.#failure.error;
    if (this.#isOver) throw new TransportFault("Written after the end");
    this.progress += bytes.length;
    this.#onWrite(bytes.slice());
  }

  // deno-lint-ignore require-await
  async closeWrite(): Promise<void> {
    this.moves++;
    this.#onEnd();
  }

  // deno-lint-ignore require-await
  async close(): Promise<void> {
    this.abort(new TransportFault("Closed"));
  }

  // deno-lint-ignore require-await
  async linger(): Promise<void> {
    this.#onEnd();
  }

  abort(_reason: unknown): void {
    this.moves++;
    if (this.#isOver) return;
    this.#isOver = true;
    this.#incoming.length = 0;
    this.#failure ??= { error: new TransportFault("Aborted") };
    this.#onEnd();
    this.#advance();
  }

  release(): Duplex {
    throw new TypeError("This transport is not handed back");
  }

  #advance(): void {
    this.moves++;
    const reader = this.#reader;
    if (reader === undefined) return;
    const chunk = this.#incoming[0];
    if (chunk !== undefined) {
      const part = chunk.subarray(0, this.#into.length);
      this.#into.set(part);
      if (part.length < chunk.length) {
        this.#incoming[0] = chunk.subarray(part.length);
      } else this.#incoming.shift();
      this.#reader = undefined;
      reader.resolve(part.length);
    } else if (this.#failure !== undefined) {
      this.#reader = undefined;
      reader.reject(this.#failure.error);
    } else if (this.#ended) {
      this.#reader = undefined;
      reader.resolve(null);
    }
  }
}

/** Two ends, each the other's. */
export interface Wire {
  readonly client: MemoryTransport;
  readonly server: MemoryTransport;
  /** How often anything happened. */
  readonly moves: () => number;
}

/** What is made of a write: the pieces that arrive. */
export type Pass = (
  bytes: Uint8Array,
  from: "client" | "server",
) => readonly Uint8Array[];

/** Makes a wire. */
export function wire(pass: Pass = (bytes) => [bytes]): Wire {
  const client: MemoryTransport = new MemoryTransport(
    (bytes) => pass(bytes, "client").forEach((part) => server.deliver(part)),
    () => server.end(),
  );
  const server: MemoryTransport = new MemoryTransport(
    (bytes) => pass(bytes, "server").forEach((part) => client.deliver(part)),
    () => client.end(),
  );
  return { client, server, moves: () => client.moves + server.moves };
}

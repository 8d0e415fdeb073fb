/**
 * A proxy on loopback that sees what passes between two peers.
 *
 * @module
 */

import { concat } from "@std/bytes";

/** RFC 9846 section 4.2.3: the random value of a HelloRetryRequest. */
const RETRY = Uint8Array.fromHex(
  "cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c",
);

/** Where the random value stands in a first record with a ServerHello. */
const RANDOM = 5 + 4 + 2;

/** Where it ends. */
const RANDOM_END = RANDOM + RETRY.length;

/** The proxy. */
export class Tap implements AsyncDisposable {
  readonly #listener: Deno.TcpListener;
  readonly #target: number;
  readonly #running: Promise<void>;
  readonly #open = new Set<Deno.TcpConn>();
  #sawRetry = false;

  private constructor(target: number) {
    this.#target = target;
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    this.#running = this.#run();
  }

  /** Starts one before a server's port. */
  static start(target: number): Promise<Tap> {
    return Promise.resolve(new Tap(target));
  }

  /** Its own port. */
  get port(): number {
    return this.#listener.addr.port;
  }

  /** Whether the server of the latest connection sent a HelloRetryRequest. */
  get sawRetry(): boolean {
    return this.#sawRetry;
  }

  async #run(): Promise<void> {
    const passing: Promise<void>[] = [];
    for await (const client of this.#listener) {
      const server = await this.#dial();
      if (server === undefined) {
        drop(client);
        continue;
      }
      this.#sawRetry = false;
      passing.push(
        this.#pass(client, server),
        this.#pass(server, client, true),
      );
    }
    await Promise.all(passing);
  }

  /** The server may have gone: then the client is to notice. */
  async #dial(): Promise<Deno.TcpConn | undefined> {
    try {
      return await Deno.connect({ hostname: "127.0.0.1", port: this.#target });
    } catch (error) {
      if (error instanceof Deno.errors.ConnectionRefused) return undefined;
      throw error;
    }
  }

  async #pass(
    from: Deno.TcpConn,
    to: Deno.TcpConn,
    isServer = false,
  ): Promise<void> {
    from.setNoDelay();
    this.#open.add(from);
    const buffer = new Uint8Array(65_536);
    // However the first record arrives.
    let head: Uint8Array<ArrayBuffer> | undefined = isServer
      ? new Uint8Array()
      : undefined;
    try {
      for (;;) {
        const count = await from.read(buffer);
        if (count === null) break;
        const data = buffer.subarray(0, count);
        if (head !== undefined) {
          head = concat([head, data]);
          this.#sawRetry = isRetry(head);
          if (head.length >= RANDOM_END) head = undefined;
        }
        for (let at = 0; at < count;) at += await to.write(data.subarray(at));
      }
      await to.closeWrite();
    } catch {
      // One of the two has gone: let the other one notice.
      drop(to);
    }
  }

  /** Ends all that passes through it. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    for (const conn of this.#open) drop(conn);
    await this.#running;
    for (const conn of this.#open) drop(conn);
  }
}

function isRetry(data: Uint8Array): boolean {
  return RETRY.every((byte, at) => data[RANDOM + at] === byte);
}

function drop(conn: Deno.TcpConn): void {
  try {
    conn.close();
  } catch (error) {
    if (!(error instanceof Deno.errors.BadResource)) throw error;
  }
}

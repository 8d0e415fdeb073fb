/**
 * Transport ends in memory, and keys for them.
 *
 * @module
 */

import { aes128gcm, chacha20poly1305 } from "../../crypto/aead.ts";
import type { AeadAlgorithm } from "../../crypto/provider.ts";
import type { RecordProtection } from "../../record/protection.ts";
import { protectTls13 } from "../../record/protection_tls13.ts";
import type { ByteSink, ByteSource } from "../../record/transport.ts";

/** A source that gives its pieces one after another, then ends. */
export class PieceSource implements ByteSource {
  /** How often it was read. */
  reads = 0;
  /** The largest buffer that it was given. */
  largest = 0;
  readonly #pieces: Uint8Array[];
  readonly #end: { error?: unknown };

  constructor(pieces: Iterable<Uint8Array>, end: { error?: unknown } = {}) {
    this.#pieces = [...pieces];
    this.#end = end;
  }

  // deno-lint-ignore require-await -- a source rejects, it does not throw
  async read(into: Uint8Array): Promise<number | null> {
    this.reads++;
    this.largest = Math.max(this.largest, into.length);
    const [first] = this.#pieces;
    if (first === undefined) {
      if ("error" in this.#end) throw this.#end.error;
      return null;
    }
    const length = Math.min(first.length, into.length);
    into.set(first.subarray(0, length));
    if (length === first.length) this.#pieces.shift();
    else this.#pieces[0] = first.subarray(length);
    return length;
  }
}

/** A sink that keeps what it is given, one piece a write. */
export class PieceSink implements ByteSink {
  readonly pieces: Uint8Array[] = [];

  write(bytes: Uint8Array): Promise<void> {
    this.pieces.push(bytes.slice());
    return Promise.resolve();
  }

  /** All that was written. */
  get bytes(): Uint8Array {
    const all = new Uint8Array(
      this.pieces.reduce((length, { length: more }) => length + more, 0),
    );
    let at = 0;
    for (const piece of this.pieces) {
      all.set(piece, at);
      at += piece.length;
    }
    return all;
  }
}

/** A sink and the source that gives what was written to it. */
export class Pipe implements ByteSource, ByteSink {
  #bytes: Uint8Array = new Uint8Array(0);
  #isClosed = false;
  #reader: PromiseWithResolvers<void> | undefined;
  #writer: PromiseWithResolvers<void> | undefined;

  async read(into: Uint8Array): Promise<number | null> {
    while (this.#bytes.length === 0) {
      if (this.#isClosed) return null;
      this.#reader = Promise.withResolvers();
      await this.#reader.promise;
    }
    const length = Math.min(into.length, this.#bytes.length);
    into.set(this.#bytes.subarray(0, length));
    this.#bytes = this.#bytes.subarray(length);
    if (this.#bytes.length === 0) this.#writer?.resolve();
    return length;
  }

  write(bytes: Uint8Array): Promise<void> {
    this.#bytes = bytes;
    this.#writer = Promise.withResolvers();
    this.#reader?.resolve();
    return this.#writer.promise;
  }

  close(): void {
    this.#isClosed = true;
    this.#reader?.resolve();
  }
}

/** Protection with a key that depends on `number` alone. */
export async function tls13(
  number = 0,
  algorithm: AeadAlgorithm = chacha20poly1305,
): Promise<RecordProtection> {
  return await protectTls13(algorithm, {
    key: new Uint8Array(algorithm.keyLength).fill(number),
    iv: new Uint8Array(algorithm.nonceLength).fill(number + 1),
  });
}

export { aes128gcm, chacha20poly1305 };

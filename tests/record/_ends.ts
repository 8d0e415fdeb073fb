/**
 * Transport ends in memory, and keys for them.
 *
 * @module
 */

import { assertEquals, assertRejects } from "@std/assert";
import { aes128gcm, chacha20poly1305 } from "../../crypto/primitives/aead.ts";
import type {
  AeadAlgorithm,
  AeadKey,
  MaybePromise,
} from "../../crypto/primitives/provider.ts";
import { joined } from "../../crypto/primitives/sealed.ts";
import { type TlsAlertName, TlsProtocolError } from "../../errors.ts";
import type {
  RecordProtection,
  SealedRecord,
} from "../../record/protection.ts";
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

/** A sealed record as it goes over the wire. */
export async function record(
  { type, prefix, body, tag = new Uint8Array() }: SealedRecord,
  version = 0x303,
): Promise<Uint8Array> {
  const rest = await body;
  const length = prefix.length + rest.length + tag.length;
  const header = [type, version >> 8, version & 0xff];
  return Uint8Array.of(
    ...header,
    length >> 8,
    length & 0xff,
    ...prefix,
    ...rest,
    ...tag,
  );
}

/** A record without protection. */
export function plain(
  type: number,
  bytes: Uint8Array,
  version = 0x303,
): Uint8Array {
  const record = new Uint8Array(5 + bytes.length);
  record.set([
    type,
    version >> 8,
    version & 0xff,
    bytes.length >> 8,
    bytes.length & 0xff,
  ]);
  record.set(bytes, 5);
  return record;
}

/** ChaCha20-Poly1305 with another limit of records. */
export function limited(confidentialityLimit: number): AeadAlgorithm {
  return { ...chacha20poly1305, confidentialityLimit };
}

/** ChaCha20-Poly1305 that answers on command. */
export class GatedAead implements AeadAlgorithm {
  readonly name = "gated";
  readonly keyLength = 32;
  readonly nonceLength = 12;
  readonly tagLength = 16;
  readonly confidentialityLimit = Infinity;
  /** Settles the answers that are held back, in the order of the calls. */
  readonly held: (() => void)[] = [];
  /** How many calls there were. */
  calls = 0;

  /** Settles one answer, that of the oldest call if nothing else is said. */
  answer(at = 0): Promise<void> {
    for (const settle of this.held.splice(at, 1)) settle();
    return settled();
  }

  /** Settles all answers, the newest first. */
  async answerAll(): Promise<void> {
    while (this.held.length > 0) await this.answer(this.held.length - 1);
  }

  async importKey(bytes: Uint8Array): Promise<AeadKey> {
    const key = await chacha20poly1305.importKey(bytes);
    const gated = (run: () => MaybePromise<Uint8Array>) => {
      this.calls++;
      const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
      let result: () => void;
      try {
        const bytes = run();
        result = () => resolve(bytes);
      } catch (error) {
        result = () => reject(error);
      }
      this.held.push(result);
      return promise;
    };
    return {
      seal: (...input) => ({
        ciphertext: gated(() => joined(key.seal(...input))),
      }),
      open: (...input) => gated(() => key.open(...input)),
    };
  }
}

/** Waits until nothing is left to do at once. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

/** Waits for what takes a thread of WebCrypto's. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await settled();
}

/** Bytes from hexadecimal digits with any white space. */
export function hex(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(
    text.match(/[0-9a-f]{2}/gi) ?? [],
    (byte) => parseInt(byte, 16),
  );
}

/** Checks that a call fails with an error that sends `alert`. */
export async function rejectsWith(
  alert: TlsAlertName,
  call: () => unknown,
): Promise<TlsProtocolError> {
  const error = await assertRejects(async () => await call(), TlsProtocolError);
  assertEquals(error.alert, alert, error.message);
  return error;
}

export { aes128gcm, chacha20poly1305 };

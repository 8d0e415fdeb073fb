/**
 * A connection between a client and a back end, of which the client-facing server
 * has decrypted the ClientHello.
 *
 * @module
 */

import { concat } from "@std/bytes";
import type {
  Duplex,
  ReadAhead,
  Transport,
} from "../connection/transport/transport.ts";
import { TlsError } from "../errors.ts";
import { writeHeader } from "../record/plaintext.ts";
import { AlertDescription, AlertLevel, ContentType } from "../registry.ts";
import { ProtocolVersion } from "../registry.ts";
import type { InnerHellos } from "./inner_hellos.ts";

/** What was read of a client before it was known where it is forwarded to. */
export interface ReadBefore extends ReadAhead {
  /** What to forward in the place of the ClientHello. */
  readonly hello: Uint8Array;
}

/** The client's end, as the back end sees it. */
export function forwarded(
  transport: Transport,
  hellos: InnerHellos,
  { hello, bytes, pending }: ReadBefore,
): Duplex {
  const ends = new Ends(transport);
  const source = sourceOf(transport, bytes, pending);
  let first: Uint8Array | undefined = hello;
  const readable = new ReadableStream<Uint8Array>({
    pull: async (controller) => {
      try {
        const chunk = await nextOf(source, hellos, first);
        first = undefined;
        if (chunk !== undefined) return controller.enqueue(chunk);
        controller.close();
        await ends.hasRead();
      } catch (error) {
        await refuse(transport, error);
        throw error;
      }
    },
    cancel: (reason) => ends.cancel(reason),
  }, { highWaterMark: 0 });
  const writable = new WritableStream<Uint8Array>({
    start(controller) {
      transport.onWriteFailure = (error) => controller.error(error);
    },
    write: async (chunk) => {
      hellos.answered(chunk);
      await transport.write(chunk);
    },
    close: () => ends.closeWrite(),
    abort: (reason) => transport.abort(reason),
  });
  return { readable, writable };
}

/** The next bytes to forward; `undefined` at the end. */
async function nextOf(
  source: AsyncIterator<Uint8Array>,
  hellos: InnerHellos,
  first: Uint8Array | undefined,
): Promise<Uint8Array | undefined> {
  if (first !== undefined) return first;
  for (;;) {
    const { done, value } = await source.next();
    if (done) return undefined;
    const bytes = await hellos.push(value);
    if (bytes.length > 0) return bytes;
  }
}

/** What is there already, then what comes. */
async function* sourceOf(
  transport: Transport,
  ahead: Uint8Array,
  pending: Promise<Uint8Array | null> | undefined,
): AsyncGenerator<Uint8Array, undefined> {
  if (ahead.length > 0) yield ahead;
  const awaited = await pending;
  if (awaited === null) return;
  if (awaited !== undefined) yield awaited;
  for (;;) {
    const buffer = new Uint8Array(BUFFER_SIZE);
    const length = await transport.read(buffer);
    if (length === null) return;
    yield buffer.subarray(0, length);
  }
}

/** Closes the transport when both directions have ended. */
class Ends {
  readonly #transport: Transport;
  #hasRead = false;
  #hasWritten = false;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  async hasRead(): Promise<void> {
    this.#hasRead = true;
    if (this.#hasWritten) await this.#transport.close();
  }

  async closeWrite(): Promise<void> {
    this.#hasWritten = true;
    await this.#transport.closeWrite();
    if (this.#hasRead) await this.#transport.close();
  }

  async cancel(reason: unknown): Promise<void> {
    if (this.#hasWritten) await this.#transport.close();
    else this.#transport.abort(reason);
  }
}

/** Sends the alert of an error that has one, and ends the transport. */
export async function refuse(
  transport: Transport,
  error: unknown,
): Promise<void> {
  const alert = error instanceof TlsError ? error.alert : undefined;
  if (alert !== undefined) {
    try {
      await transport.write(alertRecord(AlertDescription[alert]));
      await transport.linger();
    } catch {
      // The client has gone: nobody reads the alert.
    }
  }
  transport.abort(error);
}

function alertRecord(description: number): Uint8Array {
  const record = new Uint8Array(5);
  writeHeader(record, 0, {
    type: ContentType.alert,
    version: ProtocolVersion["TLSv1.2"],
    length: 2,
  });
  return concat([record, Uint8Array.of(AlertLevel.fatal, description)]);
}

/** In bytes: a record and some more. */
const BUFFER_SIZE = 32_768;

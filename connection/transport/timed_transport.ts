/**
 * A transport under `readTimeout` and `writeTimeout`.
 *
 * @module
 */

import { TlsTimeoutError } from "../../errors.ts";
import type { ByteSink, ByteSource } from "../../record/transport.ts";
import { Deadline } from "./deadline.ts";
import type { Transport } from "./transport.ts";

/** How long one read or write may take, in milliseconds. */
export interface TransportTimeouts {
  readonly readTimeout: number | undefined;
  readonly writeTimeout: number | undefined;
}

/** Reads and writes a transport. A timeout is reported; the work goes on. */
export class TimedTransport implements ByteSource, ByteSink {
  /** The timeouts of reads and writes that begin from now on. */
  timeouts: TransportTimeouts;
  /** Called when a read or write has taken too long. */
  onLate: (error: TlsTimeoutError) => void = ignore;
  /** Called when a read has failed, before its caller gets the error. */
  onReadFailure: (error: unknown) => void = ignore;
  /** Called when a write has failed: returns the error that its caller gets. */
  onWriteFailure: (error: unknown) => unknown = same;
  readonly retains: boolean;
  readonly #transport: Transport;
  readonly #clock: ReadClock;

  constructor(transport: Transport, timeouts: TransportTimeouts) {
    this.#transport = transport;
    this.timeouts = timeouts;
    this.retains = transport.retains ?? false;
    this.#clock = new ReadClock((time) => this.onLate(late("read", time)));
  }

  read(into: Uint8Array): Promise<number | null> {
    const reading = this.#transport.read(into);
    reading.catch((error) => this.onReadFailure(error));
    const { readTimeout } = this.timeouts;
    return readTimeout === undefined
      ? reading
      : this.#clock.time(reading, readTimeout);
  }

  write(bytes: Uint8Array): Promise<void> {
    const { writeTimeout } = this.timeouts;
    return timed(
      this.#transport.write(bytes),
      writeTimeout,
      () => this.onLate(late("write", writeTimeout)),
    ).catch(async (error) => {
      throw await this.onWriteFailure(error);
    });
  }

  /**
   * Says whether somebody waits for reads: `readTimeout` counts only then, not
   * while a read only notices how an idle connection ends.
   */
  awaitRead(isAwaited: boolean): void {
    this.#clock.await(isAwaited);
  }
}

/** The time limit of one read after the other. */
class ReadClock {
  readonly #onLate: (timeout: number) => void;
  /** The limit of the read that is under way. */
  #timeout: number | undefined;
  #deadline: Deadline | undefined;
  #isAwaited = true;

  constructor(onLate: (timeout: number) => void) {
    this.#onLate = onLate;
  }

  /** Times a read. */
  time<T>(reading: Promise<T>, timeout: number): Promise<T> {
    this.#timeout = timeout;
    this.#run();
    return reading.finally(() => {
      this.#timeout = undefined;
      this.#run();
    });
  }

  /** Runs while a read is awaited, and stops otherwise. */
  await(isAwaited: boolean): void {
    if (isAwaited === this.#isAwaited) return;
    this.#isAwaited = isAwaited;
    this.#run();
  }

  #run(): void {
    this.#deadline?.clear();
    const timeout = this.#timeout;
    this.#deadline = timeout !== undefined && this.#isAwaited
      ? new Deadline(timeout, undefined, () => this.#onLate(timeout))
      : undefined;
  }
}

function timed<T>(
  work: Promise<T>,
  timeout: number | undefined,
  onLate: () => void,
): Promise<T> {
  if (timeout === undefined) return work;
  const deadline = new Deadline(timeout, undefined, onLate);
  return work.finally(() => deadline.clear());
}

function late(
  what: "read" | "write",
  timeout: number | undefined,
): TlsTimeoutError {
  return new TlsTimeoutError(
    `${what}_timeout`,
    `Cannot ${what} the transport: it took longer than ${timeout} ms`,
  );
}

function ignore(): void {}

function same(error: unknown): unknown {
  return error;
}

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

/** What a transport under timeouts tells its connection. */
export interface TimedTransportOwner {
  /** A read or write has taken too long. */
  late(error: TlsTimeoutError): void;
  /** A read has failed: called before its caller gets the error. */
  readFailed(error: unknown): void;
  /** A write has failed: returns the error that its caller gets. */
  writeFailed(error: unknown): unknown;
}

/** Reads and writes a transport. A timeout is reported; the work goes on. */
export class TimedTransport implements ByteSource, ByteSink {
  /** The timeouts of reads and writes that begin from now on. */
  timeouts: TransportTimeouts;
  readonly retains: boolean;
  readonly #transport: Transport;
  readonly #owner: TimedTransportOwner;
  #isReadAwaited = true;
  /** There once a read has a time limit. */
  #clock: ReadClock | undefined;

  constructor(
    transport: Transport,
    timeouts: TransportTimeouts,
    owner: TimedTransportOwner,
  ) {
    this.#transport = transport;
    this.timeouts = timeouts;
    this.#owner = owner;
    this.retains = transport.retains ?? false;
  }

  read(into: Uint8Array): Promise<number | null> {
    const reading = this.#transport.read(into);
    const { readTimeout } = this.timeouts;
    if (readTimeout === undefined) return reading;
    this.#clock ??= new ReadClock(this.#owner, this.#isReadAwaited);
    return this.#clock.time(reading, readTimeout);
  }

  readFailed(error: unknown): void {
    this.#owner.readFailed(error);
  }

  async write(bytes: Uint8Array): Promise<void> {
    const { writeTimeout } = this.timeouts;
    const deadline = writeTimeout === undefined ? undefined : new Deadline(
      writeTimeout,
      undefined,
      () => this.#owner.late(late("write", writeTimeout)),
    );
    try {
      await this.#transport.write(bytes);
    } catch (error) {
      deadline?.clear();
      throw await this.#owner.writeFailed(error);
    }
    deadline?.clear();
  }

  /**
   * Says whether somebody waits for reads: `readTimeout` counts only then, not
   * while a read only notices how an idle connection ends.
   */
  awaitRead(isAwaited: boolean): void {
    this.#isReadAwaited = isAwaited;
    this.#clock?.await(isAwaited);
  }
}

/** The time limit of one read after the other. */
class ReadClock {
  readonly #owner: TimedTransportOwner;
  /** The limit of the read that is under way. */
  #timeout: number | undefined;
  #deadline: Deadline | undefined;
  #isAwaited: boolean;

  constructor(owner: TimedTransportOwner, isAwaited: boolean) {
    this.#owner = owner;
    this.#isAwaited = isAwaited;
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
      ? new Deadline(
        timeout,
        undefined,
        () => this.#owner.late(late("read", timeout)),
      )
      : undefined;
  }
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

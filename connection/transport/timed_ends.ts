/**
 * A transport's two ends under `readTimeout` and `writeTimeout`, and under watch.
 *
 * @module
 */

import { TlsTimeoutError } from "../../errors.ts";
import type { ByteSink, ByteSource } from "../../record/transport.ts";
import { Deadline } from "./deadline.ts";
import type { Transport } from "./transport.ts";

/** How long one read or write may take, in milliseconds. */
export interface EndTimeouts {
  readonly readTimeout: number | undefined;
  readonly writeTimeout: number | undefined;
}

/** Called for what the ends do. */
export interface EndListeners {
  /** One is late, and goes on. */
  late(error: TlsTimeoutError): void;
  /** A read has failed, and its caller is about to get the error. */
  readFailed(error: unknown): void;
  /** A write has failed: gives the error that its caller is to get. */
  writeFailed(error: unknown): Promise<unknown>;
}

/** The ends of a transport. */
export interface TimedEnds {
  readonly source: ByteSource;
  readonly sink: ByteSink;
  /**
   * Says whether somebody waits for what is read: `readTimeout` is for them,
   * and not for a read that only notices how an idle connection ends.
   */
  awaitRead(isAwaited: boolean): void;
}

/** Puts a transport's ends under the timeouts that hold when one is used. */
export function timedEnds(
  transport: Transport,
  timeouts: () => EndTimeouts,
  listeners: EndListeners,
): TimedEnds {
  const clock = new ReadClock((time) => listeners.late(late("read", time)));
  return {
    source: {
      read: (into) => {
        const reading = transport.read(into);
        reading.catch(listeners.readFailed);
        const { readTimeout } = timeouts();
        return readTimeout === undefined
          ? reading
          : clock.time(reading, readTimeout);
      },
    },
    sink: {
      retains: transport.retains ?? false,
      write: (bytes) => {
        const { writeTimeout } = timeouts();
        return timed(
          transport.write(bytes),
          writeTimeout,
          () => listeners.late(late("write", writeTimeout)),
        ).catch(async (error) => {
          throw await listeners.writeFailed(error);
        });
      },
    },
    awaitRead: (isAwaited) => clock.await(isAwaited),
  };
}

/** The time limit of one read after the other. */
class ReadClock {
  readonly #onLate: (timeout: number) => void;
  /** That of the read that is under way. */
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

  /** Runs for the read that is under way, or does not. */
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
    `A ${what} of the transport took longer than ${timeout} ms`,
  );
}

/**
 * A transport's two ends under `readTimeout` and `writeTimeout`, and under watch.
 *
 * @module
 */

import { TlsTimeoutError } from "../errors.ts";
import type { ByteSink, ByteSource } from "../record/transport.ts";
import { Deadline } from "./deadline.ts";
import type { Transport } from "./transport.ts";

/** How long one read or write may take, in milliseconds. */
export interface EndTimeouts {
  readonly readTimeout: number | undefined;
  readonly writeTimeout: number | undefined;
}

/** Who is told of the ends. */
export interface EndListeners {
  /** One is late, and goes on. */
  late(error: TlsTimeoutError): void;
  /** One has failed, as whoever waits for it is about to be told. */
  failed(error: unknown): void;
}

/** The ends of a transport, by the timeouts that hold when one is used. */
export function timedEnds(
  transport: Transport,
  timeouts: () => EndTimeouts,
  listeners: EndListeners,
): { source: ByteSource; sink: ByteSink } {
  return {
    source: {
      read: (into) => {
        const { readTimeout } = timeouts();
        return timed(
          watched(transport.read(into), listeners),
          readTimeout,
          () => listeners.late(late("read", readTimeout)),
        );
      },
    },
    sink: {
      retains: transport.retains ?? false,
      write: (bytes) => {
        const { writeTimeout } = timeouts();
        return timed(
          watched(transport.write(bytes), listeners),
          writeTimeout,
          () => listeners.late(late("write", writeTimeout)),
        );
      },
    },
  };
}

function watched<T>(work: Promise<T>, { failed }: EndListeners): Promise<T> {
  work.catch(failed);
  return work;
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

/**
 * A transport's two ends under `readTimeout` and `writeTimeout`.
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

/** The ends of a transport; one that is late is told of, and goes on. */
export function timedEnds(
  transport: Transport,
  { readTimeout, writeTimeout }: EndTimeouts,
  onLate: (error: TlsTimeoutError) => void,
): { source: ByteSource; sink: ByteSink } {
  return {
    source: {
      read: (into) =>
        timed(
          transport.read(into),
          readTimeout,
          () => onLate(late("read", readTimeout)),
        ),
    },
    sink: {
      retains: transport.retains ?? false,
      write: (bytes) =>
        timed(
          transport.write(bytes),
          writeTimeout,
          () => onLate(late("write", writeTimeout)),
        ),
    },
  };
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

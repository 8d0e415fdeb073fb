/**
 * Closing in order: close_notify both ways, unless the transport has stalled.
 *
 * @module
 */

import type { TlsError } from "../errors.ts";
import type { RecordLayer } from "../record/layer.ts";
import { StallWatch } from "./deadline.ts";
import type { CloseResult, Ending } from "./ending.ts";
import type { Reading } from "./reading.ts";
import type { Transport } from "./transport.ts";
import type { Writing } from "./writing.ts";

/** What of a connection is closed. */
export interface Closable {
  readonly transport: Transport;
  readonly records: RecordLayer;
  readonly reading: Reading;
  readonly writing: Writing;
  readonly ending: Ending;
}

/**
 * Ends both directions after the handshake, as long as something moves.
 *
 * @param over What is told to all that is still pending.
 */
export async function closeBothWays(
  ends: Closable,
  over: TlsError,
): Promise<void> {
  const { transport, records } = ends;
  // A transport that has stalled may keep its promises for ever.
  const stalled = Promise.withResolvers<never>();
  stalled.promise.catch(() => {});
  const watch = new StallWatch(STALL_TIMEOUT, () => transport.progress, () => {
    // First, as a socket that is closed gives a write an error of its own.
    records.writer.abort(over);
    transport.abort(over);
    stalled.reject(over);
  });
  await closeUnlessStalled(ends, over, stalled.promise);
  watch.clear();
}

async function closeUnlessStalled(
  { transport, records, reading, writing, ending }: Closable,
  over: TlsError,
  stalled: Promise<never>,
): Promise<void> {
  let result: CloseResult = { clean: true };
  try {
    await Promise.race([writing.end(), stalled]);
  } catch (error) {
    // A peer that closes at the same time takes nothing any more, but its
    // close_notify is there.
    const isEnded = reading.toEnd();
    if (!await Promise.race([isEnded, stalled]).catch(() => false)) {
      result = { clean: false, error };
    }
  }
  // Whoever reads still is told that it was closed, not that it was cut off.
  const isFirst = ending.stop(over);
  await Promise.race([transport.close(), stalled]).catch(() => {});
  records.writer.abort(over);
  if (isFirst) ending.settle(result);
}

/** Milliseconds without a byte taken after which a closing connection is cut. */
const STALL_TIMEOUT = 30_000;

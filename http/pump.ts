/**
 * Bytes from a TLS connection to an engine and back, in the pace of whichever
 * end is slower.
 *
 * @module
 */

import type { Engine } from "../connection/engine/engine.ts";
import type { Hop } from "./engine.ts";

/** Where data from the client comes from. */
type Inbound = Pick<Engine["inbound"], "next">;
/** Where data for the client goes to. */
type Outbound = Pick<Engine["outbound"], "write">;

/**
 * Passes on what the client sends, up to its end.
 *
 * @param first What was read already.
 * @param check Looks at each chunk before it is passed on.
 * @throws What the connection fails with.
 */
export async function pumpUp(
  first: Uint8Array,
  inbound: Inbound,
  hop: Pick<Hop, "write" | "closeWrite">,
  check: (chunk: Uint8Array) => void,
): Promise<void> {
  let chunk: Uint8Array | null = first;
  while (chunk !== null) {
    check(chunk);
    try {
      for (let left = chunk; left.length > 0;) {
        left = left.subarray(await hop.write(left));
      }
    } catch {
      // An engine that has answered may read no more.
      return;
    }
    const next = inbound.next();
    chunk = next instanceof Promise ? await next : next;
  }
  await hop.closeWrite().catch(ignore);
}

/**
 * Passes on what the engine sends, up to its end.
 *
 * @throws What the connection fails with.
 */
export async function pumpDown(hop: Hop, outbound: Outbound): Promise<void> {
  const small = new Uint8Array(SMALL);
  let buffer = small;
  try {
    for (;;) {
      const length = await read(hop, buffer);
      if (length === null) return;
      const room = outbound.write(buffer.subarray(0, length));
      if (room !== undefined) await room;
      // A response that is large has a large buffer while it lasts.
      if (length === SMALL && buffer === small) buffer = take();
      else if (length <= SMALL && buffer !== small) {
        give(buffer);
        buffer = small;
      }
    }
  } finally {
    if (buffer !== small) give(buffer);
  }
}

/** An engine that resets the connection has ended it. */
async function read(hop: Hop, into: Uint8Array): Promise<number | null> {
  try {
    return await hop.read(into);
  } catch {
    return null;
  }
}

function ignore(): void {}

function take(): Uint8Array<ArrayBuffer> {
  return spare.pop() ?? new Uint8Array(LARGE);
}

function give(buffer: Uint8Array<ArrayBuffer>): void {
  if (spare.length < MAX_SPARE) spare.push(buffer);
}

/** Large buffers that no connection has. */
const spare: Uint8Array<ArrayBuffer>[] = [];

/** What an idle connection keeps: room for a small response. */
const SMALL = 2048;

/** Four full records. */
const LARGE = 65536;

/** Of 64 KiB each, kept for the next large response. */
const MAX_SPARE = 32;

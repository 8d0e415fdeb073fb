/**
 * Memory in use, without what is of no use any more.
 *
 * @module
 */

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

let collect: (() => void) | undefined;

/** Bytes of heap in use, and of the process, once garbage is collected. */
export function memory(): { heap: number; rss: number } {
  if (collect === undefined) {
    setFlagsFromString("--expose-gc");
    collect = runInNewContext("gc") as () => void;
  }
  collect();
  const { heapUsed, rss } = Deno.memoryUsage();
  return { heap: heapUsed, rss };
}

/**
 * Ticket keys of a fleet let the process end.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { unrefTimer } from "../../platform/platform.ts";

Deno.test({
  name: "a timer that was let go is of no matter to the process",
  sanitizeOps: false,
  sanitizeResources: false,
  fn: () => {
    const timer: unknown = setTimeout(() => {}, 60_000);
    unrefTimer(timer);
    const { hasRef } = Object(timer);
    if (hasRef !== undefined) assertEquals(hasRef.call(timer), false);
    clearTimeout(timer as number); // as setTimeout() gave it
  },
});

/**
 * Registers tests of drivers against servers that may not be installed.
 *
 * @module
 */

import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { NodeSocket } from "../../node/mod.ts";
import { absent } from "../interop/_peers/matrix.ts";

/**
 * The type that drivers declare. Its optional members may not be `undefined`
 * under `exactOptionalPropertyTypes`, though Node itself has them so.
 */
export function asSocket(socket: NodeSocket): Socket {
  return socket as Duplex as Socket;
}

/** Tests that share a server. */
export interface DriverTests {
  /** Name of the server. */
  readonly server: string;
  /** Why it is not here, if so. */
  readonly missing: string | undefined;
  /** What is tested, by name. */
  readonly tests: Readonly<Record<string, () => Promise<void>>>;
}

/**
 * Registers a test for each name. Drivers leave timers and sockets that close
 * in their own time: what they have open is theirs, so nothing is counted.
 */
export function driverTests({ server, missing, tests }: DriverTests): void {
  if (missing !== undefined) return absent(server, missing);
  for (const [name, fn] of Object.entries(tests)) {
    Deno.test({
      name: `${server}: ${name}`,
      sanitizeOps: false,
      sanitizeResources: false,
      fn,
    });
  }
}

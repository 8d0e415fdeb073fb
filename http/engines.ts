/**
 * Which engine there is.
 *
 * @module
 */

import type { HttpEngine } from "./engine.ts";
import { LoopbackEngine } from "./loopback_engine.ts";
import { type EngineServeOptions, UnixEngine } from "./unix_engine.ts";

/**
 * The engine of this runtime. Unix sockets cost less for each request, and
 * nobody else can reach them; they need the permission to write files.
 *
 * @throws {TypeError} If there is none.
 */
export function createEngine(options: EngineServeOptions): HttpEngine {
  if (typeof Deno === "undefined" || typeof Deno.serve !== "function") {
    throw new TypeError(
      "Cannot serve HTTP: serve() needs Deno.serve, which this runtime does not have",
    );
  }
  return mayHaveSockets()
    ? new UnixEngine(options)
    : new LoopbackEngine(options);
}

/** Whether unix sockets can be made without a question to the user. */
function mayHaveSockets(): boolean {
  if (Deno.build.os === "windows") return false;
  return PERMISSIONS.every((name) =>
    Deno.permissions.querySync({ name }).state === "granted"
  );
}

const PERMISSIONS = ["read", "write", "net"] as const;

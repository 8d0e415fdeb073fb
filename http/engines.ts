/**
 * Which engine there is.
 *
 * @module
 */

import { builtin } from "../platform/builtin.ts";
import { platform } from "../platform/platform.ts";
import type { HttpEngine } from "./engine.ts";
import { LoopbackEngine } from "./loopback_engine.ts";
import { NodeEngine } from "./node_engine.ts";
import { type EngineServeOptions, UnixEngine } from "./unix_engine.ts";

/**
 * The engine of this runtime. In Deno unix sockets cost less for each request, and
 * nobody else can reach them; they need the permission to write files.
 *
 * @param takesUpgrades Whether there is the option `onUpgrade`.
 * @throws {TypeError} If there is none, or it gives no connections away.
 */
export function createEngine(
  options: EngineServeOptions,
  takesUpgrades: boolean,
): HttpEngine {
  if (typeof globalThis.Deno?.serve !== "function") {
    if (hasNodeHttp()) return new NodeEngine(options);
    throw new TypeError(
      "Cannot serve HTTP: serve() needs Deno.serve or node:http, and this runtime has neither",
    );
  }
  if (takesUpgrades) {
    throw new TypeError(
      'Cannot use option "onUpgrade" of serve(): it is for Node.js and Bun; in Deno call Deno.upgradeWebSocket(request) in the handler',
    );
  }
  return mayHaveSockets()
    ? new UnixEngine(options)
    : new LoopbackEngine(options);
}

function hasNodeHttp(): boolean {
  return platform() !== undefined && builtin("node:http") !== undefined &&
    builtin("node:http2") !== undefined;
}

/** Whether unix sockets can be made without a question to the user. */
function mayHaveSockets(): boolean {
  if (Deno.build.os === "windows") return false;
  return PERMISSIONS.every((name) =>
    Deno.permissions.querySync({ name }).state === "granted"
  );
}

const PERMISSIONS = ["read", "write", "net"] as const;

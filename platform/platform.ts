/**
 * The runtime that this is, found out when it is first needed. All other rooms
 * ask here for what lies outside of JavaScript.
 *
 * @module
 */

import { platforms } from "./platforms.ts";
import type { Platform } from "./runtime.ts";

export type { Files, Platform, RuntimeTrust } from "./runtime.ts";

/** This runtime, or `undefined` where there are neither sockets nor files. */
export function platform(): Platform | undefined {
  return chosen ??= platforms.find(({ isHere }) => isHere())?.platform;
}

/**
 * A part of this runtime.
 *
 * @param part Which.
 * @param what What cannot be done without, and what to do instead.
 * @throws {TypeError} If the runtime does not have it.
 */
export function requirePart<Part extends "files" | "connect" | "listen">(
  part: Part,
  what: string,
): NonNullable<Platform[Part]> {
  const here = platform()?.[part];
  if (here !== undefined) return here;
  throw new TypeError(what);
}

/** The error of what is used after it was closed, as the runtime has it. */
export function closedError(message: string): Error {
  return platform()?.closed(message) ??
    Object.assign(new Error(message), { name: "BadResource" });
}

/** Whether an error says so, in the words of Deno or of Node.js. */
export function isNamed(error: unknown, name: keyof typeof CODES): boolean {
  return error instanceof Error &&
    (error.name === name || "code" in error && error.code === CODES[name]);
}

/** Lets the process end while a timer of `setTimeout()` runs. */
export function unrefTimer(timer: unknown): void {
  platform()?.unrefTimer(timer);
}

let chosen: Platform | undefined;

/** Deno's names of errors, with the codes that Node.js has for them. */
const CODES = {
  AlreadyExists: "EEXIST",
  BadResource: "EBADF",
  ConnectionAborted: "ECONNABORTED",
  ConnectionReset: "ECONNRESET",
  Interrupted: "EINTR",
  NotFound: "ENOENT",
} as const;

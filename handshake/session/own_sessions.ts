/**
 * Which objects are sessions, without what reads and writes them: few clients
 * have one in their options.
 *
 * @module
 */

/** Remembers a session that was made. */
export function rememberSession(session: object): void {
  sessions.add(session);
}

/** Whether a value is a session. */
export function isSession(value: unknown): boolean {
  return typeof value === "object" && value !== null && sessions.has(value);
}

const sessions = new WeakSet<object>();

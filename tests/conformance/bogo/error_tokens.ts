/**
 * An error in the words that `ErrorMap` of the configuration looks for.
 *
 * @module
 */

import { TlsAlertError, TlsError } from "../../../mod.ts";

/**
 * One line an error, the cause behind it: `:code:`, which alert went which way,
 * and the message.
 */
export function describeError(error: unknown): string {
  const lines: string[] = [];
  for (let each = error; each instanceof Error; each = each.cause) {
    lines.push(line(each));
  }
  return lines.length > 0 ? lines.join("\n") : `:other: ${String(error)}`;
}

function line(error: Error): string {
  if (!(error instanceof TlsError)) return `:${error.name}: ${error.message}`;
  const way = error instanceof TlsAlertError ? "received" : "sent";
  const alert = error.alert === undefined ? "" : `${way}=${error.alert} `;
  return `:${error.code}: ${alert}${error.message}`;
}

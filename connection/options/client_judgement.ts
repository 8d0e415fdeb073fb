/**
 * What decides which clients a server lets in, and as whom.
 *
 * @module
 */

import { namesOf, type OptionName, type ParsedOptions } from "./table.ts";

/** Whether two sets of options judge every client alike. */
export function judgeClientsAlike(
  one: ParsedOptions,
  other: ParsedOptions,
): boolean {
  return names().every((name) => one[name] === other[name]);
}

/** The options that have a part in it. */
function names(): readonly OptionName[] {
  return judging ??= [...namesOf((row) => row.judges ?? false), ...MORE];
}

let judging: readonly OptionName[] | undefined;

/** No session is bound to these: they are asked again for each connection. */
const MORE = [
  "clientAuth",
  "verify",
  "psk",
  "securityLevel",
  "signatureSchemes",
  "certificateSignatureSchemes",
] as const;

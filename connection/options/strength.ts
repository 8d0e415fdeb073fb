/**
 * Applies the security level to versions, suites, groups and signature schemes.
 *
 * @module
 */

import {
  DEFAULT_SECURITY_LEVEL,
  type SecurityPolicy,
} from "../../crypto/suites/security_level.ts";
import { ProtocolVersion } from "../../registry.ts";

/**
 * Those of an option that the security level allows. What was named item by
 * item contradicts the level if it is below it; of defaults, and of what a
 * cipher string selects, it is left out, as OpenSSL does.
 *
 * @throws {TypeError} If one that was named is below the level, or all are: it
 * says which level would allow it.
 */
export function allowedItems<T>(
  option: string,
  items: readonly T[],
  refuse: (item: T) => string | undefined,
  areNamed: boolean,
): readonly T[] {
  const refusals = items.map(refuse);
  const [first] = refusals.filter((reason) => reason !== undefined);
  if (first === undefined) return items;
  if (areNamed || !refusals.includes(undefined)) {
    throw new TypeError(`Cannot use "${option}": ${first}`);
  }
  return items.filter((_, at) => refusals[at] === undefined);
}

/**
 * Checks the lowest version. Naming TLS 1.0 or 1.1 permits its signatures over
 * MD5 and SHA-1, unless a level above the default is set.
 *
 * @throws {TypeError} If it is below the level.
 */
export function checkVersion(
  minVersion: number,
  { level }: SecurityPolicy,
): void {
  if (minVersion >= ProtocolVersion["TLSv1.2"]) return;
  if (level <= DEFAULT_SECURITY_LEVEL) return;
  throw new TypeError(
    `Cannot use "minVersion" below TLSv1.2 at security level ${level}: such handshakes rest on MD5 and SHA-1; level ${DEFAULT_SECURITY_LEVEL} would allow it`,
  );
}

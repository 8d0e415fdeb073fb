/**
 * What the command line of Node says about TLS.
 *
 * @module
 */

import process from "node:process";
import type { SecureVersion, VersionRange } from "./protocols.ts";

/** The versions by `--tls-min-v1.0` and its kin: the lowest that was named. */
export function cliVersions(): VersionRange {
  const minVersion = MIN.find((name) => isSet("min", name)) ?? "TLSv1.2";
  const maxVersion = MAX.find((name) => isSet("max", name)) ?? "TLSv1.3";
  return { minVersion, maxVersion };
}

/** Whether the system's authorities count: `--use-system-ca`, NODE_USE_SYSTEM_CA. */
export function usesSystemCa(): boolean {
  const { execArgv = [], env } = process;
  const options = [
    ...readVariable(env, "NODE_OPTIONS")?.split(/\s+/) ?? [],
    ...execArgv,
  ];
  const last = options.findLast((option) =>
    /^--(no-)?use-system-ca$/.test(option)
  );
  return last === undefined
    ? readVariable(env, "NODE_USE_SYSTEM_CA") === "1"
    : last === "--use-system-ca";
}

function isSet(which: "min" | "max", version: SecureVersion): boolean {
  const number = version === "TLSv1" ? "1.0" : version.slice(4);
  const option = `--tls-${which}-v${number}`;
  const { execArgv = [], env } = process;
  return execArgv.includes(option) ||
    (readVariable(env, "NODE_OPTIONS")?.split(/\s+/).includes(option) ?? false);
}

/** Deno asks for permission to read variables. */
function readVariable(
  env: NodeJS.ProcessEnv,
  name: string,
): string | undefined {
  try {
    return env[name];
  } catch {
    return undefined;
  }
}

const MIN: readonly SecureVersion[] = [
  "TLSv1",
  "TLSv1.1",
  "TLSv1.2",
  "TLSv1.3",
];

const MAX: readonly SecureVersion[] = ["TLSv1.3", "TLSv1.2"];

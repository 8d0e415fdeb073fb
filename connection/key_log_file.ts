/**
 * The key log in a file.
 *
 * @module
 */

import { platform, requirePart } from "../platform/platform.ts";

/**
 * A `keyLog` that appends its lines to a file (RFC 9850), for Wireshark and the
 * like. For debugging only: the file lets anyone decrypt the connections.
 *
 * Needs the permission `--allow-write`, and `--allow-env` for the default.
 *
 * @param path The file. @default {the environment's `SSLKEYLOGFILE`}
 * @returns The function for the option `keyLog`.
 * @throws {TypeError} If there is neither a path nor `SSLKEYLOGFILE`, or the
 * path is neither a string nor a URL.
 *
 * @example Log keys where the environment asks for it
 * ```ts ignore
 * import { connect, keyLogFile } from "@x/tls";
 *
 * await using conn = await connect({
 *   hostname: "example.com",
 *   port: 443,
 *   keyLog: Deno.env.has("SSLKEYLOGFILE") ? keyLogFile() : undefined,
 * });
 * ```
 */
export function keyLogFile(path?: string | URL): (line: string) => void {
  const files = requirePart(
    "files",
    "Cannot log keys to a file: this runtime has none; keyLog takes a function that gets the lines",
  );
  const file = path ?? platform()?.variable("SSLKEYLOGFILE");
  if (file === undefined || file === "") {
    throw new TypeError(
      "Cannot log keys: expected a path, or SSLKEYLOGFILE in the environment",
    );
  }
  if (typeof file !== "string" && !(file instanceof URL)) {
    throw new TypeError(
      `Cannot log keys: expected a path or a file URL, got ${typeof file}`,
    );
  }
  return (line) => files.append(file, `${line}\n`);
}

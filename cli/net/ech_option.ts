/**
 * Configurations of Encrypted ClientHello, from the command line.
 *
 * @module
 */

import type { ClientEchOption } from "../../connection/options/ech_options.ts";
import { decodeBase64 } from "../../encoding.ts";
import { readEchPem } from "../../handshake/ech/pem.ts";
import { Failure } from "../base/exit.ts";
import { readInput } from "../base/files.ts";
import type { System } from "../base/system.ts";

/**
 * The option of a client: `grease`, or where the configurations are.
 *
 * @throws {Failure} If there is no such file, or nothing of the kind in it.
 */
export async function echOption(
  system: System,
  source: string,
): Promise<ClientEchOption> {
  return source === "grease"
    ? source
    : { configList: await readConfigList(system, source) };
}

/**
 * Reads an ECHConfigList: the value of the parameter `ech` itself, or a file
 * with PEM (RFC 9934), with that value, or with its bytes.
 *
 * @throws {Failure} If there is no such file.
 * @throws {TlsError} If it is malformed.
 */
export async function readConfigList(
  system: System,
  source: string,
): Promise<Uint8Array> {
  const value = source.replace(/^ech="?|"$/g, "");
  const given = value.length >= MIN_LENGTH ? decodeBase64(value) : undefined;
  if (given !== undefined && hasItsLength(given)) return given;
  const bytes = await readInput(system, source);
  const text = new TextDecoder().decode(bytes);
  if (text.includes("-----BEGIN ")) return readEchPem(text).configList;
  const decoded = decodeBase64(text.trim().replace(/^ech="?|"$/g, ""));
  if (decoded !== undefined) return decoded;
  if (bytes.length > 0) return bytes;
  throw new Failure("file", `Cannot read "${source}": it is empty`);
}

/** Whether a list begins with its length: a path may be base64 as well. */
function hasItsLength(list: Uint8Array): boolean {
  const [high = 0, low = 0] = list;
  return high * 256 + low + 2 === list.length;
}

/** In characters: a list with a key of 32 bytes has more. */
const MIN_LENGTH = 60;

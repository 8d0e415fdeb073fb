/**
 * Checks of options that a context uses later.
 *
 * @module
 */

import { emitWarning } from "node:process";
import { securityPolicy } from "../../crypto/suites/security_level.ts";
import { parseDhParams } from "../../x509/keys/dh_params.ts";
import type { SecureContextOptions } from "./context_options.ts";
import { binary, type BinaryLike } from "./credentials.ts";
import {
  invalidArgType,
  invalidArgValue,
  nodeError,
  requireInteger,
  requireString,
} from "./errors.ts";

/** @throws {Error} If a key is to be in an engine of OpenSSL's. */
export function refuseEngines(options: SecureContextOptions): void {
  const { privateKeyEngine, privateKeyIdentifier, clientCertEngine } = options;
  for (
    const [name, value] of Object.entries({
      privateKeyIdentifier,
      privateKeyEngine,
      clientCertEngine,
    })
  ) {
    if (value === undefined || value === null) continue;
    if (typeof value !== "string") {
      throw invalidArgType(
        `options.${name}`,
        "of type string or one of null or undefined",
        value,
      );
    }
  }
  const isPartial = (privateKeyEngine ?? undefined) === undefined;
  if (
    privateKeyIdentifier !== undefined && privateKeyIdentifier !== null &&
    isPartial
  ) {
    throw invalidArgType(
      "options.privateKeyEngine",
      "of type string or one of null or undefined",
      privateKeyEngine,
    );
  }
  if (clientCertEngine || privateKeyEngine) {
    throw nodeError(
      "ERR_CRYPTO_CUSTOM_ENGINE_NOT_SUPPORTED",
      "Custom engines not supported by this OpenSSL",
    );
  }
}

export function checkServerOptions(options: SecureContextOptions): void {
  const { dhparam, sessionIdContext, sessionTimeout, ticketKeys } = options;
  if (dhparam !== undefined && dhparam !== null && dhparam !== "auto") {
    checkDhParams(dhparam);
  }
  if (sessionIdContext !== undefined && sessionIdContext !== null) {
    requireString(sessionIdContext, "options.sessionIdContext");
  }
  if (ticketKeys !== undefined && ticketKeys !== null) {
    checkTicketKeys(ticketKeys, "options.ticketKeys");
  }
  if (sessionTimeout !== undefined && sessionTimeout !== null) {
    requireInteger(sessionTimeout, "options.sessionTimeout", 0, 2 ** 31 - 1);
  }
}

function checkDhParams(dhparam: BinaryLike): void {
  const bytes = binary(dhparam, "options.dhparam");
  let bits: number;
  try {
    const { prime } = parseDhParams(bytes, securityPolicy(0, []));
    bits = bitLength(prime);
  } catch (cause) {
    throw cause instanceof RangeError || /bits/.test(String(cause))
      ? invalidArgValue(
        "options.dhparam",
        bytes,
        "DH parameter is less than 1024 bits",
      )
      : cause;
  }
  if (bits < 2048) {
    emitWarning("DH parameter is less than 2048 bits", "SecurityWarning");
  }
}

function bitLength(number: Uint8Array): number {
  const first = number.findIndex((byte) => byte !== 0);
  return first === -1
    ? 0
    : (number.length - first) * 8 - Math.clz32(number[first] ?? 0) + 24;
}

/** @throws {TypeError} If it is not 48 bytes. */
function checkTicketKeys(keys: unknown, name: string): void {
  if (!ArrayBuffer.isView(keys)) {
    throw invalidArgType(
      name,
      "an instance of Buffer, TypedArray, or DataView",
      keys,
    );
  }
  if (keys.byteLength !== 48) {
    throw invalidArgValue(name, keys, "must be exactly 48 bytes");
  }
}

/**
 * Numbers of finite field Diffie-Hellman, and what is refused of them.
 *
 * @module
 */

import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import { type TlsAlertName, TlsProtocolError } from "../../errors.ts";

/** The error for a parameter or a public value. */
export function refusal(
  what: string,
  reason: string,
  alert: TlsAlertName = "illegal_parameter",
): TlsProtocolError {
  return new TlsProtocolError(
    alert,
    `Cannot accept the Diffie-Hellman ${what}: ${reason}`,
  );
}

/** Reads an unsigned number. */
export function toBigInt(bytes: Uint8Array): bigint {
  return bytes.length === 0 ? 0n : BigInt(`0x${bytesToHex(bytes)}`);
}

/** Writes an unsigned number. */
export function toBytes(value: bigint, length: number): Uint8Array {
  return hexToBytes(value.toString(16).padStart(2 * length, "0"));
}

/** The length of a number in bits; of zero, 1. */
export function bitLength(value: bigint): number {
  return value.toString(2).length;
}

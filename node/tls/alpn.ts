/**
 * ALPN protocols as Node takes them.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { invalidArgType, nodeError } from "./errors.ts";

/** Where the list on the wire is put. */
export interface AlpnTarget {
  /** The ProtocolNameList (RFC 7301 section 3.1) without its length. */
  ALPNProtocols?: unknown;
}

/**
 * Puts protocols into the form of the wire, as Node's function of that name.
 *
 * @param protocols Names, or bytes in that form already.
 * @param out Gets them as `ALPNProtocols`.
 * @throws {RangeError} If a name has more than 255 bytes.
 *
 * @example Two protocols
 * ```ts
 * import { type AlpnTarget, convertALPNProtocols } from "@x/tls/node/tls";
 * import { assertEquals } from "@std/assert";
 *
 * const out: AlpnTarget = {};
 * convertALPNProtocols(["h2", "http/1.1"], out);
 * assertEquals(String(out.ALPNProtocols), "\x02h2\x08http/1.1");
 * ```
 */
export function convertALPNProtocols(
  protocols: unknown,
  out: AlpnTarget,
): void {
  if (Array.isArray(protocols)) {
    out.ALPNProtocols = Buffer.concat(
      protocols.map((name, at) => protocolName(name, at)),
    );
  } else if (protocols instanceof Uint8Array) {
    out.ALPNProtocols = Buffer.from(protocols);
  } else if (ArrayBuffer.isView(protocols)) {
    const { buffer, byteOffset, byteLength } = protocols;
    out.ALPNProtocols = Buffer.from(
      new Uint8Array(buffer, byteOffset, byteLength),
    );
  }
}

/** Protocols in the form of the wire; `undefined` if there are none. */
export function alpnBytes(protocols: unknown): Buffer | undefined {
  const target: AlpnTarget = {};
  convertALPNProtocols(protocols, target);
  const bytes = target.ALPNProtocols;
  return Buffer.isBuffer(bytes) ? bytes : undefined;
}

/** The names, each as its bytes, in bytes of that form or in a list. */
export function alpnNames(protocols: unknown): Uint8Array[] {
  const bytes = alpnBytes(protocols);
  if (bytes === undefined) return [];
  const names: Uint8Array[] = [];
  for (let at = 0; at < bytes.length;) {
    const length = bytes[at] ?? 0;
    const name = Uint8Array.from(bytes.subarray(at + 1, at + 1 + length));
    if (name.length > 0) names.push(name);
    at += 1 + length;
  }
  return names;
}

/** A name as Node shows it: a character for each byte. */
export function alpnText(name: Uint8Array): string {
  return Buffer.from(name).toString("latin1");
}

function protocolName(name: unknown, at: number): Buffer {
  const isText = typeof name === "string" || name instanceof String;
  if (!isText && !(name instanceof Uint8Array)) {
    throw invalidArgType(`protocols[${at}]`, "of type string", name);
  }
  const bytes = isText ? Buffer.from(String(name)) : Buffer.from(name);
  if (bytes.length > 255) {
    throw nodeError(
      "ERR_OUT_OF_RANGE",
      `The byte length of the protocol at index ${at} exceeds the maximum length. It must be <= 255. Received ${bytes.length}`,
      RangeError,
    );
  }
  return Buffer.concat([Uint8Array.of(bytes.length), bytes]);
}

/**
 * External PSKs of a server: what `pskCallback` answers.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { TlsProtocolError } from "../../errors.ts";
import type { ConnectionHandle } from "../../handshake/common/callback_info.ts";
import { invalidArgType } from "./errors.ts";
import { socketOf } from "./registry.ts";
import type { SecureContext } from "./secure_context.ts";

/**
 * The key that the callback has for an identity, if it has one.
 *
 * @throws {TypeError} If it returns something else.
 */
export function findKey(
  callback: (...args: never[]) => unknown,
  identity: Uint8Array,
  connection: ConnectionHandle,
) {
  const socket = socketOf(connection);
  const name = Buffer.from(identity).toString();
  const found: unknown = Reflect.apply(callback, socket, [socket, name]);
  if (found === undefined || found === null) return undefined;
  if (!ArrayBuffer.isView(found)) {
    throw invalidArgType(
      "ret",
      "an instance of Buffer, TypedArray, or DataView",
      found,
    );
  }
  const { buffer, byteOffset, byteLength } = found;
  // The caller may change it later.
  return { key: new Uint8Array(buffer, byteOffset, byteLength).slice() };
}

/**
 * Node: a PSK suite ends with `unknown_psk_identity` (RFC 4279 section 2). In TLS
 * 1.3 other identities may follow, or a certificate.
 *
 * @throws {TlsProtocolError} In TLS 1.2 and below.
 */
export function unknownIdentity(
  { versions }: SecureContext,
  { clientHello }: ConnectionHandle,
): undefined {
  const isTls13 = versions.maxVersion === "TLSv1.3" &&
    clientHello?.versions.includes("TLSv1.3");
  if (isTls13) return undefined;
  throw new TlsProtocolError(
    "unknown_psk_identity",
    "Cannot accept the PSK identity: pskCallback has no key for it",
  );
}

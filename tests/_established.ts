/**
 * The result of a handshake, as that of its version.
 *
 * @module
 */

import { assert } from "@std/assert";
import type {
  Established,
  EstablishedTls12,
  EstablishedTls13,
} from "../handshake/common/established.ts";
import { ProtocolVersion } from "../registry.ts";

/** The result of a handshake that must have been one of TLS 1.3. */
export function asTls13(established: Established): EstablishedTls13 {
  assert(established.version === ProtocolVersion["TLSv1.3"]);
  return established;
}

/** The result of a handshake that must have been one of TLS 1.2 or below. */
export function asTls12(established: Established): EstablishedTls12 {
  assert(established.version !== ProtocolVersion["TLSv1.3"]);
  return established;
}

/**
 * The forms of the premaster secret (RFC 5246 section 8.1; RFC 4279 section 2).
 *
 * @module
 */

import { struct, uint16, vector } from "../../record/codec.ts";
import { encode } from "../../record/codec.ts";

/**
 * RFC 4279 section 2: `uint16 other_length; other_secret; uint16 psk_length;
 * psk`.
 */
export function pskPreMasterSecret(
  psk: Uint8Array,
  otherSecret: Uint8Array,
): Uint8Array {
  return encode(PskPreMasterSecret, { otherSecret, psk });
}

/**
 * RFC 5246 section 8.1.2: "Leading bytes of Z that contain all zero bits are
 * stripped before it is used".
 */
export function stripZeros(z: Uint8Array): Uint8Array {
  const start = z.findIndex((byte) => byte !== 0);
  return start < 0 ? new Uint8Array() : z.slice(start);
}

const PskPreMasterSecret = struct<
  { otherSecret: Uint8Array; psk: Uint8Array }
>("PskPreMasterSecret", {
  otherSecret: vector(uint16, 0, 2 ** 16 - 1),
  psk: vector(uint16, 0, 2 ** 16 - 1),
});

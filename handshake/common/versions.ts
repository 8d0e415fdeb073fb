/**
 * Names for the versions that are handled alike: types only.
 *
 * @module
 */

import type { ProtocolVersion } from "../../registry.ts";

/** TLS 1.3. */
export type Tls13Version = typeof ProtocolVersion["TLSv1.3"];

/** A version before TLS 1.3. */
export type Tls12Version = typeof ProtocolVersion[
  | "TLSv1"
  | "TLSv1.1"
  | "TLSv1.2"
];

/**
 * The keys of a server with Encrypted ClientHello: types only.
 *
 * @module
 */

import type { KemKey } from "../../crypto/hpke/kem.ts";
import type { EchConfig } from "../messages/ech_config.ts";
import type { ECHConfig } from "../messages/extension_table.ts";

/** A server's keys for Encrypted ClientHello (RFC 9849). */
export interface EchKeys {
  /** They are tried in this order. */
  readonly keys: readonly EchKey[];
  /** What clients get whose ClientHello none of them opens. */
  readonly retryConfigs: ECHConfig[];
}

/** A configuration with its private key. */
export interface EchKey {
  readonly config: EchConfig;
  readonly key: KemKey;
}

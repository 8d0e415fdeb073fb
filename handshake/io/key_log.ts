/**
 * Lines of the key log (RFC 9850), for Wireshark and its kin.
 *
 * @module
 */

import { toHex } from "../../encoding.ts";

/** Labels of RFC 9850 section 2. */
export type KeyLogLabel =
  | "CLIENT_RANDOM"
  | "CLIENT_EARLY_TRAFFIC_SECRET"
  | "EARLY_EXPORTER_SECRET"
  | "CLIENT_HANDSHAKE_TRAFFIC_SECRET"
  | "SERVER_HANDSHAKE_TRAFFIC_SECRET"
  | "CLIENT_TRAFFIC_SECRET_0"
  | "SERVER_TRAFFIC_SECRET_0"
  | "EXPORTER_SECRET"
  // Section 2.3: those of Encrypted ClientHello.
  | "ECH_SECRET"
  | "ECH_CONFIG";

/**
 * Writes one secret, where somebody listens.
 *
 * @param clientRandom ClientHello.random: that of ClientHelloInner if the server
 * accepted it; that of ClientHelloOuter for the labels of ECH.
 */
export function logSecret(
  config: { readonly keyLog: ((line: string) => void) | undefined },
  label: KeyLogLabel,
  clientRandom: Uint8Array,
  secret: Uint8Array,
): void {
  config.keyLog?.(`${label} ${toHex(clientRandom)} ${toHex(secret)}`);
}

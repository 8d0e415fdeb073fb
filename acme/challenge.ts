/**
 * How the CA asks for the challenge "tls-alpn-01" (RFC 8737).
 *
 * @module
 */

import { parseIpAddress } from "../x509/certificate/ip_address.ts";
import { toHex } from "../encoding.ts";
import type { Identifier } from "./api.ts";

/**
 * The server name that the CA sends for an identifier: an IP address goes by its
 * name for reverse look-ups (RFC 8738 section 6).
 */
export function challengeName({ type, value }: Identifier): string {
  if (type === "dns") return value;
  const bytes = parseIpAddress(value) ?? new Uint8Array();
  if (bytes.length === 4) {
    return `${bytes.toReversed().join(".")}.in-addr.arpa`;
  }
  return `${[...toHex(bytes)].reverse().join(".")}.ip6.arpa`;
}

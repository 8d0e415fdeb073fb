/**
 * The challenge "tls-alpn-01" (RFC 8737): a certificate that shows a digest to
 * the CA, for handshakes that offer "acme-tls/1" and nothing else.
 *
 * @module
 */

import { parseIpAddress } from "../x509/certificate/ip_address.ts";
import { octetString } from "../x509/asn1/der.ts";
import { issueCertificate } from "../x509/issue/issue.ts";
import type { Identifier } from "./api.ts";

/** The protocol's name (RFC 8737 section 6.2). */
export const ACME_TLS_1 = "acme-tls/1";

/** What a server shows to the CA: options of one handshake. */
export interface ChallengeIdentity {
  readonly cert: string;
  readonly key: string;
  readonly alpnProtocols: readonly string[];
  readonly clientAuth: "none";
  readonly tickets: 0;
}

/**
 * The self-signed certificate of a challenge (RFC 8737 section 3).
 *
 * @param digest SHA-256 of the key authorization.
 */
export async function challengeIdentity(
  { value }: Identifier,
  digest: Uint8Array,
): Promise<ChallengeIdentity> {
  const { cert, key } = await issueCertificate({
    names: [value],
    subject: "ACME challenge",
    extensions: [
      {
        oid: ID_PE_ACME_IDENTIFIER,
        critical: true,
        value: octetString(digest),
      },
    ],
  });
  return {
    cert,
    key,
    alpnProtocols: [ACME_TLS_1],
    clientAuth: "none",
    tickets: 0,
  };
}

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
  return `${[...bytes.toHex()].reverse().join(".")}.ip6.arpa`;
}

const ID_PE_ACME_IDENTIFIER = "1.3.6.1.5.5.7.1.31";

/**
 * What answers the challenge "tls-alpn-01" (RFC 8737): a certificate that shows a
 * digest to the CA, for handshakes that offer "acme-tls/1" and nothing else.
 *
 * @module
 */

import { octetString } from "../x509/asn1/der.ts";
import { issueCertificate } from "../x509/issue/issue.ts";
import type { Identifier } from "./api.ts";
import { ACME_TLS_1 } from "../registry.ts";

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

const ID_PE_ACME_IDENTIFIER = "1.3.6.1.5.5.7.1.31";

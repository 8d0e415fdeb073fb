/**
 * Certificates for trust stores, and what a store holds.
 *
 * @module
 */

import { explicit, integer } from "../../x509/asn1/der.ts";
import { formatPem } from "../../x509/asn1/pem.ts";
import type { TrustStore } from "../../x509/trust/trust_store.ts";
import { certificateDer, commonName } from "./_certificate.ts";

/** A certificate in DER. */
export function der(name: string, serialNumber = 1): Uint8Array<ArrayBuffer> {
  return certificateDer({
    subject: commonName(name),
    serialNumber: integer(serialNumber),
  });
}

/** The same in PEM. */
export function pem(name: string, serialNumber?: number): string {
  return formatPem("CERTIFICATE", der(name, serialNumber));
}

/** A certificate of a version that there is not. */
export function malformed(name: string): string {
  const bytes = certificateDer({
    subject: commonName(name),
    version: explicit(0, integer(5)),
  });
  return formatPem("CERTIFICATE", bytes);
}

/** The common names that a store holds. */
export function subjects(store: TrustStore): (string | undefined)[] {
  return store.certificates.map(({ subjectName }) => subjectName.get("CN"));
}

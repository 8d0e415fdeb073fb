/**
 * What of a path was read only to be looked at.
 *
 * @module
 */

import type { Certificate } from "./certificate.ts";
import type { TlsCertificateError } from "./errors.ts";
import { refusal } from "./refusal.ts";

/**
 * Checks every certificate of a path, the anchor included.
 *
 * @returns What is wrong with it.
 */
export function checkWellFormed(
  path: readonly Certificate[],
): TlsCertificateError[] {
  return path.flatMap((certificate) => {
    const fact = factOf(certificate);
    return fact === undefined
      ? []
      : [refusal("malformed_certificate", certificate, fact, path)];
  });
}

function factOf(certificate: Certificate): string | undefined {
  const { problems, version, extensions } = certificate;
  if (problems.length > 0) return `it is malformed: ${problems.join("; ")}`;
  // RFC 5280 section 4.1.2.9: "This field MUST only appear if the version is 3".
  return version < 3 && extensions.length > 0
    ? `it is of version ${version} and has extensions (RFC 5280 section 4.1.2.9)`
    : undefined;
}

/**
 * The order of certificate errors.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { isAboutRevocation, severityOf } from "../../../x509/path/severity.ts";

Deno.test("severityOf() ranks no path above a bad path, and that above a wrong name", () => {
  assert(severityOf("unknown_issuer") > severityOf("bad_signature"));
  assert(severityOf("bad_signature") > severityOf("certificate_revoked"));
  assert(severityOf("certificate_revoked") > severityOf("hostname_mismatch"));
});

Deno.test("severityOf() ranks errors that no path can have as the worst", () => {
  for (const code of ["certificate_refused", "no_certificate"] as const) {
    assert(severityOf(code) > severityOf("path_too_complex"));
  }
});

Deno.test("isAboutRevocation() is true of the errors of revocation alone", () => {
  for (
    const code of [
      "certificate_revoked",
      "revocation_unknown",
      "crl_unusable",
      "ocsp_response_required",
      "ocsp_response_unusable",
    ] as const
  ) assert(isAboutRevocation(code), code);
  assertEquals(isAboutRevocation("certificate_refused"), false);
  assertEquals(isAboutRevocation("certificate_expired"), false);
});

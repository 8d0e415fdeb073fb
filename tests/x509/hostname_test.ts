import {
  assert,
  assertEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { TlsCertificateError } from "../../x509/errors.ts";
import { verifyHostname } from "../../x509/hostname.ts";
import { issueCertificate } from "../../x509/issue.ts";
import { certificateOf } from "./_authority.ts";

Deno.test("verifyHostname() throws with the names that the certificate has", async () => {
  const certificate = certificateOf(
    await issueCertificate({ names: ["example.com", "*.example.org", "::1"] }),
  );
  verifyHostname(certificate, "EXAMPLE.com.");
  verifyHostname(certificate, "www.example.org");
  verifyHostname(certificate, "0:0:0:0:0:0:0:1");
  const error = assertThrows(
    () => verifyHostname(certificate, "example.net"),
    TlsCertificateError,
    'for "example.net": it is for dns:example.com, dns:*.example.org, ip:::1',
  );
  assertEquals(error.code, "hostname_mismatch");
  assertEquals(error.alert, "bad_certificate");
  assert(error.certificate === certificate, "another certificate");
});

Deno.test("verifyHostname() does not look at common names", async () => {
  const certificate = certificateOf(
    await issueCertificate({ subject: "example.com" }),
  );
  const error = assertThrows(
    () => verifyHostname(certificate, "example.com"),
    TlsCertificateError,
    "it has no subjectAltName",
  );
  assertStringIncludes(error.hint ?? "", "a common name is not looked at");
});

Deno.test("verifyHostname() keeps DNS names, addresses and mailboxes apart", async () => {
  const certificate = certificateOf(
    await issueCertificate({ names: ["example.com", "192.0.2.1"] }),
  );
  for (const name of ["192.0.2.2", "::ffff:192.0.2.1", "1.example.com"]) {
    assertThrows(() => verifyHostname(certificate, name), TlsCertificateError);
  }
  assertThrows(
    () => verifyHostname(certificate, { email: "a@example.com" }),
    TlsCertificateError,
  );
  assertThrows(() => verifyHostname(certificate, ""), TypeError);
});

Deno.test("verifyHostname() lists the first names of many", async () => {
  const names = Array.from({ length: 300 }, (_, at) => `host${at}.example.com`);
  const certificate = certificateOf(await issueCertificate({ names }));
  verifyHostname(certificate, "host299.example.com");
  assertThrows(
    () => verifyHostname(certificate, "example.com"),
    TlsCertificateError,
    "dns:host9.example.com and 290 more",
  );
});

import { assert, assertEquals } from "@std/assert";
import { type TlsCertificateErrorCode, TlsError } from "../../../errors.ts";
import { AlertDescription } from "../../../registry.ts";
import { Certificate } from "../../../x509/certificate/certificate.ts";
import { TlsCertificateError } from "../../../x509/certificate/errors.ts";
import { nameOf } from "../../../x509/certificate/refusal.ts";
import { integer, sequence, tlv } from "../../../x509/asn1/der.ts";
import {
  certificateDer,
  commonName,
  extension,
  type Fields,
} from "../_certificate.ts";

Deno.test("TlsCertificateError has the alert that answers its code", () => {
  // RFC 9846 section 6.2, and RFC 6066 section 8 for the last.
  const expected: Partial<Record<TlsCertificateErrorCode, string>> = {
    unknown_issuer: "unknown_ca",
    certificate_expired: "certificate_expired",
    certificate_not_yet_valid: "certificate_expired",
    certificate_revoked: "certificate_revoked",
    bad_signature: "bad_certificate",
    malformed_certificate: "decode_error",
    weak_signature: "bad_certificate",
    hostname_mismatch: "bad_certificate",
    wrong_key_usage: "unsupported_certificate",
    unsupported_key: "unsupported_certificate",
    revocation_unknown: "certificate_unknown",
    certificate_refused: "certificate_unknown",
    ocsp_response_required: "bad_certificate_status_response",
  };
  for (const [code, alert] of Object.entries(expected)) {
    const error = new TlsCertificateError(
      code as TlsCertificateErrorCode,
      "text",
    );
    assertEquals(error.alert, alert);
    assertEquals(error.code, code);
    assert(alert in AlertDescription);
  }
});

Deno.test("TlsCertificateError carries certificate, chain, hint and cause", () => {
  const certificate = Certificate.parse(certificateDer());
  const cause = new TypeError("cause");
  const error = new TlsCertificateError("weak_key", "It is weak", {
    certificate,
    chain: [certificate],
    hint: "Use a longer one",
    cause,
  });
  assert(error instanceof TlsError);
  assertEquals(error.name, "TlsCertificateError");
  assertEquals(error.message, "It is weak. Use a longer one");
  assert(error.certificate === certificate);
  assertEquals(error.chain.length, 1);
  assert(error.cause === cause);
  const bare = new TlsCertificateError("weak_key", "It is weak");
  assertEquals(bare.certificate, undefined);
  assertEquals(bare.chain, []);
});

Deno.test("TlsCertificateError may be answered with another alert", () => {
  const error = new TlsCertificateError("certificate_refused", "No", {
    alert: "access_denied",
  });
  assertEquals(error.alert, "access_denied");
});

Deno.test("errors name a certificate by its subject, its first name, or its number", () => {
  const nameless = { serialNumber: integer(0x1234), subject: sequence() };
  const names = extension(
    "2.5.29.17",
    sequence(tlv(0x82, new TextEncoder().encode("example.com"))),
  );
  const cases: [Partial<Fields>, string][] = [
    [{}, '"CN=subject"'],
    [{ subject: commonName("a".repeat(98)) }, `"CN=${"a".repeat(97)}…"`],
    [{ ...nameless, extensions: [names] }, '"example.com"'],
    [{ subject: commonName("a".repeat(97)) }, `"CN=${"a".repeat(97)}"`],
    [nameless, '"serial number 1234"'],
  ];
  for (const [fields, expected] of cases) {
    const certificate = Certificate.parse(certificateDer(fields));
    assertEquals(nameOf(certificate), expected);
  }
});

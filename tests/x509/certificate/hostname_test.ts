import {
  assert,
  assertEquals,
  assertFalse,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { TlsCertificateError } from "../../../x509/certificate/errors.ts";
import { hasName, verifyHostname } from "../../../x509/certificate/hostname.ts";
import { issueCertificate } from "../../../x509/issue/issue.ts";
import { Certificate } from "../../../x509/certificate/certificate.ts";
import { sequence, tlv } from "../../../x509/asn1/der.ts";
import {
  authority,
  certificateOf,
  codes,
  server,
  verify,
} from "../_authority.ts";
import { certificateDer, commonName, extension } from "../_certificate.ts";

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

/** A certificate with those dNSNames, as they stand. */
function withDnsNames(...names: string[]): Certificate {
  const list = names.map((name) => tlv(0x82, new TextEncoder().encode(name)));
  return Certificate.parse(certificateDer({
    subject: commonName("host.example"),
    extensions: [extension("2.5.29.17", sequence(...list))],
  }));
}

Deno.test("verifyHostname() says why a name that looks alike does not count", () => {
  const cases: [
    presented: string,
    wanted: string,
    fact: string,
    hint: string,
  ][] = [
    [
      "192.0.2.1",
      "192.0.2.1",
      "dns:192.0.2.1 is an IP address as dNSName, and has to be an iPAddress",
      'Issue it with the address as iPAddress ("IP:192.0.2.1" for OpenSSL)',
    ],
    [
      "2001:DB8::1",
      "2001:db8:0::1",
      "dns:2001:DB8::1 is an IP address as dNSName",
      "iPAddress",
    ],
    [
      "example.com.",
      "example.com",
      "dns:example.com. ends in a dot, which names in certificates do not have",
      'Issue it with "example.com"',
    ],
    [
      "*.example.com",
      "example.com",
      "dns:*.example.com is for names below that one, and not for itself",
      'Issue it with "example.com" too',
    ],
    [
      "*.example.com",
      "a.b.example.com",
      "dns:*.example.com is for one label in the place of the asterisk, and not for several",
      'Issue it with "a.b.example.com", or "*.b.example.com"',
    ],
    [
      "www*.example.com",
      "www1.example.com",
      "dns:www*.example.com has a wildcard that is not the whole left-most label",
      'Issue it with "*.example.com", or the names of the hosts',
    ],
    [
      "www.*.example.com",
      "www.a.example.com",
      "not the whole left-most label",
      'Issue it with "*.example.com", or the names of the hosts',
    ],
    [
      "*.internal",
      "db.internal",
      "dns:*.internal is a wildcard without two labels behind it",
      "Issue it with the names of the hosts, or a wildcard further down",
    ],
    ["*", "db", "dns:* is a wildcard without two labels", "further down"],
    // What would stand below the asterisk is no name of two labels.
    [
      "www*.internal",
      "www1.internal",
      "not the whole left-most label",
      "Issue it with the names of the hosts",
    ],
    [
      "b.*",
      "b.example",
      "not the whole left-most label",
      "Issue it with the names of the hosts",
    ],
    [
      "localhost",
      "127.0.0.1",
      "a DNS name does not stand for its address",
      'Ask for "localhost" (option "serverName"), or issue it with 127.0.0.1',
    ],
    [
      "other.example",
      "host.example",
      "its common name is not looked at",
      'Issue it with "host.example" in subjectAltName',
    ],
  ];
  for (const [presented, wanted, fact, hint] of cases) {
    const error = assertThrows(
      () => verifyHostname(withDnsNames("a.example", presented), wanted),
      TlsCertificateError,
      `for "${wanted}": it is for dns:a.example, dns:${presented}; `,
    );
    assertStringIncludes(error.message, fact);
    assertStringIncludes(error.hint ?? "", hint);
    if (hint.startsWith("Issue it with the names of the hosts")) {
      assertEquals(error.hint, hint);
    }
  }
  const plain = assertThrows(
    () => verifyHostname(withDnsNames("a.example", "*.b.example"), "c.example"),
    TlsCertificateError,
    'for "c.example": it is for dns:a.example, dns:*.b.example',
  );
  assertEquals(plain.hint, undefined);
});

Deno.test("verifyHostname() does not match the IPv6 form of an IPv4 address", async () => {
  const certificate = certificateOf(
    await issueCertificate({ names: ["192.0.2.1"] }),
  );
  const error = assertThrows(
    () => verifyHostname(certificate, "::ffff:192.0.2.1"),
    TlsCertificateError,
    '"::ffff:192.0.2.1" is the IPv6 form of 192.0.2.1',
  );
  assertEquals(error.hint, "Ask for 192.0.2.1");
  // Others that end alike are no forms of it.
  for (
    const other of [
      "2001:db8::c000:201",
      "::c000:201",
      "::fffe:192.0.2.1",
      "::1:ffff:192.0.2.1",
      "::ffff:192.0.2.2",
    ]
  ) {
    const plain = assertThrows(
      () => verifyHostname(certificate, other),
      TlsCertificateError,
    );
    assertEquals(plain.hint, undefined, other);
  }
});

Deno.test("verifyChain() says that a chain is in the wrong order", async () => {
  const root = await authority("Root");
  const middle = await authority("Middle", root);
  const verdict = await verify([middle, await server(middle)], [root]);
  assertEquals(codes(verdict), ["hostname_mismatch"]);
  assertEquals(
    verdict.errors[0]?.hint,
    'The chain is in the wrong order: it begins with the CA "CN=Middle", and certificate 2 of it, that of "CN=example.com", seems to be the peer\'s own, which has to come first',
  );
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
  // Ten are all there are to list of ten.
  const few = certificateOf(
    await issueCertificate({ names: names.slice(0, 10) }),
  );
  const error = assertThrows(
    () => verifyHostname(few, "example.com"),
    TlsCertificateError,
  );
  assertFalse(error.message.includes("more"), error.message);
});

Deno.test("verifyHostname() shows as much of a name as a name may have", () => {
  const url = `http://example.com/${"x".repeat(500)}`;
  const certificate = Certificate.parse(certificateDer({
    extensions: [
      extension(
        "2.5.29.17",
        sequence(tlv(0x86, new TextEncoder().encode(url))),
      ),
    ],
  }));
  const error = assertThrows(
    () => verifyHostname(certificate, "a.example"),
    TlsCertificateError,
    `uri:${url.slice(0, 253)}`,
  );
  assertFalse(error.message.includes(url.slice(0, 254)));
});

Deno.test("verifyHostname() says that a URI is no name of a host", () => {
  const uri = (text: string) =>
    Certificate.parse(certificateDer({
      extensions: [
        extension(
          "2.5.29.17",
          sequence(tlv(0x86, new TextEncoder().encode(text))),
        ),
      ],
    }));
  const error = assertThrows(
    () => verifyHostname(uri("https://host.example/a"), "host.example"),
    TlsCertificateError,
    "uri:https://host.example/a is a URI, and no name of a host",
  );
  assertEquals(error.hint, 'Issue it with "host.example" as dNSName');
  for (const other of ["https://other.example/", "urn:host.example"]) {
    const plain = assertThrows(
      () => verifyHostname(uri(other), "host.example"),
      TlsCertificateError,
    );
    assertFalse(plain.message.includes("is a URI"), plain.message);
    assertEquals(plain.hint, undefined);
  }
});

Deno.test("hasName() holds for no certificate if it is neither a DNS name nor an address", async () => {
  const certificate = certificateOf(
    await issueCertificate({ names: ["example.com", "::1"] }),
  );
  for (
    const [name, expected] of [
      ["EXAMPLE.com", true],
      ["0::1", true],
      ["example.org", false],
      ["", false],
      ["a b", false],
      ["http://example.com", false],
    ] as const
  ) assertEquals(hasName(certificate, name), expected, name);
});

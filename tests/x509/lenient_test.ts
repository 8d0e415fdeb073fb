/**
 * Certificates that break rules: which are read, which only to be looked at, and
 * what becomes of them in paths and connections.
 *
 * @module
 */

import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { concat } from "@std/bytes";
import { client, server as tlsServer, SessionCache } from "../../mod.ts";
import {
  Certificate,
  type CertificateOptions,
} from "../../x509/certificate/certificate.ts";
import {
  bitString,
  explicit,
  integer,
  octetString,
  oid,
  sequence,
  set,
  Tag,
  tlv,
  utf8String,
} from "../../x509/asn1/der.ts";
import { TlsCertificateError } from "../../x509/certificate/errors.ts";
import type { IssuedCertificate } from "../../x509/issue/issue.ts";
import {
  certificateScheme,
  signStructure,
} from "../../x509/issue/issue_signature.ts";
import { lintCertificate } from "../../x509/lint/lint.ts";
import { TrustStore } from "../../x509/trust/trust_store.ts";
import { verifyChain } from "../../x509/path/verify.ts";
import {
  authority,
  certificateOf,
  certificatesOf,
  codes,
  server,
} from "./_authority.ts";
import {
  certificateDer,
  commonName,
  ecKey,
  extension,
  type Fields,
} from "./_certificate.ts";
import { readText } from "./_files.ts";

const LENIENT: CertificateOptions = { lenient: true };
const utcTime = (text: string) =>
  tlv(Tag.UTC_TIME, new TextEncoder().encode(text));
const usualTime = "260101000000Z";

/** What is malformed, what is said of it, and what is there all the same. */
const MALFORMED: [string, Partial<Fields>, (read: Certificate) => void][] = [
  ["version: 7 (RFC", { version: explicit(0, integer(6)) }, named],
  [
    "serialNumber: an INTEGER with a superfluous",
    { serialNumber: tlv(Tag.INTEGER, Uint8Array.of(0, 5)) },
    (read) => assertEquals(read.serialNumber, "05"),
  ],
  [
    "signature: differs from signatureAlgorithm",
    { signatureAlgorithm: sequence(oid("1.2.3")) },
    named,
  ],
  [
    "subject.RelativeDistinguishedName",
    {
      subject: sequence(
        set(sequence(oid("2.5.4.10"), tlv(Tag.BMP_STRING, Uint8Array.of(1)))),
        set(sequence(oid("2.5.4.3"), utf8String("example"))),
      ),
    },
    named,
  ],
  [
    "subject: expected SEQUENCE",
    { subject: utf8String("example") },
    (read) => assertEquals(read.subject, ""),
  ],
  [
    "validity.notBefore: the time",
    { validity: sequence(utcTime("2601010000Z"), utcTime(usualTime)) },
    (read) => assertEquals(read.notBefore, new Date("2026-01-01T00:00:00Z")),
  ],
  [
    "validity.notBefore: the time",
    { validity: sequence(utcTime("260101000000+0100"), utcTime(usualTime)) },
    (read) => assertEquals(read.notBefore, new Date("2025-12-31T23:00:00Z")),
  ],
  ...[["50", 1950], ["49", 2049]].map((
    [y, year],
  ): (typeof MALFORMED)[number] => [
    "validity.notBefore: the time",
    { validity: sequence(utcTime(`${y}01010000Z`), utcTime(usualTime)) },
    (read) => assertEquals(read.notBefore.getUTCFullYear(), year),
  ]),
  [
    "validity.notAfter: the time",
    {
      validity: sequence(
        utcTime(usualTime),
        tlv(Tag.GENERALIZED_TIME, new TextEncoder().encode("someday")),
      ),
    },
    (read) => {
      assert(Number.isNaN(read.notAfter.getTime()));
      assertEquals(read.toNodeObject().valid_to, "Bad time value");
    },
  ],
  [
    "validity.notBefore: expected GeneralizedTime",
    { validity: sequence(integer(1)) },
    named,
  ],
  [
    "subjectPublicKeyInfo.subjectPublicKey: not a point",
    { subjectPublicKeyInfo: ecKey(new Uint8Array(5)) },
    (read) => assertEquals(read.publicKey.type, "unknown"),
  ],
  [
    "subjectPublicKeyInfo.algorithm",
    { subjectPublicKeyInfo: sequence(integer(1), bitString(integer(1))) },
    (read) => assertEquals(read.publicKey.type, "unknown"),
  ],
  [
    "subjectAltName: expected SEQUENCE",
    {
      extensions: [
        extension("2.5.29.17", octetString()),
        extension("2.5.29.14", octetString(Uint8Array.of(7))),
      ],
    },
    (read) => {
      assertEquals(read.subjectAltName, []);
      assertEquals(
        read.extensionValues.subjectKeyIdentifier,
        Uint8Array.of(7),
      );
    },
  ],
  [
    "extensions.subjectKeyIdentifier: appears twice",
    {
      extensions: [
        extension("2.5.29.14", octetString(Uint8Array.of(1))),
        extension("2.5.29.14", octetString(Uint8Array.of(2))),
      ],
    },
    (read) =>
      assertEquals(
        read.extensionValues.subjectKeyIdentifier,
        Uint8Array.of(1),
      ),
  ],
  [
    "extensions.Extension: expected SEQUENCE",
    { extensions: [integer(1), extension("1.2.3", octetString())] },
    (read) => assertEquals(read.extension("1.2.3")?.oid, "1.2.3"),
  ],
  ["bytes too many", { behind: [octetString()] }, named],
  [
    "signatureValue: a BIT STRING with 3 unused bits",
    { signatureValue: tlv(Tag.BIT_STRING, Uint8Array.of(3, 8)) },
    named,
  ],
];

for (const [fact, fields, check] of MALFORMED) {
  Deno.test(`Certificate.parse() with lenient reads past ${fact}`, () => {
    const der = certificateDer({
      subject: commonName("example"),
      ...fields,
    });
    const strict = assertThrows(
      () => Certificate.parse(der),
      TlsCertificateError,
      fact,
    );
    const read = Certificate.parse(der, LENIENT);
    assertStringIncludes(strict.message, read.problems[0] ?? "nothing");
    assertEquals(read.raw, der);
    check(read);
    // To be looked at in every way.
    assert(Deno.inspect(read).length > 0);
    assert(JSON.stringify(read.toNodeObject()).length > 0);
    assertEquals(read.fingerprint().length, 95);
    assert(Array.isArray(lintCertificate(read)));
  });
}

Deno.test("Certificate.parse() with lenient reads BER, and what has bytes after it", async () => {
  const der = certificateOf(await server()).raw;
  const inside = Uint8Array.from(der.subarray(4));
  const indefinite = Uint8Array.of(0x30, 0x80, ...inside, 0, 0);
  const long = Uint8Array.of(0x30, 0x83, 0, ...der.subarray(2));
  for (
    const [bytes, fact] of [
      [indefinite, "an indefinite length"],
      [long, "a length that is not minimal"],
      [concat([der, new Uint8Array(3)]), "3 bytes too many"],
    ] as const
  ) {
    assertThrows(() => Certificate.parse(bytes), TlsCertificateError, fact);
    const read = Certificate.parse(bytes, LENIENT);
    assertEquals(read.subjectAltName[0]?.value, "example.com");
    assertEquals(read.raw, bytes);
    assertStringIncludes(read.problems.join(), fact);
  }
});

Deno.test("Certificate.parse() with lenient reports no problem of a good one, and refuses anything but a certificate", async () => {
  const good = certificateOf(await server());
  assertEquals(good.problems, []);
  assertEquals(Certificate.parse(good.raw, LENIENT).problems, []);
  for (const bytes of [new Uint8Array(), sequence(integer(1)), octetString()]) {
    const strict = assertThrows(
      () => Certificate.parse(bytes),
      TlsCertificateError,
    );
    const error = assertThrows(
      () => Certificate.parse(bytes, LENIENT),
      TlsCertificateError,
    );
    assertEquals(error.message, strict.message);
  }
  const unknown = { tolerant: true } as CertificateOptions;
  assertThrows(() => Certificate.parse(good.raw, unknown), TypeError);
});

Deno.test("verifyChain() relies on nothing that was read leniently", async () => {
  const root = await authority("Root");
  const leaf = certificateOf(await server(root));
  const verify = (chain: Certificate[], trust: Certificate) =>
    verifyChain({ chain, trust: TrustStore.of(trust), name: "example.com" });
  const malformed = bad(leaf);
  const verdict = await verify([malformed], certificateOf(root));
  assertEquals(codes(verdict), ["malformed_certificate"]);
  assertStringIncludes(verdict.errors[0]?.message ?? "", "1 bytes too many");
  for (const trust of [malformed, bad(certificateOf(root))]) {
    const verdict = await verify(
      [trust === malformed ? malformed : leaf],
      trust,
    );
    assertEquals(codes(verdict), ["malformed_certificate"]);
  }
  // Not even with a time that is none, which compares with no other.
  const timeless = Certificate.parse(
    certificateDer({ validity: sequence(utcTime("x"), utcTime("y")) }),
    LENIENT,
  );
  for (const strict of [false, true]) {
    const { errors } = await verifyChain({
      ...{ chain: [timeless], trust: TrustStore.of(timeless), strict },
    });
    assert(errors.some(({ code }) => code === "malformed_certificate"));
  }
});

Deno.test("verifyChain() reads an empty list of extensions, as @peculiar/x509 writes it", async () => {
  const [certificate] = Certificate.fromPem(readText("noext.pem"));
  assert(certificate);
  assertEquals(certificate.version, 3);
  assertEquals(certificate.extensions, []);
  const verdict = await verifyChain({
    chain: [certificate],
    trust: TrustStore.of(certificate),
    now: new Date("2027-01-01"),
  });
  assertEquals(verdict.status, "verified");
});

Deno.test("verifyChain() refuses extensions in versions 1 and 2 (RFC 5280 section 4.1.2.9)", async () => {
  const root = await authority("Root");
  for (const version of [1, 2]) {
    const leaf = await ofVersion(version, await server(root), root);
    assertEquals(leaf.version, version);
    assert(leaf.extensions.length > 0);
    const verdict = await verifyChain({
      chain: [leaf],
      trust: TrustStore.of(certificateOf(root)),
      name: "example.com",
    });
    assertEquals(codes(verdict), ["malformed_certificate"]);
    assertStringIncludes(
      verdict.errors[0]?.message ?? "",
      `it is of version ${version} and has extensions (RFC 5280 section 4.1.2.9)`,
    );
  }
});

Deno.test("Certificate.fromPem() names place and subject of a malformed one", async () => {
  const [good, other] = certificatesOf(await server(), await server());
  const text = good?.toPem() + bad(other).toPem();
  const error = assertThrows(
    () => Certificate.fromPem(text),
    TlsCertificateError,
  );
  assertStringIncludes(
    error.message,
    "Cannot read certificate 2 (CN=example.com): 1 bytes too many",
  );
});

Deno.test("a connection accepts malformed certificates after a good path", async () => {
  const root = await authority("Root");
  const middle = await authority("Middle", root);
  const issued = await server(middle);
  const [leaf, issuer] = certificatesOf(issued, middle);
  assert(leaf && issuer);
  const strange = bad(certificateOf(await authority("Other", root)));
  const noise = withRaw(issuer, Uint8Array.of(4, 1, 0));
  const sessionCache = new SessionCache(10);
  for (const resumed of [false, true]) {
    const info = await connect([leaf, issuer, strange, noise], issued, root, {
      sessionCache,
    });
    assertEquals(info.authorization.status, "verified");
    assertEquals(info.resumed, resumed);
    assertEquals(info.verifiedChain.length, 3);
    assertEquals(
      info.peerCertificates.map(({ problems }) => problems.length),
      [0, 0, 1],
    );
  }
});

Deno.test("a connection names the malformed certificate that its path needs, by place and subject", async () => {
  const root = await authority("Root");
  const middle = await authority("Middle", root);
  const issued = await server(middle);
  const [leaf, issuer] = certificatesOf(issued, middle);
  assert(leaf && issuer);
  const cases: [Certificate[], RegExp][] = [
    [[leaf, bad(issuer)], /certificate of "CN=Middle".*1 bytes too many/],
    [
      [leaf, withRaw(issuer, Uint8Array.of(4, 1, 0))],
      /Cannot read certificate 2: expected SEQUENCE/,
    ],
    [
      [bad(leaf), issuer],
      /Cannot read certificate 1 \(CN=example.com\): 1 bytes too many/,
    ],
  ];
  for (const [chain, message] of cases) {
    const error = await assertRejects(
      () => connect(chain, issued, root),
      TlsCertificateError,
    );
    assertEquals(error.code, "malformed_certificate");
    assert(message.test(error.message), error.message);
  }
});

function named(read: Certificate): void {
  assertEquals(read.subject, "CN=example");
}

/** With a byte too many. */
function bad(certificate: Certificate | undefined): Certificate {
  assert(certificate);
  return Certificate.parse(
    concat([certificate.raw, Uint8Array.of(0)]),
    LENIENT,
  );
}

/** What is sent as those bytes. */
function withRaw(certificate: Certificate, raw: Uint8Array): Certificate {
  return Object.create(certificate, {
    raw: { value: raw },
    // Its getter needs a certificate that was read.
    isSelfIssued: { value: certificate.isSelfIssued },
  });
}

/** The same certificate of an older version, signed anew. */
async function ofVersion(
  version: number,
  issued: IssuedCertificate,
  issuer: IssuedCertificate,
): Promise<Certificate> {
  const { tbsCertificate } = certificateOf(issued);
  const marker = "a003020102";
  const hex = tbsCertificate.toHex();
  const at = hex.indexOf(marker) / 2;
  const inside = concat([
    ...version === 1 ? [] : [explicit(0, integer(version - 1))],
    tbsCertificate.subarray(at + marker.length / 2),
  ]);
  const { key } = issuer.identity;
  return Certificate.parse(
    await signStructure(sequence(inside), key, certificateScheme(key)),
  );
}

/** Shows a chain to a client. */
async function connect(
  chain: Certificate[],
  { identity: { key } }: IssuedCertificate,
  root: IssuedCertificate,
  options: { sessionCache?: SessionCache } = {},
) {
  const [up, down] = [new TransformStream(), new TransformStream()];
  const there = tlsServer(
    { readable: up.readable, writable: down.writable },
    { certificates: [{ chain, key }], ticketKeys: TICKET_KEYS },
  );
  const here = client(
    { readable: down.readable, writable: up.writable },
    {
      serverName: "example.com",
      trust: TrustStore.of(certificateOf(root)),
      ...options,
    },
  );
  try {
    const [shook] = await Promise.allSettled([
      here.handshake(),
      there.handshake(),
    ]);
    if (shook.status === "rejected") throw shook.reason;
    await there.write(Uint8Array.of(1));
    await here.read(new Uint8Array(1)); // tickets come before
    return shook.value;
  } finally {
    here.abort();
    there.abort();
  }
}

const TICKET_KEYS = [new Uint8Array(48).fill(7)];

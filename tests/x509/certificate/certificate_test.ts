import {
  assert,
  assertEquals,
  assertFalse,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { inspect } from "node:util";
import { Certificate } from "../../../x509/certificate/certificate.ts";
import {
  bitString,
  boolean,
  explicit,
  generalizedTime,
  implicit,
  integer,
  nullValue,
  octetString,
  oid,
  printableString,
  sequence,
  Tag,
  time,
  tlv,
  utf8String,
} from "../../../x509/asn1/der.ts";
import { TlsCertificateError } from "../../../x509/certificate/errors.ts";
import { formatPem } from "../../../x509/asn1/pem.ts";
import { withinCpuTime } from "../../_cpu_time.ts";
import {
  certificateDer,
  commonName,
  ecKey,
  extension,
  type Fields,
  nameOf,
  rsaKey,
} from "../_certificate.ts";
import { opensslPem, opensslTexts } from "../_openssl_certificates.ts";

function made(fields: Partial<Fields> = {}): Certificate {
  return Certificate.parse(certificateDer(fields));
}

function fromOpenssl(name: string): Certificate {
  const [certificate] = Certificate.fromPem(opensslPem(name));
  assert(certificate);
  return certificate;
}

function refuses(fields: Partial<Fields>, fact: string) {
  const error = assertThrows(() => made(fields), TlsCertificateError, fact);
  assertEquals(error.code, "malformed_certificate");
  assertEquals(error.alert, "decode_error");
}

function deviates(fields: Partial<Fields>, ...deviations: string[]) {
  assertEquals(made(fields).deviations, deviations);
}

Deno.test("Certificate.parse() reads the fields", () => {
  const der = certificateDer({ serialNumber: integer(0xabcdef) });
  const certificate = Certificate.parse(der);
  assertEquals(certificate.raw, der);
  assertEquals(certificate.version, 3);
  assertEquals(certificate.serialNumber, "ABCDEF");
  assertEquals(certificate.subject, "CN=subject");
  assertEquals(certificate.issuer, "CN=issuer");
  assertEquals(certificate.subjectName.get("CN"), "subject");
  assertEquals(certificate.notBefore, new Date("2024-01-01T00:00:00Z"));
  assertEquals(certificate.notAfter, new Date("2034-01-01T00:00:00Z"));
  assertEquals(certificate.signatureAlgorithm, "ecdsa-with-SHA256");
  assertEquals(certificate.signature, new Uint8Array(64));
  assertEquals(certificate.publicKey.type, "ec");
  assertEquals(certificate.publicKey.curve, "secp256r1");
  assertEquals(certificate.publicKey.bits, 256);
  assertEquals(certificate.publicKey.spki, ecKey());
  assertEquals(certificate.extensions, []);
  assertEquals(certificate.subjectAltName, []);
  assertEquals(certificate.keyUsage, []);
  assertEquals(certificate.extendedKeyUsage, []);
  assertFalse(certificate.isCa);
  assertFalse(certificate.isSelfIssued);
  assert(made({ issuer: commonName("SUBJECT") }).isSelfIssued);
  assertEquals(certificate.deviations, []);
  assertEquals(certificate.unhandledCriticalExtensions, []);
});

Deno.test("Certificate.parse() copies the bytes", () => {
  const der = certificateDer();
  const certificate = Certificate.parse(der);
  const before = certificate.raw.slice();
  der.fill(0);
  assertEquals(certificate.raw, before);
});

Deno.test("Certificate tbsCertificate is what was signed", async () => {
  const certificate = fromOpenssl("Ed25519, negative serial number");
  const key = await crypto.subtle.importKey(
    "spki",
    new Uint8Array(certificate.publicKey.spki),
    "Ed25519",
    false,
    ["verify"],
  );
  assert(
    await crypto.subtle.verify(
      "Ed25519",
      key,
      new Uint8Array(certificate.signature),
      new Uint8Array(certificate.tbsCertificate),
    ),
  );
});

Deno.test("Certificate.parse() reads versions 1, 2 and 3", () => {
  assertEquals(made({ version: undefined }).version, 1);
  assertEquals(made({ version: explicit(0, integer(1)) }).version, 2);
  assertEquals(fromOpenssl("version 1").version, 1);
  refuses({ version: explicit(0, integer(3)) }, "tbsCertificate.version: 4");
  refuses({ version: explicit(0, integer(-1)) }, "a negative INTEGER");
  deviates(
    { version: explicit(0, integer(0)) },
    "tbsCertificate.version: v1 is spelt out (X.690 section 11.5)",
  );
  deviates(
    {
      version: undefined,
      extensions: [extension("1.2.3", nullValue())],
    },
    "tbsCertificate.extensions: present in version 1 (RFC 5280 section 4.1.2.9)",
  );
});

Deno.test("Certificate serialNumber is read for any INTEGER", () => {
  const serial = (der: Uint8Array) => {
    const certificate = made({ serialNumber: der });
    return [certificate.serialNumber, certificate.deviations.length];
  };
  assertEquals(serial(integer(0x80)), ["80", 0]);
  assertEquals(serial(integer(0xabc)), ["0ABC", 0]);
  assertEquals(serial(integer(0)), ["0", 1]);
  assertEquals(serial(integer(-5)), ["-05", 1]);
  assertEquals(serial(integer(-256)), ["-0100", 1]);
  const octets = (length: number) => tlv(2, new Uint8Array(length).fill(0x7f));
  assertEquals(serial(octets(20)), ["7F".repeat(20), 0]);
  assertEquals(serial(octets(21)), ["7F".repeat(21), 1]);
  refuses(
    { serialNumber: tlv(2, Uint8Array.of(0, 1)) },
    "tbsCertificate.serialNumber: an INTEGER with a superfluous leading byte",
  );
});

Deno.test("Certificate.parse() refuses two signature algorithms", () => {
  refuses(
    { signature: sequence(oid("1.2.840.10045.4.3.3")) },
    "tbsCertificate.signature: differs from signatureAlgorithm (RFC 5280 section 4.1.1.2)",
  );
  refuses(
    { signature: sequence(oid("1.2.840.10045.4.3.2"), nullValue()) },
    "differs from signatureAlgorithm",
  );
});

Deno.test("Certificate signatureAlgorithmIdentifier has the parameters of PSS", () => {
  assertEquals(
    fromOpenssl("RSASSA-PSS signature").signatureAlgorithmIdentifier.pss,
    { hash: "SHA-384", mgfHash: "SHA-384", saltLength: 20 },
  );
  const PSS = oid("1.2.840.113549.1.1.10");
  const pss = (...parameters: Uint8Array[]) => {
    const algorithm = sequence(PSS, ...parameters);
    return { signature: algorithm, signatureAlgorithm: algorithm };
  };
  assertEquals(
    made(pss(sequence())).signatureAlgorithmIdentifier.pss,
    { hash: "SHA-1", mgfHash: "SHA-1", saltLength: 20 },
  );
  assertEquals(made(pss()).signatureAlgorithmIdentifier.pss, undefined);
  refuses(
    pss(sequence(explicit(3, integer(2)))),
    "signatureAlgorithm.parameters.trailerField: expected 1, got 2",
  );
  refuses(
    pss(sequence(explicit(1, sequence(oid("1.2.3"))))),
    "expected MGF1, got 1.2.3",
  );
  refuses(pss(sequence(explicit(2, integer(-1)))), "a negative INTEGER");
  refuses(pss(nullValue()), "expected SEQUENCE, got NULL");
});

Deno.test("Certificate.parse() reads both forms of time", () => {
  const of = (...times: Uint8Array[]) => ({ validity: sequence(...times) });
  const from = time(new Date("2024-01-01T00:00:00Z"));
  assertEquals(
    made(of(from, time(new Date("9999-12-31T23:59:59Z")))).notAfter,
    new Date("9999-12-31T23:59:59Z"),
  );
  deviates(
    of(from, generalizedTime(new Date("2049-12-31T23:59:59Z"))),
    "tbsCertificate.validity.notAfter: a GeneralizedTime before 2050 (RFC 5280 section 4.1.2.5)",
  );
  refuses(
    of(from, tlv(Tag.UTC_TIME, new TextEncoder().encode("240101000000+0000"))),
    "tbsCertificate.validity.notAfter: the time",
  );
  refuses(of(from), "tbsCertificate.validity.notAfter: is missing");
  refuses(of(from, from, from), "tbsCertificate.validity: 15 bytes too many");
});

Deno.test("Certificate.parse() reads names that break rules", () => {
  deviates(
    { issuer: sequence() },
    "tbsCertificate.issuer: empty (RFC 5280 section 4.1.2.4)",
  );
  const san = (critical: boolean) =>
    extension(
      "2.5.29.17",
      sequence(tlv(0x82, new TextEncoder().encode("a"))),
      critical,
    );
  const empty = "tbsCertificate.subject: empty without a critical " +
    "subjectAltName (RFC 5280 section 4.1.2.6)";
  deviates({ subject: sequence() }, empty);
  deviates({ subject: sequence(), extensions: [san(false)] }, empty);
  deviates({ subject: sequence(), extensions: [san(true)] });
  deviates(
    { subject: nameOf(tlv(Tag.PRINTABLE_STRING, Uint8Array.of(0x40))) },
    "tbsCertificate.subject.RelativeDistinguishedName.AttributeTypeAndValue.CN: " +
      "a character that its string type does not have",
  );
  deviates(
    { subject: commonName("") },
    "tbsCertificate.subject.RelativeDistinguishedName.AttributeTypeAndValue.CN: an empty value",
  );
});

Deno.test("Certificate publicKey has what the kind of key has", () => {
  const key = (name: string) => {
    const { type, bits, curve } = fromOpenssl(name).publicKey;
    return [type, bits, curve];
  };
  assertEquals(key("RSA 1024 with exponent 3 and SHA-1"), [
    "rsa",
    1024,
    undefined,
  ]);
  assertEquals(key("RSA 2047"), ["rsa", 2047, undefined]);
  assertEquals(key("RSASSA-PSS key"), ["rsa-pss", 2048, undefined]);
  assertEquals(key("curve P-192"), ["ec", 192, "secp192r1"]);
  assertEquals(key("curve P-384"), ["ec", 384, "secp384r1"]);
  assertEquals(key("curve P-521"), ["ec", 521, "secp521r1"]);
  assertEquals(key("curve secp256k1"), ["ec", 256, "secp256k1"]);
  assertEquals(key("curve brainpoolP384r1"), ["ec", 384, "brainpoolP384r1"]);
  assertEquals(key("explicit curve"), ["ec", 0, undefined]);
  assertEquals(key("Ed25519, negative serial number"), [
    "ed25519",
    256,
    undefined,
  ]);
  assertEquals(key("Ed448, serial number zero"), ["ed448", 456, undefined]);
  assertEquals(key("DSA"), ["dsa", 0, undefined]);
  const { publicKey } = fromOpenssl("RSA 1024 with exponent 3 and SHA-1");
  assertEquals(publicKey.publicExponent, Uint8Array.of(3));
  assertEquals(publicKey.modulus?.length, 128);
});

Deno.test("Certificate publicKey of kinds that OpenSSL 3.0 does not make", () => {
  const of = (id: string, length: number) =>
    made({
      subjectPublicKeyInfo: sequence(
        sequence(oid(id)),
        bitString(new Uint8Array(length)),
      ),
    }).publicKey;
  assertEquals(of("1.3.101.110", 32).type, "x25519");
  assertEquals(of("1.3.101.111", 56).type, "x448");
  assertEquals(of("2.16.840.1.101.3.4.3.17", 1312).type, "ml-dsa-44");
  assertEquals(of("2.16.840.1.101.3.4.3.18", 1952).type, "ml-dsa-65");
  assertEquals(of("2.16.840.1.101.3.4.3.19", 2592).type, "ml-dsa-87");
  assertEquals(of("1.2.3.4", 5).type, "unknown");
  assertEquals(of("1.2.3.4", 5).algorithm.oid, "1.2.3.4");
});

Deno.test("Certificate.parse() refuses malformed keys", () => {
  const at = (fact: string) => `tbsCertificate.subjectPublicKeyInfo.${fact}`;
  const key = (subjectPublicKeyInfo: Uint8Array, fact: string) =>
    refuses({ subjectPublicKeyInfo }, fact);
  key(rsaKey(integer(0)), at("subjectPublicKey.RSAPublicKey.modulus: zero"));
  key(rsaKey(integer(-5)), "modulus: a negative INTEGER");
  key(rsaKey(integer(5), integer(0)), "publicExponent: zero");
  key(ecKey(new Uint8Array(65)), "not a point of secp256r1");
  key(ecKey(new Uint8Array(64).fill(4)), "not a point of secp256r1");
  key(ecKey(Uint8Array.of(4)), "not a point of secp256r1");
  key(ecKey(Uint8Array.of(0)), "not a point of secp256r1");
  made({ subjectPublicKeyInfo: ecKey(new Uint8Array(33).fill(2)) });
  key(
    sequence(sequence(oid("1.3.101.112")), bitString(new Uint8Array(31))),
    at("subjectPublicKey: expected 32 bytes, got 31"),
  );
  key(
    sequence(
      sequence(oid("1.3.101.112"), nullValue()),
      bitString(new Uint8Array(32)),
    ),
    at("algorithm: parameters that must be absent (RFC 8410 section 3)"),
  );
  key(
    sequence(sequence(oid("1.2.3")), bitString(Uint8Array.of(0xf0), 4)),
    at("subjectPublicKey: a BIT STRING with 4 unused bits"),
  );
  deviates(
    { subjectPublicKeyInfo: rsaKey(integer(5), integer(3), []) },
    at(
      "algorithm: rsaEncryption without NULL parameters (RFC 3279 section 2.3.1)",
    ),
  );
});

Deno.test("Certificate.parse() ignores unique identifiers", () => {
  deviates(
    {
      between: [
        implicit(1, bitString(Uint8Array.of(1))),
        implicit(2, bitString(Uint8Array.of(2))),
      ],
    },
    "tbsCertificate.issuerUniqueID: present in version 3 (RFC 5280 section 4.1.2.8)",
    "tbsCertificate.subjectUniqueID: present in version 3 (RFC 5280 section 4.1.2.8)",
  );
});

Deno.test("Certificate.parse() refuses superfluous elements", () => {
  refuses({ behind: [nullValue()] }, "tbsCertificate: 2 bytes too many");
  const der = certificateDer();
  assertThrows(
    () => Certificate.parse(Uint8Array.of(...der, 0)),
    TlsCertificateError,
    "Cannot read the certificate: 1 bytes too many",
  );
  assertThrows(() => Certificate.parse(new Uint8Array()), TlsCertificateError);
  for (let length = 0; length < der.length; length++) {
    assertThrows(
      () => Certificate.parse(der.subarray(0, length)),
      TlsCertificateError,
    );
  }
});

Deno.test("Certificate.parse() refuses malformed lists of extensions", () => {
  deviates(
    { extensions: [] },
    "tbsCertificate.extensions: a list without extensions (RFC 5280 section 4.1)",
  );
  refuses(
    {
      extensions: [
        extension("2.5.29.14", octetString()),
        extension("2.5.29.14", octetString()),
      ],
    },
    "tbsCertificate.extensions.subjectKeyIdentifier: appears twice (RFC 5280 section 4.2)",
  );
  refuses(
    {
      extensions: [
        extension("1.2.3", octetString()),
        extension("1.2.3", octetString()),
      ],
    },
    "tbsCertificate.extensions.1.2.3: appears twice",
  );
  deviates(
    {
      extensions: [
        sequence(oid("1.2.3"), boolean(false), octetString(nullValue())),
      ],
    },
    "tbsCertificate.extensions.1.2.3: critical FALSE is spelt out (X.690 section 11.5)",
  );
});

Deno.test("Certificate extensions lists unknown ones", () => {
  const certificate = made({
    extensions: [
      extension("1.2.3", nullValue(), true),
      extension("1.2.4", nullValue()),
      extension("2.5.29.15", bitString(Uint8Array.of(0x80), 7), true),
      // The poison of a precertificate (RFC 6962 section 3.1).
      extension("1.3.6.1.4.1.11129.2.4.3", nullValue(), true),
    ],
  });
  assertEquals(certificate.unhandledCriticalExtensions, [
    "1.2.3",
    "1.3.6.1.4.1.11129.2.4.3",
  ]);
  assertEquals(certificate.extension("2.5.29.15"), {
    oid: "2.5.29.15",
    name: "keyUsage",
    critical: true,
    value: bitString(Uint8Array.of(0x80), 7),
  });
  assertEquals(certificate.extension("1.2.4")?.name, undefined);
  assertEquals(certificate.extension("1.2.5"), undefined);
});

Deno.test("Certificate.fromPem() reads all certificates among other things", () => {
  const pem = opensslPem("DSA");
  const text = `Bag Attributes\n  friendlyName: x\n${pem}\n${
    formatPem("PRIVATE KEY", Uint8Array.of(1))
  }${opensslPem("version 1").replaceAll("\n", "\r\n")}`;
  assertEquals(Certificate.fromPem(text).map(({ subject }) => subject), [
    "CN=dsa",
    "CN=v1",
  ]);
  assertEquals(
    Certificate.fromPem(new TextEncoder().encode(pem)).length,
    1,
  );
  assertEquals(
    Certificate.fromPem(opensslTexts.withText)[0]?.issuer,
    fromOpenssl("names of every kind").issuer,
  );
});

Deno.test("Certificate.fromPem() reads TRUSTED and X509 CERTIFICATE", () => {
  const plain = fromOpenssl("names of every kind");
  const texts = [
    opensslTexts.trusted,
    opensslTexts.rejected,
    opensslTexts.withoutSettings,
    plain.toPem().replaceAll(" CERTIFICATE", " X509 CERTIFICATE"),
  ];
  for (const text of texts) {
    const [certificate] = Certificate.fromPem(text);
    assert(certificate?.equals(plain));
  }
});

Deno.test("Certificate.fromPem() says what it found in place of one", () => {
  const refuses = (text: string, fact: string) => {
    const error = assertThrows(
      () => Certificate.fromPem(text),
      TlsCertificateError,
      fact,
    );
    assertEquals(error.code, "malformed_certificate");
  };
  refuses(
    opensslTexts.request,
    "CERTIFICATE REQUEST and no CERTIFICATE. This is a signing request",
  );
  refuses(
    formatPem("EC PRIVATE KEY", Uint8Array.of(1)),
    'This is a private key: it belongs in "key"',
  );
  refuses(formatPem("X509 CRL", Uint8Array.of(1)), "This is a revocation list");
  refuses(opensslTexts.pkcs7, "This is PKCS#7");
  refuses("/etc/ssl/cert.pem", "no PEM block at all");
  const good = opensslPem("DSA");
  refuses(
    good + formatPem("CERTIFICATE", Uint8Array.of(0x30, 0)),
    "Cannot read certificate 2: ",
  );
});

Deno.test("Certificate.parse() and fromPem() distinguish text from bytes", () => {
  const pem = made().toPem();
  assertThrows(
    // @ts-expect-error: a caller without types may say anything
    () => Certificate.parse(pem),
    TypeError,
    "Certificate.fromPem() reads PEM text",
  );
  assertThrows(
    () => Certificate.fromPem(made().raw),
    TypeError,
    "which Certificate.parse() reads",
  );
  assertThrows(
    // @ts-expect-error: a caller without types may say anything
    () => Certificate.fromPem(undefined),
    TypeError,
    "expected a string or Uint8Array, got undefined",
  );
  assertThrows(
    () => Certificate.parse(new TextEncoder().encode(pem)),
    TlsCertificateError,
    "this is PEM, which Certificate.fromPem() reads",
  );
  assertEquals([made().raw].map(Certificate.parse).length, 1);
});

Deno.test("Certificate toPem() returns what fromPem() reads", () => {
  const certificate = made();
  assert(Certificate.fromPem(certificate.toPem())[0]?.equals(certificate));
});

Deno.test("Certificate fingerprint() digests the DER", async () => {
  const certificate = made();
  for (const algorithm of ["SHA-1", "SHA-256", "SHA-384", "SHA-512"] as const) {
    const digest = await crypto.subtle.digest(
      algorithm,
      new Uint8Array(certificate.raw),
    );
    const hex = Array.from(
      new Uint8Array(digest),
      (byte) => byte.toString(16).toUpperCase().padStart(2, "0"),
    );
    assertEquals(certificate.fingerprint(algorithm), hex.join(":"));
  }
  assertEquals(certificate.fingerprint(), certificate.fingerprint("SHA-256"));
  assertThrows(
    // @ts-expect-error: a caller without types may say anything
    () => certificate.fingerprint("MD5"),
    TypeError,
    "use SHA-1, SHA-256, SHA-384 or SHA-512",
  );
});

Deno.test("Certificate.parse() bounds the size", () => {
  const subject = nameOf(printableString("a".repeat(300_000)));
  refuses({ subject }, "bytes are more than 262144");
});

Deno.test("Certificate.parse() bears lists as long as the size allows", async () => {
  const filled = (item: Uint8Array) => {
    const list = new Uint8Array(
      item.length * Math.floor(255_000 / item.length),
    );
    for (let at = 0; at < list.length; at += item.length) list.set(item, at);
    return tlv(Tag.SEQUENCE, list);
  };
  const level = commonName("a").subarray(2);
  const san = (item: Uint8Array) => ({
    extensions: [extension("2.5.29.17", filled(item))],
  });
  const cases: Partial<Fields>[] = [
    { subject: filled(level), issuer: commonName("x") },
    { subject: filled(commonName("").subarray(2)) },
    { serialNumber: tlv(2, new Uint8Array(255_000).fill(0x8f)) },
    { subjectPublicKeyInfo: rsaKey(tlv(2, new Uint8Array(255_000).fill(1))) },
    san(tlv(0x82, Uint8Array.of(0x61))),
    san(tlv(0x87, new Uint8Array(16))),
    san(explicit(4, sequence())),
    san(tlv(0xa0, oid("1.2.3"), explicit(0, nullValue()))),
    { extensions: [extension("2.5.29.37", filled(oid("1.2.3")))] },
    { extensions: [extension("2.5.29.31", filled(sequence()))] },
    {
      extensions: Array.from(
        { length: 10_000 },
        (_, at) => extension(`1.2.3.${at}`, nullValue(), true),
      ),
    },
  ];
  for (const fields of cases) {
    const der = certificateDer(fields);
    await withinCpuTime(2000, () => {
      const certificate = Certificate.parse(der);
      certificate.subject;
      certificate.isSelfIssued;
      certificate.toNodeObject([certificate]);
      assert(certificate.deviations.length <= 50);
    });
  }
});

Deno.test("Certificate equals() compares the bytes", () => {
  assert(made().equals(made()));
  assertFalse(made().equals(made({ serialNumber: integer(2) })));
  assertFalse(made().equals(made({ subject: nameOf(utf8String("longer")) })));
});

Deno.test("Certificate shows whose it is in consoles, and no bytes", () => {
  const certificate = fromOpenssl("names of every kind");
  for (const show of [Deno.inspect, inspect]) {
    const shown = show({ within: { an: [certificate] } }, { depth: 9 });
    for (
      const part of [
        "Certificate {",
        "subject:",
        "issuer:",
        certificate.serialNumber,
        "notBefore:",
        "notAfter:",
      ]
    ) assertStringIncludes(shown, part);
    assert(!shown.includes("Uint8Array"));
  }
});

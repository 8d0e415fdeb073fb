import { assert, assertEquals, assertThrows } from "@std/assert";
import { addressBytes } from "../../../x509/certificate/general_name.ts";
import { Certificate } from "../../../x509/certificate/certificate.ts";
import {
  bitString,
  boolean,
  explicit,
  ia5String,
  implicit,
  integer,
  namedBits,
  nullValue,
  octetString,
  oid,
  sequence,
  tlv,
  utf8String,
} from "../../../x509/asn1/der.ts";
import { TlsCertificateError } from "../../../x509/certificate/errors.ts";
import { ExtensionOid } from "../../../x509/asn1/oids.ts";
import { certificateDer, commonName, extension } from "../_certificate.ts";
import { opensslPem } from "../_openssl_certificates.ts";

type ExtensionName = keyof typeof ExtensionOid;

function made(name: ExtensionName, value: Uint8Array): Certificate {
  const extensions = [extension(ExtensionOid[name], value)];
  return Certificate.parse(certificateDer({ extensions }));
}

function refuses(name: ExtensionName, value: Uint8Array, fact: string) {
  const error = assertThrows(
    () => made(name, value),
    TlsCertificateError,
    fact,
  );
  assertEquals(error.code, "malformed_certificate");
  assert(error.message.includes(`tbsCertificate.${name}`), error.message);
}

function deviates(name: ExtensionName, value: Uint8Array, fact: string) {
  const { deviations } = made(name, value);
  assertEquals(deviations.length, 1);
  assert(deviations[0]?.includes(fact), deviations[0]);
}

function fromOpenssl(name: string): Certificate {
  const [certificate] = Certificate.fromPem(opensslPem(name));
  assert(certificate);
  return certificate;
}

const empty = sequence();

Deno.test("every extension's value is one element and nothing after it", () => {
  const certificate = fromOpenssl("every extension of RFC 5280");
  let checked = 0;
  for (const { name, value } of certificate.extensions) {
    if (name === undefined || name === "netscapeCertType") continue;
    const known = name as ExtensionName;
    made(known, value);
    refuses(known, Uint8Array.of(...value, 5, 0), "2 bytes too many");
    refuses(known, value.subarray(0, -1), ": ");
    refuses(known, new Uint8Array(), "is missing");
    refuses(known, tlv(0x65), "got tag 0x65");
    checked++;
  }
  assertEquals(checked, 14);
});

Deno.test("readExtensionValues() reads what OpenSSL wrote", () => {
  const { extensionValues: values, extensions } = fromOpenssl(
    "every extension of RFC 5280",
  );
  assertEquals(extensions.length, 17);
  assertEquals(values.basicConstraints, { ca: true, pathLength: undefined });
  assertEquals(values.keyUsage, [
    "keyCertSign",
    "cRLSign",
    "encipherOnly",
    "decipherOnly",
  ]);
  assertEquals(values.subjectKeyIdentifier?.length, 20);
  assertEquals(
    values.authorityKeyIdentifier?.keyIdentifier,
    values.subjectKeyIdentifier,
  );
  assertEquals(
    values.authorityKeyIdentifier?.authorityCertIssuer?.map(({ value }) =>
      value
    ),
    ["CN=x"],
  );
  assert(values.authorityKeyIdentifier?.authorityCertSerialNumber);
  assertEquals(values.certificatePolicies?.map(({ oid }) => oid), [
    "1.2.3.4",
    "1.3.5.8",
  ]);
  assertEquals(values.certificatePolicies?.[0]?.qualifiers, undefined);
  assert(values.certificatePolicies?.[1]?.qualifiers);
  assertEquals(values.policyMappings, [
    { issuerDomainPolicy: "1.2.3.4", subjectDomainPolicy: "1.2.3.5" },
    { issuerDomainPolicy: "1.2.3.6", subjectDomainPolicy: "1.2.3.7" },
  ]);
  assertEquals(values.policyConstraints, {
    requireExplicitPolicy: 1,
    inhibitPolicyMapping: 0,
  });
  assertEquals(values.inhibitAnyPolicy, 2);
  assertEquals(values.tlsFeatures, [5, 17]);
  assertEquals(values.ocspNoCheck, true);
  assertEquals(values.extendedKeyUsage, ["2.5.29.37.0"]);
  assertEquals(values.authorityInfoAccess?.map((one) => one.accessMethod), [
    "1.3.6.1.5.5.7.48.1",
  ]);
});

Deno.test("readNameConstraints() reads every kind of subtree", () => {
  const { nameConstraints } =
    fromOpenssl("every extension of RFC 5280").extensionValues;
  const shown = (
    subtrees: readonly { base: { type: string; value: string } }[] = [],
  ) => subtrees.map(({ base }) => [base.type, base.value]);
  assertEquals(shown(nameConstraints?.permittedSubtrees), [
    ["dns", "example.com"],
    ["dns", ".example.org"],
    ["email", "example.com"],
    ["uri", ".example.com"],
    ["ip", "192.0.2.0/24"],
    ["ip", "2001:db8::/32"],
    ["directoryName", "O=Example"],
  ]);
  assertEquals(shown(nameConstraints?.excludedSubtrees), [
    ["dns", "bad.example.com"],
    ["ip", "10.0.0.0/255.0.255.0"],
  ]);
});

Deno.test("readDistributionPoints() reads names, reasons and issuers", () => {
  const points = fromOpenssl("every extension of RFC 5280").extensionValues
    .crlDistributionPoints ?? [];
  const [one, two, three] = points;
  assertEquals(points.length, 3);
  assertEquals(one?.name?.fullName?.map(({ value }) => value), [
    "http://example.com/one.crl",
    "ldap://example.com/one",
  ]);
  assertEquals(one?.reasons, ["keyCompromise", "cACompromise"]);
  assert(two?.name?.nameRelativeToCrlIssuer);
  assertEquals(two?.name?.fullName, undefined);
  assertEquals(two?.crlIssuer?.map(({ value }) => value), ["O=Example"]);
  assertEquals(three?.reasons, undefined);
  assertEquals(three?.crlIssuer, undefined);
});

Deno.test("subjectAltName has every kind of name", () => {
  const { subjectAltName } = fromOpenssl("names of every kind");
  assertEquals(subjectAltName.map(({ type, value }) => [type, value]), [
    ["dns", "example.com"],
    ["dns", "*.foo.example"],
    ["dns", "a, DNS:evil.com"],
    ["dns", "its"],
    ["dns", "qq"],
    ["dns", "back\\slash"],
    ["ip", "127.0.0.1"],
    ["ip", "2001:db8::1"],
    ["ip", "::ffff:102:304"],
    ["email", "me@example.com"],
    ["uri", "http://foo/bar,baz"],
    ["registeredId", "1.2.3.4"],
    ["directoryName", "O=My\\,Ã\x96rg,C=UK"],
    ["otherName", "jÃ¤bber"],
    ["otherName", "foo"],
    ["otherName", "smtp@x,y"],
    ["otherName", "_imap.example.com"],
    ["otherName", "user@realm"],
    ["otherName", "wrong type"],
  ]);
  const [ip] = subjectAltName.filter(({ type }) => type === "ip");
  assert(ip?.type === "ip");
  assertEquals(addressBytes(ip), Uint8Array.of(127, 0, 0, 1));
});

Deno.test("readGeneralNames() refuses malformed names", () => {
  const san = (value: Uint8Array, fact: string) =>
    refuses("subjectAltName", sequence(value), fact);
  refuses("subjectAltName", empty, "a list without names");
  refuses("subjectAltName", nullValue(), "expected SEQUENCE, got NULL");
  for (const length of [0, 3, 5, 8, 15, 17, 32]) {
    san(
      tlv(0x87, new Uint8Array(length)),
      `iPAddress: expected 4 or 16 bytes, got ${length}`,
    );
  }
  const beyond = new TextEncoder().encode("é");
  san(tlv(0x82, beyond), "dNSName: ");
  san(tlv(0x81, beyond), "rfc822Name: ");
  san(tlv(0x86, beyond), "uniformResourceIdentifier: ");
  san(tlv(0x88), "registeredID: an OBJECT IDENTIFIER without contents");
  san(tlv(0x89), "a kind of name that there is not");
  san(tlv(0xa2), "a kind of name that there is not");
  san(tlv(0xa4), "directoryName: is missing");
  san(explicit(4, commonName("a"), nullValue()), "2 bytes too many");
  san(tlv(0xa0, oid("1.2.3")), "otherName.value: is missing");
  san(
    tlv(0xa0, oid("1.2.3"), explicit(0, utf8String("a"), nullValue())),
    "2 bytes too many",
  );
  san(
    tlv(0xa0, oid("1.2.3"), explicit(0, tlv(0x30, Uint8Array.of(4, 9)))),
    "is cut short",
  );
});

Deno.test("readGeneralNames() reads unusual kinds", () => {
  const names = made(
    "subjectAltName",
    sequence(
      tlv(0xa3, sequence()),
      tlv(0xa5, explicit(1, utf8String("a"))),
      tlv(0xa0, oid("1.2.3"), explicit(0, integer(5))),
    ),
  ).subjectAltName;
  assertEquals(names.map(({ type, value }) => [type, value]), [
    ["x400Address", "#a3023000"],
    ["ediPartyName", "#a505a1030c0161"],
    ["otherName", "#020105"],
  ]);
});

Deno.test("readBasicConstraints() reports what breaks rules", () => {
  const read = (value: Uint8Array) =>
    made("basicConstraints", value).extensionValues.basicConstraints;
  assertEquals(read(empty), { ca: false, pathLength: undefined });
  assertEquals(read(sequence(boolean(true), integer(3))), {
    ca: true,
    pathLength: 3,
  });
  assert(made("basicConstraints", sequence(boolean(true))).isCa);
  deviates("basicConstraints", sequence(boolean(false)), "FALSE is spelt out");
  deviates(
    "basicConstraints",
    sequence(integer(0)),
    "present without cA (RFC 5280 section 4.2.1.9)",
  );
  refuses(
    "basicConstraints",
    sequence(boolean(true), integer(-1)),
    "pathLenConstraint: a negative INTEGER",
  );
  refuses(
    "basicConstraints",
    sequence(tlv(1, Uint8Array.of(1))),
    "cA: a BOOLEAN that is neither 00 nor FF",
  );
  refuses(
    "basicConstraints",
    sequence(integer(1), boolean(true)),
    "3 bytes too many",
  );
});

Deno.test("readKeyUsage() reads all nine bits", () => {
  const usage = (value: Uint8Array) => made("keyUsage", value).keyUsage;
  assertEquals(usage(namedBits([0, 1, 2, 3, 4, 5, 6, 7, 8])), [
    "digitalSignature",
    "nonRepudiation",
    "keyEncipherment",
    "dataEncipherment",
    "keyAgreement",
    "keyCertSign",
    "cRLSign",
    "encipherOnly",
    "decipherOnly",
  ]);
  assertEquals(usage(namedBits([15])), []);
  deviates("keyUsage", namedBits([]), "no usage at all");
  deviates(
    "keyUsage",
    bitString(Uint8Array.of(0x80)),
    "trailing zero bits (X.690 section 11.2.2)",
  );
  refuses("keyUsage", tlv(3, Uint8Array.of(4, 0xff)), "padding");
});

Deno.test("readExtKeyUsage() keeps unknown purposes as identifiers", () => {
  const certificate = made(
    "extKeyUsage",
    sequence(oid("1.3.6.1.5.5.7.3.1"), oid("1.2.3.4")),
  );
  assertEquals(certificate.extendedKeyUsage, ["serverAuth", "1.2.3.4"]);
  refuses("extKeyUsage", empty, "an empty list");
});

Deno.test("lists and sequences that must not be empty are refused", () => {
  const names: ExtensionName[] = [
    "certificatePolicies",
    "policyMappings",
    "cRLDistributionPoints",
    "authorityInfoAccess",
    "tlsFeature",
  ];
  for (const name of names) refuses(name, empty, "an empty list");
  refuses("policyConstraints", empty, "an empty sequence");
  refuses("nameConstraints", empty, "neither subtrees");
  refuses("nameConstraints", sequence(tlv(0xa0)), "an empty list");
});

Deno.test("readAuthorityInfoAccess() refuses a description without a location", () => {
  const method = oid("1.3.6.1.5.5.7.48.1");
  const described = (...more: Uint8Array[]) =>
    sequence(sequence(method, ...more));
  refuses("authorityInfoAccess", described(), "accessLocation: is missing");
  refuses(
    "authorityInfoAccess",
    described(nullValue()),
    "accessLocation: a kind of name that there is not",
  );
});

Deno.test("readCertificatePolicies() refuses a policy that appears twice", () => {
  const policy = sequence(oid("1.2.3"));
  refuses(
    "certificatePolicies",
    sequence(policy, policy),
    "1.2.3 appears twice (RFC 5280 section 4.2.1.4)",
  );
});

Deno.test("readPolicyConstraints() refuses what cannot be counted", () => {
  refuses(
    "policyConstraints",
    sequence(implicit(0, integer(-1))),
    "requireExplicitPolicy: a negative INTEGER",
  );
  refuses("inhibitAnyPolicy", integer(2n ** 40n), "above 2147483647");
});

Deno.test("readNameConstraints() reports minimum and maximum, and refuses masks of a wrong size", () => {
  const subtree = (...more: Uint8Array[]) =>
    sequence(explicit(0, sequence(implicit(2, ia5String("a.b")), ...more)));
  deviates(
    "nameConstraints",
    subtree(implicit(0, integer(1))),
    "minimum or maximum is present (RFC 5280 section 4.2.1.10)",
  );
  deviates(
    "nameConstraints",
    subtree(implicit(1, integer(1))),
    "minimum or maximum is present",
  );
  for (const length of [0, 4, 16, 33]) {
    refuses(
      "nameConstraints",
      sequence(
        explicit(0, sequence(tlv(0x87, new Uint8Array(length)))),
      ),
      `iPAddress: expected 8 or 32 bytes, got ${length}`,
    );
  }
});

Deno.test("readAuthorityKeyIdentifier() reports half a reference", () => {
  deviates(
    "authorityKeyIdentifier",
    sequence(implicit(2, integer(5))),
    "only one of authorityCertIssuer and authorityCertSerialNumber",
  );
  assertEquals(
    made("authorityKeyIdentifier", empty).extensionValues
      .authorityKeyIdentifier,
    {
      keyIdentifier: undefined,
      authorityCertIssuer: undefined,
      authorityCertSerialNumber: undefined,
    },
  );
});

Deno.test("readDistributionPoints() reports a point without a location", () => {
  deviates(
    "cRLDistributionPoints",
    sequence(sequence()),
    "neither distributionPoint nor cRLIssuer",
  );
  refuses(
    "cRLDistributionPoints",
    sequence(sequence(explicit(0))),
    "nameRelativeToCRLIssuer: is missing",
  );
});

Deno.test("signedCertificateTimestampList is the list inside", () => {
  const list = Uint8Array.of(0, 3, 0, 1, 7);
  assertEquals(
    made("signedCertificateTimestampList", octetString(list)).extensionValues
      .signedCertificateTimestamps,
    list,
  );
});

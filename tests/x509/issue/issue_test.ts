import {
  assert,
  assertEquals,
  assertGreater,
  assertMatch,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { X509Certificate } from "node:crypto";
import { Certificate } from "../../../x509/certificate/certificate.ts";
import { nullValue } from "../../../x509/asn1/der.ts";
import {
  issueCertificate,
  type IssueOptions,
} from "../../../x509/issue/issue.ts";
import { certificateScheme } from "../../../x509/issue/issue_signature.ts";
import {
  PrivateKey,
  type SignatureSchemeName,
} from "../../../x509/keys/private_key.ts";
import { opensslTest, opensslText, withDirectory } from "../_openssl.ts";

async function issueOne(options: IssueOptions): Promise<Certificate> {
  const [certificate] = (await issueCertificate(options)).identity.chain;
  assert(certificate !== undefined);
  return certificate;
}

Deno.test("issueCertificate() makes a self-signed certificate from names alone", async () => {
  const { cert, key, identity } = await issueCertificate({
    names: ["localhost", "127.0.0.1", "::1"],
  });
  const [certificate] = Certificate.fromPem(cert);
  assert(certificate !== undefined);
  assertEquals(identity.chain.map(({ raw }) => raw), [certificate.raw]);
  assertEquals(certificate.subject, "CN=localhost");
  assertEquals(certificate.issuer, "CN=localhost");
  assertEquals(
    certificate.subjectAltName.map(({ type, value }) => [type, value]),
    [["dns", "localhost"], ["ip", "127.0.0.1"], ["ip", "::1"]],
  );
  assertEquals(certificate.isCa, false);
  assertEquals(certificate.keyUsage, ["digitalSignature"]);
  assertEquals(certificate.extendedKeyUsage, ["serverAuth", "clientAuth"]);
  assertEquals(certificate.version, 3);
  assertMatch(certificate.serialNumber, /^[4-7][0-9A-F]{31}$/);
  assertEquals(certificate.deviations, []);
  const parsed = await PrivateKey.parse(key);
  assertEquals(parsed.publicKey.spki, certificate.publicKey.spki);
});

Deno.test("issueCertificate() makes CAs and what they issue", async () => {
  const root = await issueCertificate({
    ca: true,
    subject: "CN=Root,O=Example\\, Inc.,C=US",
    pathLength: 1,
  });
  const sub = await issueCertificate({
    ca: true,
    names: ["Sub CA"],
    issuer: root,
  });
  const leaf = await issueCertificate({
    names: ["*.example.com"],
    issuer: sub,
  });
  const [rootCertificate] = root.identity.chain;
  const [leafCertificate, subCertificate, none] = leaf.identity.chain;
  assert(rootCertificate && leafCertificate && subCertificate && !none);
  assertEquals(rootCertificate.subject, "CN=Root,O=Example\\, Inc.,C=US");
  assertEquals(rootCertificate.isCa, true);
  assertEquals(rootCertificate.extensionValues.basicConstraints?.pathLength, 1);
  assertEquals(
    rootCertificate.keyUsage,
    ["digitalSignature", "keyCertSign", "cRLSign"],
  );
  assertEquals(subCertificate.issuer, rootCertificate.subject);
  assertEquals(subCertificate.subject, "CN=Sub CA");
  assertEquals(
    leafCertificate.extensionValues.authorityKeyIdentifier?.keyIdentifier,
    subCertificate.extensionValues.subjectKeyIdentifier,
  );
  assertEquals(Certificate.fromPem(leaf.cert).length, 2);
  assert(leafCertificate.notAfter <= subCertificate.notAfter);
});

Deno.test("issueCertificate() writes dates to RFC 5280 section 4.1.2.5", async () => {
  const notBefore = new Date("2049-12-31T23:59:59Z");
  const notAfter = new Date("2050-01-01T00:00:00Z");
  const certificate = await issueOne({
    names: ["a.example.com"],
    notBefore,
    notAfter,
  });
  assertEquals(certificate.notBefore, notBefore);
  assertEquals(certificate.notAfter, notAfter);
  const text = new TextDecoder("latin1").decode(certificate.raw);
  assertStringIncludes(text, "\x17\x0d491231235959Z\x18\x0f20500101000000Z");
  assertEquals(certificate.deviations, []);
});

Deno.test("issueCertificate() makes subjectAltName critical after an empty subject", async () => {
  const name = `${"a".repeat(60)}.${"b".repeat(60)}.example.com`;
  const certificate = await issueOne({ names: [name] });
  assertEquals(certificate.subject, "");
  assertEquals(certificate.extension("2.5.29.17")?.critical, true);
  assertEquals(certificate.subjectAltName[0]?.value, name);
});

Deno.test("issueCertificate() turns U-labels into A-labels", async () => {
  const certificate = await issueOne({
    names: ["bücher.example", "*.bücher.example"],
  });
  assertEquals(
    certificate.subjectAltName.map(({ value }) => value),
    ["xn--bcher-kva.example", "*.xn--bcher-kva.example"],
  );
});

Deno.test("issueCertificate() re-issues with the same key", async () => {
  const first = await issueCertificate({ ca: true, subject: "CA" });
  const second = await issueCertificate({
    ca: true,
    subject: "CA",
    key: first.key,
  });
  const [a, b] = [first.identity.chain[0], second.identity.chain[0]];
  assertEquals(a?.publicKey.spki, b?.publicKey.spki);
  assert(a?.serialNumber !== b?.serialNumber);
  assertEquals(second.key, first.key);
});

Deno.test("issueCertificate() writes what options ask for", async () => {
  const certificate = await issueOne({
    ca: true,
    subject: { C: "US", O: "Example", CN: "Constrained" },
    keyUsage: ["keyCertSign"],
    extendedKeyUsage: ["serverAuth", "1.2.3.4"],
    nameConstraints: {
      permitted: ["example.com", "10.0.0.0/8", "2001:db8::/33", "@example.com"],
      excluded: ["bad.example.com", "uri:.example.com", "dir:O=Bad"],
    },
    crlUrls: ["http://example.com/ca.crl"],
    ocspUrls: ["http://example.com/ocsp"],
    mustStaple: true,
    serialNumber: Uint8Array.of(0x80, 1),
    extensions: [
      { oid: "1.2.3.4.5", critical: true, value: nullValue() },
      { oid: "2.5.29.14", value: Uint8Array.of(4, 1, 7) },
    ],
  });
  assertEquals(certificate.subject, "CN=Constrained,O=Example,C=US");
  assertEquals(certificate.keyUsage, ["keyCertSign"]);
  assertEquals(certificate.extendedKeyUsage, ["serverAuth", "1.2.3.4"]);
  assertEquals(certificate.serialNumber, "8001");
  const constraints = certificate.extensionValues.nameConstraints;
  assertEquals(
    constraints?.permittedSubtrees?.map(({ base }) => base.value),
    ["example.com", "10.0.0.0/8", "2001:db8::/33", "example.com"],
  );
  assertEquals(
    constraints?.excludedSubtrees?.map(({ base }) => base.type),
    ["dns", "uri", "directoryName"],
  );
  assertEquals(certificate.unhandledCriticalExtensions, ["1.2.3.4.5"]);
  assertEquals(
    certificate.extensionValues.subjectKeyIdentifier,
    Uint8Array.of(7),
  );
});

Deno.test("issueCertificate() refuses what it cannot write", async () => {
  const names = ["a.example.com"];
  const wrong: IssueOptions[] = [
    {},
    { names: ["not a name"] },
    { names: ["-"] },
    { names, keyType: "dsa" },
    { names, keyUsage: ["sign"] },
    { names, extendedKeyUsage: ["server"] },
    { names, subject: { nothing: "x" } },
    { names, subject: "CN=a,b" },
    { names, signatureScheme: "rsa_pkcs1_sha256" },
    { ca: true, nameConstraints: { permitted: ["not a name"] } },
    { names, pathLength: 0 },
    { ca: true, pathLength: 1.5 },
    { names, notAfter: new Date(NaN) },
  ];
  for (const options of wrong) {
    await assertRejects(() => issueCertificate(options), TypeError);
  }
  // A caller without types.
  const issue = issueCertificate as (options: object) => Promise<unknown>;
  await assertRejects(
    () => issue({ names, validDays: 3 }),
    TypeError,
    'there is no option "validDays"',
  );
  for (
    const option of [
      { names: "a.example.com" },
      { subject: 7 },
      { subject: null },
      { issuer: {} },
      { issuer: null },
      { issuer: "CA" },
      { pathLength: -1 },
      { pathLength: "0" },
      { ca: "yes" },
      { notBefore: "2020-01-01" },
      { keyUsage: "digitalSignature" },
      { extendedKeyUsage: "serverAuth" },
      { crlUrls: "http://a.test/" },
      { ocspUrls: [7] },
      { mustStaple: 1 },
      { extensions: {} },
      { serialNumber: 5 },
    ]
  ) {
    const [name = ""] = Object.keys(option);
    await assertRejects(
      () => issue({ names, ...option }),
      TypeError,
      `"${name}" must be`,
    );
  }
  for (const prefix of ["10.0.0.0/33", "fd00::/129"]) {
    await assertRejects(
      () =>
        issueCertificate({
          ca: true,
          nameConstraints: { permitted: [prefix] },
        }),
      RangeError,
      "is too long",
    );
  }
  await issueCertificate({
    ca: true,
    nameConstraints: { permitted: ["10.0.0.1/32", "fd00::1/128"] },
  });
  await assertRejects(
    () =>
      issueCertificate({
        names,
        notBefore: new Date(2000),
        notAfter: new Date(1000),
      }),
    RangeError,
  );
});

Deno.test("issueCertificate() names a CA as it is called, and writes alternative names alone", async () => {
  const { identity } = await issueCertificate({
    ca: true,
    names: ["My own CA", "ca.example.com"],
  });
  assertEquals(identity.chain[0]?.subject, "CN=My own CA");
  assertEquals(
    identity.chain[0]?.subjectAltName.map(({ value }) => value),
    ["ca.example.com"],
  );
});

Deno.test("issueCertificate() signs with the scheme that a Signer has", async () => {
  const { identity } = await issueCertificate({
    names: ["a.example.com"],
    keyType: "rsa-2048",
  });
  const { key } = identity;
  const signer = (...schemes: SignatureSchemeName[]) => ({
    publicKey: key.publicKey,
    schemes,
    sign: key.sign.bind(key),
  });
  assertEquals(certificateScheme(key), "rsa_pkcs1_sha256");
  assertEquals(
    certificateScheme(signer("rsa_pss_rsae_sha384", "rsa_pkcs1_sha384")),
    "rsa_pss_rsae_sha384",
  );
  assertEquals(
    certificateScheme(signer("rsa_pss_rsae_sha384", "rsa_pkcs1_sha256")),
    "rsa_pkcs1_sha256",
  );
  assertThrows(() => certificateScheme(signer()), TypeError, "no signature");
});

Deno.test("issueCertificate() refuses wildcards that never match, and who is not a CA", async () => {
  for (
    const [name, text] of [
      ["*.internal", "without two labels behind it"],
      ["*", "without two labels behind it"],
      ["www*.example.com", 'Give "*.example.com", or the names of the hosts'],
      ["www.*.example.com", "not the whole left-most label"],
    ] as const
  ) {
    await assertRejects(
      () => issueCertificate({ names: [name] }),
      TypeError,
      text,
    );
  }
  const issuer = await issueCertificate({ names: ["host.example"] });
  await assertRejects(
    () => issueCertificate({ names: ["a.example"], issuer }),
    TypeError,
    'the issuer "CN=host.example" is not a CA; issue that one with "ca: true"',
  );
});

Deno.test("issueCertificate() makes a new serial number for every certificate", async () => {
  const serials = new Set<string>();
  for (let i = 0; i < 50; i++) {
    serials.add((await issueOne({ names: ["a.example.com"] })).serialNumber);
  }
  assertEquals(serials.size, 50);
});

const KEY_TYPES = [
  "P-256",
  "P-384",
  "P-521",
  "rsa-2048",
  "rsa-pss-2048",
  "ed25519",
  "ed448",
];

for (const keyType of KEY_TYPES) {
  Deno.test(`issueCertificate() makes ${keyType} certificates that Node reads`, async () => {
    const { cert, identity } = await issueCertificate({
      names: ["localhost"],
      keyType,
    });
    const node = new X509Certificate(cert);
    assertStringIncludes(node.subjectAltName ?? "", "DNS:localhost");
    assertEquals(
      node.fingerprint256,
      identity.chain[0]?.fingerprint("SHA-256"),
    );
    assertGreater(identity.key.schemes.length, 0);
  });

  opensslTest(
    `issueCertificate() makes ${keyType} chains that OpenSSL verifies strictly`,
    async () => {
      const root = await issueCertificate({
        ca: true,
        subject: "Root",
        keyType,
      });
      const sub = await issueCertificate({
        ca: true,
        subject: "Sub",
        keyType,
        issuer: root,
        pathLength: 0,
        nameConstraints: {
          permitted: ["example.com", "127.0.0.0/8"],
          excluded: ["bad.example.com"],
        },
      });
      const leaf = await issueCertificate({
        names: ["www.example.com", "127.0.0.1"],
        keyType,
        issuer: sub,
      });
      await withDirectory(async (path) => {
        await Deno.writeTextFile(`${path}/root`, root.cert);
        await Deno.writeTextFile(`${path}/leaf`, leaf.cert);
        await Deno.writeTextFile(`${path}/key`, leaf.key);
        for (const name of ["www.example.com", "127.0.0.1"]) {
          const text = await opensslText([
            ...["verify", "-x509_strict", "-purpose", "sslserver"],
            ...[name === "127.0.0.1" ? "-verify_ip" : "-verify_hostname", name],
            ...["-CAfile", `${path}/root`, "-untrusted", `${path}/leaf`],
            `${path}/leaf`,
          ]);
          assertMatch(text, /: OK\n$/);
        }
        assertEquals(
          await opensslText([
            "x509",
            "-in",
            `${path}/leaf`,
            "-noout",
            "-pubkey",
          ]),
          await opensslText(["pkey", "-in", `${path}/key`, "-pubout"]),
        );
      });
    },
  );
}

Deno.test("Certificate subjectAltName has kind and text", async () => {
  const { cert } = await issueCertificate({
    names: ["a.test", "192.0.2.1", "2001:db8::1", "a@b.test"],
  });
  const names = Certificate.fromPem(cert)[0]?.subjectAltName ?? [];
  assertEquals<{ type: string; value: string }[]>([...names], [
    { type: "dns", value: "a.test" },
    { type: "ip", value: "192.0.2.1" },
    { type: "ip", value: "2001:db8::1" },
    { type: "email", value: "a@b.test" },
  ]);
});

// RFC 5280 appendix A: ub-common-name INTEGER ::= 64.
Deno.test("issueCertificate() makes the first name the common name where that has room for it", async () => {
  const label = "a".repeat(60);
  for (
    const [name, subject] of [[`${label}.com`, `CN=${label}.com`], [
      `${label}a.com`,
      "",
    ]]
  ) {
    const { identity } = await issueCertificate({ names: [name as string] });
    assertEquals(identity.chain[0]?.subject, subject);
  }
});

import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  boolean,
  explicit,
  ia5String,
  implicit,
  integer,
  nullValue,
  octetString,
  oid,
  sequence,
} from "../../../x509/asn1/der.ts";
import { Certificate } from "../../../x509/certificate/certificate.ts";
import { lintCertificate } from "../../../x509/lint/lint.ts";
import { TrustStore } from "../../../x509/trust/trust_store.ts";
import {
  verifyChain,
  type VerifyChainOptions,
} from "../../../x509/path/verify.ts";
import { authority, certificateOf, server } from "../_authority.ts";
import { certificateDer, extension } from "../_certificate.ts";
import {
  DV,
  EV,
  generalNames,
  name,
  OV,
  policies,
  purposes,
  usage,
} from "./_fields.ts";
import { rsaSpki } from "./_field_probes.ts";
import { type ChainChanges, NOW, publicChain } from "./_public_chain.ts";

function rulesOf(certificate: Certificate): string[] {
  return lintCertificate(certificate).map(({ rule }) => rule);
}

async function leafOf(leaf: ChainChanges["leaf"] = {}): Promise<Certificate> {
  return (await publicChain({ leaf }))[0];
}

/** The rules that a strict verification of a path finds broken. */
async function strict(
  [leaf, ...others]: readonly Certificate[],
  options: Partial<VerifyChainOptions> = {},
): Promise<(string | undefined)[]> {
  assert(leaf !== undefined);
  const { errors } = await verifyChain({
    chain: [leaf, ...others.slice(0, -1)],
    trust: TrustStore.of(...others.slice(-1)),
    now: NOW,
    strict: true,
    ...options,
  });
  return errors.map(({ code, rule }) => code === "not_strict" ? rule : code);
}

Deno.test("lintCertificate() says which rule is broken, where it stands and since when", async () => {
  const changes = {
    subject: name(["C", "US"]),
    extensions: { subjectAltName: { value: generalNames("db.internal") } },
  };
  assertEquals(lintCertificate(await leafOf(changes)), [{
    rule: "internal_name",
    source: "BR 7.1.2.7.12",
    since: "2012-07-01",
    message:
      '"db.internal" is an internal name: it ends in no top-level domain of the public DNS (BR 7.1.2.7.12)',
  }]);
});

Deno.test("lintCertificate() compares with the issuer that it is given", async () => {
  const [leaf, issuer, root] = await publicChain();
  assertEquals(lintCertificate(leaf, { issuer }), []);
  assertEquals(
    lintCertificate(leaf, { issuer: root }).map(({ rule }) => rule),
    ["aki_mismatch"],
  );
});

Deno.test("lintCertificate() refuses what is no certificate", async () => {
  const leaf = await leafOf();
  // What the types forbid.
  const anything: unknown[] = ["PEM", undefined, leaf.raw];
  for (const value of anything) {
    assertThrows(
      () => lintCertificate(value as Certificate),
      TypeError,
      "expected a Certificate",
    );
    if (value === undefined) continue;
    assertThrows(
      () => lintCertificate(leaf, { issuer: value as Certificate }),
      TypeError,
      '"issuer" must be a Certificate',
    );
  }
  const unknown = { usage: "server" } as object;
  assertThrows(() => lintCertificate(leaf, unknown), TypeError, '"usage"');
});

Deno.test("lintCertificate() asks of a certificate what was in force when it was issued", async () => {
  const days = 86_400_000;
  for (
    const [date, length, broken] of [
      ["2018-03-01", 1188, []],
      ["2020-08-31", 825, []],
      ["2020-09-01", 825, ["validity_398_days"]],
      ["2026-03-14", 398, []],
      ["2026-03-15", 200, []],
      ["2026-03-15", 201, ["validity_200_days"]],
      ["2027-03-15", 100, []],
      ["2029-03-14", 100, []],
      ["2029-03-15", 48, ["validity_47_days"]],
      ["2029-03-15", 47, []],
    ] as const
  ) {
    const notBefore = new Date(`${date}T00:00:00Z`);
    const notAfter = new Date(notBefore.getTime() + length * days - 1000);
    const leaf = await leafOf({ notBefore, notAfter });
    assertEquals(rulesOf(leaf), [...broken], `${date}, ${length} days`);
  }
});

Deno.test("lintCertificate() judges OCSP responders by their own rules", async () => {
  const responder = {
    extKeyUsage: purposes("OCSPSigning"),
    certificatePolicies: undefined,
    subjectAltName: undefined,
    authorityInfoAccess: undefined,
    cRLDistributionPoints: undefined,
    ocspNoCheck: { value: nullValue() },
  };
  assertEquals(rulesOf(await leafOf({ extensions: responder })), []);
  const bare = { ...responder, keyUsage: undefined };
  assertEquals(rulesOf(await leafOf({ extensions: bare })), []);
  for (
    const [broken, changes] of [
      ["responder_no_check", { ocspNoCheck: undefined }],
      [
        "responder_crl",
        {
          cRLDistributionPoints: {
            value: sequence(
              sequence(
                explicit(
                  0,
                  explicit(0, implicit(6, ia5String("http://a.example.com"))),
                ),
              ),
            ),
          },
        },
      ],
      [
        "responder_key_usage",
        { keyUsage: usage("digitalSignature", "nonRepudiation") },
      ],
    ] as const
  ) {
    const leaf = await leafOf({ extensions: { ...responder, ...changes } });
    assertEquals(rulesOf(leaf), [broken]);
  }
});

Deno.test("lintCertificate() leaves what is not for servers to the RFCs", async () => {
  const extensions = {
    extKeyUsage: purposes("clientAuth"),
    certificatePolicies: undefined,
    authorityInfoAccess: undefined,
    cRLDistributionPoints: undefined,
  };
  const subject = name(["CN", "Somebody"]);
  assertEquals(rulesOf(await leafOf({ subject, extensions })), []);
  const old = await leafOf({
    subject,
    keyType: "rsa-2048",
    extensions: { ...extensions, keyUsage: usage("keyAgreement") },
  });
  assertEquals(rulesOf(old), ["rsa_key_usage"]);
});

Deno.test("lintCertificate() takes what is a responder and a server for a server", async () => {
  const extKeyUsage = purposes("serverAuth", "OCSPSigning");
  assertEquals(
    rulesOf(await leafOf({ extensions: { extKeyUsage } })),
    ["purpose_forbidden"],
  );
});

Deno.test("lintCertificate() does not hold responders that are clients too to the Forum's rules", async () => {
  const extensions = {
    extKeyUsage: purposes("OCSPSigning", "clientAuth"),
    certificatePolicies: undefined,
    subjectAltName: undefined,
    authorityInfoAccess: undefined,
    cRLDistributionPoints: undefined,
  };
  assertEquals(rulesOf(await leafOf({ extensions })), []);
});

Deno.test("lintCertificate() says what exactly is wrong", async () => {
  const factsOf = async (changes: ChainChanges["leaf"]) =>
    lintCertificate(await leafOf(changes)).map(({ message }) => message);
  const policyFact = (count: string) =>
    `its certificatePolicies have ${count} of the reserved identifiers and not one (BR 7.1.2.7.9)`;
  const subject = name(["C", "US"], ["ST", "Utah"], ["O", "Ex"]);
  assertEquals(
    await factsOf({
      subject,
      extensions: { certificatePolicies: policies("1.2.3") },
    }),
    [policyFact("none")],
  );
  assertEquals(
    (await factsOf({
      subject,
      extensions: { certificatePolicies: policies(EV, OV) },
    })).filter((fact) => fact.includes("reserved")),
    [policyFact("2")],
  );
  for (const [exponent, what] of [[1, "1"], [65536, "even"]] as const) {
    assertEquals(await factsOf({ spki: rsaSpki(2048, exponent) }), [
      `the public exponent of its RSA key is ${what} (BR 6.1.6)`,
    ]);
  }
  assertEquals(
    await factsOf({
      subject: name(["C", "US"], ["ST", "Utah"], ["CN", "www.example.com"]),
    }),
    [
      "it is domain validated and its subject has stateOrProvinceName (BR 7.1.2.7.2)",
    ],
  );
  assertEquals(
    await factsOf({
      subject: name(
        ...[["C", "US"], ["ST", "Utah"], ["L", "Ogden"]] as const,
        ...[["O", "Ex"], ["CN", "www.example.com"]] as const,
      ),
    }),
    [
      "it is domain validated and its subject has stateOrProvinceName, localityName and organizationName (BR 7.1.2.7.2)",
    ],
  );
});

Deno.test("lintCertificate() holds signatures with DSA to their day", async () => {
  for (
    const algorithm of ["2.16.840.1.101.3.4.3.1", "2.16.840.1.101.3.4.3.2"]
  ) {
    for (
      const [date, broken] of [
        ["2020-08-19", []],
        ["2020-08-20", ["signature_algorithm"]],
      ] as const
    ) {
      const notBefore = new Date(`${date}T00:00:00Z`);
      const notAfter = new Date(notBefore.getTime() + 90 * 86_400_000);
      const signatureAlgorithm = sequence(oid(algorithm));
      const leaf = await leafOf({ notBefore, notAfter, signatureAlgorithm });
      assertEquals(rulesOf(leaf), [...broken]);
    }
  }
});

Deno.test("lintCertificate() holds CAs' RSA keys to RFC 3279 where the Forum says nothing yet", async () => {
  const broken = async (...bits: string[]) => {
    const [, subCa] = await publicChain({
      subCa: {
        keyType: "rsa-2048",
        notBefore: new Date("2023-09-14T23:59:59Z"),
        extensions: { keyUsage: usage(...bits) },
      },
      leaf: { scheme: "rsa_pkcs1_sha256" },
    });
    return rulesOf(subCa).includes("ca_rsa_key_usage");
  };
  assert(await broken("keyCertSign", "cRLSign", "keyAgreement"));
  const both = ["keyEncipherment", "dataEncipherment"];
  assert(await broken(...both, "keyCertSign"));
  assert(await broken(...both, "cRLSign"));
  assert(!await broken(...both));
  assert(!await broken("keyEncipherment", "nonRepudiation", "cRLSign"));
});

Deno.test("lintCertificate() finds what the reader of certificates let pass", () => {
  const first = certificateDer({ version: undefined });
  assert(rulesOf(Certificate.parse(first)).includes("version"));
  const extended = certificateDer({
    version: undefined,
    extensions: [extension("2.5.29.19", sequence(boolean(true)), true)],
  });
  const empty = certificateDer({ issuer: sequence() });
  const identifier = certificateDer({
    extensions: [
      extension(
        "2.5.29.35",
        sequence(
          implicit(0, octetString(Uint8Array.of(1))),
          implicit(2, integer(1)),
        ),
      ),
    ],
  });
  for (
    const [der, rule] of [
      [extended, "extensions_version"],
      [empty, "issuer_empty"],
      [identifier, "encoding"],
    ] as const
  ) {
    assert(rulesOf(Certificate.parse(der)).includes(rule), rule);
  }
});

Deno.test("lintCertificate() shows a few facts about each rule, and no control characters", async () => {
  const many = Array.from({ length: 500 }, (_, at) => `my_host${at}.test`);
  const hostile = "\x1b[2J\r\n\0";
  const found = lintCertificate(
    await leafOf({
      subject: name(["C", "US"]),
      extensions: {
        subjectAltName: { value: generalNames(hostile, ...many) },
      },
    }),
  );
  assertEquals(found.length, 10);
  assertEquals(new Set(found.map(({ rule }) => rule)).size, 3);
  for (const { message } of found) {
    assert(/^[\x20-\x7e]+$/.test(message), JSON.stringify(message));
  }
  assert(found.some(({ message }) => message.includes("\\x1b[2J\\x0d")));
});

Deno.test("verifyChain() with strict does not ask of private CAs what only public ones have", async () => {
  const root = await authority("Root");
  const intermediate = await authority("Intermediate", root);
  const leaf = await server(intermediate);
  const path = [leaf, intermediate, root].map(certificateOf);
  assertEquals(await strict(path, { now: new Date() }), []);
  assert(rulesOf(certificateOf(leaf)).includes("leaf_policies_missing"));
  const inside = await server(intermediate, {
    names: ["db.internal", "localhost", "10.0.0.1"],
  });
  const within = [inside, intermediate, root].map(certificateOf);
  assertEquals(await strict(within, { now: new Date() }), []);
  const found = rulesOf(certificateOf(inside));
  assert(found.includes("internal_name"));
  assert(found.includes("san_reserved_address"));
  // One that says that it is public has to have all of it.
  const value = policies(DV).value;
  const claiming = await server(intermediate, {
    extensions: [{ oid: "2.5.29.32", value }],
  });
  const claimed = [claiming, intermediate, root].map(certificateOf);
  const asked = await strict(claimed, { now: new Date() });
  for (
    const rule of [
      "leaf_aia_missing",
      "leaf_crl_missing",
      "sub_ca_policies_missing",
      "sub_ca_crl_missing",
      "ca_country",
      "ca_organization",
    ]
  ) assert(asked.includes(rule), rule);
});

Deno.test("verifyChain() with strict holds a client to the RFCs, and its CAs to all", async () => {
  const path = await publicChain({
    subCa: {
      extensions: { extKeyUsage: purposes("serverAuth", "clientAuth") },
    },
    leaf: {
      subject: name(["CN", "Somebody"]),
      extensions: {
        extKeyUsage: purposes("clientAuth"),
        authorityKeyIdentifier: undefined,
      },
    },
  });
  assertEquals(await strict(path, { usage: "client" }), ["aki_missing"]);
});

Deno.test("verifyChain() with strict holds certificates without a date of issue to some rules of the Forum", async () => {
  const dates = {
    notBefore: new Date("1970-01-01T00:00:00Z"),
    notAfter: new Date("2049-12-31T00:00:00Z"),
  };
  const changes = {
    root: dates,
    subCa: dates,
    leaf: { ...dates, subject: name(["CN", "other.example.com"]) },
  };
  const path = await publicChain(changes);
  assertEquals(await strict(path), ["common_name"]);
  assertEquals(rulesOf(path[0]), []);
});

Deno.test("verifyChain() with strict trusts roots that are older than their profile", async () => {
  const subject = name(["O", "Example Trust"], ["CN", "Example Root"]);
  for (
    const [date, broken] of [
      ["2014-12-10", []],
      ["2025-01-01", ["ca_country"]],
    ] as const
  ) {
    const notBefore = new Date(`${date}T00:00:00Z`);
    const path = await publicChain({ root: { subject, notBefore } });
    assertEquals(await strict(path), [...broken]);
    assertEquals(rulesOf(path[2]), ["ca_country"]);
  }
});

Deno.test("errors of a strict verification name rule and certificate", async () => {
  const path = await publicChain({
    subCa: { extensions: { cRLDistributionPoints: undefined } },
  });
  const { errors: [error, ...others] } = await verifyChain({
    chain: path.slice(0, 2),
    trust: TrustStore.of(path[2]),
    now: NOW,
    strict: true,
  });
  assertEquals(others, []);
  assertEquals(error?.code, "not_strict");
  assertEquals(error?.rule, "sub_ca_crl_missing");
  assertEquals(error?.certificate, path[1]);
  assertEquals(error?.alert, "bad_certificate");
});

import { assert, assertEquals, assertMatch } from "@std/assert";
import { hashAlgorithms } from "../../../crypto/primitives/hash.ts";
import { Certificate } from "../../../x509/certificate/certificate.ts";
import {
  enumerated,
  integer,
  octetString,
  oid,
  sequence,
  tlv,
} from "../../../x509/asn1/der.ts";
import {
  issueCertificate,
  type IssueOptions,
} from "../../../x509/issue/issue.ts";
import { OcspResponse } from "../../../x509/status/ocsp.ts";
import { checkOcspResponse } from "../../../x509/path/ocsp_check.ts";
import { isMustStaple } from "../../../x509/path/tls_feature.ts";
import { HashOid } from "../../../x509/asn1/oids.ts";
import { readBytes, readText } from "../_files.ts";
import {
  certId,
  certificateOf,
  DAY,
  daysFromNow,
  extension,
  GOOD,
  makeOcspResponse,
  NOW,
  type OcspOptions,
  REVOKED,
  security,
  single,
  UNKNOWN,
  YEARS,
} from "../_revocation.ts";

const ca = await issueCertificate({ ca: true, subject: "CA", ...YEARS });
const issuer = certificateOf(ca);
const leaf = certificateOf(
  await issueCertificate({ names: ["a.example.com"], issuer: ca, ...YEARS }),
);
const id = certId(leaf, issuer);

async function check(
  options: Partial<OcspOptions> & { der?: Uint8Array; now?: Date } = {},
  about: { certificate?: Certificate; issuer?: Certificate } = {},
) {
  const der = options.der ?? await makeOcspResponse({
    responder: ca,
    singles: [single(id)],
    ...options,
  });
  return await checkOcspResponse({
    response: OcspResponse.parse(der),
    certificate: leaf,
    issuer,
    now: options.now ?? NOW,
    security,
    ...about,
  });
}

/** CertID of the leaf, with its fields as given (RFC 6960 section 4.1.1). */
function idOf({ hash, nameHash, keyHash }: {
  hash: keyof typeof HashOid;
  nameHash: Uint8Array;
  keyHash: Uint8Array;
}): Uint8Array {
  return sequence(
    sequence(oid(HashOid[hash])),
    octetString(nameHash),
    octetString(keyHash),
    tlv(0x02, leaf.serialNumberBytes),
  );
}

async function isUnusable(
  expected: RegExp,
  ...args: Parameters<typeof check>
): Promise<void> {
  const result = await check(...args);
  assert(result.status === "unknown", result.status);
  assertEquals(result.error.code, "ocsp_response_unusable");
  assertEquals(result.error.alert, "bad_certificate_status_response");
  assertMatch(result.error.message, expected);
}

Deno.test("checkOcspResponse() believes the issuer, by name and by key", async () => {
  assertEquals(await check(), { status: "good" });
  assertEquals(await check({ byKey: true }), { status: "good" });
});

Deno.test("checkOcspResponse() finds a certificate revoked, however old the response", async () => {
  for (const nextUpdate of [daysFromNow(1), daysFromNow(-0.5)]) {
    const result = await check({
      singles: [single(id, REVOKED, { nextUpdate })],
    });
    assert(result.status === "revoked");
    assertEquals(result.error.code, "certificate_revoked");
    assertEquals(result.reason, "keyCompromise");
    assertEquals(result.revocationDate, daysFromNow(-10));
  }
});

Deno.test("checkOcspResponse() does not count a certificate that the responder does not know", async () => {
  await isUnusable(/does not know the certificate/, {
    singles: [single(id, UNKNOWN)],
  });
});

Deno.test("checkOcspResponse() does not count refusals", async () => {
  await isUnusable(/the responder says tryLater/, {
    der: sequence(enumerated(3)),
  });
});

Deno.test("checkOcspResponse() compares certID with SHA-1 and SHA-256", async () => {
  assertEquals(
    await check({ singles: [single(certId(leaf, issuer, "SHA-256"))] }),
    { status: "good" },
  );
  const others = [
    certId(issuer, issuer), // another serial number
    certId(leaf, leaf), // another key of the issuer
  ];
  for (const other of others) {
    await isUnusable(/not about this certificate/, {
      singles: [single(other)],
    });
  }
  for (const hash of ["SHA-1", "SHA-256"] as const) {
    const { digest } = hashAlgorithms[hash];
    const fields = {
      hash,
      nameHash: digest(leaf.issuerName.raw),
      keyHash: digest(issuer.publicKey.bytes),
    };
    assertEquals(await check({ singles: [single(idOf(fields))] }), {
      status: "good",
    });
    // RFC 6960 section 4.1.1: the hash of the issuer's name as well as its key.
    for (
      const wrong of [
        { ...fields, nameHash: digest(leaf.subjectName.raw) },
        { ...fields, keyHash: digest(leaf.publicKey.bytes) },
        { ...fields, nameHash: fields.keyHash, keyHash: fields.nameHash },
      ]
    ) {
      await isUnusable(/not about this certificate/, {
        singles: [single(idOf(wrong))],
      });
    }
  }
  // Nobody can tell what MD5 is of.
  const { digest } = hashAlgorithms.MD5;
  await isUnusable(/not about this certificate/, {
    singles: [single(idOf({
      hash: "MD5",
      nameHash: digest(leaf.issuerName.raw),
      keyHash: digest(issuer.publicKey.bytes),
    }))],
  });
  await isUnusable(/not about this certificate/, { singles: [] });
});

Deno.test("checkOcspResponse() hashes the issuer's key once, however many CertIDs there are", async () => {
  let read = 0;
  const counted: Certificate = Object.create(issuer, {
    publicKey: {
      get() {
        read++;
        return issuer.publicKey;
      },
    },
  });
  const reads = async (count: number) => {
    read = 0;
    const singles = Array<Uint8Array>(count).fill(single(id));
    assertEquals(await check({ singles }, { issuer: counted }), {
      status: "good",
    });
    return read;
  };
  assertEquals(await reads(200), await reads(1));
});

Deno.test("checkOcspResponse() finds the response for the certificate among several", async () => {
  const other = single(certId(issuer, issuer), REVOKED);
  assertEquals(await check({ singles: [other, single(id)] }), {
    status: "good",
  });
  const old = single(id, GOOD, {
    thisUpdate: daysFromNow(-9),
    nextUpdate: daysFromNow(-8),
  });
  assertEquals(await check({ singles: [old, single(id)] }), { status: "good" });
  const both = await check({ singles: [single(id), single(id, REVOKED)] });
  assertEquals(both.status, "revoked");
});

Deno.test("checkOcspResponse() looks at dates, with five minutes of tolerance", async () => {
  const at = (milliseconds: number) => new Date(NOW.getTime() + milliseconds);
  const good: [Date, Date | null][] = [
    [at(300_000), daysFromNow(1)],
    [daysFromNow(-1), at(-300_000)],
    [daysFromNow(-0.9), null],
    [at(-DAY - 300_000), null],
  ];
  const bad: [Date, Date | null, RegExp][] = [
    [at(301_000), daysFromNow(1), /not valid before/],
    [daysFromNow(-1), at(-301_000), /has expired/],
    [at(-DAY - 301_000), null, /has expired/],
  ];
  for (const [thisUpdate, nextUpdate] of good) {
    const singles = [single(id, GOOD, { thisUpdate, nextUpdate })];
    assertEquals(await check({ singles }), { status: "good" });
  }
  for (const [thisUpdate, nextUpdate, expected] of bad) {
    const singles = [single(id, GOOD, { thisUpdate, nextUpdate })];
    await isUnusable(expected, { singles });
  }
});

Deno.test("checkOcspResponse() does not believe a wrong signature", async () => {
  const twin = await issueCertificate({ ca: true, subject: "CA", ...YEARS });
  await isUnusable(/its signature is wrong/, { signer: twin.identity.key });
  const der = await makeOcspResponse({ responder: ca, singles: [single(id)] });
  // 0x80 0x00 is the status good; 0x82 0x00 is unknown.
  const status = der.findIndex((byte, at) =>
    byte === 0x80 && der[at + 1] === 0 && der[at + 2] === 0x18
  );
  assert(status > 0);
  der[status] = 0x82;
  await isUnusable(/its signature is wrong/, { der });
});

Deno.test("checkOcspResponse() does not believe a weak signature", async () => {
  const rsa = await issueCertificate({
    ca: true,
    subject: "CA",
    keyType: "rsa-2048",
    ...YEARS,
  });
  await isUnusable(
    /SHA-1/,
    {
      responder: rsa,
      scheme: "rsa_pkcs1_sha1",
      singles: [single(certId(leaf, certificateOf(rsa)))],
    },
    { issuer: certificateOf(rsa) },
  );
});

Deno.test("checkOcspResponse() refuses critical extensions that it does not know", async () => {
  const critical = extension("1.2.3.4", integer(1), true);
  await isUnusable(/critical extension 1.2.3.4/, { extensions: [critical] });
  await isUnusable(/critical extension 1.2.3.4/, {
    singles: [single(id, GOOD, { extensions: [critical] })],
  });
});

/** A response signed by a responder that is not the issuer. */
async function delegated(
  options: IssueOptions,
): Promise<Partial<OcspOptions>> {
  const responder = await issueCertificate({
    subject: "Responder",
    issuer: ca,
    extendedKeyUsage: ["OCSPSigning"],
    ...YEARS,
    ...options,
  });
  return { responder, certificates: [certificateOf(responder)] };
}

Deno.test("checkOcspResponse() believes a responder that the issuer appointed", async () => {
  const options = await delegated({});
  assertEquals(await check(options), { status: "good" });
  assertEquals(await check({ ...options, byKey: true }), { status: "good" });
  // Others may stand before it.
  const certificates = [issuer, leaf, ...options.certificates ?? []];
  assertEquals(await check({ ...options, certificates }), { status: "good" });
  const bare = await delegated({ keyUsage: ["digitalSignature"] });
  assertEquals(await check(bare), { status: "good" });
  // To the second (RFC 5280 section 4.1.2.5: "through notAfter, inclusive").
  const fresh = await delegated({ notBefore: NOW });
  assertEquals(await check(fresh), { status: "good" });
  const last = await delegated({ notAfter: NOW });
  assertEquals(await check(last), { status: "good" });
});

Deno.test("checkOcspResponse() refuses a responder that the issuer did not appoint", async () => {
  const stranger = await issueCertificate({
    ca: true,
    subject: "CA",
    ...YEARS,
  });
  const refused: [IssueOptions, RegExp][] = [
    [{ extendedKeyUsage: [] }, /no extendedKeyUsage OCSPSigning/],
    [{ extendedKeyUsage: ["serverAuth"] }, /no extendedKeyUsage OCSPSigning/],
    [{ extendedKeyUsage: ["anyExtendedKeyUsage"] }, /no extendedKeyUsage/],
    [{ keyUsage: ["keyEncipherment"] }, /has no digitalSignature/],
    [{ notAfter: daysFromNow(-2) }, /is not valid at/],
    [{ notBefore: daysFromNow(2) }, /is not valid at/],
    [{ issuer: stranger }, /the certificate of its responder .*signature/],
    [
      { extensions: [{ oid: "1.2.3.4", critical: true, value: integer(1) }] },
      /critical extension/,
    ],
    [{ keyType: "rsa-1024" }, /RSA key of 1024 bits/],
  ];
  for (const [options, expected] of refused) {
    await isUnusable(expected, await delegated(options));
  }
  const other = await issueCertificate({
    ca: true,
    subject: "Other",
    ...YEARS,
  });
  await isUnusable(
    /is not certified by the issuer/,
    await delegated({ issuer: other }),
  );
  const { certificates: _, ...without } = await delegated({});
  await isUnusable(/neither the issuer nor a certificate in it/, without);
});

Deno.test("checkOcspResponse() agrees with OpenSSL's responses", async () => {
  const read = (name: string) => {
    const [certificate] = Certificate.fromPem(
      readText(`revocation/${name}.pem`),
    );
    assert(certificate !== undefined);
    return certificate;
  };
  const now = new Date("2026-12-01T00:00:00Z");
  const expected: [string, string, string][] = [
    ["good", "ocsp-good-sha1", "good"],
    ["good", "ocsp-good-sha256", "good"],
    ["good", "ocsp-delegated", "good"],
    ["compromised", "ocsp-compromised-sha1", "revoked"],
    ["compromised", "ocsp-compromised-sha256", "revoked"],
    ["compromised", "ocsp-good-sha1", "unknown"],
    ["good", "ocsp-unknown", "unknown"],
    ["good", "ocsp-no-next", "unknown"], // it is ten days old
  ];
  for (const [name, file, status] of expected) {
    const der = readBytes(`revocation/${file}.der`);
    const about = { certificate: read(name), issuer: read("ca") };
    const result = await check({ der, now }, about);
    assertEquals(result.status, status, file);
  }
  const der = readBytes("revocation/ocsp-no-next.der");
  const soon = new Date(new Date("2026-11-21T21:20:30Z").getTime() + DAY / 2);
  const about = { certificate: read("good"), issuer: read("ca") };
  assertEquals(await check({ der, now: soon }, about), { status: "good" });
});

Deno.test("isMustStaple() reads the TLS feature status_request", async () => {
  const demanding = await issueCertificate({
    names: ["a.example.com"],
    mustStaple: true,
  });
  assertEquals(isMustStaple(certificateOf(demanding)), true);
  assertEquals(isMustStaple(leaf), false);
});

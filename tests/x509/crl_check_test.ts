import { assert, assertEquals, assertMatch } from "@std/assert";
import { Certificate } from "../../x509/certificate.ts";
import { Crl } from "../../x509/crl.ts";
import { checkCrls } from "../../x509/crl_check.ts";
import {
  bitString,
  boolean,
  explicit,
  integer,
  sequence,
  set,
  tlv,
} from "../../x509/der.ts";
import { issueCertificate } from "../../x509/issue.ts";
import { encodeGeneralName } from "../../x509/issue_names.ts";
import { readText } from "./_files.ts";
import {
  certificateOf,
  type CrlOptions,
  DAY,
  daysFromNow,
  entry,
  extension,
  makeCrl,
  NOW,
  reason,
  security,
} from "./_revocation.ts";

const years = {
  notBefore: new Date("2020-01-01T00:00:00Z"),
  notAfter: new Date("2040-01-01T00:00:00Z"),
};
const ca = await issueCertificate({ ca: true, subject: "CA", ...years });
const issuer = certificateOf(ca);
const leaf = certificateOf(
  await issueCertificate({
    names: ["a.example.com"],
    issuer: ca,
    crlUrls: ["http://example.com/a.crl"],
    ...years,
  }),
);
const sub = certificateOf(
  await issueCertificate({ ca: true, subject: "Sub", issuer: ca, ...years }),
);

interface Check {
  certificate?: Certificate;
  issuer?: Certificate;
  now?: Date;
  strict?: boolean;
}

async function check(lists: (CrlOptions | Crl)[], options: Check = {}) {
  const crls = await Promise.all(
    lists.map(async (list) =>
      list instanceof Crl ? list : Crl.parse(await makeCrl(ca, list))
    ),
  );
  return await checkCrls({
    certificate: leaf,
    issuer,
    crls,
    now: NOW,
    security,
    ...options,
  });
}

async function isGood(lists: (CrlOptions | Crl)[], options?: Check) {
  const result = await check(lists, options);
  assertEquals(result, { status: "good" });
}

async function isRevoked(lists: (CrlOptions | Crl)[], options?: Check) {
  const result = await check(lists, options);
  assert(result.status === "revoked", result.status);
  assertEquals(result.error.code, "certificate_revoked");
  assertEquals(result.error.alert, "certificate_revoked");
  return result;
}

async function isUnusable(
  lists: (CrlOptions | Crl)[],
  expected: RegExp,
  options?: Check,
) {
  const result = await check(lists, options);
  assert(result.status === "unknown", result.status);
  assertEquals(result.error.code, "crl_unusable");
  assertMatch(result.error.message, expected);
}

async function isUnknown(
  lists: (CrlOptions | Crl)[],
  expected: RegExp,
  options?: Check,
) {
  const result = await check(lists, options);
  assert(result.status === "unknown", result.status);
  assertEquals(result.error.code, "revocation_unknown");
  assertMatch(result.error.message, expected);
}

/** issuingDistributionPoint of the fields given. */
function scope(...fields: Uint8Array[]): CrlOptions {
  return {
    extensions: [
      extension("2.5.29.20", integer(1)),
      extension("2.5.29.28", sequence(...fields), true),
    ],
  };
}
const flag = (n: number) => tlv(0x80 | n, boolean(true).subarray(2));
const fullName = (url: string) =>
  explicit(0, explicit(0, encodeGeneralName(url)));
/** onlySomeReasons with the given bits. */
const someReasons = (first: number, unused: number, ...more: number[]) =>
  tlv(0x83, bitString(Uint8Array.of(first, ...more), unused).subarray(2));

Deno.test("checkCrls() finds a certificate good that its issuer's list does not have", async () => {
  await isGood([{}]);
  await isGood([{ entries: [entry(sub)] }]);
});

Deno.test("checkCrls() finds a listed certificate revoked, with date and reason", async () => {
  const result = await isRevoked([{
    entries: [entry(sub), entry(leaf, reason(1))],
  }]);
  assertEquals(result.reason, "keyCompromise");
  assertEquals(result.revocationDate, daysFromNow(-10));
  assertEquals(result.error.certificate, leaf);
  assertMatch(result.error.message, /"CN=a.example.com".*keyCompromise/);
  await isRevoked([{ entries: [entry(leaf, reason(6))] }]); // certificateHold
});

Deno.test("checkCrls() takes removeFromCRL for not revoked", async () => {
  await isGood([{ entries: [entry(leaf, reason(8))] }]);
});

Deno.test("checkCrls() does not know without a list of the issuer", async () => {
  await isUnknown([], /there is no CRL of its issuer "CN=CA"/);
  const other = await issueCertificate({
    ca: true,
    subject: "Other",
    ...years,
  });
  const list = Crl.parse(await makeCrl(other, { entries: [entry(leaf)] }));
  await isUnknown([list], /there is no CRL of its issuer/);
  await isGood([list, {}]);
});

Deno.test("checkCrls() does not rely on a list that another key signed", async () => {
  const twin = await issueCertificate({ ca: true, subject: "CA", ...years });
  const list = Crl.parse(await makeCrl(twin, { entries: [entry(leaf)] }));
  await isUnusable([list], /its signature is wrong/);
  // It names the other key, which explains.
  const named = Crl.parse(
    await makeCrl(twin, {
      extensions: [
        extension("2.5.29.20", integer(1)),
        extension(
          "2.5.29.35",
          sequence(
            tlv(
              0x80,
              certificateOf(twin).extensionValues.subjectKeyIdentifier ??
                new Uint8Array(0),
            ),
          ),
        ),
      ],
    }),
  );
  await isUnusable([named], /names another key of the issuer/);
});

Deno.test("checkCrls() does not rely on a list that was altered", async () => {
  const der = await makeCrl(ca, { entries: [entry(sub)] });
  const at = der.findIndex((_, i) =>
    leaf.serialNumberBytes.length === 16 &&
    sub.serialNumberBytes.every((byte, j) => der[i + j] === byte)
  );
  assert(at > 0);
  der[at + 3] = (der[at + 3] ?? 0) ^ 1;
  await isUnusable([Crl.parse(der)], /its signature is wrong/, {
    certificate: sub,
  });
});

Deno.test("checkCrls() does not rely on a weak signature", async () => {
  const rsa = await issueCertificate({
    ca: true,
    subject: "CA",
    keyType: "rsa-2048",
    ...years,
  });
  const list = Crl.parse(await makeCrl(rsa, { scheme: "rsa_pkcs1_sha1" }));
  await isUnusable([list], /SHA-1/, { issuer: certificateOf(rsa) });
});

Deno.test("checkCrls() remembers no signature for another key", async () => {
  const list = Crl.parse(await makeCrl(ca));
  await isGood([list]);
  await isGood([list]);
  const twin = await issueCertificate({ ca: true, subject: "CA", ...years });
  await isUnusable([list], /its signature is wrong/, {
    issuer: certificateOf(twin),
  });
});

Deno.test("checkCrls() wants cRLSign of an issuer that has keyUsage", async () => {
  const bare = await issueCertificate({
    ca: true,
    subject: "CA",
    keyUsage: ["keyCertSign"],
    ...years,
  });
  const list = Crl.parse(await makeCrl(bare));
  await isUnusable([list], /has no cRLSign/, { issuer: certificateOf(bare) });
});

Deno.test("checkCrls() looks at the dates of a list", async () => {
  await isUnusable([{ nextUpdate: daysFromNow(-0.5) }], /has expired at 2030/);
  await isUnusable(
    [{ thisUpdate: daysFromNow(0.5) }],
    /is not valid before 2030/,
  );
  await isUnusable([{ nextUpdate: null }], /has no nextUpdate/);
  // Clocks may differ by five minutes.
  await isGood([{ thisUpdate: new Date(NOW.getTime() + 240_000) }]);
  await isGood([{}], { now: daysFromNow(1) });
  await isUnusable([{}], /has expired/, {
    now: new Date(NOW.getTime() + DAY + 1000),
  });
});

Deno.test("checkCrls() finds revoked what an expired list has", async () => {
  const entries = [entry(leaf, reason(1))];
  await isRevoked([{ entries, nextUpdate: daysFromNow(-0.5) }]);
  await isRevoked([{ entries, nextUpdate: null }]);
  await isRevoked([{ nextUpdate: daysFromNow(-0.5), entries }, {}]);
});

Deno.test("checkCrls() relies on one good list among bad ones", async () => {
  await isGood([{ nextUpdate: daysFromNow(-0.5) }, {}]);
  await isGood([scope(flag(4)), {}]);
});

Deno.test("checkCrls() refuses delta and indirect lists clearly", async () => {
  const delta = extension("2.5.29.27", integer(1), true);
  await isUnusable(
    [{ extensions: [extension("2.5.29.20", integer(2)), delta] }],
    /it is a delta CRL \(RFC 5280 section 5.2.4\), and those are not supported/,
  );
  await isUnusable(
    [scope(flag(4))],
    /it is an indirect CRL \(RFC 5280 section 5.2.5\), and those are not/,
  );
  const entries = [
    entry(
      leaf,
      extension("2.5.29.29", sequence(explicit(4, leaf.issuerName.raw)), true),
    ),
  ];
  await isUnusable(
    [{ entries }],
    /critical extension 2.5.29.29 of its entries/,
  );
});

Deno.test("checkCrls() refuses critical extensions that it does not know", async () => {
  const critical = extension("1.2.3.4", integer(1), true);
  await isUnusable([{ extensions: [critical] }], /critical extension 1.2.3.4/);
  await isUnusable(
    [{ entries: [entry(sub, critical)] }],
    /critical extension 1.2.3.4 of its entries/,
  );
  await isGood([{ extensions: [extension("1.2.3.4", integer(1))] }]);
});

Deno.test("checkCrls() looks at the kind of certificates that a list is for", async () => {
  const users = scope(flag(1));
  const authorities = scope(flag(2));
  await isGood([users]);
  await isUnusable([authorities], /certificates of CAs alone/);
  await isUnusable([scope(flag(5))], /attribute certificates alone/);
  await isUnusable([users], /not about certificates of CAs/, {
    certificate: sub,
  });
  await isGood([authorities], { certificate: sub });
  await isGood([users, authorities], { certificate: sub });
  await isRevoked([users, { ...authorities, entries: [entry(sub)] }], {
    certificate: sub,
  });
});

Deno.test("checkCrls() compares distribution points", async () => {
  await isGood([scope(fullName("http://example.com/a.crl"))]);
  await isUnusable(
    [scope(fullName("http://example.com/b.crl"))],
    /its distribution point is none of the certificate's/,
  );
  await isGood([
    scope(fullName("http://example.com/b.crl")),
    scope(fullName("http://example.com/a.crl")),
  ]);
  // Without cRLDistributionPoints it is the issuer's name (section 6.3.3).
  const directory = explicit(
    0,
    explicit(0, explicit(4, issuer.subjectName.raw)),
  );
  await isGood([scope(directory)], { certificate: sub });
  await isUnusable([scope(fullName("http://example.com/a.crl"))], /none of/, {
    certificate: sub,
  });
  const relative = explicit(0, tlv(0xa1, set().subarray(2)));
  await isUnusable([scope(relative)], /none of the certificate's/);
});

Deno.test("checkCrls() adds up the reasons that lists cover", async () => {
  const first = scope(someReasons(0x60, 5)); // keyCompromise, cACompromise
  const others = scope(someReasons(0x1f, 7, 0x80));
  await isUnknown([first], /cover keyCompromise, cACompromise alone/);
  await isGood([first, others]);
  await isRevoked([first, { ...others, entries: [entry(leaf)] }]);
});

Deno.test("checkCrls() wants all rules kept if it is strict", async () => {
  const authorityKeyIdentifier = extension(
    "2.5.29.35",
    sequence(
      tlv(
        0x80,
        issuer.extensionValues.subjectKeyIdentifier ?? new Uint8Array(0),
      ),
    ),
  );
  const strict = true;
  const complete = [extension("2.5.29.20", integer(1)), authorityKeyIdentifier];
  await isGood([{ extensions: complete }], { strict });
  await isUnusable([{ extensions: [authorityKeyIdentifier] }], /cRLNumber/, {
    strict,
  });
  await isGood([{ extensions: [authorityKeyIdentifier] }]);
  const critical = extension("2.5.29.20", integer(1), true);
  await isUnusable(
    [{ extensions: [critical, authorityKeyIdentifier] }],
    /cRLNumber: is critical/,
    { strict },
  );
});

Deno.test("checkCrls() agrees with OpenSSL's lists", async () => {
  const read = (name: string) => {
    const [certificate] = Certificate.fromPem(
      readText(`revocation/${name}.pem`),
    );
    assert(certificate !== undefined);
    return certificate;
  };
  const list = Crl.parse(readText("revocation/ca.crl.pem"));
  const now = new Date("2026-12-01T00:00:00Z");
  const options = { issuer: read("ca"), now, strict: true };
  await isGood([list], { ...options, certificate: read("good") });
  for (const name of ["held", "compromised", "plain"]) {
    await isRevoked([list], { ...options, certificate: read(name) });
  }
});

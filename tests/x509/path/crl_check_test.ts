import { assert, assertEquals, assertMatch } from "@std/assert";
import { Certificate } from "../../../x509/certificate/certificate.ts";
import { Crl } from "../../../x509/status/crl.ts";
import { checkCrls } from "../../../x509/path/crl_check.ts";
import {
  bitString,
  boolean,
  explicit,
  integer,
  oid,
  sequence,
  set,
  tlv,
  utf8String,
} from "../../../x509/asn1/der.ts";
import { issueCertificate } from "../../../x509/issue/issue.ts";
import {
  encodeGeneralName,
  encodeName,
} from "../../../x509/issue/issue_names.ts";
import { ExtensionOid } from "../../../x509/asn1/oids.ts";
import { utf8 } from "../../_pair.ts";
import { readText } from "../_files.ts";
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
  YEARS,
} from "../_revocation.ts";

const ca = await issueCertificate({ ca: true, subject: "CA", ...YEARS });
const issuer = certificateOf(ca);
const leaf = certificateOf(
  await issueCertificate({
    names: ["a.example.com"],
    issuer: ca,
    crlUrls: ["http://example.com/a.crl"],
    ...YEARS,
  }),
);
const sub = certificateOf(
  await issueCertificate({ ca: true, subject: "Sub", issuer: ca, ...YEARS }),
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
  const { status } = await checkAll(crls, options);
  return status;
}

/** The same with the warnings. */
function checkAll(crls: Crl[], options: Check = {}) {
  return checkCrls({
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

Deno.test("checkCrls() treats removeFromCRL as not revoked", async () => {
  await isGood([{ entries: [entry(leaf, reason(8))] }]);
});

Deno.test("checkCrls() does not know without a list of the issuer", async () => {
  await isUnknown([], /there is no CRL of its issuer "CN=CA"/);
  const other = await issueCertificate({
    ca: true,
    subject: "Other",
    ...YEARS,
  });
  const list = Crl.parse(await makeCrl(other, { entries: [entry(leaf)] }));
  await isUnknown([list], /there is no CRL of its issuer/);
  await isGood([list, {}]);
});

Deno.test("checkCrls() does not rely on a list that another key signed", async () => {
  const twin = await issueCertificate({ ca: true, subject: "CA", ...YEARS });
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
    ...YEARS,
  });
  const list = Crl.parse(await makeCrl(rsa, { scheme: "rsa_pkcs1_sha1" }));
  await isUnusable([list], /SHA-1/, { issuer: certificateOf(rsa) });
});

Deno.test("checkCrls() remembers no signature for another key", async () => {
  const list = Crl.parse(await makeCrl(ca));
  await isGood([list]);
  await isGood([list]);
  const twin = await issueCertificate({ ca: true, subject: "CA", ...YEARS });
  await isUnusable([list], /its signature is wrong/, {
    issuer: certificateOf(twin),
  });
});

Deno.test("checkCrls() requires cRLSign of an issuer that has keyUsage", async () => {
  const bare = await issueCertificate({
    ca: true,
    subject: "CA",
    keyUsage: ["keyCertSign"],
    ...YEARS,
  });
  const list = Crl.parse(await makeCrl(bare));
  await isUnusable([list], /has no cRLSign/, { issuer: certificateOf(bare) });
});

Deno.test("checkCrls() looks at the dates of a list", async () => {
  await isUnusable([{ nextUpdate: daysFromNow(-0.5) }], /it expired at 2030/);
  await isUnusable(
    [{ thisUpdate: daysFromNow(0.5) }],
    /is not valid before 2030/,
  );
  await isUnusable([{ nextUpdate: null }], /has no nextUpdate/);
  // Clocks may differ by five minutes.
  await isGood([{ thisUpdate: new Date(NOW.getTime() + 300_000) }]);
  await isUnusable(
    [{ thisUpdate: new Date(NOW.getTime() + 301_000) }],
    /is not valid before 2030/,
  );
  await isGood([{}], { now: daysFromNow(1) });
  await isUnusable([{}], /it expired at/, {
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

/** A delta, number 5 unless told otherwise. */
function delta(base: number, options: CrlOptions = {}, number = 5): CrlOptions {
  return {
    ...options,
    extensions: [
      extension("2.5.29.20", integer(number)),
      extension("2.5.29.27", integer(base), true),
    ],
  };
}

/** The complete list number 4, on which deltas build. */
function complete(options: CrlOptions = {}): CrlOptions {
  return { ...options, extensions: [extension("2.5.29.20", integer(4))] };
}

Deno.test("checkCrls() counts the entries of a delta with any base", async () => {
  const entries = [entry(leaf, reason(1))];
  await isRevoked([complete(), delta(4, { entries })]);
  await isRevoked([complete(), delta(9, { entries })]);
  await isRevoked([delta(4, { entries })]);
  const old = { entries, nextUpdate: daysFromNow(-0.5) };
  await isRevoked([complete(), delta(4, old)]);
  // A base of another key is none.
  const twin = await issueCertificate({ ca: true, subject: "CA", ...YEARS });
  const forged = Crl.parse(await makeCrl(twin, complete()));
  await isUnusable([delta(4), forged], /complete list .* is not there/);
  // It says of nobody that they are good.
  await isUnusable([delta(4)], /delta CRL .*complete list .* is not there/);
  await isGood([complete(), delta(4)]);
});

Deno.test("checkCrls() ends the hold of an entry that a delta of the list removes", async () => {
  const held = complete({ entries: [entry(leaf, reason(6))] });
  const removes = [entry(leaf, reason(8))];
  await isRevoked([held]);
  await isGood([held, delta(4, { entries: removes })]);
  await isGood([held, delta(3, { entries: removes })]);
  // RFC 5280 section 5.2.4: not with another base, older or expired.
  await isRevoked([held, delta(5, { entries: removes }, 6)]);
  await isRevoked([held, delta(3, { entries: removes }, 4)]);
  const late = { entries: removes, nextUpdate: daysFromNow(-0.5) };
  await isRevoked([held, delta(4, late)]);
  // Nor with a list that is complete, or one that has something unknown.
  const whole = {
    entries: removes,
    extensions: [extension("2.5.29.20", integer(5))],
  };
  await isRevoked([held, whole]);
  const { extensions = [] } = delta(4);
  const critical = extension("1.2.3.4", integer(1), true);
  await isRevoked([
    held,
    { entries: removes, extensions: [...extensions, critical] },
  ]);
  // Nothing but a hold is ever lifted.
  const lost = complete({ entries: [entry(leaf, reason(1))] });
  await isRevoked([lost, delta(4, { entries: removes })]);
  const twin = await issueCertificate({ ca: true, subject: "CA", ...YEARS });
  const forged = Crl.parse(
    await makeCrl(twin, delta(4, { entries: removes })),
  );
  await isRevoked([held, forged]);
});

Deno.test("checkCrls() brings an old list up to date with a delta", async () => {
  const old = complete({ nextUpdate: daysFromNow(-0.5) });
  await isUnusable([old], /it expired/);
  await isGood([old, delta(4)]);
  await isUnusable([old, delta(5, {}, 6)], /it expired/);
  await isUnusable(
    [old, delta(4, { nextUpdate: daysFromNow(-0.5) })],
    /it expired/,
  );
  // Nor with one that itself cannot be used.
  const { extensions = [] } = delta(4);
  const critical = extension("1.2.3.4", integer(1), true);
  await isUnusable([old, { extensions: [...extensions, critical] }], /expired/);
  const twin = await issueCertificate({ ca: true, subject: "CA", ...YEARS });
  const forged = Crl.parse(await makeCrl(twin, delta(4)));
  await isUnusable([old, forged], /it expired/);
  // A list of tomorrow has not been changed yet.
  const early = complete({ thisUpdate: daysFromNow(0.5) });
  await isUnusable([early, delta(4)], /is not valid before/);
});

Deno.test("checkCrls() reads indirect lists", async () => {
  const of = (certificate: Certificate) =>
    extension(
      "2.5.29.29",
      sequence(explicit(4, certificate.issuerName.raw)),
      true,
    );
  const other = certificateOf(
    await issueCertificate({ names: ["b.example.com"], ...YEARS }),
  );
  await isGood([scope(flag(4))]);
  await isRevoked([{ ...scope(flag(4)), entries: [entry(leaf)] }]);
  await isRevoked([{ ...scope(flag(4)), entries: [entry(leaf, of(leaf))] }]);
  // The entry before it names another issuer, whose it is too.
  const entries = [entry(sub, of(other)), entry(leaf)];
  await isGood([{ ...scope(flag(4)), entries }]);
  await isRevoked([{
    ...scope(flag(4)),
    entries: [...entries, entry(leaf, of(leaf))],
  }]);
  // A list that is not indirect has no such entries.
  await isUnusable(
    [{ entries: [entry(sub, of(leaf))] }],
    /critical extension 2.5.29.29 of its entries/,
  );
});

Deno.test("checkCrls() warns of a stranger's list that has the certificate", async () => {
  const stranger = await issueCertificate({
    ca: true,
    subject: "Stranger",
    ...YEARS,
  });
  const list = Crl.parse(
    await makeCrl(stranger, {
      ...scope(flag(4)),
      entries: [
        entry(
          leaf,
          extension(
            "2.5.29.29",
            sequence(explicit(4, leaf.issuerName.raw)),
            true,
          ),
        ),
      ],
    }),
  );
  const own = Crl.parse(await makeCrl(ca));
  const { status, warnings } = await checkAll([list, own]);
  assertEquals(status, { status: "good" });
  assertEquals(warnings.map(({ code }) => code), ["crl_unusable"]);
  assertMatch(warnings[0]?.message ?? "", /"CN=Stranger".*no distribution poi/);
  // Not of lists that do not have it, or have another's of that number.
  const others = await Promise.all(
    [{ ...scope(flag(4)), entries: [entry(leaf)] }, scope(flag(4)), {
      entries: [entry(leaf)],
    }].map(async (options) => Crl.parse(await makeCrl(stranger, options))),
  );
  assertEquals((await checkAll([...others, own])).warnings, []);
});

Deno.test("checkCrls() leaves no list of the issuer out in silence", async () => {
  const good = Crl.parse(await makeCrl(ca));
  const critical = extension("1.2.3.4", integer(1), true);
  const warned = async (options: CrlOptions, expected: RegExp) => {
    const list = Crl.parse(await makeCrl(ca, options));
    const { status, warnings } = await checkAll([list, good]);
    assertEquals(status, { status: "good" });
    assertEquals(warnings.map(({ code }) => code), ["crl_unusable"]);
    assertMatch(warnings[0]?.message ?? "", expected);
  };
  await warned(
    { extensions: [critical] },
    /the CRL of "CN=CA" of 2030-06-14T12:00:00.000Z .*extension 1.2.3.4/,
  );
  await warned({ nextUpdate: daysFromNow(-0.5) }, /CRL number 1 .*it expired/);
  await warned(delta(9), /delta CRL number 5 .*complete list/);
  const { warnings } = await checkAll([good]);
  assertEquals(warnings, []);
  const pair = await Promise.all(
    [complete(), delta(4)].map(async (list) =>
      Crl.parse(await makeCrl(ca, list))
    ),
  );
  assertEquals((await checkAll(pair)).warnings, []);
  // About other certificates, and so nothing to warn of.
  const users = Crl.parse(await makeCrl(ca, scope(flag(2))));
  assertEquals((await checkAll([users, good])).warnings, []);
});

Deno.test("checkCrls() does not know where a list that has it is not understood", async () => {
  const critical = extension("1.2.3.4", integer(1), true);
  const listing = { entries: [entry(leaf)], extensions: [critical] };
  await isUnusable(
    [listing, {}],
    /it lists the certificate, but its critical extension 1.2.3.4/,
  );
  await isUnusable([{}, { entries: [entry(leaf, critical)] }], /it lists/);
  await isRevoked([listing, { entries: [entry(leaf)] }]);
  // Of another scope, and signed by the issuer all the same.
  await isRevoked([{ ...scope(flag(2)), entries: [entry(leaf)] }, {}]);
  // Serial numbers of attribute certificates are others.
  await isGood([{ ...scope(flag(5)), entries: [entry(leaf)] }, {}]);
});

Deno.test("checkCrls() compares names relative to the issuer with full ones", async () => {
  const rdn = set(
    sequence(oid("2.5.4.3"), utf8String("list 1")),
  );
  const full = sequence(issuer.subjectName.raw.subarray(2), rdn);
  const relative = tlv(0xa1, rdn.subarray(2));
  const point = (name: Uint8Array) =>
    issueCertificate({
      names: ["a.example.com"],
      issuer: ca,
      extensions: [{
        oid: "2.5.29.31",
        value: sequence(sequence(explicit(0, name))),
      }],
      ...YEARS,
    }).then(certificateOf);
  const byFull = await point(explicit(0, explicit(4, full)));
  const byRelative = await point(relative);
  const lists = [
    scope(explicit(0, explicit(0, explicit(4, full)))),
    scope(explicit(0, relative)),
  ];
  for (const list of lists) {
    await isGood([list], { certificate: byFull });
    await isGood([list], { certificate: byRelative });
    await isUnusable([list], /not one of the certificate's/);
  }
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
    /its distribution point is not one of the certificate's/,
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
  await isUnusable(
    [scope(fullName("http://example.com/a.crl"))],
    /not one of/,
    {
      certificate: sub,
    },
  );
  const relative = explicit(0, tlv(0xa1, set().subarray(2)));
  await isUnusable([scope(relative)], /not one of the certificate's/);
});

Deno.test("checkCrls() compares names relative to the issuer's", async () => {
  const relative = (text: string) =>
    explicit(0, tlv(0xa1, sequence(oid("2.5.4.3"), utf8String(text))));
  const absolute = (text: string) =>
    explicit(0, explicit(0, encodeGeneralName(text)));
  const certificate = await withPoints(sequence(relative("a")));
  const { crlDistributionPoints } = certificate.extensionValues;
  assert(crlDistributionPoints?.[0]?.name?.nameRelativeToCrlIssuer);
  await isGood([scope(relative("a"))], { certificate });
  for (const other of [relative("b"), absolute("http://example.com/a.crl")]) {
    await isUnusable([scope(other)], /not one of the certificate's/, {
      certificate,
    });
  }
  const entries = [entry(certificate)];
  await isRevoked([{ ...scope(relative("a")), entries }], { certificate });
});

Deno.test("checkCrls() compares distribution points that are directory names", async () => {
  const directory = (...names: string[]) =>
    explicit(
      0,
      explicit(
        0,
        ...names.map((name) => explicit(4, encodeName({ CN: name }))),
      ),
    );
  const certificate = await withPoints(sequence(directory("one", "two")));
  await isGood([scope(directory("two"))], { certificate });
  await isGood([scope(directory("three", "ONE"))], { certificate });
  for (
    const other of [directory("three"), fullName("http://example.com/a.crl")]
  ) {
    await isUnusable([scope(other)], /not one of the certificate's/, {
      certificate,
    });
  }
});

Deno.test("checkCrls() requires one kind of name, not one text", async () => {
  const certificate = await withPoints(
    sequence(explicit(0, explicit(0, tlv(0x82, utf8("example.com"))))),
  );
  await isGood([
    scope(explicit(0, explicit(0, tlv(0x82, utf8("example.com"))))),
  ], {
    certificate,
  });
  await isUnusable(
    [scope(explicit(0, explicit(0, tlv(0x86, utf8("example.com")))))],
    /not one of the certificate's/,
    { certificate },
  );
});

/** A certificate with those distribution points. */
async function withPoints(...points: Uint8Array[]): Promise<Certificate> {
  return certificateOf(
    await issueCertificate({
      names: ["a.example.com"],
      issuer: ca,
      extensions: [{
        oid: ExtensionOid.cRLDistributionPoints,
        value: sequence(...points),
      }],
      ...YEARS,
    }),
  );
}

Deno.test("checkCrls() adds up the reasons that lists cover", async () => {
  const first = scope(someReasons(0x60, 5)); // keyCompromise, cACompromise
  const others = scope(someReasons(0x1f, 7, 0x80));
  await isUnknown([first], /cover keyCompromise, cACompromise alone/);
  await isGood([first, others]);
  await isRevoked([first, { ...others, entries: [entry(leaf)] }]);
});

Deno.test("checkCrls() requires all rules kept if it is strict", async () => {
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

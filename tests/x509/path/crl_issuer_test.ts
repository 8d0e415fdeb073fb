import { assert, assertEquals, assertMatch } from "@std/assert";
import type { Certificate } from "../../../x509/certificate/certificate.ts";
import { Crl } from "../../../x509/status/crl.ts";
import {
  boolean,
  explicit,
  integer,
  oid as oidOf,
  sequence,
  tlv,
} from "../../../x509/asn1/der.ts";
import type { IssuedCertificate } from "../../../x509/issue/issue.ts";
import { encodeGeneralName } from "../../../x509/issue/issue_names.ts";
import { TrustStore } from "../../../x509/trust/trust_store.ts";
import { verifyChain } from "../../../x509/path/verify.ts";
import { authority, certificateOf, codes, server } from "../_authority.ts";
import {
  type CrlOptions,
  daysFromNow,
  entry,
  extension,
  makeCrl,
  NOW,
  reason,
} from "../_revocation.ts";

const valid = { notBefore: daysFromNow(-30), notAfter: daysFromNow(30) };
const root = await authority("Root", undefined, valid);
const sub = await authority("Sub", root, valid);
const leaf = await server(sub, valid);
/** The same authority with a new key, certified by the root. */
const rekeyed = await authority("Sub", root, valid);
/** A certificate for lists alone. */
const lists = await authority("Sub", root, {
  ...valid,
  ca: false,
  keyUsage: ["cRLSign"],
});

function verify(
  crls: Uint8Array[],
  others: IssuedCertificate[],
  options: { first?: IssuedCertificate; allow?: boolean } = {},
) {
  return verifyChain({
    chain: [options.first ?? leaf, sub, ...others].map(certificateOf),
    trust: TrustStore.of(certificateOf(root)),
    now: NOW,
    crls: crls.map((der) => Crl.parse(der)),
    allowUnknownRevocation: options.allow ?? false,
  });
}

function revoking(certificate: Certificate): CrlOptions {
  return { entries: [entry(certificate, reason(1))] };
}

Deno.test("verifyChain() accepts lists that another key of the authority signed", async () => {
  for (const signer of [rekeyed, lists]) {
    const good = await verify([await makeCrl(signer)], [signer]);
    assertEquals(codes(good), []);
    const bad = await verify(
      [await makeCrl(signer, revoking(certificateOf(leaf)))],
      [signer],
      { allow: true },
    );
    assertEquals(codes(bad), ["certificate_revoked"]);
    // Nobody can know the key without its certificate.
    const unknown = await verify([await makeCrl(signer)], []);
    assertEquals(codes(unknown), ["crl_unusable"]);
  }
});

Deno.test("verifyChain() finds the signer that a list names among many of its name", async () => {
  const namesakes = await Promise.all(
    [1, 2, 3, 4].map(() => authority("Sub", root, valid)),
  );
  const keyIdentifier =
    certificateOf(rekeyed).extensionValues.subjectKeyIdentifier ??
      new Uint8Array();
  const named = {
    extensions: [
      extension("2.5.29.20", integer(1)),
      extension("2.5.29.35", sequence(tlv(0x80, keyIdentifier))),
    ],
  };
  const others = [...namesakes, rekeyed];
  const verdict = await verify([await makeCrl(rekeyed, named)], others);
  assertEquals(codes(verdict), []);
  // Without that, few are tried: a list may have megabytes.
  const silent = await verify([await makeCrl(rekeyed)], others);
  assertEquals(codes(silent), ["crl_unusable"]);
});

Deno.test("verifyChain() requires that the authority appointed the signer of a list", async () => {
  const stranger = await authority("Stranger", undefined, valid);
  const twins: [IssuedCertificate, RegExp][] = [
    [
      await authority("Sub", stranger, valid),
      /does not lead to the trust anchor "CN=Root"/,
    ],
    [await authority("Sub", undefined, valid), /does not verify/],
    [
      await authority("Sub", root, { ...valid, keyUsage: ["keyCertSign"] }),
      /has no cRLSign/,
    ],
    [
      await authority("Sub", root, {
        notBefore: daysFromNow(-3),
        notAfter: daysFromNow(-2),
      }),
      /it expired/,
    ],
  ];
  for (const [twin, expected] of twins) {
    const verdict = await verify([await makeCrl(twin)], [twin]);
    assertEquals(codes(verdict), ["crl_unusable"]);
    assertMatch(verdict.errors[0]?.message ?? "", expected);
  }
});

Deno.test("verifyChain() refuses a list whose signer is revoked", async () => {
  const list = await makeCrl(lists);
  const ofRoot = await makeCrl(root, revoking(certificateOf(lists)));
  const verdict = await verify([list, ofRoot], [lists]);
  assertEquals(codes(verdict), ["crl_unusable"]);
  assertMatch(verdict.errors[0]?.message ?? "", /"CN=Sub".* was revoked/);
  assertEquals(codes(await verify([list, await makeCrl(root)], [lists])), []);
});

Deno.test("verifyChain() lets no key vouch for itself", async () => {
  // A root that lists its own sub CA by the sub CA's twin, which it issued too.
  const self = await authority("Root", root, valid);
  const viaSelf = await server(self, valid);
  // The list of "Root" about `self` is signed by `self`: it says nothing.
  const list = await makeCrl(self);
  const verdict = await verifyChain({
    chain: [viaSelf, self].map(certificateOf),
    trust: TrustStore.of(certificateOf(root)),
    now: NOW,
    crls: [Crl.parse(list)],
  });
  // It is good for the leaf, and no error for the CA.
  assertEquals(codes(verdict), []);
  const revoked = await verifyChain({
    chain: [viaSelf, self].map(certificateOf),
    trust: TrustStore.of(certificateOf(root)),
    now: NOW,
    crls: [
      Crl.parse(list),
      Crl.parse(await makeCrl(root, revoking(certificateOf(self)))),
    ],
  });
  assert(codes(revoked).includes("certificate_revoked"));
});

Deno.test("verifyChain() accepts the list of the issuer that a distribution point names", async () => {
  const other = await authority("Lists Ltd", root, {
    ...valid,
    ca: false,
    keyUsage: ["cRLSign"],
  });
  const named = tlv(
    0xa2,
    explicit(4, certificateOf(other).subjectName.raw),
  );
  const point = explicit(
    0,
    explicit(0, encodeGeneralName("http://l.example/")),
  );
  const withPoint = await server(sub, {
    ...valid,
    extensions: [{
      oid: "2.5.29.31",
      value: sequence(sequence(point, named)),
    }],
  });
  const indirect = extension(
    "2.5.29.28",
    sequence(tlv(0x84, boolean(true).subarray(2))),
    true,
  );
  const extensions = [extension("2.5.29.20", integer(1)), indirect];
  const list = await makeCrl(other, { extensions });
  const first = withPoint;
  assertEquals(codes(await verify([list], [other], { first })), []);
  // It names who issued the certificate that an entry is about.
  const issuerOf = extension(
    "2.5.29.29",
    sequence(explicit(4, certificateOf(sub).subjectName.raw)),
    true,
  );
  const entries = [entry(certificateOf(withPoint), issuerOf)];
  const bad = await makeCrl(other, { extensions, entries });
  assertEquals(codes(await verify([bad], [other], { first, allow: true })), [
    "certificate_revoked",
  ]);
  const unnamed = await makeCrl(other, {
    extensions,
    entries: [entry(certificateOf(withPoint))],
  });
  assertEquals(codes(await verify([unnamed], [other], { first })), []);
  // Not without a named issuer; nor for a list that is not indirect.
  const stranger = await verify([list], [other]);
  assertEquals(codes(stranger), ["revocation_unknown"]);
  const direct = await makeCrl(other);
  assertEquals(codes(await verify([direct], [other], { first })), [
    "revocation_unknown",
  ]);
});

Deno.test("verifyChain() tries few of a hostile chain's keys for a list", async () => {
  const twins = await Promise.all(
    Array.from({ length: 30 }, () => authority("Sub", undefined, valid)),
  );
  const list = await makeCrl(rekeyed);
  const verdict = await verify([list], twins);
  assertEquals(codes(verdict), ["crl_unusable"]);
});

Deno.test("verifyChain() returns the policies of a path, asked for or not", async () => {
  const policies = (...oids: string[]) => ({
    oid: "2.5.29.32",
    value: sequence(...oids.map((oid) => sequence(oidOf(oid)))),
  });
  const ca = await authority("CA", root, {
    ...valid,
    extensions: [policies("1.2.3.1", "1.2.3.2")],
  });
  const end = await server(ca, {
    ...valid,
    extensions: [policies("1.2.3.1", "1.2.3.3")],
  });
  const verifyFor = (options: object) =>
    verifyChain({
      chain: [end, ca].map(certificateOf),
      trust: TrustStore.of(certificateOf(root)),
      now: NOW,
      ...options,
    });
  assertEquals((await verifyFor({})).policies, ["1.2.3.1"]);
  const asked = await verifyFor({ policies: ["1.2.3.1", "1.2.3.9"] });
  assertEquals(asked.policies, ["1.2.3.1"]);
  const other = { policies: ["1.2.3.9"] };
  assertEquals(codes(await verifyFor(other)), ["invalid_policy"]);
  assertEquals((await verifyFor(other)).policies, []);
  const lenient = await verifyFor({ ...other, requireExplicitPolicy: false });
  assertEquals([lenient.status, lenient.policies], ["verified", []]);
  const bare = await verifyChain({
    chain: [leaf, sub].map(certificateOf),
    trust: TrustStore.of(certificateOf(root)),
    now: NOW,
    requireExplicitPolicy: true,
  });
  assertEquals(codes(bare), ["invalid_policy"]);
});

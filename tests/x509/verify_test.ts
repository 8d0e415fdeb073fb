import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { Certificate } from "../../x509/certificate.ts";
import {
  bitString,
  integer,
  nullValue,
  oid,
  sequence,
  tlv,
} from "../../x509/der.ts";
import { ExtensionOid } from "../../x509/oids.ts";
import { TrustStore } from "../../x509/trust_store.ts";
import { verifyChain } from "../../x509/verify.ts";
import {
  authority,
  certificateOf,
  certificatesOf,
  codes,
  rsaKey,
  server,
  subjects,
  verify,
} from "./_authority.ts";
import { certificateDer } from "./_certificate.ts";

const DAY = 86_400_000;
const now = new Date("2030-06-01T12:00:00Z");
const valid = {
  notBefore: new Date(now.getTime() - DAY),
  notAfter: new Date(now.getTime() + DAY),
};
const past = {
  notBefore: new Date(now.getTime() - 3 * DAY),
  notAfter: new Date(now.getTime() - DAY),
};

const root = await authority("Root");
const intermediate = await authority("Intermediate", root);
const leaf = await server(intermediate);

Deno.test("verifyChain() gives the path from the leaf to the anchor", async () => {
  const verdict = await verify([leaf, intermediate], [root]);
  assertEquals(verdict.status, "verified");
  assertEquals(verdict.errors, []);
  assertEquals(verdict.warnings, []);
  assertEquals(subjects(verdict), ["example.com", "Intermediate", "Root"]);
  assert(verdict.path[0] === certificateOf(leaf), "another object");
});

Deno.test("verifyChain() takes the others in any order, with useless and repeated ones", async () => {
  const low = await authority("Low", intermediate);
  const below = await server(low);
  const stranger = await authority("Stranger");
  const verdict = await verify(
    [below, root, stranger, below, intermediate, low, intermediate, leaf],
    [stranger, root],
  );
  assertEquals(verdict.status, "verified");
  assertEquals(subjects(verdict), [
    "example.com",
    "Low",
    "Intermediate",
    "Root",
  ]);
});

Deno.test("verifyChain() verifies every kind of signature", async () => {
  const kinds = [
    "P-256",
    "P-384",
    "P-521",
    "rsa-2048",
    "rsa-pss-2048",
    "ed25519",
    "ed448",
    "ml-dsa-44",
    "ml-dsa-65",
    "ml-dsa-87",
  ];
  for (const keyType of kinds) {
    const ca = await authority("Root", undefined, { keyType });
    const issued = await server(ca, { keyType });
    assertEquals(codes(await verify([issued], [ca])), [], keyType);
    const { raw } = certificateOf(issued);
    const tampered = raw.slice();
    tampered.set([tampered[raw.length - 20] as number ^ 1], raw.length - 20);
    const verdict = await verifyChain({
      chain: [Certificate.parse(tampered)],
      trust: TrustStore.of(ca.cert),
    });
    assertEquals(codes(verdict), ["bad_signature"], keyType);
  }
});

Deno.test("verifyChain() verifies RSASSA-PSS of an rsaEncryption key", async () => {
  const ca = await authority("Root", undefined, { keyType: "rsa-2048" });
  for (
    const signatureScheme of [
      "rsa_pss_rsae_sha256",
      "rsa_pss_rsae_sha512",
    ] as const
  ) {
    const issued = await server(ca, { signatureScheme });
    assertEquals(codes(await verify([issued], [ca])), []);
  }
});

Deno.test("verifyChain() refuses certificates out of their time", async () => {
  const expired = await server(root, past);
  const verdict = await verify([expired], [root], { now });
  assertEquals(codes(verdict), ["certificate_expired"]);
  assertEquals(verdict.errors[0]?.certificate, certificateOf(expired));
  assertEquals(verdict.errors[0]?.alert, "certificate_expired");
  assertStringIncludes(
    verdict.errors[0]?.message ?? "",
    '"CN=example.com": it expired at 2030-05-31T12:00:00Z; it is 2030-06-01T12:00:00Z',
  );
  const later = await verify([leaf, intermediate], [root], {
    now: new Date(0),
  });
  assertEquals(new Set(codes(later)), new Set(["certificate_not_yet_valid"]));
  assertEquals(later.errors.length, 3);
});

Deno.test("verifyChain() counts both ends of the validity, and whole seconds", async () => {
  const issued = await server(root, valid);
  const at = async (time: number) =>
    codes(await verify([issued], [root], { now: new Date(time) }));
  const { notBefore, notAfter } = valid;
  assertEquals(await at(notBefore.getTime()), []);
  assertEquals(await at(notBefore.getTime() - 1), [
    "certificate_not_yet_valid",
  ]);
  assertEquals(await at(notAfter.getTime() + 999), []);
  assertEquals(await at(notAfter.getTime() + 1000), ["certificate_expired"]);
});

Deno.test("verifyChain() checks the anchor's time, and what else it carries", async () => {
  const old = await authority("Root", undefined, past);
  const issued = await server(old, valid);
  const verdict = await verify([issued], [old], { now });
  assertEquals(codes(verdict), ["certificate_expired"]);
  assertEquals(verdict.errors[0]?.certificate, certificateOf(old));

  const constrained = await authority("Root", undefined, {
    pathLength: 0,
    extendedKeyUsage: ["clientAuth"],
    nameConstraints: { permitted: ["example.org"] },
  });
  const middle = await authority("Intermediate", constrained);
  const below = await server(middle);
  assertEquals(codes(await verify([below, middle], [constrained])), [
    "name_constraints",
    "path_too_long",
    "wrong_key_usage",
  ]);
});

Deno.test("verifyChain() says that an intermediate was not sent", async () => {
  const verdict = await verify([leaf], [root]);
  assertEquals(codes(verdict), ["unknown_issuer"]);
  assertEquals(subjects(verdict), ["example.com"]);
  const message = verdict.errors[0]?.message ?? "";
  assertStringIncludes(message, 'signed by "CN=Intermediate"');
  assertStringIncludes(message, "neither sent nor is in the trust store");
  assertStringIncludes(message, "The peer should send this intermediate");
  assertEquals(verdict.errors[0]?.alert, "unknown_ca");
});

Deno.test("verifyChain() says where the missing intermediate is", async () => {
  const url = "http://ca.example.com/intermediate.crt";
  const location = new TextEncoder().encode(url);
  const value = sequence(sequence(
    oid("1.3.6.1.5.5.7.48.2"),
    Uint8Array.of(0x86, location.length, ...location),
  ));
  const extensions = [{ oid: ExtensionOid.authorityInfoAccess, value }];
  const issued = await server(intermediate, { extensions });
  const verdict = await verify([issued], [root]);
  assertStringIncludes(verdict.errors[0]?.message ?? "", `it is at ${url}`);
});

Deno.test("verifyChain() says that the anchor is not in the store", async () => {
  const stranger = await authority("Stranger");
  const sent = await verify([leaf, intermediate, root], [stranger]);
  assertEquals(codes(sent), ["unknown_issuer"]);
  assertEquals(subjects(sent), ["example.com", "Intermediate", "Root"]);
  assertEquals(sent.errors[0]?.certificate, certificateOf(root));
  assertStringIncludes(
    sent.errors[0]?.message ?? "",
    "it is self-signed and not in the trust store, which holds 1 certificate",
  );
  const notSent = await verify([leaf, intermediate], [stranger]);
  assertEquals(notSent.errors[0]?.certificate, certificateOf(intermediate));
  assertStringIncludes(
    notSent.errors[0]?.message ?? "",
    'signed by "CN=Root", whose certificate was neither sent nor is in the trust store',
  );
  assertStringIncludes(notSent.errors[0]?.message ?? "", "`caCerts`");
});

Deno.test("verifyChain() says that a self-signed leaf is not in the store", async () => {
  const own = await server();
  const verdict = await verify([own], [root]);
  assertEquals(codes(verdict), ["unknown_issuer"]);
  assertStringIncludes(verdict.errors[0]?.message ?? "", "it is self-signed");
});

Deno.test("verifyChain() tells an authority of the same name and another key apart", async () => {
  const namesake = await authority("Intermediate");
  const verdict = await verify([leaf], [namesake]);
  assertEquals(codes(verdict), ["unknown_issuer"]);
  assertStringIncludes(
    verdict.errors[0]?.message ?? "",
    'signed by "CN=Intermediate" with another key than the certificate of that name has in the trust store',
  );
});

Deno.test("verifyChain() tells the same without key identifiers, by the root that was sent", async () => {
  const extensions = [
    { oid: ExtensionOid.authorityKeyIdentifier, value: sequence() },
  ];
  const renewed = await authority("Intermediate");
  const old = await authority("Intermediate");
  const issued = await server(renewed, { extensions });
  const verdict = await verify([issued, renewed], [old]);
  assertEquals(codes(verdict), ["unknown_issuer"]);
  assertEquals(verdict.errors[0]?.certificate, certificateOf(renewed));
  // Alone, it might as well be forged.
  assertEquals(codes(await verify([issued], [old])), ["bad_signature"]);
});

Deno.test("verifyChain() reports all that is wrong, the worst first", async () => {
  const own = await server(undefined, { ...past, names: ["example.org"] });
  const verdict = await verify([own], [root], { now });
  assertEquals(codes(verdict), [
    "unknown_issuer",
    "certificate_expired",
    "hostname_mismatch",
  ]);
  // Whoever overlooks the date must not overlook the signature with it.
  const { raw } = certificateOf(await server(root, past));
  const tampered = raw.slice();
  tampered.set([tampered[raw.length - 20] as number ^ 1], raw.length - 20);
  const forged = await verifyChain({
    chain: [Certificate.parse(tampered)],
    trust: TrustStore.of(root.cert),
    now,
  });
  assertEquals(codes(forged), ["bad_signature", "certificate_expired"]);
});

Deno.test("verifyChain() accepts any certificate of the store as the anchor", async () => {
  const intermediateAnchor = await verify([leaf], [intermediate]);
  assertEquals(codes(intermediateAnchor), []);
  assertEquals(subjects(intermediateAnchor), ["example.com", "Intermediate"]);

  const leafAnchor = await verify([leaf], [leaf]);
  assertEquals(codes(leafAnchor), []);
  assertEquals(subjects(leafAnchor), ["example.com"]);

  const own = await server();
  assertEquals(codes(await verify([own], [own])), []);
  const wrongName = await verify([own], [own], { name: "example.org" });
  assertEquals(codes(wrongName), ["hostname_mismatch"]);
  const old = await server(undefined, past);
  assertEquals(codes(await verify([old], [old], { now })), [
    "certificate_expired",
  ]);
});

Deno.test("verifyChain() accepts version 1 as the anchor and nowhere else", async () => {
  const ca = certificateOf(root);
  const version1 = Certificate.parse(certificateDer({
    version: undefined,
    extensions: undefined,
    issuer: ca.subjectName.raw,
    subject: ca.subjectName.raw,
    subjectPublicKeyInfo: ca.publicKey.spki,
  }));
  const chain = certificatesOf(leaf, intermediate);
  const anchored = await verifyChain({
    chain,
    trust: TrustStore.of(version1),
    now: version1.notBefore,
  });
  assertEquals(
    codes(anchored).filter((code) => code !== "certificate_not_yet_valid"),
    [],
  );
  assertEquals(anchored.path.length, 3);
  const top = await authority("Top");
  const between = Certificate.parse(certificateDer({
    version: undefined,
    extensions: undefined,
    issuer: certificateOf(top).subjectName.raw,
    subject: ca.subjectName.raw,
    subjectPublicKeyInfo: ca.publicKey.spki,
  }));
  const verdict = await verifyChain({
    chain: [...chain, between],
    trust: TrustStore.of(top.cert),
  });
  assert(codes(verdict).includes("not_a_ca"));
});

Deno.test("verifyChain() refuses an issuer that is no CA", async () => {
  const pretender = await server(root, { names: ["pretender.test"] });
  const issued = await server(pretender);
  const verdict = await verify([issued, pretender], [root]);
  assertEquals(codes(verdict), ["not_a_ca", "wrong_key_usage"]);
  assertEquals(verdict.errors[0]?.certificate, certificateOf(pretender));
  // An anchor of version 3 has to say that it is a CA, too.
  assertEquals(codes(await verify([issued], [pretender]))[0], "not_a_ca");
  const bare = await authority("Bare", root, {
    extensions: [{ oid: ExtensionOid.basicConstraints, value: sequence() }],
  });
  const below = await server(bare);
  assertEquals(codes(await verify([below, bare], [root])), ["not_a_ca"]);
});

Deno.test("verifyChain() refuses a CA without keyCertSign", async () => {
  const ca = await authority("CA", root, { keyUsage: ["cRLSign"] });
  const verdict = await verify([await server(ca), ca], [root]);
  assertEquals(codes(verdict), ["wrong_key_usage"]);
  assertStringIncludes(verdict.errors[0]?.message ?? "", "keyCertSign");
});

Deno.test("verifyChain() holds pathLenConstraint, self-issued certificates not counted", async () => {
  const ca = await authority("CA", root, { pathLength: 0 });
  assertEquals(codes(await verify([await server(ca), ca], [root])), []);
  const low = await authority("Low", ca);
  const deep = await server(low);
  const verdict = await verify([deep, low, ca], [root]);
  assertEquals(codes(verdict), ["path_too_long"]);
  assertEquals(verdict.errors[0]?.certificate, certificateOf(ca));
  // A key rollover: the same name, issued by itself.
  const rolled = await authority("CA", ca);
  const issued = await server(rolled);
  assertEquals(codes(await verify([issued, rolled, ca], [root])), []);
});

Deno.test("verifyChain() holds maxDepth, self-issued certificates not counted", async () => {
  const chain = [leaf, intermediate];
  assertEquals(codes(await verify(chain, [root], { maxDepth: 1 })), []);
  const short = await verify(chain, [root], { maxDepth: 0 });
  assertEquals(codes(short), ["path_too_long"]);
  assertStringIncludes(short.errors[0]?.message ?? "", "maxDepth is 0");
  assertEquals(
    codes(await verify([leaf], [intermediate], { maxDepth: 0 })),
    [],
  );
  const rolled = await authority("Intermediate", intermediate);
  const issued = await server(rolled);
  assertEquals(
    codes(
      await verify([issued, rolled, intermediate], [root], { maxDepth: 1 }),
    ),
    [],
  );
  let ca = root;
  const cas = [];
  for (let depth = 1; depth <= 11; depth++) {
    ca = await authority(`CA ${depth}`, ca);
    cas.push(ca);
  }
  const deep = await server(ca);
  assertEquals(codes(await verify([deep, ...cas], [root])), ["path_too_long"]);
  assertEquals(
    codes(await verify([deep, ...cas], [root], { maxDepth: 11 })),
    [],
  );
});

Deno.test("verifyChain() holds extended key usage, of CAs too", async () => {
  const client = await server(root, { extendedKeyUsage: ["clientAuth"] });
  const verdict = await verify([client], [root]);
  assertEquals(codes(verdict), ["wrong_key_usage"]);
  assertStringIncludes(
    verdict.errors[0]?.message ?? "",
    "it is for clientAuth and not for serverAuth",
  );
  assertEquals(codes(await verify([client], [root], { usage: "client" })), []);
  const any = await server(root, { extendedKeyUsage: ["anyExtendedKeyUsage"] });
  assertEquals(codes(await verify([any], [root])), []);
  const none = await server(root, { extendedKeyUsage: [] });
  assertEquals(codes(await verify([none], [root])), []);
  const mailCa = await authority("Mail CA", root, {
    extendedKeyUsage: ["emailProtection"],
  });
  assertEquals(codes(await verify([await server(mailCa), mailCa], [root])), [
    "wrong_key_usage",
  ]);
});

Deno.test("verifyChain() holds name constraints for all names below, self-issued CAs aside", async () => {
  const ca = await authority("CA", root, {
    nameConstraints: { permitted: ["example.com", "10.0.0.0/8"] },
  });
  const check = async (names: string[]) =>
    codes(
      await verify([await server(ca, { names }), ca], [root], {
        name: undefined,
      }),
    );
  assertEquals(await check(["www.example.com", "10.1.2.3"]), []);
  assertEquals(await check(["www.example.com", "example.org"]), [
    "name_constraints",
  ]);
  assertEquals(await check(["11.1.2.3"]), ["name_constraints"]);
  const low = await authority("Low", ca, { names: ["low.example.org"] });
  const verdict = await verify([await server(low), low, ca], [root]);
  assertEquals(codes(verdict), ["name_constraints"]);
  assertEquals(verdict.errors[0]?.certificate, certificateOf(low));
  assertStringIncludes(
    verdict.errors[0]?.message ?? "",
    'dns:low.example.org is not within dns:example.com, which is a name constraint of "CN=CA"',
  );
  const rolled = await authority("CA", ca, { names: ["low.example.org"] });
  assertEquals(
    codes(await verify([await server(rolled), rolled, ca], [root])),
    [],
  );
});

Deno.test("verifyChain() refuses critical extensions that nobody understands", async () => {
  const extensions = [{
    oid: "1.3.6.1.4.1.55738.666.1",
    critical: true,
    value: sequence(),
  }];
  const strange = await server(root, { extensions });
  const verdict = await verify([strange], [root]);
  assertEquals(codes(verdict), ["unhandled_critical_extension"]);
  assertStringIncludes(
    verdict.errors[0]?.message ?? "",
    "1.3.6.1.4.1.55738.666.1 is critical",
  );
  // In certificates that are not on the path it does no harm.
  const aside = await authority("Intermediate", root, { extensions });
  assertEquals(codes(await verify([leaf, aside, intermediate], [root])), []);
  const precertificate = await server(root, {
    extensions: [{
      oid: ExtensionOid.precertificatePoison,
      critical: true,
      value: Uint8Array.of(5, 0),
    }],
  });
  assertEquals(codes(await verify([precertificate], [root])), [
    "unhandled_critical_extension",
  ]);
});

Deno.test("verifyChain() refuses weak keys anywhere on the path, unless the level allows them", async () => {
  const key = await rsaKey(1024);
  const weakLeaf = await server(root, { key });
  const verdict = await verify([weakLeaf], [root]);
  assertEquals(codes(verdict), ["weak_key"]);
  assertStringIncludes(
    verdict.errors[0]?.message ?? "",
    "RSA key of 1024 bits is below security level 2",
  );
  assertEquals(
    codes(await verify([weakLeaf], [root], { securityLevel: 1 })),
    [],
  );
  const weakRoot = await authority("Weak", undefined, { key });
  const issued = await server(weakRoot);
  assertEquals(codes(await verify([issued], [weakRoot])), ["weak_key"]);
  assertEquals(
    codes(
      await verify([leaf, intermediate], [root], {
        securityLevel: 4,
      }),
    ).at(0),
    "weak_key",
  );
});

Deno.test("verifyChain() refuses keys that nothing can be done with", async () => {
  const ca = certificateOf(root);
  const rsa = (modulus: number, ...exponent: number[]) =>
    sequence(
      sequence(oid("1.2.840.113549.1.1.1"), nullValue()),
      bitString(sequence(
        tlv(2, Uint8Array.of(0, ...Array(modulus / 8).fill(0xff))),
        tlv(2, Uint8Array.of(...exponent)),
      )),
    );
  const dsa = sequence(
    sequence(oid("1.2.840.10040.4.1")),
    bitString(integer(5)),
  );
  const x25519 = sequence(
    sequence(oid("1.3.101.110")),
    bitString(new Uint8Array(32)),
  );
  const p192 = sequence(
    sequence(oid("1.2.840.10045.2.1"), oid("1.2.840.10045.3.1.1")),
    bitString(Uint8Array.of(4, ...new Uint8Array(48))),
  );
  const cases: [Uint8Array, string, string][] = [
    [rsa(2048, 1), "unsupported_key", "exponent"],
    [rsa(2048, 4), "unsupported_key", "exponent"],
    [rsa(2048, 1, 0, 0, 0, 0, 1), "unsupported_key", "exponent"],
    [rsa(16392, 1, 0, 1), "unsupported_key", "16392 bits"],
    [dsa, "unsupported_key", "dsa"],
    [x25519, "unsupported_key", "x25519"],
    [p192, "weak_key", "secp192r1"],
  ];
  for (const [subjectPublicKeyInfo, code, text] of cases) {
    const certificate = Certificate.parse(certificateDer({
      issuer: ca.subjectName.raw,
      subjectPublicKeyInfo,
    }));
    const verdict = await verifyChain({
      chain: [certificate],
      trust: TrustStore.of(certificate),
      now: certificate.notBefore,
    });
    assertEquals(codes(verdict), [code]);
    assertStringIncludes(verdict.errors[0]?.message ?? "", text);
  }
});

Deno.test("verifyChain() refuses SHA-1, but not in the anchor's own signature", async () => {
  const keyType = "rsa-2048";
  const signatureScheme = "rsa_pkcs1_sha1";
  const ca = await authority("Old", undefined, { keyType, signatureScheme });
  assertEquals(codes(await verify([await server(ca)], [ca])), []);
  const issued = await server(ca, { signatureScheme });
  const verdict = await verify([issued], [ca]);
  assertEquals(codes(verdict), ["weak_signature"]);
  assertEquals(codes(await verify([issued], [ca], { securityLevel: 0 })), []);
});

Deno.test("verifyChain() finds another path where the first one fails", async () => {
  // "Chain of pain": the new root is self-signed and cross-signed by an old one.
  const oldRoot = await authority("Old root", undefined, past);
  const newRoot = await authority("New root", undefined, valid);
  const crossSigned = await authority("New root", oldRoot, {
    key: newRoot.key,
    ...valid,
  });
  const issued = await server(newRoot, valid);
  const either = await verify([issued, crossSigned], [oldRoot, newRoot], {
    now,
  });
  assertEquals(codes(either), []);
  assertEquals(subjects(either), ["example.com", "New root"]);
  const onlyOld = await verify([issued, crossSigned], [oldRoot], { now });
  assertEquals(codes(onlyOld), ["certificate_expired"]);
  assertEquals(onlyOld.errors[0]?.certificate, certificateOf(oldRoot));
});

Deno.test("verifyChain() tries the same name and key under other constraints", async () => {
  const top = await authority("Top", undefined, valid);
  const forbidding = await authority("CA", top, {
    ...valid,
    nameConstraints: { excluded: ["example.com"] },
  });
  const { key } = forbidding;
  const expired = await authority("CA", top, { key, ...past });
  const short = await authority("CA", top, {
    key,
    ...valid,
    keyUsage: ["cRLSign"],
  });
  const good = await authority("CA", top, { key, ...valid });
  const issued = await server(good, valid);
  for (
    const others of [
      [forbidding, expired, short, good],
      [good, short, expired, forbidding],
      [short, good, forbidding, expired],
    ]
  ) {
    const verdict = await verify([issued, ...others], [top], { now });
    assertEquals(codes(verdict), []);
    assertEquals(verdict.path[1], certificateOf(good));
  }
  // The best of the bad ones is the one that is only too old.
  const bad = await verify([issued, forbidding, expired, short], [top], {
    now,
  });
  assertEquals(codes(bad), ["certificate_expired"]);
});

Deno.test("verifyChain() tries the same name with other keys, whatever key identifiers say", async () => {
  const first = await authority("CA", root);
  const second = await authority("CA", root);
  const wrong = sequence(Uint8Array.of(
    0x80,
    20,
    ...certificateOf(first).extensionValues.subjectKeyIdentifier ?? [],
  ));
  const extensions = [{
    oid: ExtensionOid.authorityKeyIdentifier,
    value: wrong,
  }];
  const issued = await server(second, { extensions });
  const verdict = await verify([issued, first, second], [root]);
  assertEquals(codes(verdict), []);
  assertEquals(verdict.path[1], certificateOf(second));
});

Deno.test("verifyChain() compares names without regard to case and spaces (RFC 5280 section 7.1)", async () => {
  const ca = await authority("Some  CA");
  const same = await authority("some ca", undefined, { key: ca.key });
  assertEquals(codes(await verify([await server(ca)], [same])), []);
});

Deno.test("verifyChain() goes round no circles", async () => {
  const a = await authority("A");
  const b = await authority("B");
  const aByB = await authority("A", b, { key: a.key });
  const bByA = await authority("B", a, { key: b.key });
  const issued = await server(a);
  const lost = await verify([issued, aByB, bByA], [root]);
  assertEquals(codes(lost), ["unknown_issuer"]);
  assertEquals(codes(await verify([issued, aByB, bByA], [b])), []);
  assertEquals(
    subjects(await verify([issued, aByB, bByA], [b])),
    ["example.com", "A", "B"],
  );
});

Deno.test("verifyChain() ties nothing together by empty names", async () => {
  const nameless = await authority("", undefined, { subject: {} });
  const issued = await server(nameless);
  const verdict = await verify([issued], [nameless]);
  assertEquals(codes(verdict), ["unknown_issuer"]);
  assertStringIncludes(verdict.errors[0]?.message ?? "", "name its issuer");
});

Deno.test("verifyChain() holds policies that CAs require", async () => {
  const policies = (...oids: string[]) => ({
    oid: ExtensionOid.certificatePolicies,
    value: sequence(...oids.map((policy) => sequence(oid(policy)))),
  });
  const require = {
    oid: ExtensionOid.policyConstraints,
    critical: true,
    value: sequence(integerWithTag(0x80, 0)),
  };
  const ca = await authority("CA", root, {
    extensions: [policies("1.2.3.1"), require],
  });
  const check = async (
    extension: ReturnType<typeof policies>[],
    asked?: string[],
  ) =>
    codes(
      await verify([await server(ca, { extensions: extension }), ca], [root], {
        policies: asked,
      }),
    );
  assertEquals(await check([]), ["invalid_policy"]);
  assertEquals(await check([policies("1.2.3.2")]), ["invalid_policy"]);
  assertEquals(await check([policies("1.2.3.1")]), []);
  assertEquals(await check([policies("1.2.3.1")], ["1.2.3.1"]), []);
  assertEquals(await check([policies("1.2.3.1")], ["1.2.3.2"]), [
    "invalid_policy",
  ]);
  // RFC 5937: what the anchor requires holds as well.
  const demanding = await authority("Root", undefined, {
    extensions: [require],
  });
  assertEquals(codes(await verify([await server(demanding)], [demanding])), [
    "invalid_policy",
  ]);
});

Deno.test("verifyChain() checks names of all kinds", async () => {
  const issued = await server(root, {
    names: ["*.example.com", "192.0.2.1", "2001:db8::1", "me@example.com"],
  });
  const check = async (name: string | { email: string }) =>
    codes(await verify([issued], [root], { name }));
  assertEquals(await check("www.example.com."), []);
  assertEquals(await check("example.com"), ["hostname_mismatch"]);
  assertEquals(await check("192.0.2.1"), []);
  assertEquals(await check("[2001:DB8:0::1]"), []);
  assertEquals(await check("192.0.2.2"), ["hostname_mismatch"]);
  assertEquals(await check({ email: "me@EXAMPLE.com" }), []);
  assertEquals(await check({ email: "you@example.com" }), [
    "hostname_mismatch",
  ]);
});

Deno.test("verifyChain() throws for a caller's mistake", async () => {
  const chain = certificatesOf(leaf);
  const trust = TrustStore.of(root.cert);
  const mistakes: [unknown, typeof TypeError | typeof RangeError, string][] = [
    [{ chain: [], trust }, TypeError, "`chain` is empty"],
    [{ chain: [leaf.cert], trust }, TypeError, "`chain` is no array"],
    [{ chain: chain[0], trust }, TypeError, "`chain` is no array"],
    [{ chain, trust: [root.cert] }, TypeError, "`trust` is no TrustStore"],
    [{ chain }, TypeError, "`trust` is no TrustStore"],
    [{ chain, trust, crl: [] }, TypeError, 'no option "crl"'],
    [{ chain, trust, usage: "mail" }, TypeError, "`usage`"],
    [{ chain, trust, name: "a b" }, TypeError, "neither a DNS name"],
    [{ chain, trust, name: "*.example.com" }, TypeError, "wildcard"],
    [{ chain, trust, now: Date.now() }, TypeError, "`now`"],
    [{ chain, trust, now: new Date(NaN) }, TypeError, "`now`"],
    [{ chain, trust, maxDepth: -1 }, RangeError, "`maxDepth`"],
    [{ chain, trust, maxDepth: 1.5 }, RangeError, "`maxDepth`"],
    [{ chain, trust, securityLevel: 6 }, RangeError, "security level"],
  ];
  for (const [options, ErrorClass, text] of mistakes) {
    // What an untyped caller can pass.
    const given = options as Parameters<typeof verifyChain>[0];
    await assertRejects(() => verifyChain(given), ErrorClass, text);
  }
});

/** An INTEGER under an implicit tag. */
function integerWithTag(tag: number, value: number): Uint8Array {
  const bytes = integer(value).slice();
  bytes.set([tag]);
  return bytes;
}

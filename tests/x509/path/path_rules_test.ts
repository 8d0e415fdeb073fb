/**
 * The rules that verifyChain() holds each certificate of a path to.
 *
 * @module
 */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { Certificate } from "../../../x509/certificate/certificate.ts";
import {
  bitString,
  boolean,
  integer,
  nullValue,
  oid,
  sequence,
  tlv,
} from "../../../x509/asn1/der.ts";
import { ExtensionOid } from "../../../x509/asn1/oids.ts";
import { TrustStore } from "../../../x509/trust/trust_store.ts";
import { verifyChain } from "../../../x509/path/verify.ts";
import {
  authority,
  certificateOf,
  certificatesOf,
  codes,
  pretender,
  rsaKey,
  server,
  verify,
  withoutExtensions,
} from "../_authority.ts";
import { certificateDer, commonName, extension } from "../_certificate.ts";
import { intermediate, leaf, now, past, root, valid } from "../_verify.ts";

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

Deno.test("verifyChain() refuses an issuer that is not a CA", async () => {
  const host = await server(root, { names: ["pretender.test"] });
  const issued = await server(await pretender(host));
  const verdict = await verify([issued, host], [root]);
  assertEquals(codes(verdict), ["not_a_ca", "wrong_key_usage"]);
  assertEquals(verdict.errors[0]?.certificate, certificateOf(host));
  // An anchor of version 3 has to say that it is a CA, too.
  assertEquals(codes(await verify([issued], [host]))[0], "not_a_ca");
  const bare = await authority("Bare", root, {
    extensions: [{ oid: ExtensionOid.basicConstraints, value: sequence() }],
  });
  const below = await server(await pretender(bare));
  const unsaid = await verify([below, bare], [root]);
  assertEquals(codes(unsaid), ["not_a_ca"]);
  assertStringIncludes(
    unsaid.errors[0]?.message ?? "",
    "is not a CA (its basicConstraints say so)",
  );
  const silent = await withoutExtensions(
    bare,
    root,
    ExtensionOid.basicConstraints,
  );
  assertStringIncludes(
    (await verify([below, silent], [root])).errors[0]?.message ?? "",
    "is not a CA (it has no basicConstraints)",
  );
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
  // A key rollover: a certificate of the same name.
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
  assertEquals(verdict.errors[0]?.hint, undefined);
  // Clients may show what public authorities issue for servers, if they are let.
  const host = await server(root, { extendedKeyUsage: ["serverAuth"] });
  const shown = await verify([host], [root], { usage: "client" });
  assertEquals(codes(shown), ["wrong_key_usage"]);
  assertStringIncludes(shown.errors[0]?.hint ?? "", 'usage: "any"');
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

Deno.test("verifyChain() holds name constraints for a leaf that has its issuer's name", async () => {
  // RFC 5280 section 6.1.3 (b): self-issued certificates are exempt "unless the
  // certificate is the final certificate in the path".
  const ca = await authority("Same", undefined, {
    nameConstraints: { permitted: ["example.com"] },
  });
  for (
    const [name, expected] of [
      ["www.example.com", []],
      ["www.example.org", ["name_constraints"]],
    ] as const
  ) {
    const leaf = await server(ca, { subject: "Same", names: [name] });
    assertEquals(certificateOf(leaf).isSelfIssued, true);
    assertEquals(codes(await verify([leaf], [ca], { name })), [...expected]);
    assertEquals(
      codes(await verify([leaf, ca], [ca], { name })),
      [...expected],
    );
  }
});

Deno.test("verifyChain() refuses unknown critical extensions", async () => {
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
  // Of many, ten are named.
  const many = Array.from({ length: 12 }, (_, at) => ({
    oid: `1.3.6.1.4.1.55738.666.${at + 1}`,
    critical: true,
    value: sequence(),
  }));
  const stranger = await server(root, { extensions: many });
  assertEquals(codes(await verify([stranger], [root])).length, 10);
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
    [p192, "unsupported_key", "secp192r1"],
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

Deno.test("verifyChain() names the key of a CA that it cannot check", async () => {
  const secp256k1 = sequence(
    sequence(oid("1.2.840.10045.2.1"), oid("1.3.132.0.10")),
    bitString(Uint8Array.of(4, ...new Uint8Array(64))),
  );
  const basicConstraints = extension(
    ExtensionOid.basicConstraints,
    sequence(boolean(true)),
    true,
  );
  const ca = Certificate.parse(certificateDer({
    subject: commonName("CA"),
    issuer: commonName("CA"),
    subjectPublicKeyInfo: secp256k1,
    extensions: [basicConstraints],
  }));
  const issued = Certificate.parse(certificateDer({
    subject: commonName("Leaf"),
    issuer: commonName("CA"),
  }));
  for (const chain of [[issued], [issued, ca]]) {
    const verdict = await verifyChain({
      chain,
      trust: TrustStore.of(ca),
      now: ca.notBefore,
    });
    assertEquals(codes(verdict)[0], "unsupported_key");
    assertEquals(codes(verdict).includes("bad_signature"), false);
    assertStringIncludes(
      verdict.errors[0]?.message ?? "",
      'secp256k1, and secp256r1, secp384r1 and secp521r1 alone are supported, so that the signature of "CN=Leaf" cannot be checked',
    );
  }
});

Deno.test("verifyChain() requires the TLS features that a CA demands (RFC 7633 section 4.2.2)", async () => {
  const feature = (...numbers: number[]) => ({
    extensions: [{
      oid: ExtensionOid.tlsFeature,
      value: sequence(...numbers.map(integer)),
    }],
  });
  const ca = await authority("CA", root, feature(5));
  const without = await verify([await server(ca), ca], [root]);
  assertEquals(codes(without), ["missing_tls_feature"]);
  assertEquals(without.errors[0]?.alert, "bad_certificate");
  assertStringIncludes(
    without.errors[0]?.message ?? "",
    'does not ask for the TLS features 5, which the tlsFeature extension of its issuer "CN=CA" demands',
  );
  const usage = { usage: "client" as const, name: undefined };
  const more = await server(ca, feature(5, 17));
  assertEquals(codes(await verify([more, ca], [root], usage)), []);
  const other = await server(ca, feature(17));
  assertEquals(codes(await verify([other, ca], [root], usage)), [
    "missing_tls_feature",
  ]);
  // A CA below has to hand it on, and an anchor may demand it too.
  const low = await authority("Low", ca);
  const issued = await server(low, feature(5));
  assertEquals(codes(await verify([issued, low, ca], [root], usage)), [
    "missing_tls_feature",
  ]);
  assertEquals(codes(await verify([await server(ca)], [ca])), [
    "missing_tls_feature",
  ]);
});

Deno.test("verifyChain() asks for the clock where a certificate is out of its time", async () => {
  for (const at of [now, new Date(0)]) {
    const verdict = await verify([await server(root, past)], [root], {
      now: at,
    });
    assertEquals(
      verdict.errors[0]?.hint,
      "Is the clock of this machine right?",
    );
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

/** An INTEGER under an implicit tag. */
function integerWithTag(tag: number, value: number): Uint8Array {
  const bytes = integer(value).slice();
  bytes.set([tag]);
  return bytes;
}

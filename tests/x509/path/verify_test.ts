import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { securityPolicy } from "../../../crypto/suites/security_level.ts";
import { Certificate } from "../../../x509/certificate/certificate.ts";
import { TrustStore } from "../../../x509/trust/trust_store.ts";
import type { IssuedCertificate } from "../../../x509/issue/issue.ts";
import { verifyChain } from "../../../x509/path/verify.ts";
import { verifyPeer } from "../../../x509/path/verify_peer.ts";
import {
  authority,
  certificateOf,
  certificatesOf,
  codes,
  server,
  subjects,
  verify,
} from "../_authority.ts";
import { intermediate, leaf, now, past, root, valid } from "../_verify.ts";

Deno.test("verifyChain() returns the path from the leaf to the anchor", async () => {
  const verdict = await verify([leaf, intermediate], [root]);
  assertEquals(verdict.status, "verified");
  assertEquals(verdict.errors, []);
  assertEquals(verdict.warnings, []);
  assertEquals(subjects(verdict), ["example.com", "Intermediate", "Root"]);
  assert(verdict.path[0] === certificateOf(leaf), "another object");
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

Deno.test("verifyChain() reports all that is wrong, the worst first", async () => {
  const own = await server(undefined, { ...past, names: ["example.org"] });
  const verdict = await verify([own], [root], { now });
  assertEquals(codes(verdict), [
    "unknown_issuer",
    "certificate_expired",
    "hostname_mismatch",
  ]);
  // A caller that ignores the date must still see a wrong signature.
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

Deno.test("verifyPeer() wants the key usage that the handshake needs, and finds either usage", async () => {
  const peer = (
    issued: IssuedCertificate,
    options: Partial<Parameters<typeof verifyPeer>[0]>,
  ) =>
    verifyPeer({
      leaf: certificateOf(issued),
      intermediates: [],
      trust: TrustStore.of(root.cert),
      name: undefined,
      usage: "server",
      now: new Date(),
      maxDepth: 1,
      strict: false,
      policies: {},
      security: securityPolicy(),
      ocspResponse: undefined,
      ...options,
    });
  const signs = await server(root, { keyUsage: ["digitalSignature"] });
  const good = await peer(signs, { keyUsage: "digitalSignature" });
  assertEquals([good.status, codes(good)], ["verified", []]);
  const wrong = await peer(signs, { keyUsage: "keyEncipherment" });
  assertEquals([wrong.status, codes(wrong)], ["unverified", [
    "wrong_key_usage",
  ]]);
  assertEquals(wrong.policies, []);
  // RFC 5280 section 4.2.1.3: without the extension the key is not restricted.
  const free = await server(root, { keyUsage: [] });
  assertEquals(codes(await peer(free, { keyUsage: "keyAgreement" })), []);

  const client = await server(root, { extendedKeyUsage: ["clientAuth"] });
  const mail = await server(root, { extendedKeyUsage: ["emailProtection"] });
  assertEquals(codes(await peer(client, {})), ["wrong_key_usage"]);
  assertEquals(codes(await peer(client, { usage: "any" })), []);
  const neither = await peer(mail, { usage: "any" });
  assertEquals(codes(neither), ["wrong_key_usage"]);
  assertStringIncludes(neither.errors[0]?.message ?? "", "serverAuth");
});

Deno.test("verifyChain() throws for a caller's mistake", async () => {
  const chain = certificatesOf(leaf);
  const trust = TrustStore.of(root.cert);
  const mistakes: [unknown, typeof TypeError | typeof RangeError, string][] = [
    [{ chain: [], trust }, TypeError, '"chain" is empty'],
    [{ chain: [leaf.cert], trust }, TypeError, '"chain" is not an array'],
    [{ chain: chain[0], trust }, TypeError, '"chain" is not an array'],
    [{ chain, trust: [root.cert] }, TypeError, '"trust" is not a TrustStore'],
    [{ chain }, TypeError, '"trust" is not a TrustStore'],
    [{ chain, trust, crl: [] }, TypeError, 'no option "crl"'],
    [{ chain, trust, usage: "mail" }, TypeError, '"usage"'],
    [{ chain, trust, name: "a b" }, TypeError, "neither a DNS name"],
    [{ chain, trust, name: "*.example.com" }, TypeError, "wildcard"],
    [{ chain, trust, now: Date.now() }, TypeError, '"now"'],
    [{ chain, trust, now: new Date(NaN) }, TypeError, '"now"'],
    [{ chain, trust, maxDepth: -1 }, RangeError, '"maxDepth"'],
    [{ chain, trust, maxDepth: 1.5 }, RangeError, '"maxDepth"'],
    [{ chain, trust, securityLevel: 6 }, RangeError, "security level"],
    [{ chain, trust, securityLevel: "2" }, TypeError, '"securityLevel"'],
    [{ chain, trust, maxDepth: "1" }, TypeError, '"maxDepth"'],
    [{ chain, trust, strict: 1 }, TypeError, '"strict"'],
    [{ chain, trust, crls: [new Uint8Array()] }, TypeError, '"crls"'],
    [{ chain, trust, ocspResponse: {} }, TypeError, '"ocspResponse"'],
    [{ chain, trust, ctLogs: "" }, TypeError, '"ctLogs"'],
    [{ chain, trust, policies: "1.2.3" }, TypeError, '"policies"'],
    [{ chain, trust, policies: [1.2] }, TypeError, '"policies"'],
    [
      { chain, trust, signedCertificateTimestamps: [""] },
      TypeError,
      '"signedCertificateTimestamps"',
    ],
    [{ chain, trust, requireOcsp: "no" }, TypeError, '"requireOcsp"'],
    [
      { chain, trust, allowUnknownRevocation: 0 },
      TypeError,
      '"allowUnknownRevocation"',
    ],
  ];
  for (const [options, ErrorClass, text] of mistakes) {
    // What an untyped caller can pass.
    const given = options as Parameters<typeof verifyChain>[0];
    await assertRejects(() => verifyChain(given), ErrorClass, text);
  }
});

import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { Crl } from "../../../x509/status/crl.ts";
import type {
  IssuedCertificate,
  IssueOptions,
} from "../../../x509/issue/issue.ts";
import { OcspResponse } from "../../../x509/status/ocsp.ts";
import { TrustStore } from "../../../x509/trust/trust_store.ts";
import { readStaple } from "../../../x509/path/path_revocation.ts";
import {
  verifyChain,
  type VerifyChainOptions,
} from "../../../x509/path/verify.ts";
import { verifyPeer } from "../../../x509/path/verify_peer.ts";
import {
  authority,
  certificateOf,
  certificatesOf,
  codes,
  server,
  verify as verifyNow,
} from "../_authority.ts";
import {
  certId,
  daysFromNow,
  entry,
  GOOD,
  makeCrl,
  makeOcspResponse,
  NOW,
  REVOKED,
  security,
  single,
  UNKNOWN,
} from "../_revocation.ts";

const valid = { notBefore: daysFromNow(-30), notAfter: daysFromNow(30) };
const root = await authority("Root", undefined, valid);
const intermediate = await authority("Intermediate", root, valid);
const leaf = await server(intermediate, valid);
const mustStaple = await server(intermediate, { ...valid, mustStaple: true });

function verify(
  options: Partial<VerifyChainOptions>,
  first = leaf,
  anchors = [root],
) {
  return verifyNow([first, intermediate], anchors, { now: NOW, ...options });
}

type CrlOptions = Parameters<typeof makeCrl>[1];

async function crl(issuer: IssuedCertificate, options?: CrlOptions) {
  return Crl.parse(await makeCrl(issuer, options));
}

async function staple(
  status: Uint8Array,
  certificate = leaf,
  options?: Parameters<typeof single>[2],
) {
  const id = certId(certificateOf(certificate), certificateOf(intermediate));
  return OcspResponse.parse(
    await makeOcspResponse({
      singles: [single(id, status, options)],
      responder: intermediate,
    }),
  );
}

Deno.test("verifyChain() accepts what CRLs do not list", async () => {
  const crls = [await crl(root), await crl(intermediate)];
  const verdict = await verify({ crls });
  assertEquals(codes(verdict), []);
  assertEquals(verdict.status, "verified");
});

Deno.test("verifyChain() refuses what CRLs list, on the whole path", async () => {
  const ofLeaf = await crl(intermediate, {
    entries: [entry(certificateOf(leaf))],
  });
  const verdict = await verify({ crls: [ofLeaf] });
  assertEquals(codes(verdict), ["certificate_revoked"]);
  assertEquals(verdict.errors[0]?.certificate, certificateOf(leaf));
  assertEquals(verdict.path.length, 3);
  const ofIntermediate = await crl(root, {
    entries: [entry(certificateOf(intermediate))],
  });
  const above = await verify({
    crls: [ofIntermediate, await crl(intermediate)],
  });
  assertEquals(codes(above), ["certificate_revoked"]);
  assertEquals(above.errors[0]?.certificate, certificateOf(intermediate));
});

Deno.test("verifyChain() keeps revoked what an expired CRL lists", async () => {
  const old = await crl(intermediate, {
    entries: [entry(certificateOf(leaf))],
    nextUpdate: daysFromNow(-1),
  });
  assertEquals(codes(await verify({ crls: [old] })), ["certificate_revoked"]);
  const silent = await crl(intermediate, { nextUpdate: daysFromNow(-1) });
  assertEquals(codes(await verify({ crls: [silent] })), ["crl_unusable"]);
});

Deno.test("verifyChain() requires that CRLs tell the leaf's status", async () => {
  assertEquals(codes(await verify({ crls: [] })), ["revocation_unknown"]);
  const ofRoot = await crl(root);
  assertEquals(codes(await verify({ crls: [ofRoot] })), ["revocation_unknown"]);
  const allow = { allowUnknownRevocation: true };
  assertEquals(codes(await verify({ crls: [ofRoot], ...allow })), []);
  // It does not make unknown what is known, nor good what is broken.
  const revoking = await crl(intermediate, {
    entries: [entry(certificateOf(leaf))],
  });
  assertEquals(codes(await verify({ crls: [revoking], ...allow })), [
    "certificate_revoked",
  ]);
  const stranger = await authority("Stranger", undefined, valid);
  const forged = await crl(intermediate, { signer: stranger.identity.key });
  assertEquals(codes(await verify({ crls: [forged], ...allow })), [
    "crl_unusable",
  ]);
});

Deno.test("verifyChain() uses an OCSP response for the status of the leaf", async () => {
  const ocspResponse = await staple(GOOD);
  assertEquals(codes(await verify({ crls: [], ocspResponse })), []);
  const revoking = await crl(intermediate, {
    entries: [entry(certificateOf(leaf))],
  });
  assertEquals(codes(await verify({ crls: [revoking], ocspResponse })), [
    "certificate_revoked",
  ]);
});

Deno.test("verifyChain() refuses what a staple says is revoked", async () => {
  const verdict = await verify({ ocspResponse: await staple(REVOKED) });
  assertEquals(codes(verdict), ["certificate_revoked"]);
});

Deno.test("verifyChain() warns of a staple that cannot be relied on", async () => {
  const old = { thisUpdate: daysFromNow(-9), nextUpdate: daysFromNow(-2) };
  for (
    const ocspResponse of [
      await staple(UNKNOWN),
      await staple(GOOD, mustStaple),
      await staple(GOOD, leaf, old),
    ]
  ) {
    const verdict = await verify({ ocspResponse });
    assertEquals(verdict.status, "verified");
    assertEquals(verdict.warnings.map(({ code }) => code), [
      "ocsp_response_unusable",
    ]);
    const demanding = await verify({ ocspResponse, requireOcsp: true });
    assertEquals(codes(demanding), ["ocsp_response_unusable"]);
    assertEquals(demanding.warnings, []);
  }
});

Deno.test("verifyChain() with requireOcsp requires a staple", async () => {
  const verdict = await verify({ requireOcsp: true });
  assertEquals(codes(verdict), ["ocsp_response_required"]);
  assertEquals(verdict.errors[0]?.alert, "bad_certificate_status_response");
  const ocspResponse = await staple(GOOD);
  assertEquals(codes(await verify({ requireOcsp: true, ocspResponse })), []);
});

Deno.test("verifyChain() requires the staple that the certificate demands (RFC 7633)", async () => {
  const none = await verify({}, mustStaple);
  assertEquals(codes(none), ["ocsp_response_required"]);
  assertStringIncludes(none.errors[0]?.message ?? "", "tlsFeature");
  const good = await staple(GOOD, mustStaple);
  assertEquals(codes(await verify({ ocspResponse: good }, mustStaple)), []);
  const other = await staple(GOOD, leaf);
  assertEquals(codes(await verify({ ocspResponse: other }, mustStaple)), [
    "ocsp_response_unusable",
  ]);
  // Servers staple; an anchor is trusted as it stands.
  assertEquals(codes(await verify({ usage: "client" }, mustStaple)), []);
  assertEquals(codes(await verify({}, mustStaple, [mustStaple])), []);
});

Deno.test("verifyChain() says why an anchor has no OCSP response", async () => {
  const ocspResponse = await staple(GOOD);
  const verdict = await verify({ ocspResponse, requireOcsp: true }, leaf, [
    leaf,
  ]);
  assertEquals(codes(verdict), ["ocsp_response_required"]);
  assertStringIncludes(verdict.errors[0]?.message ?? "", "no issuer to vouch");
  assertEquals(codes(await verify({ crls: [] }, leaf, [leaf])), []);
});

Deno.test("verifyChain() goes round a revoked intermediate", async () => {
  const other = await authority("Other root", undefined, valid);
  const again = await authority("Intermediate", other, {
    ...valid,
    key: intermediate.key,
  });
  const revoking = await crl(root, {
    entries: [entry(certificateOf(intermediate))],
  });
  const verdict = await verifyChain({
    chain: certificatesOf(leaf, intermediate, again),
    trust: TrustStore.of(root.cert, other.cert),
    crls: [revoking, await crl(intermediate)],
    now: NOW,
  });
  assertEquals(codes(verdict), []);
  assertEquals(verdict.path[1], certificateOf(again));
});

Deno.test("verifyChain() reports revocation beside what else is wrong", async () => {
  const options: IssueOptions = {
    notBefore: daysFromNow(-30),
    notAfter: daysFromNow(-2),
  };
  const old = await server(intermediate, options);
  const revoking = await crl(intermediate, {
    entries: [entry(certificateOf(old))],
  });
  assertEquals(codes(await verify({ crls: [revoking] }, old)), [
    "certificate_revoked",
    "certificate_expired",
  ]);
});

Deno.test("verifyChain() throws for CRLs and responses of other types", async () => {
  const der = await makeCrl(root);
  for (const crls of [der, [der], await crl(root)]) {
    // What an untyped caller can pass.
    const given = crls as unknown as Crl[];
    await assertRejects(() => verify({ crls: given }), TypeError, '"crls"');
  }
  const ocspResponse = der as unknown as OcspResponse;
  await assertRejects(
    () => verify({ ocspResponse }),
    TypeError,
    '"ocspResponse"',
  );
});

Deno.test("verifyPeer() treats a staple that cannot be read like a missing one", async () => {
  const id = certId(certificateOf(leaf), certificateOf(intermediate));
  const der = await makeOcspResponse({
    singles: [single(id, REVOKED)],
    responder: intermediate,
  });
  const input = {
    leaf: certificateOf(leaf),
    intermediates: certificatesOf(intermediate),
    trust: TrustStore.of(root.cert),
    name: undefined,
    usage: "server",
    now: NOW,
    maxDepth: 1,
    strict: false,
    policies: {},
    security,
  } as const;
  assertEquals(
    codes(
      await verifyPeer({ ...input, ocspResponse: readStaple(der, input.leaf) }),
    ),
    [
      "certificate_revoked",
    ],
  );
  const broken = {
    ...input,
    ocspResponse: readStaple(der.subarray(1), input.leaf),
  };
  const verdict = await verifyPeer(broken);
  assertEquals(verdict.status, "verified");
  assertEquals(verdict.warnings.map(({ code }) => code), [
    "ocsp_response_unusable",
  ]);
  assertEquals(codes(await verifyPeer({ ...broken, requireOcsp: true })), [
    "ocsp_response_unusable",
  ]);
});

/**
 * x509-limbo, both profiles. What comes out otherwise than that project expects
 * stands here with the reason, and nothing else may.
 */

import { assert, assertEquals, assertGreaterOrEqual } from "@std/assert";
import { limboCases, limboIsMissing, runLimboCase } from "./_limbo.ts";

/** Cases that come out otherwise, and why. */
interface Difference {
  readonly reason: string;
  readonly ids: readonly string[];
}

const LENIENT: readonly Difference[] = [
  {
    reason:
      "RFC 5280 says how a CA marks or fills these extensions and numbers, and no step of path validation in section 6 looks at it. Go, OpenSSL and webpki accept most of it, since deployed CAs have it; `strict` refuses it.",
    ids: [
      "rfc5280::aki::critical-aki",
      "rfc5280::aki::leaf-missing-aki",
      "rfc5280::aki::intermediate-missing-aki",
      "rfc5280::aki::cross-signed-root-missing-aki",
      "rfc5280::ski::critical-ski",
      "rfc5280::ski::root-missing-ski",
      "rfc5280::ski::intermediate-missing-ski",
      "rfc5280::serial::too-long",
      "rfc5280::serial::zero",
      "rfc5280::serial::negative",
      "rfc5280::pc::ica-noncritical-pc",
      "rfc5280::san::noncritical-with-empty-subject",
      "rfc5280::root-non-critical-basic-constraints",
      "rfc5280::leaf-ku-keycertsign",
      "rfc5280::ee-critical-aia-invalid",
      "crl::crlnumber-missing",
      "crl::crlnumber-critical",
    ],
  },
  {
    reason:
      "Host names with underscores are looked up and certified, in private networks above all; the name is compared as it stands. Go, OpenSSL and webpki accept it too; `strict` refuses it.",
    ids: ["rfc5280::san::underscore-dns"],
  },
  {
    reason:
      "The Baseline Requirements bind public CAs; private ones do not know of them. `strict` refuses it.",
    ids: [
      "webpki::aki::root-with-aki-missing-keyidentifier",
      "webpki::aki::root-with-aki-authoritycertissuer",
      "webpki::aki::root-with-aki-authoritycertserialnumber",
      "webpki::aki::root-with-aki-all-fields",
      "webpki::aki::root-with-aki-ski-mismatch",
      "webpki::eku::ee-anyeku",
      "webpki::eku::ee-critical-eku",
      "webpki::eku::root-has-eku",
      "webpki::san::san-critical-with-nonempty-subject",
      "webpki::forbidden-rsa-not-divisible-by-8-in-root",
      "webpki::forbidden-rsa-key-not-divisible-by-8-in-leaf",
      "webpki::ee-basicconstraints-ca",
    ],
  },
  {
    reason:
      "The Baseline Requirements bind what public CAs write into common names. Nobody compares anything with a common name here (RFC 9525 section 2), and the subjectAltName is right. `strict` refuses it.",
    ids: [
      "webpki::cn::ipv4-hex-mismatch",
      "webpki::cn::ipv4-leading-zeros-mismatch",
      "webpki::cn::ipv6-uppercase-mismatch",
      "webpki::cn::ipv6-uncompressed-mismatch",
      "webpki::cn::ipv6-non-rfc5952-mismatch",
      "webpki::cn::punycode-not-in-san",
      "webpki::cn::utf8-vs-punycode-mismatch",
      "webpki::cn::not-in-san",
      "webpki::cn::case-mismatch",
    ],
  },
  {
    reason:
      "The same certificates are expected to be accepted in a case of the other profile, and without `strict` what is good by either is accepted: webpki::nc::permitted-dns-match-noncritical, rfc5280::eku::ee-without-eku, rfc5280::ca-as-leaf.",
    ids: [
      "rfc5280::nc::permitted-dns-match-noncritical",
      "webpki::eku::ee-without-eku",
      "webpki::ca-as-leaf",
    ],
  },
  {
    reason:
      "The list of public suffixes is data that changes every week and comes from elsewhere; a wildcard below a top-level domain is refused without it.",
    ids: [
      "webpki::san::public-suffix-multi-label-wildcard-san",
      "webpki::san::public-suffix-private-namespace-wildcard-san",
    ],
  },
];

const STRICT: readonly Difference[] = [
  {
    reason:
      "BR 7.1.4.3: a common name has to be one of the names of subjectAltName, and it is none here; webpki::cn::not-in-san demands just this refusal.",
    ids: [
      "rfc5280::nc::permitted-dns-match-more",
      "rfc5280::nc::permitted-ipv4-match",
      "rfc5280::nc::permitted-ipv6-match",
      "rfc5280::nc::permitted-dn-match",
      "webpki::nc::nc-permits-dns-san-pattern",
      "webpki::san::exact-localhost-ip-san",
      "webpki::san::leftmost-wildcard-san",
    ],
  },
  {
    reason:
      "BR 7.1.2.7.8 and 7.1.2.7.6: a server's certificate is not a CA, and has extKeyUsage. webpki::ca-as-leaf and webpki::eku::ee-without-eku, which conflict with these by that project's own account, demand just this refusal.",
    ids: [
      "pathlen::validation-ignores-pathlen-in-leaf",
      "rfc5280::ca-as-leaf",
      "rfc5280::eku::ee-without-eku",
    ],
  },
  {
    reason:
      "BR 7.1.2.5.2 excepts nameConstraints from RFC 5280's rule that they are critical; webpki::nc::permitted-dns-match-noncritical, which conflicts with this by that project's own account, demands that they be accepted.",
    ids: ["rfc5280::nc::permitted-dns-match-noncritical"],
  },
  {
    reason:
      'The "self-signed" anchor of that case is issued by another name and has no authorityKeyIdentifier, which rfc5280::aki::cross-signed-root-missing-aki expects to be refused.',
    ids: ["cve::cve-2024-0567"],
  },
];

for (
  const { profile, strict, differences, least } of [
    {
      profile: "without strict",
      strict: false,
      differences: LENIENT,
      least: 163,
    },
    { profile: "with strict", strict: true, differences: STRICT, least: 195 },
  ]
) {
  Deno.test({
    name: `verifyChain() ${profile} (${limboIsMissing ?? "x509-limbo"})`,
    ignore: limboIsMissing !== undefined,
    async fn() {
      const cases = await limboCases();
      const different: string[] = [];
      for (const test of cases) {
        const { result, errors } = await runLimboCase(test, strict);
        if (result !== test.expected_result) different.push(test.id);
        if (!strict && test.expected_result === "SUCCESS") {
          assertEquals(errors, [], test.id);
        }
      }
      const expected = differences.flatMap(({ ids }) => ids);
      assertEquals(different.toSorted(), expected.toSorted());
      const count = cases.length - different.length;
      console.log(`${count} of ${cases.length} as expected`);
      assertGreaterOrEqual(count, least);
    },
  });
}

Deno.test("x509-limbo's differences all have a reason", () => {
  for (const { reason, ids } of [...LENIENT, ...STRICT]) {
    assert(reason.length > 40 && ids.length > 0, reason);
  }
});

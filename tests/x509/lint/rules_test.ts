/**
 * Every rule, by a chain of a public CA with one thing wrong.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { rules } from "../../../x509/lint/rules.ts";
import { lintCertificate } from "../../../x509/lint/lint.ts";
import { citationOf } from "../../../x509/lint/rule.ts";
import { TrustStore } from "../../../x509/trust/trust_store.ts";
import { verifyChain } from "../../../x509/path/verify.ts";
import type { Probe } from "./_name_probes.ts";
import { allowed } from "./_allowed.ts";
import { probes } from "./_probes.ts";
import { type ChainChanges, NOW, publicChain } from "./_public_chain.ts";

Deno.test("a strict verification finds nothing in what a public CA issues", async () => {
  assertEquals(await brokenOnPath({}), []);
  for (const certificate of await publicChain()) {
    assertEquals(lintCertificate(certificate), []);
  }
});

for (const [at, [rule, changes, others]] of probes.entries()) {
  Deno.test(`verifyChain() with strict finds ${rule} (${at})`, async () => {
    const find = WITHOUT_PATH.has(rule) ? brokenWithoutPath : brokenOnPath;
    const found = await find(changes);
    if (others === undefined) assertEquals(found, [rule]);
    else assert(found.includes(rule), `found ${found}`);
  });
}

for (const [what, changes] of allowed) {
  Deno.test(`verifyChain() with strict lets pass: ${what}`, async () => {
    assertEquals(await brokenOnPath(changes), []);
    assertEquals(await brokenWithoutPath(changes), []);
  });
}

Deno.test("rules have names of their own, and a chain that breaks them", () => {
  const ids = rules.map(({ id }) => id);
  assertEquals(ids.length, new Set(ids).size);
  const tried = new Set(probes.map(([rule]: Probe) => rule));
  const missing = ids.filter((id) => !tried.has(id) && !ELSEWHERE.has(id));
  assertEquals(missing, []);
  assertEquals([...tried].filter((id) => !ids.includes(id)), []);
});

Deno.test("rules are cited as their sources are", () => {
  const citations = new Map(rules.map((rule) => [rule.id, citationOf(rule)]));
  for (
    const [id, citation] of [
      ["serial_number_zero", "RFC 5280 section 4.1.2.2"],
      ["default_value_encoded", "X.690 section 11.5"],
      ["internal_name", "BR 7.1.2.7.12"],
      ["ev_country", "EVG 7.1.4.2"],
    ] as const
  ) assertEquals(citations.get(id), citation);
});

Deno.test("rules that hold without a date of issue are these", () => {
  assertEquals(rules.filter(({ undated }) => undated).map(({ id }) => id), [
    "version",
    "rsa_key_size",
    "several_common_names",
    "common_name",
    "dns_name_underscore",
    "dns_name_wildcard",
    "san_critical",
    "purpose_missing",
    "purpose_any",
    "root_purpose",
    "ext_key_usage_critical",
    "aki_certificate",
    "leaf_ca",
  ]);
});

Deno.test("rules are in force from one day to another", () => {
  for (const { id, since = "1990-01-01", until = "2100-01-01" } of rules) {
    for (const date of [since, until]) {
      assertEquals(new Date(date).toISOString().slice(0, 10), date, id);
    }
    assert(since < until, id);
  }
});

/** The rules that a strict verification finds broken, each once. */
async function brokenOnPath(changes: ChainChanges): Promise<string[]> {
  const [leaf, subCa, root] = await publicChain(changes);
  const { errors } = await verifyChain({
    chain: [leaf, subCa],
    trust: TrustStore.of(root),
    now: NOW,
    strict: true,
  });
  const broken = errors.filter(({ code }) => code === "not_strict")
    .map(({ rule }) => rule ?? "none");
  return [...new Set(broken)];
}

async function brokenWithoutPath(changes: ChainChanges): Promise<string[]> {
  const found = (await publicChain(changes)).flatMap((certificate) =>
    lintCertificate(certificate)
  );
  return found.map(({ rule }) => rule);
}

/** What no path leads through. */
const WITHOUT_PATH: ReadonlySet<string> = new Set(["ca_subject_empty"]);

/** What `lint_test.ts` has, as it is about other certificates. */
const ELSEWHERE: ReadonlySet<string> = new Set([
  "encoding",
  "extensions_version",
  "issuer_empty",
  "responder_crl",
  "responder_key_usage",
  "responder_no_check",
  "rsa_key_usage",
  "version",
]);

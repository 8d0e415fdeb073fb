/**
 * Verdicts that are given again.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { securityPolicy } from "../../../crypto/suites/security_level.ts";
import { cachedVerdict } from "../../../x509/path/verdict_cache.ts";
import type { VerifyInput } from "../../../x509/path/verify_peer.ts";
import { parseReferenceName } from "../../../x509/certificate/name_match.ts";
import { TrustStore } from "../../../x509/trust/trust_store.ts";
import {
  authority,
  certificateOf,
  certificatesOf,
  codes,
  server,
} from "../_authority.ts";
import { intermediate, leaf, root } from "../_verify.ts";

const DAY = 86_400_000;
const now = new Date();
const trust = TrustStore.of(root.cert);

/** Whether options say the same for the path, its first verification counted. */
async function verdictOn(changes: Partial<VerifyInput> = {}) {
  const [first = certificateOf(leaf), ...intermediates] = chain;
  return await cachedVerdict({
    leaf: first,
    intermediates,
    trust,
    usage: "server",
    name: undefined,
    now,
    maxDepth: 10,
    strict: false,
    policies: {},
    security: securityPolicy(),
    ...changes,
  });
}

const chain = certificatesOf(leaf, intermediate);

Deno.test("cachedVerdict() gives a verdict again, with lists of its own", async () => {
  const first = await verdictOn();
  const second = await verdictOn();
  assertEquals(first.status, "verified");
  assertEquals(second, first);
  for (const list of ["path", "errors", "warnings", "policies"] as const) {
    assertEquals(second[list] === first[list], false);
    (second[list] as unknown[]).length = 0;
  }
  assertEquals(await verdictOn(), first);
});

Deno.test("cachedVerdict() looks at the dates each time", async () => {
  assertEquals((await verdictOn()).status, "verified");
  const after = new Date(certificateOf(leaf).notAfter.getTime() + DAY);
  const before = new Date(certificateOf(leaf).notBefore.getTime() - DAY);
  for (
    const [time, code] of [
      [after, "certificate_expired"],
      [before, "certificate_not_yet_valid"],
    ] as const
  ) {
    const verdict = await verdictOn({ now: time });
    assertEquals(verdict.status, "unverified");
    assertEquals(codes(verdict).includes(code), true);
  }
  assertEquals((await verdictOn()).status, "verified");
});

Deno.test("cachedVerdict() gives no verdict for another question", async () => {
  assertEquals((await verdictOn()).status, "verified");
  const [other] = certificatesOf(await authority("Other"));
  const changes: [Partial<VerifyInput>, string][] = [
    [{ name: parseReferenceName("other.test") }, "hostname_mismatch"],
    [{ trust: TrustStore.none() }, "unknown_issuer"],
    [{ intermediates: [] }, "unknown_issuer"],
    [{ maxDepth: 0 }, "path_too_long"],
    [{ security: securityPolicy(5) }, "weak_key"],
    [{ requireOcsp: true }, "ocsp_response_required"],
    [{ crls: [] }, "revocation_unknown"],
    [
      { policies: { policies: ["1.2.3"], requireExplicitPolicy: true } },
      "invalid_policy",
    ],
  ];
  for (const [change, code] of changes) {
    assertEquals(codes(await verdictOn(change)).includes(code), true, code);
  }
  assertEquals(
    (await verdictOn({
      intermediates: [...chain.slice(1), ...other ? [other] : []],
    }))
      .status,
    "verified",
  );
});

Deno.test("cachedVerdict() keeps no refusal", async () => {
  const strange = certificateOf(await server(await authority("Unknown")));
  const asked = { leaf: strange, intermediates: [] };
  assertEquals(codes(await verdictOn(asked)), ["unknown_issuer"]);
  assertEquals(codes(await verdictOn(asked)), ["unknown_issuer"]);
});

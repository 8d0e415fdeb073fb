import { assert, assertEquals, assertFalse } from "@std/assert";
import { ANY_POLICY } from "../../../x509/asn1/oids.ts";
import {
  type CertificatePolicies,
  type PolicyInputs,
  validatePolicies,
} from "../../../x509/path/policy.ts";
import { withinCpuTime } from "../../_cpu_time.ts";

/** A certificate with the given policies, and what else the test is about. */
function certificate(
  policies?: readonly string[],
  more: Partial<CertificatePolicies> = {},
): CertificatePolicies {
  return {
    isSelfIssued: false,
    policies,
    policyMappings: undefined,
    requireExplicitPolicy: undefined,
    inhibitPolicyMapping: undefined,
    inhibitAnyPolicy: undefined,
    ...more,
  };
}

const map = (...pairs: [string, string][]) =>
  pairs.map(([issuerDomainPolicy, subjectDomainPolicy]) => ({
    issuerDomainPolicy,
    subjectDomainPolicy,
  }));

/** The policies that came out, or `undefined` where the path is not valid. */
function constrained(
  certificates: CertificatePolicies[],
  inputs?: PolicyInputs,
): string[] | undefined {
  const result = validatePolicies(certificates, inputs);
  return result.valid ? [...result.policies].sort() : undefined;
}

const P1 = "1.2.3.1", P2 = "1.2.3.2", P3 = "1.2.3.3", ANY = ANY_POLICY;
const explicit = { requireExplicitPolicy: true };

Deno.test("validatePolicies() accepts every path unless a policy is required", () => {
  assertEquals(constrained([]), [ANY]);
  assertEquals(constrained([certificate()]), []);
  assertEquals(constrained([certificate([P1]), certificate([P2])]), []);
  assertEquals(constrained([certificate([P1]), certificate([P1, P2])]), [P1]);
  assertEquals(constrained([certificate([ANY]), certificate([ANY])]), [ANY]);
  assertEquals(constrained([certificate([ANY]), certificate([P1])]), [P1]);
  assertEquals(constrained([certificate([P1]), certificate([ANY])]), [P1]);
});

Deno.test("validatePolicies() requires a policy in the whole path with initial-explicit-policy", () => {
  assertEquals(constrained([certificate()], explicit), undefined);
  assertEquals(
    constrained([certificate([P1]), certificate([P2])], explicit),
    undefined,
  );
  assertEquals(constrained([certificate([P1]), certificate([P1])], explicit), [
    P1,
  ]);
  const only = { ...explicit, policies: [P2] };
  assertEquals(constrained([certificate([P1])], only), undefined);
  assertEquals(constrained([certificate([P1, P2])], only), [P2]);
  // RFC 9618 section 5.6: anyPolicy at the end gives whatever is asked for.
  assertEquals(constrained([certificate([ANY])], only), [P2]);
});

Deno.test("validatePolicies() reports where the last policy was lost", () => {
  const result = validatePolicies(
    [certificate([P1]), certificate(), certificate([P1])],
    explicit,
  );
  assertFalse(result.valid);
  assert(!result.valid && result.index === 1);
});

Deno.test("validatePolicies() counts requireExplicitPolicy down, self-issued certificates aside", () => {
  const chain = (skip: number, selfIssued = false) => [
    certificate([P1], { requireExplicitPolicy: skip }),
    certificate(undefined, { isSelfIssued: selfIssued }),
    certificate([P1]),
  ];
  assertEquals(constrained(chain(0)), undefined);
  assertEquals(constrained(chain(1)), undefined);
  assertEquals(constrained(chain(2)), undefined);
  assertEquals(constrained(chain(3)), []);
  assertEquals(constrained(chain(2, true)), []);
  // Section 6.1.5 (b): 0 in the leaf counts, any other number does not.
  const leaf = (skip: number) => [
    certificate(),
    certificate(undefined, { requireExplicitPolicy: skip }),
  ];
  assertEquals(constrained(leaf(0)), undefined);
  assertEquals(constrained(leaf(1)), []);
});

Deno.test("validatePolicies() maps policies", () => {
  const mapped = (...pairs: [string, string][]) =>
    certificate([P1], { policyMappings: map(...pairs) });
  assertEquals(constrained([mapped([P1, P2]), certificate([P2])], explicit), [
    P1,
  ]);
  assertEquals(
    constrained([mapped([P1, P2]), certificate([P1])], explicit),
    undefined,
  );
  assertEquals(
    constrained([mapped([P1, P2], [P1, P3]), certificate([P3])], explicit),
    [P1],
  );
  // A mapping of a policy that is not there maps nothing.
  assertEquals(
    constrained([mapped([P3, P2]), certificate([P2])], explicit),
    undefined,
  );
  // anyPolicy stands in for the issuer's policy.
  const any = certificate([ANY], { policyMappings: map([P1, P2]) });
  assertEquals(constrained([any, certificate([P2])], explicit), [P1]);
  assertEquals(constrained([any, certificate([ANY])], explicit), [P1, ANY]);
});

Deno.test("validatePolicies() refuses mappings from and to anyPolicy", () => {
  for (const pair of [[ANY, P1], [P1, ANY]] as [string, string][]) {
    const result = validatePolicies([
      certificate([P1], { policyMappings: map(pair) }),
      certificate([P1]),
    ]);
    assert(!result.valid && result.index === 0, "not refused");
  }
});

Deno.test("validatePolicies() drops what is mapped where mapping is inhibited", () => {
  const chain = [
    certificate([P1, P3], { inhibitPolicyMapping: 0 }),
    certificate([P1, P3], { policyMappings: map([P1, P2]) }),
    certificate([P1, P2, P3]),
  ];
  assertEquals(constrained(chain, explicit), [P3]);
  assertEquals(
    constrained(chain.slice(1), { ...explicit, inhibitPolicyMapping: true }),
    [P3],
  );
  assertEquals(constrained(chain.slice(1), explicit), [P1, P3]);
});

Deno.test("validatePolicies() ignores anyPolicy where it is inhibited", () => {
  const chain = (selfIssued: boolean) => [
    certificate([P1], { inhibitAnyPolicy: 0 }),
    certificate([ANY], { isSelfIssued: selfIssued }),
    certificate([P1]),
  ];
  assertEquals(constrained(chain(false), explicit), undefined);
  // Section 6.1.3 (d) (2): but not in a self-issued intermediate.
  assertEquals(constrained(chain(true), explicit), [P1]);
  assertEquals(
    constrained([certificate([ANY], { isSelfIssued: true })], {
      ...explicit,
      inhibitAnyPolicy: true,
    }),
    undefined,
  );
});

Deno.test("validatePolicies() once without a policy stays so", () => {
  assertEquals(
    constrained([certificate([ANY]), certificate(), certificate([ANY])]),
    [],
  );
});

Deno.test("validatePolicies() does not grow with the power of the depth (RFC 9618 section 1)", async () => {
  // Each certificate maps each policy to each: the tree would have 40^20 nodes.
  const policies = Array.from({ length: 40 }, (_, at) => `1.2.3.${at}`);
  const all = certificate(policies, {
    policyMappings: policies.flatMap((from) =>
      map(...policies.map((to): [string, string] => [from, to]))
    ),
  });
  const path = [...Array(20).fill(all), certificate([P1])];
  const out = await withinCpuTime(1000, () => constrained(path, explicit));
  assertEquals(out?.length, 40);
});

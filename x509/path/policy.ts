/**
 * Certificate policies along a path: RFC 5280 sections 6.1.2 to 6.1.5 with the
 * graph of RFC 9618 in place of the tree, which a chain of a few kilobytes can
 * make as large as it likes. The graph grows with the size of the certificates.
 *
 * @module
 */

import { ANY_POLICY } from "../asn1/oids.ts";
import type { PolicyMapping } from "../certificate/extensions.ts";
import { WorkBudget } from "../certificate/work_budget.ts";

/** After how many more certificates something holds. */
export interface PolicyConstraintValues {
  /** `policyConstraints.requireExplicitPolicy`. */
  readonly requireExplicitPolicy: number | undefined;
  /** `policyConstraints.inhibitPolicyMapping`. */
  readonly inhibitPolicyMapping: number | undefined;
  /** `inhibitAnyPolicy`. */
  readonly inhibitAnyPolicy: number | undefined;
}

/** What one certificate says about policies. */
export interface CertificatePolicies extends PolicyConstraintValues {
  /** Whether subject and issuer are the same name. */
  readonly isSelfIssued: boolean;
  /** `certificatePolicies` as dotted OIDs, if the extension is there. */
  readonly policies: readonly string[] | undefined;
  /** `policyMappings`. */
  readonly policyMappings: readonly PolicyMapping[] | undefined;
}

/** The inputs (c) to (g) of RFC 5280 section 6.1.1. */
export interface PolicyInputs {
  /** `user-initial-policy-set`; absent is any-policy. */
  readonly policies?: readonly string[] | undefined;
  /** `initial-explicit-policy`: the path has to be good for one of them. */
  readonly requireExplicitPolicy?: boolean;
  /** `initial-policy-mapping-inhibit`. */
  readonly inhibitPolicyMapping?: boolean;
  /** `initial-any-policy-inhibit`. */
  readonly inhibitAnyPolicy?: boolean;
  /** The trust anchor, whose constraints hold for what follows (RFC 5937). */
  readonly anchor?: PolicyConstraintValues | undefined;
}

/** What came out. */
export type PolicyResult =
  | {
    readonly valid: true;
    /** `user-constrained-policy-set` (RFC 9618 section 5.6). */
    readonly policies: ReadonlySet<string>;
  }
  | {
    readonly valid: false;
    /** Which of the certificates made it fail. */
    readonly index: number;
    /** Why. */
    readonly reason: string;
  };

/**
 * Processes the policies of the certificates 1 to n of a path: the first is the
 * one that the trust anchor issued, the last is the leaf.
 */
export function validatePolicies(
  certificates: readonly CertificatePolicies[],
  inputs: PolicyInputs = {},
  budget: WorkBudget = new WorkBudget(),
): PolicyResult {
  const n = certificates.length;
  const graph = new PolicyGraph(budget);
  const { anchor } = inputs;
  let explicitPolicy = lower(
    inputs.requireExplicitPolicy ? 0 : n + 1,
    anchor?.requireExplicitPolicy,
  );
  let policyMapping = lower(
    inputs.inhibitPolicyMapping ? 0 : n + 1,
    anchor?.inhibitPolicyMapping,
  );
  let inhibitAnyPolicy = lower(
    inputs.inhibitAnyPolicy ? 0 : n + 1,
    anchor?.inhibitAnyPolicy,
  );

  for (const [index, certificate] of certificates.entries()) {
    const last = index === n - 1;
    const { isSelfIssued } = certificate;
    const invalid = (reason: string) =>
      ({ valid: false, index, reason }) as const;

    // Section 6.1.3 (d) to (f)
    graph.descend(
      certificate.policies ?? [],
      inhibitAnyPolicy > 0 || (!last && isSelfIssued),
    );
    if (explicitPolicy === 0 && graph.isNull) return invalid(NO_POLICY_LEFT);

    if (last) {
      // Section 6.1.5 (a) and (b)
      if (explicitPolicy > 0) explicitPolicy--;
      if (certificate.requireExplicitPolicy === 0) explicitPolicy = 0;
      break;
    }

    // Section 6.1.4 (a), (b), (h), (i) and (j)
    const mappings = certificate.policyMappings ?? [];
    if (mappings.some(mapsAnyPolicy)) return invalid(ANY_POLICY_MAPPED);
    graph.map(mappings, policyMapping > 0);
    if (!isSelfIssued) {
      explicitPolicy = Math.max(explicitPolicy - 1, 0);
      policyMapping = Math.max(policyMapping - 1, 0);
      inhibitAnyPolicy = Math.max(inhibitAnyPolicy - 1, 0);
    }
    explicitPolicy = lower(explicitPolicy, certificate.requireExplicitPolicy);
    policyMapping = lower(policyMapping, certificate.inhibitPolicyMapping);
    inhibitAnyPolicy = lower(inhibitAnyPolicy, certificate.inhibitAnyPolicy);
  }

  // Section 6.1.5 (g), and the condition at the end of it.
  const policies = userConstrained(
    graph.authorityConstrained(),
    inputs.policies,
  );
  if (explicitPolicy === 0 && policies.size === 0) {
    return { valid: false, index: Math.max(n - 1, 0), reason: NO_POLICY_LEFT };
  }
  return { valid: true, policies };
}

/** RFC 9618 section 5.6: what the user accepts of what the path is good for. */
function userConstrained(
  authority: ReadonlySet<string>,
  user: readonly string[] | undefined,
): ReadonlySet<string> {
  if (user === undefined || user.includes(ANY_POLICY)) return authority;
  const any = authority.has(ANY_POLICY);
  return new Set(user.filter((policy) => any || authority.has(policy)));
}

function mapsAnyPolicy(mapping: PolicyMapping): boolean {
  return mapping.issuerDomainPolicy === ANY_POLICY ||
    mapping.subjectDomainPolicy === ANY_POLICY;
}

/** The lower one of a state variable and what a certificate asks for. */
function lower(variable: number, asked: number | undefined): number {
  return asked === undefined ? variable : Math.min(variable, asked);
}

/** A node of `valid_policy_graph`: at each depth one for a `valid_policy`. */
interface PolicyNode {
  readonly validPolicy: string;
  expectedPolicySet: readonly string[];
  readonly parents: readonly PolicyNode[];
}

/**
 * `valid_policy_graph` (RFC 9618 section 5.2). Only the deepest level is kept in
 * reach; nodes above it without children, which the RFC deletes, are those that
 * no walk from there up comes to.
 */
class PolicyGraph {
  readonly #budget: WorkBudget;
  #above: ReadonlyMap<string, PolicyNode> = new Map();
  #level: Map<string, PolicyNode> = new Map([[ANY_POLICY, {
    validPolicy: ANY_POLICY,
    expectedPolicySet: [ANY_POLICY],
    parents: [],
  }]]);

  /** Starts with anyPolicy at depth 0. */
  constructor(budget: WorkBudget) {
    this.#budget = budget;
  }

  /** Once NULL, it stays so: nothing has a parent any more. */
  get isNull(): boolean {
    return this.#level.size === 0;
  }

  /** Section 6.1.3 (d) and (e): one level more. */
  descend(policies: readonly string[], anyPolicyAllowed: boolean): void {
    const above = this.#above = this.#level;
    const expecting = new Map<string, PolicyNode[]>();
    this.#budget.compare(policies.length);
    for (const node of above.values()) {
      this.#budget.compare(node.expectedPolicySet.length);
      for (const policy of node.expectedPolicySet) {
        const nodes = expecting.get(policy);
        if (nodes === undefined) expecting.set(policy, [node]);
        else nodes.push(node);
      }
    }
    const anyAbove = above.get(ANY_POLICY);
    this.#level = new Map();
    // (1) a policy that is expected, or that anyPolicy lets in
    for (const policy of policies) {
      if (policy === ANY_POLICY) continue;
      const parents = expecting.get(policy) ?? (anyAbove && [anyAbove]);
      if (parents !== undefined) this.#add(policy, parents);
    }
    // (2) anyPolicy carries on everything that is expected
    if (!policies.includes(ANY_POLICY) || !anyPolicyAllowed) return;
    for (const [policy, parents] of expecting) {
      if (!this.#level.has(policy)) this.#add(policy, parents);
    }
  }

  /** Section 6.1.4 (b). */
  map(mappings: readonly PolicyMapping[], allowed: boolean): void {
    this.#budget.compare(mappings.length);
    const any = this.#level.get(ANY_POLICY);
    const anyAbove = this.#above.get(ANY_POLICY);
    const mapped = Map.groupBy(mappings, (entry) => entry.issuerDomainPolicy);
    for (const [policy, entries] of mapped) {
      if (!allowed) {
        this.#level.delete(policy);
        continue;
      }
      if (any && anyAbove && !this.#level.has(policy)) {
        this.#add(policy, [anyAbove]);
      }
      const node = this.#level.get(policy);
      if (node === undefined) continue;
      node.expectedPolicySet = [
        ...new Set(entries.map((entry) => entry.subjectDomainPolicy)),
      ];
    }
  }

  /**
   * `authority_constrained_policy_set`: the policies, in the anchor's own
   * domain, for which the path is good.
   */
  authorityConstrained(): ReadonlySet<string> {
    const policies = new Set<string>();
    const seen = new Set(this.#level.values());
    // A set's iteration comes to what is added on the way.
    for (const node of seen) {
      const underAny = node.parents.some((parent) =>
        parent.validPolicy === ANY_POLICY
      );
      if (node.validPolicy !== ANY_POLICY && underAny) {
        policies.add(node.validPolicy);
      }
      for (const parent of node.parents) seen.add(parent);
    }
    if (this.#level.has(ANY_POLICY)) policies.add(ANY_POLICY);
    return policies;
  }

  #add(validPolicy: string, parents: readonly PolicyNode[]): void {
    this.#level.set(validPolicy, {
      validPolicy,
      expectedPolicySet: [validPolicy],
      parents,
    });
  }
}

const NO_POLICY_LEFT =
  "the path has to be good for a certificate policy and is good for none that is accepted (RFC 5280 section 6.1.3 (f))";

const ANY_POLICY_MAPPED =
  "its policyMappings map from or to anyPolicy (RFC 5280 section 4.2.1.5)";

import { assert, assertEquals } from "@std/assert";
import { alternativeNameRules } from "../../../x509/lint/alternative_name_rules.ts";
import { constraintRules } from "../../../x509/lint/constraint_rules.ts";
import type { LintSubject } from "../../../x509/lint/subject.ts";

// BR 7.1.4.2.1 had certificates with reserved addresses end by November 2015.
for (
  const [id, rules, fact] of [
    [
      "name_constraints_address",
      constraintRules,
      "it permits 10.0.0.0/8, which has reserved IP addresses",
    ],
    [
      "san_reserved_address",
      alternativeNameRules,
      "10.0.0.1 is a reserved IP address",
    ],
  ] as const
) {
  Deno.test(`${id} is about certificates that last into November 2015`, () => {
    const rule = rules.find((rule) => rule.id === id);
    assert(rule !== undefined);
    const base = { type: "ip", value: "10.0.0.0/8" };
    const factsOf = (notAfter: string) =>
      rule.check({
        certificate: { notAfter: new Date(notAfter) },
        names: [{ type: "ip", value: "10.0.0.1" }],
        values: { nameConstraints: { permittedSubtrees: [{ base }] } },
      } as unknown as LintSubject); // of which the rules look at no more
    assertEquals(factsOf("2015-10-31T23:59:59Z"), undefined);
    assertEquals(factsOf("2015-11-01T00:00:00Z"), [fact]);
  });
}

import { assert, assertEquals } from "@std/assert";
import { constraintRules } from "../../../x509/lint/constraint_rules.ts";
import type { LintSubject } from "../../../x509/lint/subject.ts";

// BR 7.1.4.2.1 had certificates with reserved addresses end by November 2015.
Deno.test("name_constraints_address is about certificates that last into November 2015", () => {
  const rule = constraintRules.find(({ id }) =>
    id === "name_constraints_address"
  );
  assert(rule !== undefined);
  const base = { type: "ip", value: "10.0.0.0/8" };
  const factsOf = (notAfter: string) =>
    rule.check({
      certificate: { notAfter: new Date(notAfter) },
      values: { nameConstraints: { permittedSubtrees: [{ base }] } },
    } as unknown as LintSubject); // of which the rule looks at no more
  assertEquals(factsOf("2015-10-31T23:59:59Z"), undefined);
  assertEquals(factsOf("2015-11-01T00:00:00Z"), [
    "it permits 10.0.0.0/8, which has reserved IP addresses",
  ]);
});

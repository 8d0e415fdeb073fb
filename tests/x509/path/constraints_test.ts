import {
  assert,
  assertEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { constraintViolation } from "../../../x509/path/constraints.ts";
import { derContext, DerReader } from "../../../x509/asn1/der.ts";
import { TlsCertificateError } from "../../../x509/certificate/errors.ts";
import type { GeneralName } from "../../../x509/certificate/general_name.ts";
import { encodeName } from "../../../x509/issue/issue_names.ts";
import { DistinguishedName } from "../../../x509/certificate/name.ts";
import { WorkBudget } from "../../../x509/certificate/work_budget.ts";

type Text = `${"dns" | "email" | "uri" | "ip" | "dir" | "id"}:${string}`;

/** A name from `dns:example.com`; a subnet from `ip:192.0.2.0/255.255.255.0`. */
function generalName(text: Text): GeneralName {
  const colon = text.indexOf(":");
  const value = text.slice(colon + 1);
  switch (text.slice(0, colon)) {
    case "ip":
      return { type: "ip", value };
    case "dir": {
      const der = value === "" ? Uint8Array.of(0x30, 0) : encodeName(value);
      const context = derContext("the name", "malformed_certificate");
      const name = DistinguishedName.read(DerReader.of(der, context), "");
      return { type: "directoryName", value, name };
    }
    case "email":
      return { type: "email", value };
    case "uri":
      return { type: "uri", value };
    case "id":
      return { type: "registeredId", value };
    default:
      return { type: "dns", value };
  }
}

function violation(
  name: Text,
  { permitted = [], excluded = [] }: { permitted?: Text[]; excluded?: Text[] },
): string | undefined {
  const subtrees = (list: Text[]) =>
    list.map((text) => ({
      base: generalName(text),
      minimum: 0,
      maximum: undefined,
    }));
  return constraintViolation(generalName(name), {
    permittedSubtrees: subtrees(permitted),
    excludedSubtrees: subtrees(excluded),
  }, new WorkBudget());
}

Deno.test("constraintViolation() finds what lies within a subtree (RFC 5280 section 4.2.1.10)", () => {
  const cases: [name: Text, base: Text, within: boolean][] = [
    ["dns:host.example.com", "dns:host.example.com", true],
    ["dns:www.host.example.com", "dns:host.example.com", true],
    ["dns:a.b.HOST.example.com", "dns:Host.example.COM", true],
    ["dns:host1.example.com", "dns:host.example.com", false],
    ["dns:xhost.example.com", "dns:host.example.com", false],
    ["dns:example.com", "dns:host.example.com", false],
    ["dns:example.com", "dns:", true],
    ["email:a@example.com", "email:", true],
    ["uri:https://example.com/", "uri:", true],
    ["dns:my_host.example.com", "dns:example.com", true],
    ["ip:192.0.2.7", "ip:192.0.2.0/255.255.255.0", true],
    ["ip:192.0.3.7", "ip:192.0.2.0/255.255.255.0", false],
    ["ip:192.0.2.7", "ip:192.0.2.9/255.255.255.0", true],
    ["ip:10.0.0.1", "ip:0.0.0.0/0.0.0.0", true],
    ["ip:2001:db8::1", "ip:2001:db8::/ffff:ffff::", true],
    ["ip:2001:db9::1", "ip:2001:db8::/ffff:ffff::", false],
    // Another family is another name of the same kind.
    ["ip:2001:db8::1", "ip:0.0.0.0/0.0.0.0", false],
    ["ip:192.0.2.1", "ip:::/::", false],
    ["email:root@host.example.com", "email:root@host.example.com", true],
    ["email:root@HOST.example.com", "email:root@host.example.com", true],
    ["email:Root@host.example.com", "email:root@host.example.com", false],
    ["email:root@host.example.com", "email:host.example.com", true],
    ["email:root@a.host.example.com", "email:host.example.com", false],
    ["email:root@a.example.com", "email:.example.com", true],
    ["email:root@example.com", "email:.example.com", false],
    ["email:root@xexample.com", "email:.example.com", false],
    ["email:*@example.com", "email:*@example.com", true],
    ["email:root@example.com", "email:*@example.com", false],
    ["uri:https://host.example.com/path", "uri:host.example.com", true],
    ["uri:https://HOST.example.com:443?x", "uri:host.example.com", true],
    ["uri:ldap://me@host.example.com", "uri:host.example.com", true],
    ["uri:https://a.host.example.com/", "uri:host.example.com", false],
    ["uri:https://a.example.com/", "uri:.example.com", true],
    ["uri:https://example.com/", "uri:.example.com", false],
    ["uri:https://evil.test/@example.com", "uri:example.com", false],
    ["uri:https://example.com@evil.test/", "uri:example.com", false],
    ["dir:CN=a,O=Example,C=US", "dir:O=Example,C=US", true],
    ["dir:CN=a,O=  EXAMPLE ,C=us", "dir:O=Example,C=US", true],
    ["dir:O=Example,C=US", "dir:O=Example,C=US", true],
    ["dir:CN=a,O=Example,C=DE", "dir:O=Example,C=US", false],
    ["dir:C=US", "dir:O=Example,C=US", false],
    ["dir:CN=a,C=US,O=Example", "dir:O=Example,C=US", false],
    ["dir:CN=a", "dir:", true],
  ];
  for (const [name, base, within] of cases) {
    const label = `${name} in ${base}`;
    const permitted = violation(name, { permitted: [base] });
    const excluded = violation(name, { excluded: [base] });
    assertEquals(permitted === undefined, within, label);
    assertEquals(excluded === undefined, !within, label);
  }
});

Deno.test("constraintViolation() treats a wildcard as all the names that it covers", () => {
  const cases: [base: Text, permitted: boolean, excluded: boolean][] = [
    ["dns:example.com", true, true],
    ["dns:com", true, true],
    ["dns:a.example.com", false, true],
    // *.example.com never covers a name of two labels more.
    ["dns:a.b.example.com", false, false],
    ["dns:example.org", false, false],
  ];
  for (const [base, permitted, excluded] of cases) {
    const name = "dns:*.example.com";
    assertEquals(
      violation(name, { permitted: [base] }) === undefined,
      permitted,
      base,
    );
    assertEquals(
      violation(name, { excluded: [base] }) !== undefined,
      excluded,
      base,
    );
  }
});

Deno.test("constraintViolation() lets exclusion win, and one of the permitted do", () => {
  const both = {
    permitted: ["dns:example.com"],
    excluded: ["dns:example.com"],
  };
  assertStringIncludes(
    violation("dns:example.com", both as { permitted: Text[] }) ?? "",
    "is excluded by dns:example.com",
  );
  const two: { permitted: Text[] } = {
    permitted: ["dns:a.test", "dns:b.test"],
  };
  assertEquals(violation("dns:b.test", two), undefined);
  assertStringIncludes(
    violation("dns:c.test", two) ?? "",
    "dns:c.test is not within dns:a.test, dns:b.test",
  );
});

Deno.test("constraintViolation() shows five of the permitted subtrees", () => {
  const bases = (count: number) =>
    Array.from({ length: count }, (_, at): Text => `dns:${at}.example`);
  for (const [count, end] of [[5, ""], [6, ", …"]] as const) {
    assertEquals(
      violation("dns:a.test", { permitted: bases(count) }),
      `dns:a.test is not within ${bases(5).join(", ")}${end}`,
    );
  }
  const long: Text = `dns:${"a".repeat(60)}.${"b".repeat(60)}.example`;
  assertEquals(
    violation(long, { permitted: ["dns:test"] }),
    `${long.slice(0, 104)}… is not within dns:test`,
  );
});

Deno.test("constraintViolation() leaves other kinds of names alone", () => {
  const constraints: { permitted: Text[]; excluded: Text[] } = {
    permitted: ["ip:192.0.2.0/255.255.255.0"],
    excluded: ["email:example.com", "id:1.2.3"],
  };
  assertEquals(violation("dns:example.com", constraints), undefined);
  assertEquals(violation("uri:https://example.com", constraints), undefined);
});

Deno.test("constraintViolation() refuses what it cannot apply", () => {
  // "the application MUST either process the constraint or reject"
  assertStringIncludes(
    violation("id:1.2.4", { excluded: ["id:1.2.3"] }) ?? "",
    "no RFC says how",
  );
  const malformed: [Text, Text][] = [
    ["dns:example.com", "dns:.example.com"],
    ["dns:example.com", "dns:*.example.com"],
    ["ip:192.0.2.1", "ip:192.0.2.0/255.0.255.0"],
    ["email:a@example.com", "email:a@b@example.com"],
    ["email:a@example.com", "email:*.example.com"],
    ["uri:https://example.com", "uri:https://example.com"],
    ["uri:https://example.com", "uri:a@example.com"],
  ];
  for (const [name, base] of malformed) {
    for (const list of ["permitted", "excluded"]) {
      assertStringIncludes(
        violation(name, { [list]: [base] }) ?? "",
        "malformed",
        base,
      );
    }
  }
  const subtree = { base: generalName("dns:com"), maximum: undefined };
  const reason = constraintViolation(generalName("dns:example.com"), {
    permittedSubtrees: [{ ...subtree, minimum: 1 }],
    excludedSubtrees: undefined,
  }, new WorkBudget());
  assertStringIncludes(reason ?? "", "minimum or maximum");
  // Section 4.2.1.10: "maximum MUST be absent".
  for (const maximum of [0, 1, 5]) {
    const limited = [{ ...subtree, minimum: 0, maximum }];
    for (
      const constraints of [
        { permittedSubtrees: limited, excludedSubtrees: undefined },
        { permittedSubtrees: undefined, excludedSubtrees: limited },
      ]
    ) {
      assertStringIncludes(
        constraintViolation(
          generalName("dns:example.com"),
          constraints,
          new WorkBudget(),
        ) ?? "",
        "minimum or maximum",
      );
    }
  }
});

Deno.test("constraintViolation() says that a constraint on DNS names has no leading dot", () => {
  assertStringIncludes(
    violation("dns:a.example.com", { permitted: ["dns:.example.com"] }) ?? "",
    "has no leading dot, and holds for the name and all below it",
  );
});

Deno.test("constraintViolation() refuses malformed names of a constrained kind", () => {
  const cases: [Text, Text][] = [
    ["dns:.example.com", "dns:example.com"],
    ["dns:a..example.com", "dns:example.com"],
    ["dns:a.*.example.com", "dns:example.com"],
    ["email:a@b@example.com", "email:example.com"],
    ["email:example.com", "email:example.com"],
    ["uri:urn:isbn:1", "uri:example.com"],
    ["uri:https:///path", "uri:example.com"],
    ["uri:https://192.0.2.1/", "uri:example.com"],
    ["uri:https://[2001:db8::1]/", "uri:example.com"],
  ];
  for (const [name, base] of cases) {
    assert(violation(name, { permitted: [base] }) !== undefined, name);
    assert(violation(name, { excluded: [base] }) !== undefined, name);
  }
});

Deno.test("constraintViolation() ends when there are too many comparisons", () => {
  const budget = new WorkBudget();
  const base = generalName("dns:example.com");
  const constraints = {
    permittedSubtrees: undefined,
    excludedSubtrees: Array(1000).fill({
      base,
      minimum: 0,
      maximum: undefined,
    }),
  };
  const name = generalName("dns:example.org");
  for (let at = 0; at < 249; at++) {
    assertEquals(constraintViolation(name, constraints, budget), undefined);
  }
  const error = assertThrows(
    () => constraintViolation(name, constraints, budget),
    TlsCertificateError,
    "250000 comparisons",
  );
  assertEquals(error.code, "path_too_complex");
});

/**
 * Writes `docs/certificate_rules.md` from the rows of `x509/lint/`.
 *
 * ```sh
 * deno run -A tests/_tools/certificate_rules.ts
 * ```
 *
 * @module
 */

import { assert } from "@std/assert";
import { type CertificateRule, citationOf } from "../../x509/lint/rule.ts";
import { ruleGroups } from "../../x509/lint/rules.ts";
import { EVERY, type Role } from "../../x509/lint/subject.ts";

/** Where it stands. */
export const FILE = new URL("../../docs/certificate_rules.md", import.meta.url);

/** The text, formatted as all Markdown here. */
export async function certificateRules(): Promise<string> {
  const groups = [...ruleGroups].map(([title, rules]) =>
    `## ${title}\n\n${HEADER}\n${rules.map(row).join("\n")}\n`
  );
  return await formatted(`${INTRODUCTION}\n${groups.join("\n")}`);
}

function row(rule: CertificateRule): string {
  const cells = [
    `\`${rule.id}\``,
    rule.requirement.replaceAll("|", "\\|").replaceAll("*", "\\*"),
    citationOf(rule),
    rule.roles.length === EVERY.length
      ? "all"
      : rule.roles.map((role) => ROLES[role]).join(", "),
    inForce(rule),
    [rule.claimed && "public", rule.undated && "undated"].filter(Boolean)
      .join(", "),
  ];
  return `| ${cells.join(" | ")} |`;
}

function inForce({ since, until }: CertificateRule): string {
  if (until === undefined) return since === undefined ? "" : `from ${since}`;
  return since === undefined ? `until ${until}` : `${since} until ${until}`;
}

async function formatted(text: string): Promise<string> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["fmt", "--ext", "md", "-"],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(text));
  await writer.close();
  const { success, stdout, stderr } = await child.output();
  assert(success, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

const ROLES: Readonly<Record<Role, string>> = {
  root: "root",
  subCa: "other CA",
  leaf: "server",
  ocspResponder: "OCSP responder",
};

const HEADER = `| Rule | Requirement | Source | For | In force | Paths |
| --- | --- | --- | --- | --- | --- |`;

const INTRODUCTION = `# Rules for certificates

What \`lintCertificate(certificate)\` of \`./x509\` checks, and \`strict\` of
\`verifyChain\` (\`strictCertificates\` of connections) checks of every certificate
of a path. A violation has the name of its rule: in the member \`rule\` of what
\`lintCertificate\` returns and of the errors with the code \`not_strict\` in a
verdict.

BR are the CA/Browser Forum's Baseline Requirements for TLS server certificates,
by the sections of version 2.2.6, and EVG its guidelines for extended validation.
Their rules apply to certificates of TLS servers and of their CAs: to those that
have serverAuth, anyExtendedKeyUsage or no extKeyUsage, or one of the Forum's
policies.

A rule applies to certificates whose \`notBefore\` is in the time when it was in
force. The date until which it was is the first day on which it was not. A rule
without dates applies to certificates of any age.

The last column is about paths under \`strict\`:

- **public**: applies only if a certificate of the path claims to be public, by
  one of the Forum's policies (2.23.140.1.1, 2.23.140.1.2.1 to 2.23.140.1.2.3) or,
  in a CA that is no root, by anyPolicy. It is about what sets public CAs apart:
  a private one may have internal names and needs no policy.
- **undated**: applies also to certificates whose \`notBefore\` is before 1995.
  There was no version 3 then: such a date, often 1970, does not say when the
  certificate was issued. The rules of RFCs apply to them too, and those of the
  Forum without this word do not.

Roots in a path are exempt from the rules under "Fields and encoding", but for
\`version\` and \`validity_reversed\`, and those that were issued before
2023-09-15 from rules that are marked as public. With \`usage: "client"\`, the leaf is exempt from
the Forum's rules.

Known gaps: the public suffix list (a wildcard directly below \`co.uk\`), HTML
entities in names, Tor service descriptors, and what takes the CA's records, such
as whether names were validated. nameConstraints may be not critical, as BR
7.1.2.10.8 allows it against RFC 5280 section 4.2.1.10.

This page is made by \`tests/_tools/certificate_rules.ts\`.
`;

if (import.meta.main) {
  await Deno.mkdir(new URL(".", FILE), { recursive: true });
  await Deno.writeTextFile(FILE, await certificateRules());
}

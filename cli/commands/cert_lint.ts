/**
 * `cert lint`: the rules for public authorities that a certificate breaks.
 *
 * @module
 */

import { lintCertificate } from "../../x509/lint/lint.ts";
import type { Define } from "../base/define.ts";
import { ExitCode } from "../base/exit.ts";
import type { Outcome, Run } from "../base/run.ts";
import {
  readCertificates,
  SOURCE,
  type SourceFlags,
} from "../net/certificates.ts";
import { addSourceOptions } from "../net/flags.ts";
import { shown } from "../report/certificate.ts";

/** Defines the command. */
export const defineLint: Define = (program, run) => {
  const command = program.command("lint")
    .description(
      "Checks each certificate against RFC 5280 and the CA/Browser Forum's Baseline Requirements; exits with 1 if a rule is broken.",
    )
    .argument("<source>", SOURCE);
  addSourceOptions(command).action(
    run<SourceFlags>(
      "cert lint",
      (session, flags, source = "") => lint(session, source, flags),
    ),
  );
};

async function lint(
  run: Run,
  source: string,
  flags: SourceFlags,
): Promise<Outcome> {
  const chain = await readCertificates(run, source, flags);
  const paint = run.paint(run.system.stdout);
  const found = chain.map((certificate, at) => {
    const next = chain[at + 1];
    const issuer = next?.subjectName.equals(certificate.issuerName)
      ? next
      : undefined;
    const violations = [
      // What can be read all the same, but is not as it must be.
      ...certificate.problems.map((message) => ({
        rule: "malformed",
        source: "X.690",
        message,
      })),
      ...lintCertificate(certificate, { issuer }),
    ];
    return { certificate, violations };
  });
  const isClean = found.every(({ violations }) => violations.length === 0);
  return {
    exitCode: isClean ? ExitCode.ok : ExitCode.no,
    result: {
      certificates: found.map(({ certificate, violations }) => ({
        subject: certificate.subject,
        violations: violations.map(({ rule, source, message }) => ({
          rule,
          source,
          message,
        })),
      })),
    },
    text: found.flatMap(({ certificate, violations }) => [
      `${paint("title", shown(certificate.subject))}: ${
        violations.length === 0
          ? paint("good", "no rule is broken")
          : paint("bad", `${violations.length} found`)
      }`,
      ...violations.map(({ rule, message }) =>
        `  ${paint("warning", rule)}: ${message}`
      ),
    ]),
  };
}

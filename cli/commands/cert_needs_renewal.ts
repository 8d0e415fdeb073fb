/**
 * `cert needs-renewal`: whether it is time to renew a certificate, for scripts.
 *
 * @module
 */

import { InvalidArgumentError, Option } from "commander";
import type { Certificate } from "../../x509/certificate/certificate.ts";
import type { Define } from "../base/define.ts";
import { ExitCode } from "../base/exit.ts";
import type { Outcome, Run } from "../base/run.ts";
import { count } from "../base/style.ts";
import {
  readCertificates,
  SOURCE,
  type SourceFlags,
} from "../net/certificates.ts";
import { addSourceOptions } from "../net/flags.ts";
import { dateText, daysLeft, shown } from "../report/certificate.ts";

/** How long before its end a certificate is renewed. */
type Within = (certificate: Certificate) => number;

interface Flags extends SourceFlags {
  readonly within: Within;
}

/** Defines the command. */
export const defineNeedsRenewal: Define = (program, run) => {
  const command = program.command("needs-renewal")
    .description(
      "Exits with 1 if one of the certificates must be renewed, with 0 if there is time.",
    )
    .argument("<source>", SOURCE)
    .addOption(
      new Option(
        "--within <time>",
        "renew that long before the end: 30d, 12h, 20%",
      ).argParser(within).default(within("33%"), "33%"),
    );
  addSourceOptions(command).action(
    run<Flags>(
      "cert needs-renewal",
      (session, flags, source = "") => needsRenewal(session, source, flags),
    ),
  );
};

async function needsRenewal(
  run: Run,
  source: string,
  flags: Flags,
): Promise<Outcome> {
  const chain = await readCertificates(run, source, flags);
  const paint = run.paint(run.system.stdout);
  const now = new Date();
  const found = chain.map((certificate) => {
    const renewAt = new Date(
      certificate.notAfter.getTime() - flags.within(certificate),
    );
    return { certificate, renewAt, isDue: renewAt <= now };
  });
  return {
    exitCode: found.some(({ isDue }) => isDue) ? ExitCode.no : ExitCode.ok,
    result: {
      certificates: found.map(({ certificate, renewAt, isDue }) => ({
        subject: certificate.subject,
        notAfter: certificate.notAfter.toISOString(),
        renewAt: renewAt.toISOString(),
        isDue,
      })),
    },
    text: found.map(({ certificate, renewAt, isDue }) => {
      const days = daysLeft(certificate, now);
      const left = days < 0 ? "expired" : `${count(days, "day")} left`;
      return `${shown(certificate.subject)}: ${
        isDue
          ? paint("bad", "renew it now")
          : paint("good", `renew it from ${dateText(renewAt)} on`)
      } (${left})`;
    }),
  };
}

function within(text: string): Within {
  const [, digits, unit = ""] = /^(\d+(?:\.\d+)?)(d|h|m|%)$/.exec(text) ?? [];
  if (digits === undefined) {
    throw new InvalidArgumentError("Expected a time such as 30d, 12h or 20%.");
  }
  const number = Number(digits);
  if (unit !== "%") return () => number * (UNITS[unit] ?? 0);
  return ({ notBefore, notAfter }) =>
    (notAfter.getTime() - notBefore.getTime()) * number / 100;
}

/** Milliseconds. */
const UNITS: Readonly<Record<string, number>> = {
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

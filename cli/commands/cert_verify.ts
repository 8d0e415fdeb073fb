/**
 * `cert verify`: whether certificates can be trusted, and why not.
 *
 * @module
 */

import { InvalidArgumentError, Option } from "commander";
import { verifyChain } from "../../x509/path/verify.ts";
import { Crl } from "../../x509/status/crl.ts";
import type { Define } from "../base/define.ts";
import { readInput } from "../base/files.ts";
import type { Outcome, Run } from "../base/run.ts";
import {
  fromFile,
  readCertificates,
  SOURCE,
  type SourceFlags,
} from "../net/certificates.ts";
import { trustStore } from "../net/client_options.ts";
import {
  addSourceOptions,
  addTrustOptions,
  listed,
  type TrustFlags,
} from "../net/flags.ts";
import { chainJson, verdictJson, verdictText } from "../report/verdict.ts";

interface Flags extends SourceFlags, TrustFlags {
  readonly name?: string;
  readonly untrusted?: readonly string[];
  readonly purpose: "server" | "client" | "any";
  readonly at?: Date;
  readonly strict?: boolean;
}

/** Defines the command. */
export const defineVerify: Define = (program, run) => {
  const command = program.command("verify")
    .description(
      "Builds a path from the first certificate to a trusted one, and says why there is none.",
    )
    .argument("<source>", SOURCE)
    .option("--name <name>", "the name that it must be for")
    .option("--untrusted <file>", "further intermediates", listed)
    .addOption(
      new Option("--purpose <side>", "whose certificate it is")
        .choices(["server", "client", "any"]).default("server"),
    )
    .option("--at <date>", "at that time, such as 2027-01-31", date)
    .option("--strict", "also refuse what public CAs may not issue");
  addSourceOptions(addTrustOptions(command)).action(
    run<Flags>(
      "cert verify",
      (session, flags, source = "") => verify(session, source, flags),
    ),
  );
};

async function verify(
  run: Run,
  source: string,
  flags: Flags,
): Promise<Outcome> {
  const { system } = run;
  const { crlFile = [], untrusted = [] } = flags;
  const chain = await readCertificates(run, source, flags);
  const more = await Promise.all(untrusted.map((path) => fromFile(run, path)));
  const crls = await Promise.all(
    crlFile.map(async (path) => Crl.parse(await readInput(system, path))),
  );
  const now = flags.at ?? new Date();
  const verdict = await verifyChain({
    chain: [...chain, ...more.flat()],
    trust: await trustStore(system, flags),
    name: flags.name,
    usage: flags.purpose,
    now,
    ...crls.length > 0 ? { crls } : {},
    strict: flags.strict,
  });
  return {
    error: verdict.errors[0],
    isTold: true,
    result: { chain: chainJson(chain, now), verdict: verdictJson(verdict) },
    text: verdictText(verdict, run.paint(system.stdout)),
  };
}

function date(text: string): Date {
  const time = Date.parse(text);
  if (Number.isNaN(time)) {
    throw new InvalidArgumentError("Expected a date such as 2027-01-31.");
  }
  return new Date(time);
}

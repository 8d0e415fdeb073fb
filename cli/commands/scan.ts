/**
 * `scan`: all that a server negotiates, and what of it is weak.
 *
 * @module
 */

import type { ClientOptions } from "../../connection/options/options.ts";
import { TlsError } from "../../errors.ts";
import type { Define } from "../base/define.ts";
import { ExitCode, Failure } from "../base/exit.ts";
import type { Json, Outcome, Run } from "../base/run.ts";
import { type Paint, table } from "../base/style.ts";
import { clientOptions } from "../net/client_options.ts";
import {
  connectTarget,
  nameOfTarget,
  type Target,
  targetOf,
} from "../net/dial.ts";
import {
  addDialOptions,
  addTrustOptions,
  type DialFlags,
  type TlsFlags,
} from "../net/flags.ts";
import { judging } from "../net/judge.ts";
import { chainJson, type Judged, verdictJson } from "../report/verdict.ts";
import { findBehaviour } from "../scan/behaviour.ts";
import { type Finding, findingsOf, type Scan } from "../scan/findings.ts";
import {
  findGroups,
  findSignatureSchemes,
  findVersions,
} from "../scan/negotiation.ts";
import { Prober } from "../scan/probe.ts";

type Flags = DialFlags & TlsFlags;

/** Defines the command. */
export const defineScan: Define = (program, run) => {
  const command = program.command("scan")
    .summary("list what a server negotiates, and what of it is weak")
    .description(
      "Makes some 50 to 150 handshakes with a server, one behind the other: versions, suites, groups, signature schemes, tickets, renegotiation, known flaws. Exits with 1 if something must be repaired. Scan servers of your own, or with their owner's consent.",
    )
    .argument("<host>", "HOST, HOST:PORT or [ADDRESS]:PORT")
    .option("--server-name <name>", "the name to request and verify");
  addTrustOptions(addDialOptions(command)).action(
    run<Flags>(
      "scan",
      (session, flags, host = "") =>
        scan(session, targetOf(host, flags), flags),
    ),
  );
};

async function scan(run: Run, target: Target, flags: Flags): Promise<Outcome> {
  const options = await clientOptions(run.system, flags);
  const judged = await judge(target, options);
  const prober = new Prober(
    target,
    options,
    (count) => run.progress(`handshake ${count}`),
  );
  try {
    const found = await scanWith(prober, judged);
    const findings = findingsOf(found);
    return {
      exitCode: findings.some(({ level }) => level === "bad")
        ? ExitCode.no
        : ExitCode.ok,
      result: {
        target: nameOfTarget(target),
        handshakes: prober.count,
        ...scanJson(found, new Date()),
        findings: findings.map((each) => ({ ...each })),
      },
      text: textOf(found, findings, run.paint(run.system.stdout)),
    };
  } finally {
    run.progress("");
  }
}

async function scanWith(
  prober: Prober,
  judged: Judged | undefined,
): Promise<Scan> {
  const versions = await findVersions(prober);
  const [highest] = versions;
  if (highest === undefined) {
    throw new Failure(
      "tls",
      "Cannot scan the server: it refused every version with every suite",
      { code: "nothing_in_common", hint: "tls why says more" },
    );
  }
  return {
    versions,
    groups: await findGroups(prober, highest),
    signatureSchemes: await findSignatureSchemes(prober, versions),
    behaviour: await findBehaviour(prober, versions),
    judged,
  };
}

/** The verdict on the certificate that is shown to clients of today. */
async function judge(
  target: Target,
  base: ClientOptions,
): Promise<Judged | undefined> {
  const { options, found } = judging(base);
  try {
    (await connectTarget(target, options)).abort();
  } catch (error) {
    // What is refused is what a scan is for; where nobody is there, it ends.
    if (!(error instanceof TlsError)) throw error;
    if (error.code === "not_tls") throw error;
  }
  return found.judged;
}

function scanJson(
  { versions, groups, signatureSchemes, behaviour, judged }: Scan,
  now: Date,
): { readonly [name: string]: Json } {
  return {
    versions: versions.map(({ version, cipherSuites, preference }) => ({
      version,
      cipherSuites: cipherSuites.map(({ name }) => name),
      preference: preference ?? null,
    })),
    groups,
    signatureSchemes,
    resumption: behaviour.resumption,
    secureRenegotiation: behaviour.secureRenegotiation ?? null,
    clientRenegotiation: behaviour.clientRenegotiation ?? null,
    extendedMainSecret: behaviour.extendedMainSecret ?? null,
    fallbackScsv: behaviour.fallbackScsv ?? null,
    smallDhGroup: behaviour.smallDhGroup ?? null,
    alpnProtocol: behaviour.alpnProtocol ?? null,
    ocspStapled: behaviour.ocspStapled,
    chain: judged === undefined ? [] : chainJson(judged.chain, now),
    verdict: judged === undefined ? null : verdictJson(judged),
  };
}

function textOf(
  scan: Scan,
  findings: readonly Finding[],
  paint: Paint,
): string[] {
  const { versions, groups, signatureSchemes, behaviour } = scan;
  const resumption = Object.entries(behaviour.resumption)
    .map(([version, state]) => `${version} ${state}`).join(", ");
  return [
    ...versions.flatMap(({ version, cipherSuites, preference }) => [
      `${paint("title", version)}${
        preference === undefined ? "" : ` (the ${preference}'s order)`
      }`,
      ...cipherSuites.map(({ name }) => `  ${name}`),
    ]),
    paint("title", "Besides"),
    ...table([
      ["groups", groups.join(", ") || undefined],
      ["signatures", signatureSchemes.join(", ") || undefined],
      ["resumption", resumption || undefined],
      ["protocol", behaviour.alpnProtocol],
      ["staple", behaviour.ocspStapled ? "an OCSP response" : undefined],
    ]),
    paint("title", "Findings"),
    ...findings.map(({ level, message }) =>
      `  ${paint(level, level.padEnd(7))}  ${message}`
    ),
  ];
}

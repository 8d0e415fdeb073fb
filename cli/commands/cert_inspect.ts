/**
 * `cert inspect`: what certificates say.
 *
 * @module
 */

import type { Define } from "../base/define.ts";
import type { Outcome, Run } from "../base/run.ts";
import {
  readCertificates,
  SOURCE,
  type SourceFlags,
} from "../net/certificates.ts";
import { addSourceOptions } from "../net/flags.ts";
import { certificateText } from "../report/certificate.ts";
import { chainJson } from "../report/verdict.ts";

interface Flags extends SourceFlags {
  readonly pem?: boolean;
}

/** Defines the command. */
export const defineInspect: Define = (program, run) => {
  const command = program.command("inspect")
    .description("Prints what certificates say.")
    .argument("<source>", SOURCE)
    .option("--pem", "print them in PEM instead");
  addSourceOptions(command).action(
    run<Flags>(
      "cert inspect",
      (session, flags, source = "") => inspect(session, source, flags),
    ),
  );
};

async function inspect(
  run: Run,
  source: string,
  flags: Flags,
): Promise<Outcome> {
  const chain = await readCertificates(run, source, flags);
  const now = new Date();
  const paint = run.paint(run.system.stdout);
  return {
    result: {
      certificates: chainJson(chain, now),
      pem: chain.map((certificate) => certificate.toPem()).join(""),
    },
    text: flags.pem
      ? chain.map((certificate) => certificate.toPem().trimEnd())
      : chain.flatMap((certificate, at) => [
        paint("title", `Certificate ${at}`),
        ...certificateText(certificate, now, paint),
      ]),
  };
}

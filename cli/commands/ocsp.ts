/**
 * `ocsp`: what an OCSP response says, from a file, a server's staple, or the
 * responder itself.
 *
 * @module
 */

import { fetchOcsp } from "../../x509/fetch/fetch_ocsp.ts";
import { OcspResponse } from "../../x509/status/ocsp.ts";
import type { Define } from "../base/define.ts";
import { ExitCode, Failure } from "../base/exit.ts";
import { readInput } from "../base/files.ts";
import type { Outcome, Run } from "../base/run.ts";
import { type Paint, table } from "../base/style.ts";
import {
  fromServer,
  isHost,
  readCertificates,
  type SourceFlags,
} from "../net/certificates.ts";
import { addSourceOptions } from "../net/flags.ts";
import { dateText, shown } from "../report/certificate.ts";

interface Flags extends SourceFlags {
  readonly ask?: boolean;
  readonly allowPrivate?: boolean;
}

/** Defines the command. */
export const defineOcsp: Define = (program, run) => {
  const command = program.command("ocsp")
    .summary("read OCSP responses, stapled ones too")
    .description(
      "Prints what an OCSP response says; exits with 1 if it says that a certificate is revoked or unknown. Signatures are not checked: cert verify and connect do that.",
    )
    .argument(
      "<source>",
      "a response in DER, - for one, or HOST:PORT for its staple",
    )
    .option("--ask", "SOURCE has certificates: ask the responder they name")
    .option("--allow-private", "the responder may be in a private network");
  addSourceOptions(command).action(
    run<Flags>(
      "ocsp",
      (session, flags, source = "") => ocsp(session, source, flags),
    ),
  );
};

async function ocsp(
  run: Run,
  source: string,
  flags: Flags,
): Promise<Outcome> {
  const der = await responseOf(run, source, flags);
  const response = OcspResponse.parse(der);
  const paint = run.paint(run.system.stdout);
  const isGood = response.status === "successful" &&
    response.responses.every(({ status }) => status === "good");
  return {
    exitCode: isGood ? ExitCode.ok : ExitCode.no,
    result: {
      status: response.status,
      producedAt: response.producedAt?.toISOString() ?? null,
      responder: responderOf(response),
      signatureAlgorithm: response.signatureAlgorithm ?? null,
      responses: response.responses.map((each) => ({
        serialNumber: each.certId.serialNumber,
        status: each.status,
        thisUpdate: each.thisUpdate.toISOString(),
        nextUpdate: each.nextUpdate?.toISOString() ?? null,
        revocationTime: each.revocationTime?.toISOString() ?? null,
        revocationReason: each.revocationReason ?? null,
      })),
    },
    text: textOf(response, paint),
  };
}

async function responseOf(
  run: Run,
  source: string,
  flags: Flags,
): Promise<Uint8Array> {
  if (flags.ask) {
    const chain = await readCertificates(run, source, flags);
    const ask = fetchOcsp({ allowPrivateAddresses: flags.allowPrivate });
    let problem: unknown;
    const onProblem = (error: unknown) => problem = error;
    const der = await ask({ chain }, { onProblem });
    if (der !== undefined) return der;
    throw problem ?? new Failure(
      "file",
      "Cannot ask for an OCSP response: the certificate names no responder, or its issuer is not beside it",
      { code: "no_responder" },
    );
  }
  if (!isHost(source)) return await readInput(run.system, source);
  const { staple } = await fromServer(run, source, flags);
  if (staple !== undefined) return staple;
  throw new Failure(
    "tls",
    `Cannot read an OCSP response: the server at ${source} staples none`,
    { code: "no_staple", hint: "--ask asks the responder itself" },
  );
}

function textOf(response: OcspResponse, paint: Paint): string[] {
  const { producedAt } = response;
  return [
    ...table([
      ["status", response.status],
      ["responder", responderOf(response) ?? undefined],
      ["produced", producedAt && dateText(producedAt)],
    ]),
    ...response.responses.flatMap((each) =>
      table([
        ["serial", each.certId.serialNumber],
        ["status", paint(each.status === "good" ? "good" : "bad", each.status)],
        ["revoked", each.revocationTime && dateText(each.revocationTime)],
        ["reason", each.revocationReason],
        ["as of", dateText(each.thisUpdate)],
        ["next", each.nextUpdate && dateText(each.nextUpdate)],
      ])
    ),
  ];
}

function responderOf({ responderId }: OcspResponse): string | null {
  if (responderId === undefined) return null;
  return responderId.type === "name"
    ? shown(responderId.name.toString())
    : "named by its key";
}

/**
 * `crl`: revocation lists.
 *
 * @module
 */

import type { DistinguishedName } from "../../x509/certificate/name.ts";
import { Crl } from "../../x509/status/crl.ts";
import type { Define } from "../base/define.ts";
import { ExitCode, Failure } from "../base/exit.ts";
import { readInput } from "../base/files.ts";
import type { CommonFlags, Outcome, Run } from "../base/run.ts";
import { table } from "../base/style.ts";
import { fromFile } from "../net/certificates.ts";
import { dateText, shown } from "../report/certificate.ts";

interface Flags extends CommonFlags {
  readonly cert?: string;
  readonly serial?: string;
}

/** Defines the command. */
export const defineCrl: Define = (program, run) => {
  program.command("crl")
    .summary("read revocation lists")
    .description(
      "Prints what a revocation list says; with --cert or --serial, exits with 1 if that certificate is on it. Signatures are not checked: cert verify --crl-file does that.",
    )
    .argument("<file>", "PEM or DER, or - for standard input")
    .option("--cert <file>", "is this certificate on it?")
    .option("--serial <hex>", "is a certificate with this serial number?")
    .action(
      run<Flags>(
        "crl",
        (session, flags, path = "") => inspect(session, path, flags),
      ),
    );
};

async function inspect(
  run: Run,
  path: string,
  flags: Flags,
): Promise<Outcome> {
  const lists = Crl.parseAll(await readInput(run.system, path));
  const { serial, issuer } = await soughtBy(run, flags, lists);
  const found = serial === undefined
    ? []
    : lists.map((list) => list.find(serial, issuer ?? list.issuerName))
      .filter((each) => each !== undefined);
  const now = new Date();
  const paint = run.paint(run.system.stdout);
  return {
    exitCode: found.length > 0 ? ExitCode.no : ExitCode.ok,
    result: {
      lists: lists.map((list) => ({
        issuer: list.issuer,
        number: list.crlNumber?.toString() ?? null,
        thisUpdate: list.thisUpdate.toISOString(),
        nextUpdate: list.nextUpdate?.toISOString() ?? null,
        isExpired: isExpired(list, now),
        isDelta: list.isDelta,
        size: list.size,
        signatureAlgorithm: list.signatureAlgorithm,
      })),
      revoked: serial === undefined ? null : found.map((each) => ({
        serialNumber: serial,
        date: each.revocationDate.toISOString(),
        reason: each.reason ?? null,
      })),
    },
    text: [
      ...lists.flatMap((list) =>
        table([
          ["issuer", paint("title", shown(list.issuer))],
          ["number", list.crlNumber?.toString()],
          ["issued", dateText(list.thisUpdate)],
          [
            "next",
            list.nextUpdate &&
            `${dateText(list.nextUpdate)}${
              isExpired(list, now) ? paint("bad", " (expired)") : ""
            }`,
          ],
          ["kind", list.isDelta ? "delta: changes alone" : undefined],
          ["size", `${list.size} certificates`],
          ["signed", list.signatureAlgorithm],
        ])
      ),
      ...serial === undefined ? [] : [
        found.length === 0
          ? paint("good", `${serial} is not on it.`)
          : paint("bad", `${serial} is revoked.`),
      ],
    ],
  };
}

/** A certificate that is looked for. */
interface Sought {
  readonly serial?: string;
  readonly issuer?: DistinguishedName;
}

async function soughtBy(
  run: Run,
  { cert, serial }: Flags,
  lists: readonly Crl[],
): Promise<Sought> {
  if (cert !== undefined) return await soughtIn(run, cert, lists);
  if (serial === undefined) return {};
  const digits = serial.replaceAll(":", "").toUpperCase();
  if (/^[0-9A-F]+$/.test(digits)) return { serial: digits };
  throw new Failure(
    "usage",
    `Cannot use --serial "${serial}": expected hexadecimal digits`,
  );
}

async function soughtIn(
  run: Run,
  path: string,
  lists: readonly Crl[],
): Promise<Sought> {
  const [certificate] = await fromFile(run, path);
  if (certificate === undefined) return {};
  const { issuerName, serialNumber } = certificate;
  const isCovered = lists.some((list) =>
    list.issuerName.equals(issuerName) ||
    list.extensionValues.issuingDistributionPoint?.indirectCrl
  );
  if (isCovered) return { serial: serialNumber, issuer: issuerName };
  throw new Failure(
    "file",
    `Cannot look up "${path}": it is issued by ${certificate.issuer}, whose list this is not`,
    { code: "other_issuer" },
  );
}

function isExpired({ nextUpdate }: Crl, now: Date): boolean {
  return nextUpdate !== undefined && nextUpdate < now;
}

/**
 * `cert diff`: what sets two certificates apart.
 *
 * @module
 */

import { equals } from "@std/bytes";
import { toHex } from "../../encoding.ts";
import type { Certificate } from "../../x509/certificate/certificate.ts";
import type { Define } from "../base/define.ts";
import { ExitCode } from "../base/exit.ts";
import type { Outcome, Run } from "../base/run.ts";
import {
  readCertificates,
  SOURCE,
  type SourceFlags,
} from "../net/certificates.ts";
import { addSourceOptions } from "../net/flags.ts";
import { keyText, nameText, shown } from "../report/certificate.ts";

/** A field that differs. */
interface Difference {
  readonly field: string;
  readonly before: string;
  readonly after: string;
}

/** Defines the command. */
export const defineDiff: Define = (program, run) => {
  const command = program.command("diff")
    .description(
      "Compares two certificates; exits with 1 if they differ.",
    )
    .argument("<before>", SOURCE)
    .argument("<after>", "the same");
  addSourceOptions(command).action(
    run<SourceFlags>(
      "cert diff",
      (session, flags, before = "", after = "") =>
        diff(session, [before, after], flags),
    ),
  );
};

async function diff(
  run: Run,
  [before, after]: readonly [string, string],
  flags: SourceFlags,
): Promise<Outcome> {
  const [old] = await readCertificates(run, before, flags);
  const [young] = await readCertificates(run, after, flags);
  const paint = run.paint(run.system.stdout);
  const differences = differencesOf(old, young);
  return {
    exitCode: differences.length === 0 ? ExitCode.ok : ExitCode.no,
    result: {
      differences: differences.map((each) => ({ ...each })),
    },
    text: differences.length === 0
      ? [paint("good", "The certificates are the same.")]
      : differences.flatMap(({ field, before, after }) => [
        paint("title", field),
        paint("bad", `  - ${before}`),
        paint("good", `  + ${after}`),
      ]),
  };
}

function differencesOf(old: Certificate, young: Certificate): Difference[] {
  if (old.equals(young)) return [];
  const found: Difference[] = [];
  const [before, after] = [fieldsOf(old), fieldsOf(young)];
  for (const field of new Set([...before.keys(), ...after.keys()])) {
    const pair = [before, after].map((fields) => fields.get(field) ?? "(none)");
    const [left = "", right = ""] = pair;
    if (left !== right) found.push({ field, before: left, after: right });
  }
  // Signatures differ where nothing else does.
  if (found.length === 0 || !equals(old.signature, young.signature)) {
    found.push({
      field: "signature",
      before: toHex(old.signature).slice(0, SHOWN),
      after: toHex(young.signature).slice(0, SHOWN),
    });
  }
  return found;
}

function fieldsOf(certificate: Certificate): Map<string, string> {
  const { publicKey } = certificate;
  return new Map([
    ["version", String(certificate.version)],
    ["serial number", certificate.serialNumber],
    ["subject", shown(certificate.subject)],
    ["issuer", shown(certificate.issuer)],
    ["not before", certificate.notBefore.toISOString()],
    ["not after", certificate.notAfter.toISOString()],
    ["names", certificate.subjectAltName.map(nameText).map(shown).join(", ")],
    ["key", `${keyText(certificate)} ${toHex(publicKey.spki).slice(-SHOWN)}`],
    ["signature algorithm", certificate.signatureAlgorithm],
    ["key usage", certificate.keyUsage.join(", ")],
    ["purposes", certificate.extendedKeyUsage.join(", ")],
    ...certificate.extensions
      .filter(({ oid }) => !TOLD.has(oid))
      .map(({ oid, critical, value }): [string, string] => [
        `extension ${oid}`,
        `${critical ? "critical, " : ""}${toHex(value)}`,
      ]),
  ]);
}

/** Extensions that have a field of their own above. */
const TOLD: ReadonlySet<string> = new Set([
  "2.5.29.15",
  "2.5.29.17",
  "2.5.29.37",
]);

/** Hexadecimal digits of keys and signatures. */
const SHOWN = 32;

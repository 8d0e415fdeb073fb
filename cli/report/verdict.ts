/**
 * What became of a chain, for people and as JSON.
 *
 * @module
 */

import type { Certificate } from "../../x509/certificate/certificate.ts";
import type { Verdict } from "../../x509/path/verdict.ts";
import type { Json } from "../base/run.ts";
import type { Paint } from "../base/style.ts";
import { certificateJson, certificateSummary, shown } from "./certificate.ts";

/** A chain as it was sent, and what was found of it. */
export interface Judged extends Verdict {
  readonly chain: readonly Certificate[];
}

/** What `--json` says of a verdict. */
export function verdictJson(
  { status, path, errors, warnings }: Verdict,
): Json {
  return {
    status,
    path: path.map(({ subject }) => subject),
    errors: errors.map(({ code, message }) => ({ code, message })),
    warnings: warnings.map(({ code, message }) => ({ code, message })),
  };
}

/** The certificates as they were sent. */
export function chainJson(chain: readonly Certificate[], now: Date): Json {
  return chain.map((certificate) => certificateJson(certificate, now));
}

/** The certificates as they were sent, each in a few lines. */
export function chainText(
  chain: readonly Certificate[],
  now: Date,
  paint: Paint,
): string[] {
  return chain.flatMap((certificate, at) => [
    paint("title", `Certificate ${at}`),
    ...certificateSummary(certificate, now, paint),
  ]);
}

/** The verdict with its reasons. */
export function verdictText(
  { status, path, errors, warnings }: Verdict,
  paint: Paint,
): string[] {
  const verdict = status === "verified"
    ? paint("good", "verified")
    : paint("bad", "not verified");
  return [
    `${paint("title", "Verdict")}: ${verdict}`,
    // A raw public key has no path.
    ...status === "verified" && path.length > 0
      ? [`  ${path.map(titleOf).join(" <- ")}`]
      : [],
    ...errors.map(({ code, message }) => `  ${paint("bad", code)}: ${message}`),
    ...warnings.map(({ code, message }) =>
      `  ${paint("warning", code)}: ${message}`
    ),
  ];
}

function titleOf({ subject }: Certificate): string {
  return shown(subject);
}

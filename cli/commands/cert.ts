/**
 * `cert`: what a certificate says, and what is wrong with it.
 *
 * @module
 */

import type { Define } from "../base/define.ts";
import { defineDiff } from "./cert_diff.ts";
import { defineInspect } from "./cert_inspect.ts";
import { defineLint } from "./cert_lint.ts";
import { defineNeedsRenewal } from "./cert_needs_renewal.ts";
import { defineVerify } from "./cert_verify.ts";

/** Defines the command, and those below it. */
export const defineCert: Define = (program, run) => {
  const command = program.command("cert")
    .summary("inspect, verify, lint, compare certificates")
    .description("Certificates, of files or of servers.");
  defineInspect(command, run);
  defineVerify(command, run);
  defineLint(command, run);
  defineNeedsRenewal(command, run);
  defineDiff(command, run);
};

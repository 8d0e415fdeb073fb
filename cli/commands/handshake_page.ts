/**
 * `handshake-page`: handshakes to look at, byte by byte.
 *
 * @module
 */

import type { Define } from "../base/define.ts";
import { checkOutputs, isStdout, writeOutput } from "../base/files.ts";
import type { CommonFlags, Outcome, Run } from "../base/run.ts";

interface Flags extends CommonFlags {
  readonly out: string;
  readonly force?: boolean;
}

/** Defines the command. */
export const defineHandshakePage: Define = (program, run) => {
  program.command("handshake-page")
    .summary("write a page that explains handshakes, byte by byte")
    .description(
      "Makes handshakes in memory and writes a page of them, in HTML: of TLS 1.3 full, resumed, with a HelloRetryRequest, a client certificate and Encrypted ClientHello, and of TLS 1.2 full and resumed. See connect --page for one of a real server.",
    )
    .option(
      "--out <file>",
      "where to write it; - for standard output",
      "handshake.html",
    )
    .option("--force", "replace a file that is there")
    .action(run<Flags>("handshake-page", write));
};

async function write(
  { system }: Run,
  { out, force = false }: Flags,
): Promise<Outcome> {
  const path = isStdout(out) ? undefined : out;
  await checkOutputs(system, [path], { replace: force });
  // Nobody else needs them.
  const [{ captureAll }, { handshakePage }] = await Promise.all([
    import("../page/scenarios.ts"),
    import("../page/page.ts"),
  ]);
  const captures = await captureAll();
  const page = await handshakePage("TLS, byte by byte", captures);
  const connections = captures.map(({ title }) => title);
  if (path === undefined) {
    return { result: { file: null, page, connections }, content: page };
  }
  await writeOutput(system, path, page, { replace: force });
  return { result: { file: path, page: null, connections }, text: [path] };
}

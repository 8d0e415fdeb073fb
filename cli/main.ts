/**
 * The command line: `connect`, `why`, and more.
 *
 * ```sh
 * deno run -A jsr:@x/tls/cli connect example.com:443
 * deno run -A jsr:@x/tls/cli --help
 * ```
 *
 * `docs/cli.md` has the commands, the exit codes and what `--json` prints.
 *
 * @example Run a command within a program
 * ```ts
 * import { main } from "@x/tls/cli";
 * import { assertEquals } from "@std/assert";
 *
 * const said: string[] = [];
 * const output = {
 *   isTerminal: false,
 *   columns: undefined,
 *   write: (bytes: Uint8Array) => {
 *     said.push(new TextDecoder().decode(bytes));
 *     return Promise.resolve();
 *   },
 * };
 * const code = await main(["--version"], { stdout: output, stderr: output });
 * assertEquals(code, 0);
 * assertEquals(said.join(""), "0.1.0\n");
 * ```
 *
 * @module
 */

import { describeError, ExitCode } from "./base/exit.ts";
import { writeLines } from "./base/run.ts";
import type {
  Input,
  OpenFile,
  Output,
  System,
  WriteOptions,
} from "./base/system.ts";
import { denoArguments, denoSystem, exitDeno, requireDeno } from "./deno.ts";
import { perform } from "./program.ts";

export { ExitCode };
export type { Input, OpenFile, Output, System, WriteOptions };

/**
 * Runs a command.
 *
 * @param args The arguments, the command first.
 * @param system Parts of the outside to use in the place of the process's own.
 * @returns The exit code, for every error of a command.
 * @throws {TypeError} If the runtime is not Deno.
 *
 * @example What a cipher string selects
 * ```ts ignore
 * import { ExitCode, main } from "@x/tls/cli";
 *
 * const code = await main(["connect", "example.com:443", "--json"]);
 * Deno.exitCode = code === ExitCode.ok ? 0 : 1;
 * ```
 */
export async function main(
  args: readonly string[],
  system: Partial<System> = {},
): Promise<number> {
  requireDeno();
  const outside = withParts(system);
  try {
    const { run, outcome } = await perform(outside, args);
    return await run.finish(outcome);
  } catch (error) {
    // Standard output is closed, say: standard error may be, too.
    const { kind, message } = describeError(error);
    await writeLines(outside.stderr, [`error: ${message}`]).catch(() => {});
    return ExitCode[kind];
  } finally {
    // Behind the lines of a trace, for which nobody has waited.
    await outside.stderr.write(new Uint8Array()).catch(() => {});
  }
}

/** The process's own outside, with some parts of another. */
function withParts(parts: Partial<System>): System {
  return Object.keys(parts).length === 0 ? denoSystem : {
    ...denoSystem,
    ...parts,
    ...parts.writeFile && !parts.checkWritable ? UNCHECKED : {},
  };
}

/** Nothing is known of files that the program itself writes. */
const UNCHECKED: Pick<System, "checkWritable"> = {
  checkWritable: () => Promise.resolve(),
};

if (import.meta.main) exitDeno(await main(denoArguments()));

/**
 * `completion`: scripts that complete commands and options in a shell, made from
 * the commands themselves.
 *
 * @module
 */

import { Argument, type Command } from "commander";
import type { Define } from "../base/define.ts";
import type { CommonFlags, Outcome } from "../base/run.ts";
import { bashCompletion } from "../completion/bash.ts";
import { fishCompletion } from "../completion/fish.ts";
import { entriesOf, type Entry } from "../completion/tree.ts";
import { zshCompletion } from "../completion/zsh.ts";

interface Flags extends CommonFlags {
  readonly command: string;
}

/** Defines the command. */
export const defineCompletion: Define = (program, run) => {
  program.command("completion")
    .summary("print completions for bash, zsh or fish")
    .description(
      "Prints a script that completes commands and options; source it, or write it to where your shell looks.",
    )
    .addArgument(
      new Argument("<shell>", "the shell").choices(Object.keys(SHELLS)),
    )
    .option("--command <name>", "what the program is called", program.name())
    .action(
      run<Flags>(
        "completion",
        (_session, flags, shell = "") =>
          Promise.resolve(completion(program, shell, flags)),
      ),
    );
};

function completion(
  program: Command,
  shell: string,
  { command }: Flags,
): Outcome {
  const script = SHELLS[shell]?.(command, entriesOf(program)) ?? "";
  return { result: { shell, script }, text: [script.trimEnd()] };
}

const SHELLS: Readonly<
  Record<string, (command: string, entries: readonly Entry[]) => string>
> = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion };

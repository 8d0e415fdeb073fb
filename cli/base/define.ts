/**
 * What a file of a command defines it with.
 *
 * @module
 */

import type { Command } from "commander";
import type { CommonFlags, Outcome, Run } from "./run.ts";

/**
 * Makes the action of a command.
 *
 * @param name The whole name, such as `"cert inspect"`.
 * @param act Does it: with the options as the command line has them, and with the
 * arguments, lists of them among those.
 */
export type MakeAction = <F extends CommonFlags>(
  name: string,
  act: (run: Run, flags: F, ...args: string[]) => Promise<Outcome>,
) => (this: Command, ...args: unknown[]) => Promise<void>;

/** Defines a command, below another. */
export type Define = (program: Command, run: MakeAction) => void;

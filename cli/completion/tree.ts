/**
 * The commands and their options, as completions need them.
 *
 * @module
 */

import type { Command } from "commander";

/** A command, or the program itself. */
export interface Entry {
  /** The words that lead to it: empty for the program. */
  readonly path: readonly string[];
  readonly summary: string;
  /** The commands below it. */
  readonly commands: readonly string[];
  readonly flags: readonly Flag[];
}

/** An option. */
export interface Flag {
  /** Such as `-q` and `--quiet`. */
  readonly names: readonly string[];
  readonly description: string;
  /** Whether a value follows. */
  readonly takesValue: boolean;
  /** Its values, if it has a list of them. */
  readonly choices: readonly string[];
}

/** The program and all its commands, each before those below it. */
export function entriesOf(
  command: Command,
  path: readonly string[] = [],
): Entry[] {
  return [
    {
      path,
      summary: command.summary() || command.description(),
      commands: command.commands.map((each) => each.name()),
      flags: flagsOf(command),
    },
    ...command.commands.flatMap((each) =>
      entriesOf(each, [...path, each.name()])
    ),
  ];
}

/** Words in single quotes, for any of the shells. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

function flagsOf(command: Command): Flag[] {
  const help: Flag = {
    names: ["-h", "--help"],
    description: "print this help",
    takesValue: false,
    choices: [],
  };
  const flags = command.options.map((option) => ({
    names: [option.short, option.long].filter((name) => name !== undefined),
    description: option.description,
    takesValue: option.required || option.optional,
    choices: option.argChoices ?? [],
  }));
  return [...flags, help];
}

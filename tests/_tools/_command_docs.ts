/**
 * The commands of the command line with their options, as Markdown.
 *
 * @module
 */

import type { Command } from "commander";
import { makeProgram } from "../../cli/program.ts";

/** A section a command. */
export function commandDocs(): string {
  const program = makeProgram(
    () => () => Promise.resolve(),
    { width: 80, say: () => {} },
  );
  return leaves(program, []).map(([path, command]) => section(path, command))
    .join("\n\n");
}

/** Commands that do something, with the words that lead to them. */
function leaves(
  command: Command,
  path: readonly string[],
): [readonly string[], Command][] {
  if (command.commands.length === 0) return [[path, command]];
  return command.commands.flatMap((each) =>
    leaves(each, [...path, each.name()])
  );
}

function section(path: readonly string[], command: Command): string {
  const args = command.registeredArguments.map((each) => {
    const name = each.name().toUpperCase() + (each.variadic ? "…" : "");
    return each.required ? name : `[${name}]`;
  });
  return [
    `### ${path.join(" ")}`,
    `\`${[...path, ...args].join(" ")}\``,
    command.description(),
    ["| option | meaning |", "| --- | --- |", ...rowsOf(command)].join("\n"),
  ].join("\n\n");
}

function rowsOf(command: Command): string[] {
  return command.options
    .filter(({ long }) => !COMMON.includes(long ?? ""))
    .map(({ flags, description, argChoices, defaultValue, ...option }) => {
      const value = option.defaultValueDescription ??
        (["string", "number"].includes(typeof defaultValue)
          ? String(defaultValue)
          : undefined);
      const more = [
        argChoices === undefined ? [] : argChoices.join(", "),
        value === undefined ? [] : `default ${value}`,
      ].flat().join("; ");
      return `| \`${flags}\` | ${description}${
        more === "" ? "" : ` (${more})`
      } |`.replaceAll("*", "\\*");
    });
}

/** Every command has these. */
const COMMON = ["--json", "--quiet", "--no-color"];

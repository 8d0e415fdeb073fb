/**
 * Completions for fish.
 *
 * @module
 */

import { functionName, joined } from "./bash.ts";
import { type Entry, type Flag, quoted } from "./tree.ts";

/** A script that fish sources. */
export function fishCompletion(
  command: string,
  entries: readonly Entry[],
): string {
  const name = functionName(command);
  const paths = entries.map(({ path }) => quoted(joined(path))).join(" ");
  return `# fish completion for ${command}
function ${name}
  set -l at ""
  for word in (commandline -opc)[2..]
    if contains -- "$at $word" ${paths}
      set at "$at $word"
    end
  end
  test "$at" = "$argv[1]"
end
${entries.map((entry) => linesOf(command, name, entry, entries)).join("")}`;
}

function linesOf(
  command: string,
  name: string,
  { path, commands, flags }: Entry,
  entries: readonly Entry[],
): string {
  const start = `complete -c ${command} -n ${
    quoted(`${name} "${joined(path)}"`)
  }`;
  const below = commands.map((each) => {
    const summary = entries.find((entry) =>
      joined(entry.path) === joined([...path, each])
    )?.summary ?? "";
    return `${start} -f -a ${each} -d ${quoted(summary)}\n`;
  });
  return [...below, ...flags.map((flag) => `${start}${flagOf(flag)}\n`)]
    .join("");
}

function flagOf({ names, description, takesValue, choices }: Flag): string {
  const given = names.map((name) =>
    name.startsWith("--") ? ` -l ${name.slice(2)}` : ` -s ${name.slice(1)}`
  ).join("");
  const value = choices.length > 0
    ? ` -x -a ${quoted(choices.join(" "))}`
    : takesValue
    ? " -r"
    : "";
  return `${given}${value} -d ${quoted(description)}`;
}

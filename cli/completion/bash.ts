/**
 * Completions for bash.
 *
 * @module
 */

import { type Entry, quoted } from "./tree.ts";

/** A script that bash sources. */
export function bashCompletion(
  command: string,
  entries: readonly Entry[],
): string {
  const name = functionName(command);
  return `# bash completion for ${command}
${name}() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD - 1]}
  local at="" word words=""
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD - 1}"; do
    case "$at $word" in
      ${steps(entries)}) at="$at $word" ;;
    esac
  done
  case "$at $prev" in
${values(entries)}  esac
  if [ -z "$words" ]; then
    case "$at:$cur" in
${words(entries)}    esac
  fi
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -o bashdefault -o default -F ${name} ${command}
`;
}

/** The name of the function for a program. */
export function functionName(command: string): string {
  return `_${command.replace(/\W/g, "_")}_complete`;
}

/** A path as the scripts have it: each word behind a space. */
export function joined(path: readonly string[]): string {
  return path.map((word) => ` ${word}`).join("");
}

/** The paths that lead to commands, as a pattern of \`case\`. */
export function steps(entries: readonly Entry[]): string {
  return entries.filter(({ path }) => path.length > 0)
    .map(({ path }) => quoted(joined(path))).join(" | ");
}

/** What may follow an option that has a list of values. */
export function values(entries: readonly Entry[]): string {
  return entries.flatMap(({ path, flags }) =>
    flags.filter(({ choices }) => choices.length > 0).map((
      { names, choices },
    ) => {
      const patterns = names.map((name) => quoted(`${joined(path)} ${name}`));
      return `    ${patterns.join(" | ")}) words=${
        quoted(choices.join(" "))
      } ;;\n`;
    })
  ).join("");
}

/** What may follow a command: options behind a dash, commands otherwise. */
export function words(entries: readonly Entry[]): string {
  return entries.map(({ path, commands, flags }) => {
    const at = joined(path);
    const options = flags.flatMap(({ names }) => names).join(" ");
    const below = commands.length === 0
      ? ""
      : `      ${quoted(`${at}:`)}*) words=${quoted(commands.join(" "))} ;;\n`;
    return `      ${quoted(`${at}:-`)}*) words=${quoted(options)} ;;\n${below}`;
  }).join("");
}

/**
 * Completions for zsh.
 *
 * @module
 */

import { functionName, steps, values, words } from "./bash.ts";
import type { Entry } from "./tree.ts";

/** A script that zsh sources, or finds as a file in its \`fpath\`. */
export function zshCompletion(
  command: string,
  entries: readonly Entry[],
): string {
  const name = functionName(command);
  // "words" is zsh's own: the words of the line.
  const own = (text: string) => text.replaceAll(" words=", " found=");
  return `#compdef ${command}
${name}() {
  local cur=\${words[CURRENT]} prev=\${words[CURRENT - 1]}
  local at="" word found=""
  for word in "\${(@)words[2,CURRENT - 1]}"; do
    case "$at $word" in
      ${steps(entries)}) at="$at $word" ;;
    esac
  done
  case "$at $prev" in
${own(values(entries))}  esac
  if [ -z "$found" ]; then
    case "$at:$cur" in
${own(words(entries))}    esac
  fi
  if [ -n "$found" ]; then compadd -- \${(z)found}; else _files; fi
}
compdef ${name} ${command}
`;
}

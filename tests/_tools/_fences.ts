/**
 * The code in the documentation: fenced blocks of Markdown and of comments.
 *
 * @module
 */

import { listFiles, ROOT } from "./_files.ts";

/** One block. */
export interface Fence {
  /** The file, by its path. */
  readonly path: string;
  /** Where the block begins. */
  readonly line: number;
  /** What is behind the three backticks, such as `"ts ignore"`. */
  readonly info: string;
  /** The code. */
  readonly code: string;
}

/** The files that users read: what is published, and the papers beside it. */
export async function documented(): Promise<string[]> {
  return (await listFiles()).filter((path) =>
    /\.(md|ts)$/.test(path) && !/^(tests|bench|links|examples)\//.test(path)
  );
}

/** All blocks of all these files. */
export async function fences(): Promise<Fence[]> {
  const found: Fence[] = [];
  for (const path of await documented()) {
    const text = await Deno.readTextFile(new URL(path, ROOT));
    found.push(...fencesOf(path, text));
  }
  return found;
}

/** The blocks of one text; in comments each line has its asterisk. */
export function fencesOf(path: string, text: string): Fence[] {
  const found: Fence[] = [];
  const pattern =
    /^([ \t]*(?:\*[ \t]?)?)```([^\n`]*)\n([\s\S]*?)^\1```[ \t]*$/gm;
  for (
    const { index, 1: margin = "", 2: info = "", 3: code = "" } of text
      .matchAll(pattern)
  ) {
    found.push({
      path,
      line: text.slice(0, index).split("\n").length,
      info: info.trim(),
      code: code.split("\n").map((line) => strip(line, margin)).join("\n"),
    });
  }
  return found;
}

function strip(line: string, margin: string): string {
  return line.startsWith(margin)
    ? line.slice(margin.length)
    : line.replace(/^\s*\*?/, "");
}

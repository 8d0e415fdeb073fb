/**
 * The English of the project: comments, string literals and Markdown, and the
 * habits of speech that do not belong in them.
 *
 * @module
 */

import ts from "typescript";
import { listFiles, ROOT } from "./_files.ts";

/** A piece of prose. */
export interface Prose {
  /** The file, by its path. */
  readonly path: string;
  /** The line on which it begins, from 1 on. */
  readonly line: number;
  /** The text on one line, without marks of comments. */
  readonly text: string;
}

/** A phrase that does not belong in prose. */
export interface Habit {
  /** Finds it. */
  readonly pattern: RegExp;
  /** What to write instead. */
  readonly instead: string;
}

/**
 * The prose of the files that git knows, except of vectors and copied code.
 *
 * @param matters Whether a file's text, comments on one line each, is looked at.
 */
export async function prose(
  matters: (text: string) => boolean,
): Promise<Prose[]> {
  const found: Prose[] = [];
  for (const path of await listFiles()) {
    if (!/\.(ts|md)$/.test(path) || FOREIGN.test(path)) continue;
    const text = await Deno.readTextFile(new URL(path, ROOT));
    if (!matters(flat(text))) continue;
    found.push(
      ...path.endsWith(".md") ? paragraphsOf(path, text) : proseOf(path, text),
    );
  }
  return found;
}

/** The comments and string literals of a module. */
export function proseOf(path: string, text: string): Prose[] {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const found = new Map<number, Prose>();
  const add = (start: number, raw: string) => {
    const { line } = source.getLineAndCharacterOfPosition(start);
    found.set(start, {
      path,
      line: line + 1,
      text: withoutQuotations(flat(raw)),
    });
  };
  const visit = (node: ts.Node) => {
    for (const { pos, end } of commentsAround(text, node)) {
      add(pos, text.slice(pos, end));
    }
    if (ts.isStringLiteralLike(node) || ts.isTemplateExpression(node)) {
      add(node.getStart(), literalOf(node));
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  const inOrder = [...found].toSorted(([a], [b]) => a - b);
  return joined(inOrder.map(([, piece]) => piece), text);
}

/** Where prose has a habit: the place, the phrase, and what to write instead. */
export function habitsIn(
  pieces: readonly Prose[],
  habits: readonly Habit[],
): string[] {
  return pieces.flatMap(({ path, line, text }) =>
    habits.flatMap(({ pattern, instead }) => {
      const match = pattern.exec(text);
      return match === null
        ? []
        : [`${path}:${line}: "${match[0]}"; write ${instead}`];
    })
  );
}

/** The paragraphs of a Markdown text, without its code. */
function paragraphsOf(path: string, text: string): Prose[] {
  const blank = (code: string) => code.replace(/[^\n]/g, "");
  const found: Prose[] = [];
  let line = 1;
  for (const part of text.replace(/```[\s\S]*?```/g, blank).split("\n\n")) {
    found.push({ path, line, text: withoutQuotations(flat(part)) });
    line += part.split("\n").length + 1;
  }
  return found;
}

function commentsAround(text: string, node: ts.Node): ts.CommentRange[] {
  return [
    ...ts.getLeadingCommentRanges(text, node.getFullStart()) ?? [],
    ...ts.getTrailingCommentRanges(text, node.end) ?? [],
  ];
}

/** The text of a literal; what is put into a template stands as "…". */
function literalOf(node: ts.StringLiteralLike | ts.TemplateExpression): string {
  if (ts.isStringLiteralLike(node)) return node.text;
  const spans = node.templateSpans.map(({ literal }) => literal.text);
  return [node.head.text, ...spans].join("…");
}

/** Line comments that follow one another are one text. */
function joined(found: readonly Prose[], source: string): Prose[] {
  const lines = source.split("\n");
  const result: Prose[] = [];
  let last = 0;
  for (const piece of found) {
    const before = result.at(-1);
    const isLine = (line: number) => /^\s*\/\//.test(lines[line - 1] ?? "");
    if (
      before !== undefined && piece.line === last + 1 &&
      isLine(last) && isLine(piece.line)
    ) {
      result[result.length - 1] = {
        ...before,
        text: `${before.text} ${piece.text}`,
      };
    } else {
      result.push(piece);
    }
    last = piece.line;
  }
  return result;
}

function flat(raw: string): string {
  return raw
    .replace(/^\/\*+|\*\/$/g, "")
    .replace(/^[ \t]*(\*|\/\/)/gm, "")
    .replace(/\s+/g, " ")
    .trim();
}

/** Quotations are the words of others, and code is not prose. */
function withoutQuotations(text: string): string {
  return text.replace(/"[^"]*"|`[^`]*`/g, "…");
}

const FOREIGN = /^links\/|\/testdata\/|^tests\/vectors\/|\bwords_test\.ts$/;

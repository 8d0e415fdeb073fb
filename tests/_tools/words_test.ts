/**
 * Plain English: no comment, error text, document or title of a test has one of
 * the phrases that readers stumbled over.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { type Habit, habitsIn, prose, proseOf } from "./_words.ts";

const HABITS: readonly Habit[] = [
  {
    pattern: /\bwho(m)?(so)?ever\b/i,
    instead: "who it is: the caller, the peer",
  },
  {
    pattern: /\b(is|are|be|was|were|been) told\b/i,
    instead: 'what is called, sent or shown: "the peer gets the alert"',
  },
  { pattern: /\bso many\b/i, instead: 'the number: "`length` bytes"' },
  { pattern: /\bat the most\b/i, instead: '"at most"' },
  { pattern: /\b(be|is|are|was) had\b/i, instead: '"available"' },
  { pattern: /\bof (ours|theirs)\b/i, instead: '"our", "their"' },
  {
    pattern: /\bdata (are|were|have|come|stand)\b/i,
    instead: "data in the singular",
  },
  {
    pattern:
      /\b(it is|they are) no (?!longer|more|less|later|larger|smaller|wider|shorter)/i,
    instead: '"it is not a", "not valid"',
  },
  { pattern: /\bby itself\b/i, instead: '"alone", "automatically"' },
  {
    pattern: /\b(is|are) wanted\b/i,
    instead: '"is expected", "is required"',
  },
  {
    pattern: /\bnothing,? (if|where)\b/i,
    instead: '"or `undefined` if"',
  },
  { pattern: /\bGives\b/, instead: '"Returns", "Passes"' },
  { pattern: /\bAs of `/, instead: '"Same as in"' },
  { pattern: /\bof the peer\b(?!')/i, instead: '"the peer\'s"' },
  { pattern: /\btells? of\b/i, instead: '"reports"' },
  { pattern: /\bpreferred alike\b/i, instead: '"of equal preference"' },
  {
    pattern: /\bdata that (come|are|were|stand|follow)\b/i,
    instead: '"data that comes"',
  },
  { pattern: /\bRFC 8446\b/, instead: '"RFC 9846" with its section' },
];

Deno.test("comments, texts and titles are plain English", async () => {
  assertEquals(
    habitsIn(
      await prose((text) => HABITS.some(({ pattern }) => pattern.test(text))),
      HABITS,
    ),
    [],
  );
});

Deno.test("proseOf() finds comments, literals and templates, on one line each", () => {
  const source = [
    "/**",
    " * Data",
    " * are here.",
    " */",
    "const a = 1; // at the",
    "// One thing, and",
    "// so",
    "// many more",
    "const b = `it is ${a} told`;",
    'const c = "whoever"; // "whoever" in quotation marks, `whoever` in code',
  ].join("\n");
  assertEquals(proseOf("a.ts", source).map(({ line, text }) => [line, text]), [
    [1, "Data are here."],
    [5, "at the"],
    [6, "One thing, and so many more"],
    [9, "it is … told"],
    [10, "whoever"],
    [10, "… in quotation marks, … in code"],
  ]);
});

Deno.test("habitsIn() names place, phrase and replacement", () => {
  const pieces = [
    { path: "a.ts", line: 1, text: "Data are here." },
    { path: "a.ts", line: 6, text: "One thing, and so many more" },
    { path: "a.ts", line: 7, text: "It is no longer so" },
  ];
  assertEquals(habitsIn(pieces, HABITS), [
    'a.ts:1: "Data are"; write data in the singular',
    'a.ts:6: "so many"; write the number: "`length` bytes"',
  ]);
});

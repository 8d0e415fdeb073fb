/** That instrumented sources do what they did, and each mutant something else. */

import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  findConstants,
  instrument,
  type Mutant,
  Numbers,
} from "./_instrument.ts";
import { readArguments, sample } from "./_sample.ts";
import { activate, takeSeen } from "./_switch.ts";

const SOURCE = `
import type { Thing } from "./thing.ts";

const MOST = 2 ** 4;
export const NAME = "name";

export interface Options { readonly most?: number }

export function check(value: number | undefined, list: readonly number[]): string {
  if (value === undefined) throw new TypeError("nothing");
  requireSmall(value);
  if (value < 0 || value === 7 && list.length > 1) {
    return "early";
  }
  let sum = 0;
  for (let at = 0; at < list.length; at++) sum += list[at] as number;
  while (sum > 100) sum -= 100;
  const options: Options = { most: MOST };
  const { most = 0 } = options;
  if (sum === 11) return sum > 0 && "eleven" || "none";
  return sum >= most ? \`\${sum} of \${MOST}\` : "less";
}

function requireSmall(value: number): void {
  switch (value) {
    case 99:
      throw new RangeError("99");
  }
  if (value > 1000) {
    const message = "large";
    throw new RangeError(message);
  } else if (value === 1000) {
    leave();
    return;
  }
}

function leave(): undefined {
  for (;;) return;
}
`;

type Check = (value: number | undefined, list: readonly number[]) => string;

async function load(): Promise<{ check: Check; mutants: readonly Mutant[] }> {
  const numbers = new Numbers();
  const found = findConstants("room/source.ts", SOURCE, numbers);
  const { code, mutants } = instrument("room/source.ts", SOURCE, {
    numbers,
    constants: found.constants,
    switchUrl: new URL("_switch.ts", import.meta.url).href,
  });
  const file = await Deno.makeTempFile({ suffix: ".ts" });
  try {
    await Deno.writeTextFile(file, code);
    const { check } = await import(`file://${file}`);
    return { check, mutants: [...found.mutants, ...mutants] };
  } finally {
    await Deno.remove(file);
  }
}

const { check, mutants } = await load();

/** What the source does with a mutant on. */
function outcome(id: number, ...args: Parameters<Check>): string {
  activate(id);
  try {
    return check(...args);
  } catch (error) {
    return String(error);
  } finally {
    activate(0);
  }
}

function find(kind: string, text: string): Mutant {
  const found = mutants.filter((mutant) =>
    mutant.kind === kind && mutant.text.includes(text)
  );
  assertEquals(found.length, 1, `${kind}: ${text}`);
  return found[0] as Mutant;
}

Deno.test("instrument() leaves a source as it is while no mutant is on", () => {
  assertEquals(outcome(0, undefined, []), "TypeError: nothing");
  assertEquals(outcome(0, 5, [1, 2]), "less");
  assertEquals(outcome(0, 5, [8, 8]), "16 of 16");
  assertEquals(outcome(0, 7, [1, 2]), "early");
  assertEquals(outcome(0, 7, [1]), "less");
  assertEquals(outcome(0, -1, []), "early");
  assertEquals(outcome(0, 5, [250]), "50 of 16");
  assertEquals(outcome(0, 99, []), "RangeError: 99");
  assertEquals(outcome(0, 1001, []), "RangeError: large");
});

for (
  const [kind, text, args, expected] of [
    ["never true", "value === undefined", [undefined, []], "less"],
    ["negated", "value === undefined", [5, []], "TypeError: nothing"],
    ["always true", "value === undefined", [5, []], "TypeError: nothing"],
    ["call removed", "requireSmall(value)", [1001, []], "less"],
    ["throw removed", 'RangeError("99")', [99, []], "less"],
    ["throw removed", "RangeError(message)", [1001, []], undefined],
    ["left of || dropped", "value < 0", [-1, []], "less"],
    ["right of || dropped", "value === 7", [7, [1, 2]], "less"],
    ["left of && dropped", "value === 7", [5, [1, 2]], "early"],
    ["right of && dropped", "list.length > 1", [7, [1]], "early"],
    ["right of && dropped", '"eleven"', [5, [11]], undefined],
    ["< is <=", "value < 0", [0, []], "early"],
    ["> is >=", "list.length > 1", [7, [1]], "early"],
    ["> is >=", "sum > 100", [5, [100]], "less"],
    [">= is >", "sum >= most", [5, [16]], "less"],
    ["=== is !==", "value === 7", [7, [1, 2]], "less"],
    ["times 1000", "MOST", [5, [16]], "less"],
  ] as const
) {
  Deno.test(`instrument() makes the mutant "${kind}" of ${text}`, () => {
    const { id } = find(kind, text);
    const list: readonly number[] = args[1];
    const now = outcome(id, args[0], list);
    assert(now !== outcome(0, args[0], list), now);
    if (expected !== undefined) assertEquals(now, expected);
  });
}

Deno.test("instrument() does not have a loop go on for ever", () => {
  assertEquals(
    mutants.filter(({ kind, text }) =>
      kind === "always true" && /at < list|sum > 100/.test(text)
    ),
    [],
  );
});

Deno.test("instrument() keeps a return of `undefined` at the end of a function", () => {
  const returns = mutants.filter(({ kind }) => kind === "early return removed");
  assertEquals(returns.map(({ text }) => text), ["return;"]);
});

Deno.test("instrument() says which mutants would have made a difference", () => {
  const made = (...args: Parameters<Check>) => {
    takeSeen();
    outcome(0, ...args);
    return new Set(takeSeen());
  };
  const differs = (kind: string, text: string, ...args: Parameters<Check>) =>
    made(...args).has(find(kind, text).id);
  for (
    const [kind, text, args, expected] of [
      ["never true", "value === undefined", [undefined, []], true],
      ["never true", "value === undefined", [5, []], false],
      ["always true", "value === undefined", [5, []], true],
      ["always true", "value === undefined", [undefined, []], false],
      ["negated", "value === undefined", [5, []], true],
      ["< is <=", "value < 0", [-1, []], false],
      ["< is <=", "value < 0", [0, []], true],
      [">= is >", "sum >= most", [5, [16]], true],
      [">= is >", "sum >= most", [-1, []], false],
      ["left of || dropped", "value < 0", [-1, []], true],
      ["left of || dropped", "value < 0", [5, []], false],
      ["right of && dropped", "list.length > 1", [7, [1]], true],
      ["right of && dropped", "list.length > 1", [7, [1, 2]], false],
      ["right of && dropped", '"eleven"', [5, [11]], true],
      ["right of || dropped", '"none"', [5, [11]], false],
      ["call removed", "requireSmall(value)", [5, []], true],
      ["throw removed", 'RangeError("99")', [5, []], false],
    ] as const
  ) {
    const list: readonly number[] = args[1];
    assertEquals(differs(kind, text, args[0], list), expected, kind + text);
  }
  assertEquals(takeSeen(), []);
});

Deno.test("sample() returns the same mutants for the same seed", () => {
  const some = { lines: [], count: 10, seed: 3 };
  assertEquals(sample(mutants, some), sample(mutants, some));
  assert(
    JSON.stringify(sample(mutants, some)) !==
      JSON.stringify(sample(mutants, { ...some, seed: 4 })),
  );
  assertEquals(sample(mutants, { ...some, count: 1e6 }).length, mutants.length);
  const line = find("negated", "value === undefined").line;
  const all = sample(mutants, { ...some, lines: [`room/source.ts:${line}`] });
  assertEquals(new Set(all.map((mutant) => mutant.line)), new Set([line]));
});

Deno.test("readArguments() reads paths, lines and numbers", () => {
  assertEquals(
    readArguments([
      ...["--", "x509/", "--count", "7", "--seed=9", "a.ts:12"],
      ...["--tests", "tests/x509/", "--tests=tests/a_test.ts", "--unreached"],
      ...["--record", "kept"],
    ]),
    {
      paths: ["x509", "a.ts"],
      lines: ["a.ts:12"],
      tests: ["tests/x509", "tests/a_test.ts"],
      unreached: true,
      record: "kept",
      count: 7,
      seed: 9,
      jobs: 2,
    },
  );
  assertEquals(readArguments([]).paths.length, 5);
  for (const args of [["--counts", "1"], ["--count"], ["--seed", "x"]]) {
    assertThrows(() => readArguments(args), RangeError, "--count");
  }
});

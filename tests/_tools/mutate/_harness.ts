/**
 * Runs tests of the instrumented copy, over and over, in one process: a line of
 * JSON in, a line of JSON out. Started by `_worker.ts`.
 *
 * @module
 */

import { linesOf } from "./_lines.ts";
import { activate, takeSeen } from "./_switch.ts";

/** What is asked for. */
export interface Request {
  /** The path of a test file, from the root of the copy. */
  readonly file: string;
  /** Its tests that are to run; without, all of them. */
  readonly names?: readonly string[] | undefined;
  /** What is on meanwhile; 0 for none. */
  readonly mutant: number;
  /** Ends at the first test that fails. */
  readonly failFast: boolean;
  /** For one test, in milliseconds. */
  readonly limit: number;
}

/** How one test went. */
export interface TestResult {
  readonly name: string;
  readonly error: string | undefined;
  readonly milliseconds: number;
  readonly mutants: readonly number[];
}

/** The answer. */
export interface Response {
  readonly tests: readonly TestResult[];
  /** What was passed while the file was imported for the first time. */
  readonly importMutants: readonly number[];
}

/** Stands before each answer: tests may print as well. */
export const MARK = "\u0001";

interface Registered {
  readonly name: string;
  readonly run: Run;
}

const files = new Map<string, Registered[]>();
let registering: Registered[] = [];
let uncaught: unknown;

/** Stands in for `Deno.test()`, in all its forms. */
function register(...given: readonly (string | Run | Definition)[]): void {
  const test: Definition = {};
  for (const part of given) {
    if (typeof part === "string") test.name = part;
    else if (typeof part !== "function") Object.assign(test, part);
    else Object.assign(test, { fn: part, name: test.name ?? part.name });
  }
  const { name = "", fn, ignore } = test;
  if (fn !== undefined && !ignore) registering.push({ name, run: fn });
}

type Run = (context: unknown) => unknown;

interface Definition {
  name?: string;
  fn?: Run;
  ignore?: boolean;
}

/** What nobody caught; unless a test's own listener says that it did. */
function watchUncaught(): void {
  const watch = (event: Event, reason: unknown) => {
    event.preventDefault();
    uncaught ??= reason;
    Object.defineProperty(event, "preventDefault", {
      value: () => uncaught = undefined,
    });
  };
  globalThis.addEventListener("unhandledrejection", (event) => {
    watch(event, event.reason ?? "a rejection");
  });
  globalThis.addEventListener("error", (event) => {
    watch(event, event.error ?? "an error");
  });
}

async function load(file: string): Promise<number[]> {
  if (files.has(file)) return [];
  registering = [];
  takeSeen();
  await import(new URL(`../../../${file}`, import.meta.url).href);
  files.set(file, registering);
  return takeSeen();
}

async function answer(request: Request): Promise<Response> {
  activate(0);
  const importMutants = await load(request.file);
  const wanted = request.names && new Set(request.names);
  const tests: TestResult[] = [];
  for (const test of files.get(request.file) ?? []) {
    if (wanted !== undefined && !wanted.has(test.name)) continue;
    const result = await runTest(test, request);
    tests.push(result);
    if (request.failFast && result.error !== undefined) break;
  }
  activate(0);
  return { tests, importMutants };
}

async function runTest(
  { name, run }: Registered,
  { mutant, limit }: Request,
): Promise<TestResult> {
  uncaught = undefined;
  takeSeen();
  activate(mutant);
  const start = performance.now();
  let error: string | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error("timeout")), limit);
    });
    await Promise.race([run({ name, origin: "" }), late]);
    // What nobody waited for shows itself a turn later.
    await new Promise((resolve) => setTimeout(resolve));
    if (uncaught !== undefined) error = `uncaught ${uncaught}`;
  } catch (thrown) {
    error = String(thrown).slice(0, 200) || "thrown";
  } finally {
    clearTimeout(timer);
    activate(0);
  }
  const milliseconds = performance.now() - start;
  return { name, error, milliseconds, mutants: takeSeen() };
}

if (import.meta.main) {
  Object.defineProperty(Deno, "test", {
    value: Object.assign(register, { ignore() {}, only: register }),
  });
  watchUncaught();
  for await (const line of linesOf(Deno.stdin.readable)) {
    const response = await answer(JSON.parse(line)).catch((error) => ({
      tests: [{
        name: "(import)",
        error: String(error),
        milliseconds: 0,
        mutants: [],
      }],
      importMutants: [],
    }));
    const text = `${MARK}${JSON.stringify(response)}\n`;
    await Deno.stdout.write(new TextEncoder().encode(text));
  }
  Deno.exit(0);
}

/**
 * The command line within this process: its own terminal, its own files.
 *
 * @module
 */

import { denoSystem } from "../../cli/deno.ts";
import { main, type Output, type System } from "../../cli/main.ts";

/** What a run left behind. */
export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  /** Files that it wrote, by path. */
  readonly files: ReadonlyMap<string, Uint8Array>;
}

/** What a run finds. */
export interface Given {
  /** Standard input: its text, or what reads it. */
  readonly stdin?: string | Uint8Array | System["stdin"];
  /** Files by path, beside the real ones. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  /** A file that cannot be written. */
  readonly unwritable?: string;
  /** Makes folders; none is made otherwise. */
  readonly makeFolder?: System["makeFolder"];
  readonly variables?: Readonly<Record<string, string>>;
  /** Whether all three are terminals. */
  readonly isTerminal?: boolean;
  /** Stops the program, as SIGINT does. */
  readonly stop?: AbortSignal;
  /** Called with each piece of standard output; what it throws, a write throws. */
  readonly onOutput?: (text: string) => void;
}

/** Runs a command. */
export async function run(
  args: readonly string[],
  given: Given = {},
): Promise<Ran> {
  const said = { out: "", err: "" };
  const files = new Map<string, Uint8Array>();
  const { isTerminal = false, variables = {} } = given;
  const output = (name: "out" | "err"): Output => ({
    isTerminal,
    columns: isTerminal ? 80 : undefined,
    write: (bytes) => {
      const text = new TextDecoder().decode(bytes);
      try {
        if (name === "out") given.onOutput?.(text);
      } catch (error) {
        return Promise.reject(error);
      }
      said[name] += text;
      return Promise.resolve();
    },
  });
  const code = await main(args, {
    stdin: inputOf(given.stdin ?? "", isTerminal),
    stdout: output("out"),
    stderr: output("err"),
    variable: (name) => variables[name],
    readFile: (path) => {
      const content = files.get(path) ?? given.files?.[path];
      if (content === undefined) return Deno.readFile(path);
      return Promise.resolve(bytesOf(content));
    },
    writeFile: (path, bytes, { replace = false } = {}) => {
      if (files.has(path) && !replace) {
        return Promise.reject(new Deno.errors.AlreadyExists(path));
      }
      files.set(path, bytes.slice());
      return Promise.resolve();
    },
    checkWritable: (path, { replace = false } = {}) =>
      path === given.unwritable
        ? Promise.reject(new Deno.errors.PermissionDenied(path))
        : files.has(path) && !replace
        ? Promise.reject(new Deno.errors.AlreadyExists(path))
        : Promise.resolve(),
    makeFolder: given.makeFolder ?? (() => Promise.resolve()),
    openWithin: denoSystem.openWithin,
    onStop: (stop) => given.stop?.addEventListener("abort", stop),
  });
  return { code, ...said, files };
}

/** Runs a command with `--json`, and reads what it prints. */
export async function runJson(
  args: readonly string[],
  given: Given = {},
  // deno-lint-ignore no-explicit-any -- what a test reads, it checks
): Promise<{ readonly code: number; readonly json: any }> {
  const { code, out } = await run([...args, "--json"], given);
  return { code, json: JSON.parse(out) };
}

function inputOf(
  given: NonNullable<Given["stdin"]>,
  isTerminal: boolean,
): System["stdin"] {
  if (typeof given !== "string" && !(given instanceof Uint8Array)) return given;
  let rest = bytesOf(given);
  return {
    isTerminal,
    read: (into) => {
      if (rest.length === 0) return Promise.resolve(null);
      const part = rest.subarray(0, into.length);
      into.set(part);
      rest = rest.subarray(part.length);
      return Promise.resolve(part.length);
    },
  };
}

function bytesOf(content: string | Uint8Array): Uint8Array {
  return typeof content === "string"
    ? new TextEncoder().encode(content)
    : content;
}

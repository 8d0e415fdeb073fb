/**
 * Files that the arguments name.
 *
 * @module
 */

import { Failure, isNotPermitted } from "./exit.ts";
import type { System, WriteOptions } from "./system.ts";

/**
 * Reads a file; `-` is standard input.
 *
 * @throws {Failure} If that cannot be done.
 */
export async function readInput(
  system: System,
  path: string,
): Promise<Uint8Array> {
  try {
    return path === STDIO ? await readAll(system) : await system.readFile(path);
  } catch (cause) {
    if (cause instanceof Failure || isNotPermitted(cause)) throw cause;
    throw new Failure("file", `Cannot read ${quoted(path)}: ${why(cause)}`, {
      cause,
    });
  }
}

/** Reads a file as text. */
export async function readText(system: System, path: string): Promise<string> {
  return new TextDecoder().decode(await readInput(system, path));
}

/** Whether an option of a command that can do so asks for standard output. */
export function isStdout(path: string | undefined): boolean {
  return path === STDIO;
}

/**
 * Writes a file.
 *
 * @throws {Failure} If that cannot be done.
 */
export async function writeOutput(
  system: System,
  path: string,
  content: Uint8Array | string,
  options: WriteOptions = {},
): Promise<void> {
  refuseStdout(path);
  const bytes = typeof content === "string"
    ? new TextEncoder().encode(content)
    : content;
  try {
    await system.writeFile(path, bytes, options);
  } catch (cause) {
    throw writeFailure(path, cause);
  }
}

/**
 * Makes a folder for files, and those above it, unless they are there.
 *
 * @throws {Failure} If that cannot be done.
 */
export async function makeFolder(system: System, path: string): Promise<void> {
  refuseStdout(path);
  try {
    await system.makeFolder(path);
  } catch (cause) {
    if (isNotPermitted(cause)) throw cause;
    const isFile = cause instanceof Error && cause.name === "AlreadyExists";
    const reason = isFile ? "it is a file" : why(cause);
    throw new Failure("file", `Cannot make the folder "${path}": ${reason}`, {
      cause,
    });
  }
}

/**
 * Finds out whether files could be written, before the work for them begins.
 *
 * @param paths The files; `undefined` for one that is not asked for.
 * @throws {Failure} If one could not, two are the same, or one is `-`.
 */
export async function checkOutputs(
  system: System,
  paths: readonly (string | undefined)[],
  options: Pick<WriteOptions, "replace">,
): Promise<void> {
  const seen = new Set<string>();
  for (const path of paths) {
    if (path === undefined) continue;
    refuseStdout(path);
    const plain = withoutDots(path);
    if (seen.has(plain)) {
      throw new Failure(
        "usage",
        `Cannot write "${path}" twice: name another file`,
      );
    }
    seen.add(plain);
    try {
      await system.checkWritable(path, options);
    } catch (cause) {
      throw writeFailure(path, cause);
    }
  }
}

/**
 * A secret from where an argument says that it is: `file:PATH` (its first line)
 * or `env:NAME`.
 *
 * @throws {Failure} If it is not there.
 */
export async function readSecret(
  system: System,
  option: string,
  source: string,
): Promise<string> {
  const [, kind, place = ""] = /^(file|env):(.+)$/.exec(source) ?? [];
  if (kind === "file") {
    const [line = ""] = (await readText(system, place)).split(/\r?\n/, 1);
    return line;
  }
  if (kind === "env") {
    const value = system.variable(place);
    if (value !== undefined) return value;
    throw new Failure(
      "usage",
      `Cannot use ${option}: the environment has no ${place}`,
    );
  }
  // What stands among the arguments is seen by all users of the machine.
  throw new Failure(
    "usage",
    `Cannot use ${option}: expected file:PATH or env:NAME`,
  );
}

/** @throws {Failure} If a path is `-`, which nobody means as a name. */
function refuseStdout(path: string): void {
  if (!isStdout(path)) return;
  throw new Failure(
    "usage",
    'Cannot write to standard output, which "-" stands for: expected a path ("./-" is one of that name)',
  );
}

/** A path without what changes nothing: `./a` and `b//c` are `a` and `b/c`. */
function withoutDots(path: string): string {
  return path.replace(/\/(\.?\/)+/g, "/").replace(/^(\.\/)+/, "");
}

function writeFailure(path: string, cause: unknown): Error {
  if (isNotPermitted(cause)) return cause;
  // The file need not be there, the folder must.
  const reason = cause instanceof Error && cause.name === "NotFound"
    ? "there is no such folder"
    : why(cause);
  return new Failure("file", `Cannot write "${path}": ${reason}`, { cause });
}

async function readAll({ stdin }: System): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let total = 0;
  const buffer = new Uint8Array(65_536);
  while (true) {
    const length = await stdin.read(buffer);
    if (length === null) break;
    chunks.push(buffer.slice(0, length));
    total += length;
    if (total > MAX_INPUT) {
      throw new Failure(
        "file",
        `Cannot read standard input: it is longer than ${MAX_INPUT} bytes`,
      );
    }
  }
  const all = new Uint8Array(total);
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}

function quoted(path: string): string {
  return path === STDIO ? "standard input" : `"${path}"`;
}

/** The words of the runtime, without the number and the path behind them. */
function why(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return WORDS[error.name] ?? error.message;
}

const WORDS: Readonly<Record<string, string>> = {
  NotFound: "there is no such file",
  AlreadyExists: "it exists already; --force replaces it",
  PermissionDenied: "the operating system denies access",
  IsADirectory: "it is a folder",
};

/** What stands for standard input where a file is read, as for output here. */
const STDIO = "-";

/** Certificates and lists are smaller: a stream that never ends is none. */
const MAX_INPUT = 64 * 1024 * 1024;

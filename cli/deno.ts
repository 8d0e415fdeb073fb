/**
 * Deno's terminal, files and variables. The only module of the command line that
 * touches `Deno`.
 *
 * @module
 */

import type { Input, OpenFile, Output, System } from "./base/system.ts";

/** The program's outside in Deno. */
export const denoSystem: System = {
  get stdin(): Input {
    return {
      isTerminal: Deno.stdin.isTerminal(),
      read: (into) => Deno.stdin.read(into),
    };
  },
  get stdout(): Output {
    return outputOf(Deno.stdout);
  },
  get stderr(): Output {
    return outputOf(Deno.stderr);
  },
  variable: (name) =>
    mayAsk(name) ? Deno.env.get(name) || undefined : undefined,
  readFile: (path) => Deno.readFile(path),
  openWithin,
  async writeFile(path, bytes, { secret = false, replace = false } = {}) {
    const file = await Deno.open(path, {
      write: true,
      create: true,
      createNew: !replace,
      mode: secret ? 0o600 : 0o644,
    });
    try {
      // A file that is there keeps its mode: a secret must not be readable.
      if (secret && Deno.build.os !== "windows") await Deno.chmod(path, 0o600);
      await file.truncate();
      await writeAll(file, bytes);
    } finally {
      file.close();
    }
  },
  checkWritable,
  makeFolder: (path) => Deno.mkdir(path, { recursive: true, mode: 0o700 }),
  onStop(stop) {
    const once = () => {
      for (const name of STOP) Deno.removeSignalListener(name, once);
      stop();
    };
    for (const name of STOP) Deno.addSignalListener(name, once);
  },
};

/**
 * Finds out that this is no Deno.
 *
 * @throws {TypeError} If it is none.
 */
export function requireDeno(): void {
  if (typeof globalThis.Deno?.stdin === "object") return;
  throw new TypeError("Cannot run the command line: it needs Deno");
}

/** The arguments of the program. */
export function denoArguments(): readonly string[] {
  return Deno.args;
}

/** Ends the process, whatever it still waits for. */
export function exitDeno(code: number): never {
  Deno.exit(code);
}

/** What only changes how things look is not worth a question to the user. */
function mayAsk(variable: string): boolean {
  if (!CONVENIENT.includes(variable)) return true;
  const { state } = Deno.permissions.querySync({ name: "env", variable });
  return state === "granted";
}

async function openWithin(
  folder: string,
  path: string,
): Promise<OpenFile | undefined> {
  try {
    const root = await Deno.realPath(folder);
    let found = await Deno.realPath(`${root}/${path}`);
    if ((await Deno.stat(found)).isDirectory) {
      found = await Deno.realPath(`${found}/index.html`);
    }
    const isWithin = found.startsWith(root.endsWith("/") ? root : `${root}/`) ||
      found.startsWith(`${root}\\`);
    if (!isWithin) return undefined;
    const { isFile, size } = await Deno.stat(found);
    if (!isFile) return undefined;
    const { readable } = await Deno.open(found);
    return { name: found.replace(/.*[/\\]/, ""), size, readable };
  } catch (error) {
    // Also a name that is too long, or a file in the place of a folder.
    if (error instanceof Error) return undefined;
    throw error;
  }
}

type Writer = Pick<typeof Deno.stdout, "write" | "isTerminal">;

function outputOf(writer: Writer): Output {
  const isTerminal = writer.isTerminal();
  return {
    isTerminal,
    columns: isTerminal ? columns() : undefined,
    write: (bytes) => inTurn(writer, () => writeAll(writer, bytes)),
  };
}

/** One write behind the other, also where nobody waits for them. */
function inTurn(writer: Writer, write: () => Promise<void>): Promise<void> {
  const before = lastWrites.get(writer) ?? Promise.resolve();
  const done = before.then(write, write);
  lastWrites.set(writer, done);
  return done;
}

function columns(): number | undefined {
  try {
    // A terminal that does not know says 0.
    return Deno.consoleSize().columns || undefined;
  } catch {
    return undefined;
  }
}

async function writeAll(
  writer: Pick<Writer, "write">,
  bytes: Uint8Array,
): Promise<void> {
  for (let rest = bytes; rest.length > 0;) {
    rest = rest.subarray(await writer.write(rest));
  }
}

const lastWrites = new WeakMap<Writer, Promise<void>>();

const CONVENIENT = ["NO_COLOR", "TERM", "SSLKEYLOGFILE"];

const STOP: readonly Deno.Signal[] = ["SIGINT", "SIGTERM"];

/** Opens a file that is there, or makes one and removes it again. */
async function checkWritable(
  path: string,
  { replace = false }: { readonly replace?: boolean } = {},
): Promise<void> {
  // A question to the user comes when the file is written.
  const { state } = await Deno.permissions.query({ name: "read", path });
  if (state !== "granted") return;
  const found = await statOf(path);
  // Nothing is known of a pipe before it is opened, and it is opened once.
  if (found !== undefined && !found.isFile && !found.isDirectory) return;
  if (found !== undefined && !replace) {
    throw new Deno.errors.AlreadyExists(path);
  }
  const createNew = found === undefined;
  try {
    const file = await Deno.open(path, { write: true, createNew });
    file.close();
  } catch (error) {
    // A link to a file that is not there yet: writing makes the file.
    if (replace && error instanceof Deno.errors.AlreadyExists) return;
    throw error;
  }
  if (createNew) await Deno.remove(path);
}

async function statOf(path: string): Promise<Deno.FileInfo | undefined> {
  try {
    return await Deno.stat(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/**
 * The programs of our own that have to be built first.
 *
 * @module
 */

import { temporaryFolder } from "./material.ts";
import { ownFile } from "./path.ts";

/** Builds a Go program of the module in `go/`, and gives its path. */
export async function buildGo(name: string, folder: string): Promise<string> {
  const path = `${temporaryFolder()}/${name}`;
  await run("go", {
    args: ["build", "-o", path, folder],
    cwd: ownFile("go"),
    env: { GOFLAGS: "-mod=mod", GOPROXY: "off", GOTOOLCHAIN: "local" },
  });
  return path;
}

/** Compiles a Java program beside this file, and gives the folder of it. */
export async function buildJava(file: string): Promise<string> {
  const path = `${temporaryFolder()}/java`;
  await run("javac", { args: ["-d", path, ownFile(file)] });
  return path;
}

async function run(
  command: string,
  options: Deno.CommandOptions,
): Promise<void> {
  const { success, stderr } = await new Deno.Command(command, options).output();
  if (success) return;
  throw new Error(
    `Cannot build ${options.args?.at(-1)} with ${command}: ${
      new TextDecoder().decode(stderr)
    }`,
  );
}

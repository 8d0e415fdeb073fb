/**
 * The files of the package, under a name, as JSR and npm want them.
 *
 * @module
 */

import config from "../../deno.json" with { type: "json" };
import { listFiles, ROOT } from "./_files.ts";

/** What is published. */
export interface PackageFiles {
  /** The name of the package, such as `"@x/tls"`. */
  readonly name: string;
  /** The text of each file, by its path; `links/` among them. */
  readonly texts: ReadonlyMap<string, string>;
}

/** Reads what `publish.include` names, and gives it another name. */
export async function readPackage(name: string): Promise<PackageFiles> {
  const texts = new Map<string, string>();
  for (const path of await trackedFiles()) {
    const text = await Deno.readTextFile(new URL(path, ROOT));
    texts.set(path, text.replaceAll(config.name, name));
  }
  return { name, texts };
}

/**
 * Writes the sources that both packages are made of, so that they need nothing
 * of JSR: the stand-ins take the place of the standard library.
 */
export async function copySources(
  folder: string,
  { name, texts }: PackageFiles,
  isIncluded: (path: string) => boolean = () => true,
): Promise<void> {
  const copied = new Map<string, string>();
  for (const [path, text] of texts) {
    if (path.startsWith("links/") || !isIncluded(path)) continue;
    copied.set(path, withStandIns(path, text));
  }
  for (const link of config.links) {
    const [, room] = /std_(\w+)$/.exec(link) ?? [];
    const text = texts.get(`${link.slice(2)}/mod.ts`);
    if (room !== "assert" && text !== undefined) {
      copied.set(`std/${room}.ts`, text);
    }
  }
  const exports = Object.fromEntries(
    Object.entries(config.exports).filter(([, path]) => isIncluded(path)),
  );
  copied.set(
    "deno.json",
    json({ ...manifestOf(name, isIncluded), exports }),
  );
  await write(folder, copied);
}

/** Writes what `deno pack` makes the package for npm of. */
export function copyForNpm(
  folder: string,
  files: PackageFiles,
): Promise<void> {
  return copySources(folder, files, (path) => !isDenoAlone(path));
}

/**
 * What `deno.json` says of a package, but for its exports.
 *
 * @param isIncluded Whether a module is a part of it.
 */
export function manifestOf(
  name: string,
  isIncluded: (path: string) => boolean = () => true,
) {
  const { version, license, compilerOptions } = config;
  const imports = Object.fromEntries(
    Object.entries(config.imports).filter(([key]) =>
      isDependency(key) || key === "commander" && isIncluded("cli/main.ts")
    ),
  );
  return {
    name,
    version,
    license,
    imports,
    compilerOptions,
    publish: { include: ["**/*"] },
  };
}

/** The command line, which has no other runtime than Deno. */
export function isDenoAlone(path: string): boolean {
  return /^(\.\/)?cli\//.test(path);
}

/**
 * What the sources import of npm, but for the command line; the rest of the
 * imports is for tests.
 */
function isDependency(specifier: string): boolean {
  return specifier.startsWith("@noble/") ||
    ["jose", "undici"].includes(specifier);
}

/** Imports of the standard library, made imports of `std/`. */
export function withStandIns(path: string, text: string): string {
  const up = "../".repeat(path.split("/").length - 1) || "./";
  return text.replace(
    /^((?:import|export)\b[^"]*|\} )from "@std\/(\w+)"/gm,
    (_, head, room) => `${head}from "${up}std/${room}.ts"`,
  );
}

/** Runs a program that shows what it says. */
export async function run(
  program: string,
  args: readonly string[],
  cwd: string,
): Promise<void> {
  const command = new Deno.Command(program, { args: [...args], cwd });
  const { success, stdout, stderr } = await command.output();
  const said = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes))
    // Modules that no public type comes from need no declarations.
    .join("").replace(/^.*(Could not generate types for| file:\/\/).*\n/gm, "");
  if (said.trim() !== "") console.log(said.trimEnd());
  if (!success) throw new Error(`${program} ${args[0]} failed`);
}

async function trackedFiles(): Promise<string[]> {
  return (await listFiles(["links", ...config.publish.include]))
    // Git's "*" stands for slashes, too.
    .filter((path) => !path.startsWith("tests/") && path !== "deno.json")
    .filter((path) => !/^(bench|examples)\//.test(path));
}

/** Writes files, by their paths. */
export async function write(
  folder: string,
  texts: ReadonlyMap<string, string>,
): Promise<void> {
  for (const [path, text] of texts) {
    const target = `${folder}/${path}`;
    await Deno.mkdir(target.slice(0, target.lastIndexOf("/")), {
      recursive: true,
    });
    await Deno.writeTextFile(target, text);
  }
}

/** As a file has it. */
export function json(value: unknown): string {
  return JSON.stringify(value, null, 2);
}

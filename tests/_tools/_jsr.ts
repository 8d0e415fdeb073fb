/**
 * The package for JSR: the code in few files, each export with its declarations,
 * and the sources in `src/`, to which the source maps lead.
 *
 * @module
 */

import config from "../../deno.json" with { type: "json" };
import { bundle } from "./_bundle.ts";
import {
  copySources,
  json,
  manifestOf,
  type PackageFiles,
  run,
  write,
} from "./_package.ts";
import { declarationsOf, mendModifiers, TRIAL } from "./_tarball.ts";

/** Writes the package, into a folder that there is. */
export async function writeForJsr(
  folder: string,
  files: PackageFiles,
): Promise<void> {
  const out = await Deno.realPath(folder);
  const draft = await Deno.realPath(await Deno.makeTempDir());
  try {
    const source = `${draft}/source`;
    await copySources(source, files);
    await write(out, await declarations(await declarationsOf(source, draft)));
    await write(out, await sources(source));
    await bundle(`${source}/`, out, {
      doors: doors.map(({ path }) => path),
      hasConditions: false,
      sources: SOURCES,
      head: selfTypes,
    });
    await write(out, new Map([["deno.json", json(manifest(files.name))]]));
  } finally {
    await Deno.remove(draft, { recursive: true });
  }
}

/**
 * Has a user's program import a package and shake hands, after a check of types.
 *
 * @param folder Where the program is written.
 * @param root The package, which takes the place of what JSR has.
 */
export async function checkForJsr(
  folder: string,
  root: string,
  { name }: PackageFiles,
): Promise<void> {
  const imports = Object.fromEntries(
    doors.map(({ door }) => [
      door.replace(/^\./, name),
      door.replace(/^\./, `jsr:${name}@${config.version}`),
    ]),
  );
  const user = { imports, links: [await Deno.realPath(root)] };
  await write(
    folder,
    new Map([["deno.json", json(user)], ["try.ts", TRIAL(name)]]),
  );
  await run(Deno.execPath(), ["run", "--check", "--no-lock", "try.ts"], folder);
}

/** The declarations, whose imports say which file is meant. */
async function declarations(root: string): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const path of await filesIn(root, /\.d\.ts$/)) {
    const text = await Deno.readTextFile(`${root}/${path}`);
    found.set(path, namedDeclarations(mendModifiers(text)));
  }
  return found;
}

/**
 * One file of declarations as Deno and JSR read it: what it imports are files of
 * declarations by their full names.
 */
export function namedDeclarations(text: string): string {
  return text.replace(
    /(\bfrom |\bimport\()"(\.{1,2}\/[^"]*)\.js"/g,
    (_, head, path) => `${head}"${path}.d.ts"`,
  );
}

/** The sources below their folder, and the documents where they were. */
async function sources(root: string): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const path of await filesIn(root, /\.ts$/)) {
    found.set(`${SOURCES}${path}`, await Deno.readTextFile(`${root}/${path}`));
  }
  for (const path of await filesIn(root, /\.(md|svg)$|^LICENSE$/)) {
    found.set(path, await Deno.readTextFile(`${root}/${path}`));
  }
  return found;
}

/** Says in a file where its declarations are. */
function selfTypes(path: string): string {
  const [name] = /[^/]+(?=\.ts$)/.exec(path) ?? [];
  return `/* @ts-self-types="./${name}.d.ts" */`;
}

function manifest(name: string) {
  const exports = Object.fromEntries(
    doors.map(({ door, path }) => [door, `./${path.replace(/\.ts$/, ".js")}`]),
  );
  return { ...manifestOf(name), exports };
}

/** The paths of files below a folder. */
async function filesIn(
  root: string,
  pattern: RegExp,
  folder = "",
): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(`${root}/${folder}`)) {
    const path = `${folder}${name}`;
    if (isDirectory) found.push(...await filesIn(root, pattern, `${path}/`));
    else if (pattern.test(path)) found.push(path);
  }
  return found.sort();
}

/** What users import, and the modules of it. */
const doors = Object.entries(config.exports)
  .map(([door, path]) => ({ door, path: path.replace("./", "") }));

/** Where the sources are in the package. */
const SOURCES = "src/";

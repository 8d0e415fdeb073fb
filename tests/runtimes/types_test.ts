/**
 * The declarations of the npm package, under compilers that know nothing of
 * Deno, with `skipLibCheck` off: what a user's own check sees.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import config from "../../deno.json" with { type: "json" };
import { installed, missing, runtimesFolder } from "./_package.ts";

/** Where a user's program may run, and the doors that it has there. */
const PLACES = [
  { place: "a page", lib: ["es2023", "dom"], types: [], doors: pageDoors() },
  {
    place: "Node.js",
    lib: ["es2023"],
    types: ["node"],
    // The command line has no other runtime than Deno.
    doors: Object.keys(config.exports).filter((door) => door !== "./cli"),
  },
];

for (const name of ["typescript5", "typescript7"]) {
  const path = `${runtimesFolder()}/${name}/node_modules/.bin/tsc`;
  const reason = missing({ name, path });
  for (const { place, lib, types, doors } of PLACES) {
    Deno.test({
      name: `declarations for ${place} are clean under ${name}` +
        (reason === undefined ? "" : ` (ignored: ${reason})`),
      ignore: reason !== undefined,
      fn: async () => {
        const user = await installed();
        const folder = `${user}/${name}-${types.length}`;
        await Deno.mkdir(folder);
        await Deno.writeTextFile(`${folder}/use.ts`, programOf(doors));
        await Deno.writeTextFile(
          `${folder}/tsconfig.json`,
          JSON.stringify({ compilerOptions: optionsOf(lib, types) }),
        );
        const { stdout } = await new Deno.Command(path, { cwd: folder })
          .output();
        assertEquals(new TextDecoder().decode(stdout), "");
      },
    });
  }
}

/** Uses each door, and finds that its types are there. */
function programOf(doors: readonly string[]): string {
  const imports = doors.map((door, nth) =>
    `export * as door${nth} from "${door.replace(/^\./, config.name)}";`
  );
  return [
    ...imports,
    `import { type ClientOptions, type TlsConn, VERSION } from "${config.name}";`,
    "export const version: string = VERSION;",
    "// @ts-expect-error There is no such option.",
    'export const wrong: ClientOptions = { hostnam: "a.test" };',
    "export async function use(conn: TlsConn): Promise<number | undefined> {",
    "  const { remoteAddr } = conn;",
    "  await using _ = conn;",
    '  return remoteAddr?.transport === "tcp" ? remoteAddr.port : undefined;',
    "}",
  ].join("\n");
}

function optionsOf(lib: readonly string[], types: readonly string[]): object {
  return {
    strict: true,
    skipLibCheck: false,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    module: "nodenext",
    target: "es2022",
    lib,
    types,
    typeRoots: [`${runtimesFolder()}/types/node_modules/@types`],
    noEmit: true,
  };
}

function pageDoors(): string[] {
  return Object.keys(config.exports)
    .filter((door) => !/node|cli|tls/.test(door));
}

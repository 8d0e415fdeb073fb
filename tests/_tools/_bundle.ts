/**
 * The JavaScript of the packages: few modules that load fast, none of which does
 * anything when it is loaded.
 *
 * @module
 */

import { build, type OutputFile, stop } from "esbuild";
import { type OutputChunk, type Plugin, rollup } from "rollup";
import { Closures, groupOf, GROUPS } from "./_chunks.ts";
import { markPure } from "./_purity.ts";

/** JavaScript and its source map, made of one module. */
interface Compiled {
  readonly code: string;
  readonly map: string;
}

/** A file that was written. */
export interface Chunk {
  /** Its path in the package, such as `"chunks/core.js"`. */
  readonly path: string;
  /** The paths of what it imports at once. */
  readonly imports: readonly string[];
  /** The modules that it is made of, by their paths. */
  readonly modules: readonly string[];
  readonly bytes: number;
}

/** How a package is bundled. */
export interface BundleOptions {
  /** The paths of the modules that users import. */
  readonly doors: readonly string[];
  /**
   * Whether the package imports some modules by a name, for which each runtime
   * has its own, by `imports` of a package.json.
   *
   * @default {true}
   */
  readonly hasConditions?: boolean;
  /**
   * The folder of the package where the sources are, such as `"src/"`: the
   * source maps name them, and nothing names the source maps, as Deno reads one
   * that a module names whenever it loads the module. Without it, each module
   * names its source map, which has the text of the sources.
   */
  readonly sources?: string;
  /** The first line of a door, if it has one of its own. */
  head?(door: string): string;
}

/**
 * Bundles a folder of sources.
 *
 * @param source The folder, with a slash at its end.
 * @param out Where to write to.
 */
export async function bundle(
  source: string,
  out: string,
  { doors, hasConditions = true, sources, head }: BundleOptions,
): Promise<readonly Chunk[]> {
  const compiled = await compile(source);
  const named = hasConditions ? NAMED : {};
  const standIns = hasConditions ? STAND_INS : new Map<string, string>();
  const entries = [...doors, ...Object.keys(named), ...standIns.keys()];
  for (const [path, code] of standIns) {
    compiled.set(`${source}${path}`, { code, map: "" });
  }
  const bundled = await rollup({
    input: Object.fromEntries(
      entries.map((path) => [path.replace(/\.ts$/, ""), `${source}${path}`]),
    ),
    external: (id) => !/^[./]/.test(id),
    plugins: [reader(source, compiled, named)],
    // What others do when they are loaded is theirs to say.
    treeshake: {
      moduleSideEffects: (id, isExternal) =>
        isExternal || doors.includes(id.slice(source.length)),
    },
    onwarn: (warning) => {
      throw new Error(`Rollup: ${warning.message}`);
    },
  });
  const closures = new Closures();
  const { output } = await bundled.write({
    dir: out,
    format: "es",
    chunkFileNames: ({ name, facadeModuleId }) =>
      `chunks/${fileName(facadeModuleId?.slice(source.length) ?? name)}.js`,
    hoistTransitiveImports: false,
    minifyInternalExports: false,
    onlyExplicitManualChunks: true,
    manualChunks: (id, { getModuleInfo }) => {
      const closure = closures.of(source, [...doors, ...GROUPS], getModuleInfo);
      const importsOf = (path: string) =>
        getModuleInfo(`${source}${path}`)?.importedIds
          .map((other) => other.replace(source, "")) ?? [];
      return groupOf(id.slice(source.length), doors, { closure, importsOf });
    },
    banner: ({ facadeModuleId }) => {
      const path = facadeModuleId?.slice(source.length) ?? "";
      return doors.includes(path) ? head?.(path) ?? "" : "";
    },
    sourcemap: sources === undefined ? true : "hidden",
    sourcemapExcludeSources: sources !== undefined,
    sourcemapPathTransform: (path, map) => {
      const from = new URL(path, `file://${map}`).pathname.replace(source, "");
      if (sources === undefined) return from;
      const depth = map.slice(out.length).split("/").length - 2;
      return `${"../".repeat(depth)}${sources}${from}`;
    },
  });
  await bundled.close();
  return output.filter((file) => file.type === "chunk")
    .map((chunk) => chunkOf(chunk, source));
}

/** Of the files that have one name in several folders, some go by these, too. */
function fileName(path: string): string {
  const [, folder, name] = /(?:^|([^/]+)\/)([^/]+?)(?:\.ts)?$/.exec(path) ?? [];
  return folder === undefined || !AMBIGUOUS.test(name ?? "")
    ? `${name}`
    : `${folder}_${name}`;
}

function chunkOf(chunk: OutputChunk, source: string): Chunk {
  return {
    path: chunk.fileName,
    imports: chunk.imports,
    modules: Object.keys(chunk.modules).map((id) => id.slice(source.length)),
    bytes: chunk.code.length,
  };
}

/** Compiles every module, each alone. */
async function compile(source: string): Promise<Map<string, Compiled>> {
  const entryPoints = await modulesIn(source);
  try {
    const { outputFiles } = await build({
      absWorkingDir: source,
      entryPoints,
      outbase: source,
      outdir: source,
      write: false,
      sourcemap: "external",
      format: "esm",
      target: TARGET,
      // Enumerations and the like are not in use: nothing depends on others.
      tsconfigRaw: { compilerOptions: { useDefineForClassFields: true } },
    });
    return compiledOf(outputFiles);
  } finally {
    await stop();
  }
}

function compiledOf(files: readonly OutputFile[]): Map<string, Compiled> {
  const texts = new Map(files.map(({ path, text }) => [path, text]));
  return new Map(
    [...texts].filter(([path]) => path.endsWith(".js")).map(([path, code]) => [
      path.replace(/\.js$/, ".ts"),
      { code: inAscii(code), map: texts.get(`${path}.map`) ?? "" },
    ]),
  );
}

/**
 * Comments without characters that would make V8 keep the text in two bytes for
 * each character; the compiler has escaped those of the code.
 */
function inAscii(code: string): string {
  return code.replace(/[^\0-\x7f]/g, (character) => {
    const ascii = IN_ASCII[character] ?? character.normalize("NFD").charAt(0);
    if (/[\0-\x7f]/.test(ascii)) return ascii;
    throw new Error(`There is no ASCII for ${character} in a comment`);
  });
}

async function modulesIn(folder: string): Promise<string[]> {
  const paths: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = `${folder}${name}`;
    if (isDirectory) paths.push(...await modulesIn(`${path}/`));
    else if (name.endsWith(".ts")) paths.push(path);
  }
  return paths.sort();
}

/** Passes to Rollup what was compiled, with the marks that let it be left out. */
function reader(
  source: string,
  compiled: ReadonlyMap<string, Compiled>,
  named: Readonly<Record<string, string>>,
): Plugin {
  return {
    name: "sources",
    resolveId(specifier, importer) {
      if (importer === undefined) return specifier;
      // The package has one for each condition.
      const { pathname } = new URL(specifier, `file://${importer}`);
      const id = named[pathname.slice(source.length)];
      return id === undefined ? null : { id, external: true };
    },
    load(id) {
      const module = compiled.get(id);
      if (module === undefined) throw new Error(`There is no module ${id}`);
      const program = { ...this.parse(module.code) };
      const path = id.slice(source.length);
      return {
        code: markPure(path, module.code, program),
        map: module.map || null,
      };
    },
  };
}

/** The module with all runtimes, which are tried in turn. */
const ALL_PLATFORMS = "platform/platforms.ts";

/** What speaks HTTP/2 by modules of Node.js. */
const FETCH_ENGINE = "http/fetch_engine.ts";

/** What serves HTTP by modules of Node.js. */
const NODE_CONNECTION = "http/node_connection.ts";

/** Modules that the package imports by a name, for it to be one of several. */
const NAMED: Readonly<Record<string, string>> = {
  [ALL_PLATFORMS]: "#platforms",
  [FETCH_ENGINE]: "#fetch-engine",
  [NODE_CONNECTION]: "#node-connection",
};

/** Modules that stand in for others, by their paths. */
const STAND_INS: ReadonlyMap<string, string> = new Map([
  ...["deno", "workerd", "node"].map((name): [string, string] => [
    `platform/only_${name}.ts`,
    `import { ${name} } from "./${name}.ts";
export const platforms = [${name}];`,
  ]),
  ["platform/only_none.ts", "export const platforms = [];"],
  // Nobody comes to it: listen() refuses before.
  ["http/no_node_connection.ts", "export const NodeConnection = undefined;"],
  [
    "http/no_fetch_engine.ts",
    `export class FetchEngine {
  constructor() {
    throw new TypeError("createFetch() needs node:http2, which this runtime does not have; use its own fetch()");
  }
}`,
  ],
]);

/** `imports` of the package.json: the first condition that holds counts. */
export const conditionalImports: Readonly<
  Record<string, Readonly<Record<string, string>>>
> = {
  "#platforms": {
    deno: "./platform/only_deno.js",
    workerd: "./platform/only_workerd.js",
    bun: "./platform/only_node.js",
    node: "./platform/only_node.js",
    browser: "./platform/only_none.js",
    default: "./platform/platforms.js",
  },
  "#fetch-engine": {
    deno: "./http/fetch_engine.js",
    workerd: "./http/no_fetch_engine.js",
    browser: "./http/no_fetch_engine.js",
    default: "./http/fetch_engine.js",
  },
  "#node-connection": {
    deno: "./http/node_connection.js",
    workerd: "./http/no_node_connection.js",
    browser: "./http/no_node_connection.js",
    default: "./http/node_connection.js",
  },
};

/** What stands in comments for characters of other alphabets. */
const IN_ASCII: Readonly<Record<string, string>> = {
  "→": "->",
  "←": "<-",
  "…": "...",
  "–": "-",
  "−": "-",
  "µ": "u",
  "·": "|",
  "§": "section ",
};

/** Names that several folders have. */
const AMBIGUOUS = /^(client|server)$/;

/** What Node.js 22 has of the language. */
const TARGET = "es2023";

/**
 * The JavaScript of the npm package: few modules that load fast, none of which
 * does anything when it is loaded.
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

/**
 * Bundles a folder of sources.
 *
 * @param source The folder, with a slash at its end.
 * @param doors The paths of the modules that users import.
 * @param out Where to write to.
 */
export async function bundle(
  source: string,
  doors: readonly string[],
  out: string,
): Promise<readonly Chunk[]> {
  const compiled = await compile(source);
  const entries = [...doors, ALL_PLATFORMS];
  for (const [path, code] of platformModules()) {
    compiled.set(`${source}${path}`, { code, map: "" });
    entries.push(path);
  }
  const bundled = await rollup({
    input: Object.fromEntries(
      entries.map((path) => [path.replace(/\.ts$/, ""), `${source}${path}`]),
    ),
    external: (id) => !/^[./]/.test(id),
    plugins: [reader(source, compiled)],
    // What others do when they are loaded is theirs to say.
    treeshake: { moduleSideEffects: (_, isExternal) => isExternal },
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
      return groupOf(id.slice(source.length), doors, closure);
    },
    sourcemap: true,
    sourcemapPathTransform: (path, map) =>
      new URL(path, `file://${map}`).pathname.replace(source, ""),
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
      { code, map: texts.get(`${path}.map`) ?? "" },
    ]),
  );
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
): Plugin {
  return {
    name: "sources",
    resolveId(specifier, importer) {
      // The package has one for each condition.
      if (importer === undefined) return specifier;
      return /\/platforms\.ts$/.test(specifier)
        ? { id: PLATFORMS, external: true }
        : null;
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

/** What the package imports for the list of runtimes. */
export const PLATFORMS = "#platforms";

/** The module with all runtimes, which are tried in turn. */
const ALL_PLATFORMS = "platform/platforms.ts";

/** The runtimes of each condition of a package, in the order of the lookup. */
const CONDITIONS: Readonly<Record<string, string>> = {
  deno: "deno",
  workerd: "workerd",
  bun: "node",
  node: "node",
  browser: "",
};

/** The files for the conditions, as `imports` of a package.json has them. */
export const platformImports: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    Object.entries(CONDITIONS).map(([condition, name]) => [
      condition,
      `./platform/only_${name || "none"}.js`,
    ]),
  ),
  default: "./platform/platforms.js",
};

/** The modules with one runtime each, or with none. */
function platformModules(): Map<string, string> {
  return new Map(
    Object.values(CONDITIONS).map((name) => [
      `platform/only_${name || "none"}.ts`,
      name === ""
        ? "export const platforms = [];"
        : `import { ${name} } from "./${name}.ts";
export const platforms = [${name}];`,
    ]),
  );
}

/** Names that several folders have. */
const AMBIGUOUS = /^(client|server)$/;

/** What Node.js 22 has of the language. */
const TARGET = "es2023";

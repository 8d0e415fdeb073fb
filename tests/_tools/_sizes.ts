/**
 * How large the bundle of each export is that a web page loads.
 *
 * @module
 */

import { build, type Plugin, stop } from "esbuild";
import { gzipSync } from "node:zlib";
import config from "../../deno.json" with { type: "json" };
import { bundle, conditionalImports } from "./_bundle.ts";
import { ROOT } from "./_files.ts";
import { copyForNpm, readPackage } from "./_package.ts";

/** The size of the bundle of one export. */
export interface ExportSize {
  /** Where it is exported, such as `"@x/tls/x509"`. */
  readonly door: string;
  readonly name: string;
  /** Bytes, minified. */
  readonly minified: number;
  /** The same, compressed. */
  readonly gzip: number;
}

/** Measures what every door exports that a web page has a use for. */
export async function exportSizes(): Promise<readonly ExportSize[]> {
  const folder = await Deno.realPath(await Deno.makeTempDir());
  try {
    await copyForNpm(`${folder}/source`, await readPackage(config.name));
    const doors = Object.values(DOORS).map((path) => path.replace("./", ""));
    await bundle(`${folder}/source/`, `${folder}/out`, { doors });
    const manifest = {
      sideEffects: false,
      imports: conditionalImports,
    };
    await Deno.writeTextFile(
      `${folder}/out/package.json`,
      JSON.stringify(manifest),
    );
    const sizes: ExportSize[] = [];
    for (const [door, path] of Object.entries(DOORS)) {
      sizes.push(...await sizesOf(door, path, `${folder}/out`));
    }
    return sizes;
  } finally {
    await stop();
    await Deno.remove(folder, { recursive: true });
  }
}

async function sizesOf(
  door: string,
  path: string,
  folder: string,
): Promise<ExportSize[]> {
  const names = Object.keys(await import(new URL(path, ROOT).href));
  const { outputFiles } = await build({
    // A class and a function may differ in the case of a letter alone.
    entryPoints: names.map((name, at) => ({
      in: `export:${name}`,
      out: `${at}.${name}`,
    })),
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2023",
    platform: "browser",
    outdir: "/",
    write: false,
    plugins: [exportsOf(path.replace(/\.ts$/, ".js"), folder)],
  });
  return outputFiles.map(({ path, contents }) => ({
    door: door.replace(/^\./, config.name),
    name: path.slice(path.indexOf(".") + 1, -".js".length),
    minified: contents.length,
    gzip: gzipSync(contents, { level: 9 }).length,
  })).toSorted((a, b) => a.name.localeCompare(b.name, "en"));
}

/** Finds one export of a file, and leaves out what is loaded later. */
function exportsOf(file: string, folder: string): Plugin {
  return {
    name: "one export",
    setup(build) {
      build.onResolve(
        { filter: /./ },
        ({ path, kind }) =>
          kind === "dynamic-import" ? { path, external: true } : undefined,
      );
      build.onResolve({ filter: /^export:/ }, ({ path }) => ({
        path: path.slice("export:".length),
        namespace: "export",
      }));
      build.onResolve({ filter: /^@noble\// }, ({ path }) => ({
        path: new URL(import.meta.resolve(path)).pathname,
        sideEffects: false,
      }));
      build.onLoad({ filter: /./, namespace: "export" }, ({ path }) => ({
        contents: `export { ${path} } from "${file}"`,
        resolveDir: folder,
      }));
    },
  };
}

/** The doors that a page has a use for. */
const DOORS = Object.fromEntries(
  Object.entries(config.exports)
    .filter(([door]) => !/^\.\/(cli|node)\b/.test(door)),
);

/** The table for the documentation. */
export function sizeTable(sizes: readonly ExportSize[]): string {
  const rows = sizes.map(({ door, name, minified, gzip }) => [
    `\`${name}\``,
    `\`${door}\``,
    kilobytes(minified),
    kilobytes(gzip),
  ]);
  const lines = [HEAD, ...rows];
  const [name, door, minified, gzip] = HEAD.map((_, column) =>
    Math.max(...lines.map((line) => line[column]?.length ?? 0))
  ) as [number, number, number, number]; // as many as HEAD has
  const line = (cells: readonly string[]) =>
    `| ${cells[0]?.padEnd(name)} | ${cells[1]?.padEnd(door)} | ${
      cells[2]?.padStart(minified)
    } | ${cells[3]?.padStart(gzip)} |`;
  const rule = `| ${"-".repeat(name)} | ${"-".repeat(door)} | ${
    "-".repeat(minified - 1)
  }: | ${"-".repeat(gzip - 1)}: |`;
  const [head = "", ...body] = lines.map(line);
  return [head, rule, ...body].join("\n");
}

function kilobytes(bytes: number): string {
  return `${(bytes / 1000).toFixed(1)} kB`;
}

const HEAD = ["Export", "From", "Minified", "gzip"];

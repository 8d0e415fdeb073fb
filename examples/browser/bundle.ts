/**
 * Puts the page together: its files, and its program with the package in it.
 *
 * @module
 */

import { build, type Plugin, stop } from "esbuild";

/** Writes everything that the page loads into a folder. */
export async function bundlePage(folder: string): Promise<void> {
  for (const name of ["index.html", "style.css"]) {
    await Deno.copyFile(new URL(name, import.meta.url), `${folder}/${name}`);
  }
  try {
    await build({
      entryPoints: [{
        in: new URL("page.mjs", import.meta.url).pathname,
        out: "page",
      }],
      outdir: folder,
      bundle: true,
      splitting: true,
      minify: true,
      format: "esm",
      platform: "browser",
      plugins: [packages],
      // What only other runtimes load.
      external: ["jose", "node:*", "undici"],
      logLevel: "error",
    });
  } finally {
    await stop();
  }
}

/** Finds packages where Deno does. */
const packages: Plugin = {
  name: "packages",
  setup(build) {
    build.onResolve({ filter: /^@(x|std|noble)\// }, ({ path }) => ({
      path: new URL(import.meta.resolve(path)).pathname,
      sideEffects: false,
    }));
  },
};

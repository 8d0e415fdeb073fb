/**
 * Which module imports which, as `deno info` sees it.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import config from "../../deno.json" with { type: "json" };
import { ROOT } from "./_files.ts";

export { ROOT };

/** The doors of the package, by their paths. */
export const doors = Object.values(config.exports)
  .map((entry) => entry.replace("./", ""));

/** What one module imports. */
export interface Imports {
  /** Paths of modules of this package that it needs when it runs. */
  readonly values: readonly string[];
  /** Those of them that it loads by `import()`, when it needs them. */
  readonly lazy: readonly string[];
  /** The same for types alone. */
  readonly types: readonly string[];
  /** What it imports from elsewhere, such as `@noble/hashes/sha2.js`. */
  readonly foreign: readonly string[];
}

/** What `deno info` says of one import. */
export interface Dependency {
  readonly specifier: string;
  readonly code?: { readonly specifier?: string; readonly error?: string };
  readonly type?: { readonly specifier?: string; readonly error?: string };
  /** Whether it is an `import()`. */
  readonly isDynamic?: boolean;
}

/** What `deno info` says of a module. */
export interface Module {
  readonly specifier: string;
  readonly error?: string;
  readonly dependencies?: readonly Dependency[];
}

/** The modules that some of our modules reach, by their paths. */
export async function importsOf(
  entries: readonly string[],
): Promise<Map<string, Imports>> {
  const graph = new Map<string, Imports>();
  for (const entry of entries) {
    for (const module of await modulesOf(entry)) {
      assertEquals(module.error, undefined, module.specifier);
      if (isOurs(module.specifier)) {
        graph.set(pathOf(module.specifier), imports(module));
      }
    }
  }
  assert(graph.size >= new Set(entries).size);
  return graph;
}

/**
 * What is loaded before the first line of some modules runs: all that they
 * import, but for what comes by `import()`. Of other packages each module
 * counts that is named.
 */
export async function loadedWith(
  entries: readonly string[],
): Promise<ReadonlySet<string>> {
  const modules = new Map<string, Module>();
  for (const entry of entries) {
    for (const module of await modulesOf(entry)) {
      modules.set(module.specifier, module);
    }
  }
  const loaded = new Set<string>();
  const visit = (specifier: string) => {
    if (loaded.has(specifier)) return;
    loaded.add(specifier);
    for (const { code, isDynamic } of dependenciesOf(modules.get(specifier))) {
      if (isDynamic || code?.specifier === undefined) continue;
      visit(code.specifier);
    }
  };
  for (const entry of entries) visit(new URL(entry, ROOT).href);
  return new Set(
    [...loaded].map((specifier) =>
      isOurs(specifier) ? pathOf(specifier) : specifier
    ),
  );
}

function dependenciesOf(module: Module | undefined): readonly Dependency[] {
  return module?.dependencies ?? [];
}

/** The modules in some folders, by their paths. */
export async function modulesIn(folders: readonly string[]): Promise<string[]> {
  const paths: string[] = [];
  for (const folder of folders) {
    for await (const entry of Deno.readDir(new URL(folder, ROOT))) {
      const path = `${folder}/${entry.name}`;
      if (entry.isDirectory) paths.push(...await modulesIn([path]));
      else if (path.endsWith(".ts")) paths.push(path);
    }
  }
  return paths.sort();
}

/** All modules that one of our modules reaches. */
export async function modulesOf(entry: string): Promise<readonly Module[]> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", new URL(entry, ROOT).href],
    cwd: ROOT,
  }).output();
  assert(success, new TextDecoder().decode(stderr));
  return JSON.parse(new TextDecoder().decode(stdout)).modules;
}

function imports(module: Module): Imports {
  const values: string[] = [];
  const lazy: string[] = [];
  const types: string[] = [];
  const foreign: string[] = [];
  for (const dependency of dependenciesOf(module)) {
    const { specifier, code, type, isDynamic } = dependency;
    const target = code?.specifier ?? type?.specifier;
    if (target === undefined || !isOurs(target)) foreign.push(specifier);
    else (code === undefined ? types : values).push(pathOf(target));
    if (isDynamic && target !== undefined && isOurs(target)) {
      lazy.push(pathOf(target));
    }
  }
  return { values, lazy, types, foreign };
}

/** The stand-ins for the standard library are not ours. */
function isOurs(specifier: string): boolean {
  return specifier.startsWith(ROOT.href) &&
    !pathOf(specifier).startsWith("links/");
}

function pathOf(specifier: string): string {
  return specifier.slice(ROOT.href.length);
}

/**
 * The cycles of a graph, each as the modules that lie on circles together
 * (Tarjan's strongly connected components).
 */
export function cyclesOf(
  graph: ReadonlyMap<string, readonly string[]>,
): string[][] {
  const order = new Map<string, number>();
  const stack: string[] = [];
  const cycles: string[][] = [];

  function visit(node: string): number {
    const index = order.size;
    order.set(node, index);
    let low = index;
    stack.push(node);
    for (const next of graph.get(node) ?? []) {
      if (!order.has(next)) low = Math.min(low, visit(next));
      else if (stack.includes(next)) low = Math.min(low, order.get(next) ?? 0);
    }
    if (low === index) {
      const component = stack.splice(stack.indexOf(node));
      if (component.length > 1 || graph.get(node)?.includes(node)) {
        cycles.push(component.sort());
      }
    }
    return low;
  }

  for (const node of graph.keys()) if (!order.has(node)) visit(node);
  return cycles;
}

/**
 * The runtimes that are measured, where they are installed.
 *
 * @module
 */

import { runtimesFolder } from "../tests/_tools/_runtimes.ts";

/** A runtime. */
export interface Runtime {
  readonly name: string;
  /** What runs it. */
  readonly path: string;
}

/** Those that have a process of their own for a program. */
export const RUNTIMES: readonly Runtime[] = [
  { name: "Deno", path: Deno.execPath() },
  at("Node.js 22", "node22/node_modules/node/bin/node"),
  at("Node.js 26", "node26/node_modules/node/bin/node"),
  at("Bun", "bun/node_modules/.bin/bun"),
];

/** The other one with long-term support: of another cost a cipher. */
export const NODE_24: Runtime = at(
  "Node.js 24",
  "node24/node_modules/node/bin/node",
);

/** Workers of Cloudflare. */
export const WORKERD: Runtime = at(
  "workerd",
  "workerd/node_modules/.bin/workerd",
);

/** Those that are installed. */
export function hereOf(runtimes: readonly Runtime[]): readonly Runtime[] {
  return runtimes.filter(({ name, path }) => {
    try {
      return Deno.statSync(path).isFile;
    } catch {
      console.error(`${name} is left out: there is no ${path}`);
      return false;
    }
  });
}

function at(name: string, path: string): Runtime {
  return { name, path: `${runtimesFolder()}/${path}` };
}

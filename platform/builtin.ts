/**
 * Modules of Node.js, in whatever runtime has them.
 *
 * @module
 */

/**
 * A module of Node.js, loaded at once, or `undefined` where there is none. No
 * bundler and no browser sees an import.
 *
 * @param name Such as `"node:tls"`.
 */
export function builtin<T>(name: string): T | undefined {
  const { process } = globalThis as {
    process?: { getBuiltinModule?(name: string): unknown };
  };
  return process?.getBuiltinModule?.(name) as T | undefined;
}

/**
 * Whether this is Node.js or Bun. Deno, which has `process` as well, takes some
 * 10 ms to load that when it is first read.
 */
export function isNode(): boolean {
  if (typeof globalThis.Deno?.version?.deno === "string") return false;
  const { process } = globalThis as {
    process?: { versions?: Readonly<Record<string, string | undefined>> };
  };
  const { node, deno } = process?.versions ?? {};
  return node !== undefined && deno === undefined;
}

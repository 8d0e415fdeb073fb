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

/**
 * Paths of the peers' own files.
 *
 * @module
 */

/** The path of a file beside this one. */
export function ownFile(name: string): string {
  const { pathname } = new URL(name, import.meta.url);
  const path = decodeURIComponent(pathname);
  return Deno.build.os === "windows"
    ? path.slice(1).replaceAll("/", "\\")
    : path;
}

/**
 * Paths of the peers' own files.
 *
 * @module
 */

/** The path that a `file:` URL stands for. */
export function fromFileUrl(url: URL): string {
  const path = decodeURIComponent(url.pathname);
  return Deno.build.os === "windows"
    ? path.slice(1).replaceAll("/", "\\")
    : path;
}

/** Reads the files that lie in `testdata/` beside the tests. */

/** A file as bytes. */
export function readBytes(name: string): Uint8Array<ArrayBuffer> {
  return Deno.readFileSync(new URL(`testdata/${name}`, import.meta.url));
}

/** A file as text. */
export function readText(name: string): string {
  return Deno.readTextFileSync(new URL(`testdata/${name}`, import.meta.url));
}

/** A path for commands. */
export function pathOf(name: string): string {
  return new URL(`testdata/${name}`, import.meta.url).pathname;
}

/**
 * Where vectors lie that are too large for the repository.
 *
 * @module
 */

const given = Deno.env.get("X_TLS_VECTORS");

/** A folder of its own, or the one beside the checkout. */
const FOLDER = given === undefined
  ? new URL("../../../shared/vectors/", import.meta.url)
  : new URL(`${given.replace(/\/?$/, "/")}`, `file://${Deno.cwd()}/`);

/** A file or folder among the vectors, and why it is not there, if so. */
export function vectors(name: string): { url: URL; missing?: string } {
  const url = new URL(name, FOLDER);
  try {
    Deno.statSync(url);
    return { url };
  } catch {
    return {
      url,
      missing:
        `ignored: no ${name} in X_TLS_VECTORS; tests/vectors/README.md says how to get it`,
    };
  }
}

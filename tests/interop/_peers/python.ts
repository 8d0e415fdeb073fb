/**
 * Python with the packages that the tests talk to.
 *
 * @module
 */

/** Its path: it is not always the first one on PATH. */
export const python: string = Deno.env.get("X_TLS_PYTHON") ?? "python3";

/**
 * Where other runtimes are.
 *
 * @module
 */

/** Where `.ci/run` installs runtimes and compilers, each in its own folder. */
export function runtimesFolder(): string {
  return Deno.env.get("X_TLS_RUNTIMES") ??
    `${Deno.env.get("HOME")}/.cache/x-tls-ci/runtimes`;
}

/**
 * What the engines speak.
 *
 * @module
 */

/**
 * The protocols that the engine of this runtime speaks, by their names in ALPN.
 */
export function spokenProtocols(): readonly string[] {
  const { process } = globalThis as {
    process?: { readonly versions?: { readonly bun?: string } };
  };
  const isDeno = typeof globalThis.Deno?.serve === "function";
  // What node:http2 of Bun writes to a stream that is no socket of its own, it
  // keeps in memory, however much, whether the client reads it or not.
  return !isDeno && process?.versions?.bun !== undefined
    ? ["http/1.1"]
    : ["h2", "http/1.1"];
}

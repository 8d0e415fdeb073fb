/**
 * URLs that a CA has written.
 *
 * @module
 */

/**
 * A link for people, as a parser of URLs writes it: nothing in it that a terminal
 * obeys, and no other scheme.
 *
 * @returns `undefined` if it is none.
 */
export function webUrl(text: unknown): string | undefined {
  const url = typeof text === "string" ? URL.parse(text) : null;
  return url !== null && /^https?:$/.test(url.protocol) ? url.href : undefined;
}

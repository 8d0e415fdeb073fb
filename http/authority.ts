/**
 * The host and port of a URL, as text.
 *
 * @module
 */

/** Whether a text is uri-host and port, and nothing that ends a field. */
export function isAuthority(text: string): boolean {
  return AUTHORITY.test(text);
}

/** RFC 3986 section 3.2, without userinfo. */
const AUTHORITY = /^(\[[\da-f:.]+\]|[\w.~!$&'()*+,;=%-]+)(:\d*)?$/i;

/**
 * Requests that came on a connection which was not made for them (RFC 9110
 * section 15.5.20): a client that was let in under one name must not get at
 * another that would have asked more of it.
 *
 * @module
 */

import type { NameRules } from "../connection/engine/engine_options.ts";
import { normalizeDnsName } from "../x509/certificate/name_match.ts";

/**
 * Makes the check of one connection.
 *
 * @param rules What the options say about names.
 * @param serverName The name that the handshake was for.
 * @returns Whether a request must be refused.
 */
export function misdirectedCheck(
  rules: NameRules,
  serverName: string | undefined,
): (request: Request) => boolean {
  // Clients ask for few names on one connection, often for one.
  let good: string | undefined;
  const isGood = (authority: string | undefined) => {
    if (authority === undefined) return false;
    if (authority === good) return true;
    const name = nameOf(authority);
    if (name !== serverName && !rules.judgesAlike(serverName, name)) {
      return false;
    }
    good = authority;
    return true;
  };
  return ({ url, headers }) => {
    // A target in absolute form, and ":authority", may name another host than
    // this field does, and a handler may go by either.
    const host = headers.get("host") || undefined;
    return !isGood(authorityOf(url)) || host !== undefined && !isGood(host);
  };
}

/** The response to such a request. */
export function misdirected(): Response {
  return new Response(
    "This connection is not for the host of the request: make another one\n",
    { status: 421, headers: { "content-type": "text/plain;charset=utf-8" } },
  );
}

/** The authority of a URL as it is there. */
function authorityOf(url: string): string | undefined {
  const start = url.indexOf("://") + 3;
  if (start < 3) return undefined;
  const end = url.indexOf("/", start);
  return url.slice(start, end < 0 ? undefined : end);
}

/** The name that a client would ask for; `undefined` for an IP address. */
function nameOf(authority: string): string | undefined {
  const url = URL.parse(`https://${authority}/`);
  const host = url?.hostname ?? "";
  if (host.startsWith("[") || /^[\d.]+$/.test(host)) return undefined;
  try {
    return normalizeDnsName(host);
  } catch {
    // No client asks for such a name, and none that we have is like it.
    return host;
  }
}

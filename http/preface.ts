/**
 * Which version of HTTP a client speaks, against what ALPN has agreed on.
 *
 * @module
 */

import { TlsProtocolError } from "../errors.ts";

/**
 * Makes the check of one connection, which looks at what the client sends first.
 * The engine takes both versions on each connection, and what a handler may do
 * depends on which it is.
 *
 * @param alpnProtocol What was agreed on, if anything was.
 * @returns Takes each chunk. It throws if the client speaks another version.
 */
export function prefaceCheck(
  alpnProtocol: string | undefined,
): (chunk: Uint8Array) => void {
  const isHttp2 = alpnProtocol === "h2";
  let matched = 0;
  let isDecided = false;
  return (chunk) => {
    if (isDecided) return;
    for (const byte of chunk) {
      const isSame = byte === PREFACE.charCodeAt(matched);
      if (isSame && ++matched < PREFACE.length) continue;
      isDecided = true;
      if (isSame !== isHttp2) throw wrongVersion(isHttp2);
      return;
    }
  };
}

function wrongVersion(isHttp2: boolean): TlsProtocolError {
  return new TlsProtocolError(
    "no_application_protocol",
    isHttp2
      ? "Cannot serve the client: it agreed to HTTP/2 by ALPN, and sent no connection preface"
      : "Cannot serve the client: it sent the connection preface of HTTP/2, and did not agree to h2 by ALPN",
  );
}

/** RFC 9113 section 3.4, HTTP/2 Connection Preface. */
const PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

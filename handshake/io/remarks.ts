/**
 * What a handshake knows that may explain its end: the peer sends no more than an
 * alert.
 *
 * @module
 */

import type { CertificateAnswer } from "./certificate_answer.ts";
import { toHex } from "../../encoding.ts";

/**
 * The remarks of one connection, as its handshake makes them. Each is a sentence
 * without its full stop, or absent.
 */
export interface Remarks {
  /** How the last request for the client's certificate was answered. */
  certificate?: CertificateAnswer | undefined;
  /** The pre-shared key that the handshake uses, and where it comes from. */
  psk?: string | undefined;
  /** Why we refused to renegotiate, until the connection goes on after that. */
  renegotiation?: string | undefined;
}

/** A client's remark on the PSK that it offers. */
export function ownPskRemark(identity: Uint8Array): string {
  return `The server may not know the PSK identity ${
    showIdentity(identity)
  }, or have another key for it than the option "psk" gives`;
}

/** A server's remark on the PSK identity that the client offers. */
export function peerPskRemark(identity: Uint8Array, isKnown: boolean): string {
  const shown = showIdentity(identity);
  return isKnown
    ? `The client has another key for the PSK identity ${shown} than the option "psk" gives`
    : `The client names the PSK identity ${shown}, for which the option "psk" gives nothing`;
}

/** As text if it is UTF-8, otherwise in hexadecimal. */
function showIdentity(identity: Uint8Array): string {
  const shown = identity.subarray(0, MAX_SHOWN);
  const more = identity.length > MAX_SHOWN ? "…" : "";
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })
      .decode(shown);
    return `"${text}${more}"`;
  } catch {
    return `0x${toHex(shown)}${more}`;
  }
}

/** How many bytes of an identity a message shows. */
const MAX_SHOWN = 64;

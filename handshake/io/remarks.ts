/**
 * What a handshake knows that may explain its end: the peer says no more of it
 * than an alert does.
 *
 * @module
 */

import type { CertificateAnswer } from "./certificate_answer.ts";

/** Each is a sentence without its end, or absent. */
export interface Remarks {
  /** How the last request for the client's certificate was answered. */
  certificate?: CertificateAnswer | undefined;
  /** The pre-shared key that is used, and whence it is. */
  psk?: string | undefined;
  /** A renegotiation that was refused. */
  renegotiation?: string | undefined;
}

/** A client's word on the key that it names. */
export function ownPskRemark(identity: Uint8Array): string {
  return `The server may not know the PSK identity ${
    showIdentity(identity)
  }, or have another key for it than the option "psk" gives`;
}

/** A server's word on the identity that a client names. */
export function peerPskRemark(identity: Uint8Array, isKnown: boolean): string {
  const shown = showIdentity(identity);
  return isKnown
    ? `The client has another key for the PSK identity ${shown} than the option "psk" gives`
    : `The client names the PSK identity ${shown}, for which the option "psk" gives nothing`;
}

/** As text where it is some, or else in hexadecimal. */
function showIdentity(identity: Uint8Array): string {
  const shown = identity.subarray(0, MAX_SHOWN);
  const more = identity.length > MAX_SHOWN ? "…" : "";
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(shown);
    return `"${text}${more}"`;
  } catch {
    return `0x${shown.toHex()}${more}`;
  }
}

/** How many bytes of an identity a message shows. */
const MAX_SHOWN = 64;

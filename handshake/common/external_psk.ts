/**
 * External PSKs that both sides have proved to have: what a session keeps of
 * one, and whether the same PSK is still there.
 *
 * @module
 */

import { concat, equals } from "@std/bytes";
import { equalConstantTime } from "../../crypto/primitives/bytes.ts";
import { sha256 } from "../../crypto/primitives/hash.ts";
import { Lazy } from "../../lazy.ts";
import type { ClientConfig, ServerConfig } from "./config.ts";
import type { PskAnswer } from "./psk_config.ts";
import {
  isTls13,
  type SessionPsk,
  type SessionState,
} from "../session/session_state.ts";

/** What imports external PSKs (RFC 9258). */
export const importer = new Lazy(
  "imported pre-shared keys",
  () => import("./psk_importer.ts"),
);

/** What is kept of a PSK. The hint is that of a TLS 1.2 server, if it sent one. */
export function provenPsk(
  identity: Uint8Array,
  psk: KeyOfPsk,
  hint = "",
): SessionPsk {
  return { identity: identity.slice(), keyHash: hashOf(psk), hint };
}

/** Of an imported PSK its context is a part: another one makes another key. */
type KeyOfPsk = Pick<PskAnswer, "key" | "importContext">;

/** The PSK that a session was made under, if it was. */
export function pskOf({ psk }: SessionState): SessionPsk | undefined {
  return psk.keyHash.length > 0 ? psk : undefined;
}

/**
 * The PSK that authenticated both sides of a session, if it did. Beside
 * certificates of TLS 1.3 it authenticates nobody (RFC 9973 section 7).
 */
export function authenticatingPskOf(
  state: SessionState,
): SessionPsk | undefined {
  const { localCertificate, peer } = state;
  const isBeside = isTls13(state) &&
    (localCertificate.length > 0 || peer.certificates.length > 0);
  return isBeside ? undefined : pskOf(state);
}

/** Whether a client would still use the PSK that a session was made under. */
export async function clientHasPsk(
  { psk }: ClientConfig,
  { identity, keyHash, hint }: SessionPsk,
): Promise<boolean> {
  const keys = await psk?.client?.(hint === "" ? undefined : hint) ?? [];
  return keys.some((psk) =>
    equals(psk.identity, identity) &&
    equalConstantTime(hashOf(psk), keyHash)
  );
}

/**
 * Whether a server still finds the same key under the identity. It may have been
 * taken back or replaced since the session was made.
 */
export async function serverHasPsk(
  { psk }: ServerConfig,
  { identity, keyHash }: SessionPsk,
): Promise<boolean> {
  const found = await psk?.server?.(identity.slice());
  return found !== undefined && equalConstantTime(hashOf(found), keyHash);
}

/** Tells keys apart without being one. The labels keep it from other hashes. */
function hashOf({ key, importContext }: KeyOfPsk): Uint8Array {
  return sha256.digest(concat(
    importContext === undefined
      ? [LABEL, key]
      : [IMPORTED_LABEL, sha256.digest(importContext), key],
  ));
}

const LABEL = new TextEncoder().encode("TLS session, external PSK\0");

const IMPORTED_LABEL = new TextEncoder().encode("TLS session, imported PSK\0");

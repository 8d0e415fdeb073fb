/**
 * Our own certificate as a session remembers it: by its SHA-256.
 *
 * @module
 */

import { equals } from "@std/bytes";
import { sha256 } from "../../crypto/primitives/hash.ts";
import type { Certificate } from "../../x509/certificate/certificate.ts";
import type { HandshakeConfig } from "./config.ts";
import type { LocalIdentity } from "./local_identity.ts";
import type { SessionState } from "../session/session_state.ts";

/** SHA-256 of the leaf, or of a raw public key; empty without an identity. */
export function fingerprintOf(identity: LocalIdentity | undefined): Uint8Array {
  if (identity === undefined) return EMPTY;
  const [leaf] = identity.chain;
  if (leaf === undefined) return sha256.digest(identity.key.publicKey.spki);
  let fingerprint = fingerprints.get(leaf);
  if (fingerprint === undefined) {
    fingerprint = sha256.digest(leaf.raw);
    fingerprints.set(leaf, fingerprint);
  }
  return fingerprint;
}

/** Whether a session was made with this identity, or none. */
export function isIdentityOf(
  { localCertificate }: SessionState,
  identity: LocalIdentity | undefined,
): boolean {
  return equals(fingerprintOf(identity), localCertificate);
}

/** The identity that a session was made with, if it is still configured. */
export function identityOfSession(
  { identities }: HandshakeConfig,
  session: SessionState,
): LocalIdentity | undefined {
  return identities.find((identity) => isIdentityOf(session, identity));
}

const fingerprints = new WeakMap<Certificate, Uint8Array>();

const EMPTY = new Uint8Array();

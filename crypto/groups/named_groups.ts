/**
 * The key exchange groups (RFC 9846 section 4.3.7), one row a group.
 *
 * @module
 */

import { curves, ecdhGroup } from "./ecdh.ts";
import { ffdheGroup } from "./ffdh.ts";
import { hybridGroup, kemGroup } from "./hybrid.ts";
import type { KeyExchangeGroup } from "../primitives/provider.ts";

/** X25519 (RFC 7748, RFC 8422 section 5.11). */
export const x25519: KeyExchangeGroup = ecdhGroup(curves.x25519);
/** X448 (RFC 7748, RFC 8422 section 5.11). */
const x448: KeyExchangeGroup = ecdhGroup(curves.x448);
/** NIST P-256 (RFC 8422 section 5.1.1). */
export const secp256r1: KeyExchangeGroup = ecdhGroup(curves.secp256r1);
/** NIST P-384 (RFC 8422 section 5.1.1). */
export const secp384r1: KeyExchangeGroup = ecdhGroup(curves.secp384r1);
/** NIST P-521 (RFC 8422 section 5.1.1). */
const secp521r1: KeyExchangeGroup = ecdhGroup(curves.secp521r1);

/** ML-KEM-768 and then X25519 (RFC 10024). */
export const x25519MlKem768: KeyExchangeGroup = hybridGroup({
  name: "X25519MLKEM768",
  curve: curves.x25519,
  kem: "ML-KEM-768",
  first: "kem",
  strength: 192,
  bits: 768,
});
/** P-256 and then ML-KEM-768 (RFC 10024). */
export const secP256r1MlKem768: KeyExchangeGroup = hybridGroup({
  name: "SecP256r1MLKEM768",
  curve: curves.secp256r1,
  kem: "ML-KEM-768",
  first: "curve",
  strength: 192,
  bits: 768,
});
/** P-384 and then ML-KEM-1024 (RFC 10024). */
export const secP384r1MlKem1024: KeyExchangeGroup = hybridGroup({
  name: "SecP384r1MLKEM1024",
  curve: curves.secp384r1,
  kem: "ML-KEM-1024",
  first: "curve",
  strength: 256,
  bits: 1024,
});

/** ML-KEM-768 alone (draft-ietf-tls-mlkem). */
const mlKem768Alone: KeyExchangeGroup = kemGroup("MLKEM768", "ML-KEM-768", 192);
/** ML-KEM-1024 alone (draft-ietf-tls-mlkem). */
const mlKem1024Alone: KeyExchangeGroup = kemGroup(
  "MLKEM1024",
  "ML-KEM-1024",
  256,
);

/** The groups that are on by default, in order of preference. */
export const defaultNamedGroups: readonly KeyExchangeGroup[] = [
  x25519MlKem768,
  x25519,
  secp256r1,
  secp384r1,
  secp521r1,
];

/** All groups, those that are on by default first. */
export const namedGroups: readonly KeyExchangeGroup[] = [
  ...defaultNamedGroups,
  x448,
  secP256r1MlKem768,
  secP384r1MlKem1024,
  mlKem1024Alone,
  mlKem768Alone,
  ffdheGroup("ffdhe2048"),
  ffdheGroup("ffdhe3072"),
  ffdheGroup("ffdhe4096"),
  ffdheGroup("ffdhe6144"),
  ffdheGroup("ffdhe8192"),
];

/** Whether a group resists a quantum computer; such are for TLS 1.3 alone. */
export function isPostQuantum(
  { kind }: Pick<KeyExchangeGroup, "kind">,
): boolean {
  return kind === "hybrid" || kind === "kem";
}

/** The row with a number, if there is one. */
export function namedGroupById(id: number): KeyExchangeGroup | undefined {
  return namedGroups.find((group) => group.id === id);
}

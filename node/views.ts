/**
 * What `tls.TLSSocket` shows of a connection, made of our own results.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import type { ConnectionInfo } from "../connection/info.ts";
import { listCipherSuites } from "../crypto/suites/lists.ts";
import { TlsError } from "../errors.ts";
import type { Certificate } from "../x509/certificate/certificate.ts";
import type { NodeCertificate } from "../x509/certificate/node_object.ts";

/** What `address()` gives: of our own end. */
export interface AddressInfo {
  /** The IP address. */
  readonly address: string;
  /** `"IPv4"` or `"IPv6"`. */
  readonly family: string;
  /** The port. */
  readonly port: number;
}

/** What `getCipher()` gives. */
export interface CipherInfo {
  /** OpenSSL's name of the suite. */
  readonly name: string;
  /** IANA's name of the suite. */
  readonly standardName: string;
  /** The lowest version that has the suite, such as `"TLSv1.2"`. */
  readonly version: string;
}

/** What `getEphemeralKeyInfo()` gives. */
export interface EphemeralKeyInfo {
  /** `"DH"`, `"ECDH"` or `"KEM"`. */
  readonly type: string;
  /** The name of the group. */
  readonly name?: string;
  /** Its size in bits, from `TLSSocket`. */
  readonly size?: number;
}

/** An address as Node shows it, if it is one of IP. */
export function netAddress(
  addr: Deno.Addr | undefined,
): AddressInfo | undefined {
  if (addr?.transport !== "tcp") return undefined;
  const { hostname, port } = addr;
  const family = hostname.includes(":") ? "IPv6" : "IPv4";
  return { address: hostname, family, port };
}

/** The cipher suite. */
export function cipherInfo(info: ConnectionInfo): CipherInfo | undefined {
  const { cipherSuite, opensslName } = info;
  if (cipherSuite === undefined || opensslName === undefined) return undefined;
  const [suite] = listCipherSuites({ cipherSuites: [cipherSuite] });
  const version = suite?.protocols.at(-1) ?? info.version ?? "";
  return { name: opensslName, standardName: cipherSuite, version };
}

/** The group of the key exchange. */
export function ephemeralKeyInfo(
  { group }: ConnectionInfo,
): EphemeralKeyInfo | undefined {
  if (group === undefined) return undefined;
  const type = /MLKEM/i.test(group)
    ? "KEM"
    : group.startsWith("ffdhe")
    ? "DH"
    : "ECDH";
  return { type, name: group };
}

/** A certificate as Node shows it, with `Buffer` for bytes. */
export function certificateObject(
  certificate: Certificate | undefined,
  chain?: readonly Certificate[],
): NodeCertificate | Record<string, never> {
  if (certificate === undefined) return {};
  const object = certificate.toNodeObject(chain);
  let at: NodeCertificate | undefined = object;
  while (at !== undefined && !Buffer.isBuffer(at.raw)) {
    at.raw = Buffer.from(at.raw);
    if (at.pubkey !== undefined) at.pubkey = Buffer.from(at.pubkey);
    at = at.issuerCertificate;
  }
  return object;
}

/** Whether the peer is who it should be. */
export function isAuthorized({ authorization }: ConnectionInfo): boolean {
  const { status } = authorization;
  return status === "verified" || status === "psk";
}

/** Why it is not, in the words of Node where it has some. */
export function authorizationError(
  { authorization, peerCertificates }: ConnectionInfo,
): string | null {
  if (authorization.status !== "unverified") return null;
  const { error } = authorization;
  if (!(error instanceof TlsError)) return "CERT_REJECTED";
  if (error.code !== "unknown_issuer") {
    return NODE_CODES[error.code] ?? error.code;
  }
  return unknownIssuerCode(peerCertificates);
}

/** OpenSSL's code for certificates that lead to no authority that is trusted. */
export function unknownIssuerCode(
  [leaf, ...others]: readonly Certificate[],
): string {
  if (leaf?.isSelfIssued) return "DEPTH_ZERO_SELF_SIGNED_CERT";
  if (others.some((other) => other.isSelfIssued)) {
    return "SELF_SIGNED_CERT_IN_CHAIN";
  }
  return others.length === 0
    ? "UNABLE_TO_VERIFY_LEAF_SIGNATURE"
    : "UNABLE_TO_GET_ISSUER_CERT_LOCALLY";
}

/** Node has these codes of OpenSSL's; the others stay our own. */
const NODE_CODES: Readonly<Record<string, string>> = {
  hostname_mismatch: "ERR_TLS_CERT_ALTNAME_INVALID",
  certificate_expired: "CERT_HAS_EXPIRED",
  certificate_not_yet_valid: "CERT_NOT_YET_VALID",
  certificate_revoked: "CERT_REVOKED",
  bad_signature: "CERT_SIGNATURE_FAILURE",
  not_a_ca: "INVALID_CA",
  path_too_long: "PATH_LENGTH_EXCEEDED",
  wrong_key_usage: "INVALID_PURPOSE",
  revocation_unknown: "UNABLE_TO_GET_CRL",
  crl_unusable: "CRL_SIGNATURE_FAILURE",
  certificate_refused: "CERT_REJECTED",
};

/**
 * Types of certificates (RFC 7250): what is offered, and what the two sides
 * agree on.
 *
 * @module
 */

import { TlsProtocolError } from "../../errors.ts";
import { CertificateType, nameOf } from "../../registry.ts";
import type { ClientHello } from "../messages/client_hello.ts";
import type { LocalIdentity } from "./local_identity.ts";

/** The CertificateType of what an identity shows. */
export function certificateTypeOf({ chain }: LocalIdentity): number {
  return chain.length === 0
    ? CertificateType.RawPublicKey
    : CertificateType.X509;
}

/** What holds where RFC 7250's extensions are not sent. */
export const X509_ALONE: readonly number[] = [CertificateType.X509];

/**
 * The types to offer, or `undefined` for X.509 alone: RFC 7250 section 4.1 has
 * the extension omitted then.
 */
export function offeredTypes(types: readonly number[]): number[] | undefined {
  return types.every((type) => type === CertificateType.X509)
    ? undefined
    : [...types];
}

/**
 * The type that a server selected of those that a client offered (RFC 7250
 * section 4.2).
 *
 * @throws {TlsProtocolError} `illegal_parameter`, if it was not offered.
 */
export function selectedType(
  selected: number | undefined,
  offered: readonly number[],
): number {
  if (selected === undefined) return CertificateType.X509;
  if (offered.includes(selected)) return selected;
  throw new TlsProtocolError(
    "illegal_parameter",
    `Cannot accept the server's certificate types: ${
      nameOf(CertificateType, selected)
    } was not offered`,
  );
}

/**
 * Whether what the peer is about to show is of a type that we accept: it is
 * X.509 where nothing else was agreed on.
 *
 * @throws {TlsProtocolError} `unsupported_certificate` (RFC 7250 section 4.2).
 */
export function requireAcceptedType(
  type: number,
  { peerCertificateTypes }: {
    readonly peerCertificateTypes: readonly number[];
  },
): void {
  if (!peerCertificateTypes.includes(type)) {
    throw noCommonType([type], peerCertificateTypes);
  }
}

/**
 * Refuses for want of a type of certificates that both sides have: RFC 7250
 * section 4.2 has unsupported_certificate for it.
 *
 * @param theirs `undefined` for a client without the extension, which knows
 * nothing of types.
 */
export function noCommonType(
  theirs: readonly number[] | undefined,
  ours: readonly number[],
): TlsProtocolError {
  const list = (types: readonly number[]) =>
    [...new Set(types)].map((type) => nameOf(CertificateType, type)).join(", ");
  return new TlsProtocolError(
    theirs === undefined ? "handshake_failure" : "unsupported_certificate",
    `Cannot agree on a certificate type: the peer has ${
      list(theirs ?? X509_ALONE)
    }, expected ${list(ours)} (RFC 7250)`,
    { code: "no_common_certificate_type" },
  );
}

/**
 * The type of the client's certificate: our first that the client has. Where none
 * is requested yet, one may be later.
 *
 * @throws {TlsProtocolError} `unsupported_certificate`, if one is requested and
 * there is none (RFC 7250 section 4.2).
 */
export function chooseClientType(
  { peerCertificateTypes }: {
    readonly peerCertificateTypes: readonly number[];
  },
  offered: readonly number[] = X509_ALONE,
  isRequested: boolean,
): number {
  const type = peerCertificateTypes.find((type) => offered.includes(type));
  if (type !== undefined) return type;
  if (isRequested) throw noCommonType(offered, peerCertificateTypes);
  return CertificateType.X509;
}

/** The answer to server_certificate_type (RFC 7250 section 4.2), if it came. */
export function answeredType(
  { extensions: { server_certificate_type: types } }: ClientHello,
  identity: LocalIdentity | undefined,
): number | undefined {
  if (types === undefined || identity === undefined) return undefined;
  const type = certificateTypeOf(identity);
  return types.includes(type) ? type : undefined;
}

/**
 * Raw public keys (RFC 7250): a SubjectPublicKeyInfo in place of certificates,
 * read, sent and judged.
 *
 * @module
 */

import { toHex } from "../../encoding.ts";
import { TlsProtocolError } from "../../errors.ts";
import {
  parsePublicKey,
  type PublicKey,
} from "../../crypto/signatures/public_key.ts";
import { refusalOfKey } from "../../crypto/suites/security_level.ts";
import { struct, uint24, vector } from "../../record/codec.ts";
import { type DerContext, derContext } from "../../x509/asn1/der.ts";
import { TlsCertificateError } from "../../x509/certificate/errors.ts";
import type { Verdict } from "../../x509/path/verdict.ts";
import type { HandshakeIO } from "../io/message_stream.ts";
import { kind } from "../messages/message_kind.ts";
import type { HandshakeConfig } from "./config.ts";
import type { LocalIdentity } from "./local_identity.ts";
import type { PeerChain } from "./peer_chain.ts";

/**
 * Reads a key that a peer sent.
 *
 * @throws {TlsCertificateError} `malformed_certificate`, with the alert
 * `decode_error`, for anything but a SubjectPublicKeyInfo, such as a certificate.
 */
export function readRawPublicKey(spki: Uint8Array): PeerChain {
  return {
    certificates: [],
    unreadable: [],
    leaf: undefined,
    publicKey: parsePublicKey(new Uint8Array(spki), RAW_PUBLIC_KEY),
    ocspResponse: undefined,
    signedCertificateTimestamps: [],
  };
}

const RAW_PUBLIC_KEY: DerContext = {
  ...derContext("the raw public key", "malformed_certificate"),
  error: (message) => new TlsCertificateError("malformed_certificate", message),
};

/**
 * The key of a Certificate of TLS 1.3.
 *
 * @param entries cert_data of each entry, one at least.
 */
export function rawPublicKeyOf(entries: readonly Uint8Array[]): PeerChain {
  const [spki, ...others] = entries;
  if (spki === undefined || others.length > 0) {
    // RFC 9846 section 4.5.1: "the certificate_list MUST contain no more than one
    // CertificateEntry".
    throw new TlsProtocolError(
      "illegal_parameter",
      `Cannot accept Certificate: expected one raw public key, got ${entries.length}`,
    );
  }
  return readRawPublicKey(spki);
}

/**
 * The Certificate message of TLS 1.2 and below (RFC 7250 section 3, Figure 1),
 * which has one key and no list; empty, if a client has none.
 */
const certificate = kind(
  "certificate",
  "Certificate",
  struct("Certificate", {
    subjectPublicKeyInfo: vector(uint24, 0, 2 ** 24 - 1),
  }),
);

/** Reads it; `undefined` if it is empty. */
export async function readRawPublicKeyTls12(
  io: HandshakeIO,
): Promise<PeerChain | undefined> {
  const { subjectPublicKeyInfo } = await io.read(certificate);
  return subjectPublicKeyInfo.length === 0
    ? undefined
    : readRawPublicKey(subjectPublicKeyInfo);
}

/** Sends it; without an identity it is empty. */
export function sendRawPublicKeyTls12(
  io: HandshakeIO,
  identity: LocalIdentity | undefined,
): void {
  io.send(certificate, {
    subjectPublicKeyInfo: identity?.key.publicKey.spki ?? new Uint8Array(),
  });
}

/**
 * The verdict on a peer's key: it must be one of `trustedPublicKeys`, and as
 * strong as those of certificates.
 */
export function verdictOnRawPublicKey(
  { trust, security }: HandshakeConfig,
  publicKey: PublicKey,
): Verdict {
  const errors: TlsCertificateError[] = [];
  const weak = refusalOfKey(publicKey, security);
  if (weak !== undefined) {
    errors.push(
      new TlsCertificateError(
        "weak_key",
        `Cannot accept the raw public key: ${weak}`,
      ),
    );
  }
  if (!trust.publicKeys.includes(toHex(publicKey.spki))) {
    errors.push(
      new TlsCertificateError(
        "untrusted_public_key",
        `Cannot accept the raw public key (${
          publicKey.curve ?? publicKey.type
        }): it is not in "trustedPublicKeys"`,
        { hint: 'Add it there, or decide in "verify"' },
      ),
    );
  }
  return {
    status: errors.length === 0 ? "verified" : "unverified",
    path: [],
    errors,
    warnings: [],
    policies: [],
  };
}

/**
 * Certificate chains together with their private keys.
 *
 * @module
 */

import { equals } from "@std/bytes";
import { TlsError } from "../../errors.ts";
import type { Certificate } from "../certificate/certificate.ts";
import { refuseUnknownOptions } from "../asn1/known_options.ts";
import {
  type CertificateInput,
  checkSigner,
  type KeyInput,
  readCertificates,
} from "./inputs.ts";
import {
  PrivateKey,
  type PrivateKeyOptions,
  type Signer,
} from "./private_key.ts";
import type { PublicKey } from "../../crypto/signatures/public_key.ts";

/** A certificate chain and the key that belongs to its first certificate. */
export interface Identity<Key extends Signer = Signer> {
  /** The leaf first, each one followed by its issuer. */
  readonly chain: readonly Certificate[];
  /** The private key, or what signs in its place. */
  readonly key: Key;
}

/**
 * Reads a certificate chain and its private key, and checks that they belong
 * together. The chain is put in order: the certificate of the key first, each
 * one followed by its issuer.
 *
 * @param cert PEM with one or more certificates, or DER of one.
 * @param key PEM or DER as {@linkcode PrivateKey.parse} reads it, or a signer.
 * @param options A passphrase, if the key is encrypted.
 * @returns Chain and key, as `certificates` takes them.
 * @throws {TlsError} `key_mismatch`, if the key belongs to none of the
 * certificates, and what {@linkcode PrivateKey.parse} throws.
 * @throws {TlsCertificateError} `malformed_certificate`
 *
 * @example An identity from two PEM texts
 * ```ts
 * import { issueCertificate, parseKeyPair } from "@x/tls/x509";
 * import { assertEquals } from "@std/assert";
 *
 * const { cert, key } = await issueCertificate({ names: ["localhost"] });
 * const identity = await parseKeyPair(cert, key);
 * assertEquals(identity.chain[0]?.subject, "CN=localhost");
 * ```
 */
export async function parseKeyPair(
  cert: CertificateInput,
  key: KeyInput,
  options: PrivateKeyOptions = {},
): Promise<Identity> {
  refuseUnknownOptions("Cannot use the key pair", options, [
    "passphrase",
    "maxIterations",
  ]);
  const certificates = readCertificates(cert);
  const signer = await parseSigner(key, options);
  const leaf = certificates.find((certificate) =>
    isSamePublicKey(certificate.publicKey, signer.publicKey)
  );
  if (leaf === undefined) throw mismatch(certificates, signer);
  return { chain: orderChain(leaf, certificates), key: signer };
}

/** Reads a private key, or checks what signs in its place. */
export async function parseSigner(
  key: KeyInput,
  options: PrivateKeyOptions = {},
): Promise<Signer> {
  return typeof key === "string" || key instanceof Uint8Array
    ? await PrivateKey.parse(key, options)
    : checkSigner(key);
}

/**
 * The leaf, then the issuer of each one as far as there is one, then the
 * others (cross-signed CAs, say) in the order in which they were given; each
 * certificate once.
 */
export function orderChain(
  leaf: Certificate,
  certificates: readonly Certificate[],
): Certificate[] {
  const chain = [leaf];
  const others = new Set(
    certificates.filter((other, at) =>
      !other.equals(leaf) &&
      certificates.findIndex((earlier) => earlier.equals(other)) === at
    ),
  );
  for (let last = leaf; !last.isSelfIssued;) {
    const issuer = issuerOf(last, [...others]);
    if (issuer === undefined) break;
    others.delete(issuer);
    chain.push(issuer);
    last = issuer;
  }
  return [...chain, ...others];
}

/** By name; the key identifiers choose among several. */
function issuerOf(
  certificate: Certificate,
  candidates: readonly Certificate[],
): Certificate | undefined {
  const named = candidates.filter((candidate) =>
    candidate.subjectName.equals(certificate.issuerName)
  );
  const wanted = certificate.extensionValues.authorityKeyIdentifier
    ?.keyIdentifier;
  const exact = named.find(({ extensionValues }) => {
    const own = extensionValues.subjectKeyIdentifier;
    return own && wanted && equals(own, wanted);
  });
  return exact ?? named[0];
}

/** Whether two public keys are the same, however their points are written. */
export function isSamePublicKey(
  ofCertificate: PublicKey,
  ofKey: Pick<PublicKey, "type" | "spki">,
): boolean {
  if (equals(ofCertificate.spki, ofKey.spki)) return true;
  const point = ofCertificate.bytes;
  if (ofCertificate.type !== "ec" || ofKey.type !== "ec") return false;
  // RFC 5480 section 2.2: a compressed point is the sign of y, and x.
  const size = point.length - 1;
  const own = ofKey.spki.subarray(-2 * size - 1);
  return point[0] === 2 + ((own.at(-1) ?? 0) & 1) && own[0] === 4 &&
    equals(point.subarray(1), own.subarray(1, 1 + size));
}

function mismatch(
  [first]: readonly Certificate[],
  { publicKey }: Signer,
): TlsError {
  const describe = ({ type, bits, curve }: Signer["publicKey"]) =>
    curve === undefined ? `${type}, ${bits} bits` : `${type}, ${curve}`;
  return new TlsError(
    "key_mismatch",
    `Cannot use the key pair: the private key (${
      describe(publicKey)
    }) does not belong to the certificate of "${first?.subject}" (${
      first ? describe(first.publicKey) : "none"
    })`,
    { hint: "Give the key with which the certificate was requested" },
  );
}

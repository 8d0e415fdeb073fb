/**
 * Certificate and CertificateVerify of TLS 1.3 (RFC 9846 sections 4.5.1 and
 * 4.5.2), which either side sends and reads.
 *
 * @module
 */

import { signatureSchemeById } from "../../crypto/signatures/signature_schemes.ts";
import { TlsProtocolError } from "../../errors.ts";
import { Lazy } from "../../lazy.ts";
import {
  CertificateStatusType,
  CertificateType,
  ExtensionType,
  HandshakeType,
  nameOf,
  ProtocolVersion,
  SignatureScheme,
} from "../../registry.ts";
import { orderHint } from "../../x509/certificate/chain_order.ts";
import { keyUsageError } from "../../x509/certificate/key_usage.ts";
import {
  certificateVerifyContent,
  signWithIdentity,
} from "../common/authenticate.ts";
import type {
  ClientConfig,
  HandshakeConfig,
  ServerConfig,
} from "../common/config.ts";
import type { LocalIdentity } from "../common/local_identity.ts";
import { type PeerChain, readPeerChain } from "../common/peer_chain.ts";
import { rawPublicKeys } from "../common/peer_verification.ts";
import type { CertificateReader } from "./certificate_compression.ts";
import { type Extensions, refuseUnsolicited } from "../messages/extensions.ts";
import { withoutGrease } from "../messages/grease.ts";
import type { HandshakeIO } from "../io/message_stream.ts";
import type { Transcript } from "../io/transcript.ts";
import { tls13 } from "../messages/message_kinds.ts";
import type { Certificate, CertificateEntry } from "../messages/certificate.ts";
import type { CertificateRequest } from "../messages/certificate_request.ts";
import { type ChosenIdentity, schemeFitsKey } from "../common/negotiate.ts";
import type { SessionRequest } from "../session/session_state.ts";

/**
 * Reads Certificate; or CompressedCertificate, where an algorithm was offered.
 * Not `async`: that would cost each handshake a promise.
 */
export function readCertificate(
  exchange: CertificateReader,
): Promise<Certificate> {
  const { io, config, transcript } = exchange;
  return config.certificateCompression.length === 0
    ? io.read(tls13.certificate, transcript)
    : readEither(exchange);
}

async function readEither(exchange: CertificateReader): Promise<Certificate> {
  const { io, transcript } = exchange;
  const { type } = await io.peek();
  if (type !== HandshakeType.compressed_certificate) {
    return await io.read(tls13.certificate, transcript);
  }
  const { readCompressed } = await compressed.load();
  return await readCompressed(exchange);
}

const compressed = new Lazy(
  "compressed certificates",
  () => import("./certificate_compression.ts"),
);

/**
 * The certificates of a Certificate message, with what hangs on the leaf and the
 * key of its delegated credential; or its raw public key.
 */
export function peerChainOf(
  config: ClientConfig | ServerConfig,
  message: Certificate,
  solicited: ReadonlySet<number>,
  certificateType: number,
): PeerChain | Promise<PeerChain> {
  const shown = shownIn(message, solicited, certificateType);
  // RFC 9345 section 4.1: those with other certificates are ignored.
  const raw = message.certificateList[0]?.extensions.delegated_credential;
  return raw === undefined ? shown : withDelegation(config, shown, raw);
}

async function withDelegation(
  config: ClientConfig | ServerConfig,
  shown: PeerChain | Promise<PeerChain>,
  raw: Uint8Array,
): Promise<PeerChain> {
  // First, as it may reject while the other is loaded.
  const chain = await shown;
  const { acceptDelegation } = await delegations.load();
  return await acceptDelegation(config, chain, raw);
}

function shownIn(
  message: Certificate,
  solicited: ReadonlySet<number>,
  certificateType: number,
): PeerChain | Promise<PeerChain> {
  refuseDelegation(message, solicited);
  for (const entry of message.certificateList) {
    // Section 4.5.1: they correspond to those in the ClientHello or request.
    refuseUnsolicited(solicited, entry.extensions, "Certificate");
  }
  const certificates = message.certificateList.map((entry) => entry.certData);
  if (
    certificateType === CertificateType.RawPublicKey && certificates.length > 0
  ) return readRawPublicKeyOf(certificates);
  const extensions = message.certificateList[0]?.extensions;
  return readPeerChain({
    certificates,
    ocspResponse: extensions?.status_request?.response,
    signedCertificateTimestamps: extensions?.signed_certificate_timestamp,
  });
}

/**
 * RFC 9345 section 4.1.1: "If the client receives a delegated credential without
 * indicating support, then the client MUST abort with an "unexpected_message"
 * alert", and not with that of other extensions. Section 4.1.2 has the same for
 * servers.
 */
function refuseDelegation(
  { certificateList }: Certificate,
  solicited: ReadonlySet<number>,
): void {
  if (
    !solicited.has(ExtensionType.delegated_credential) &&
    certificateList[0]?.extensions.delegated_credential !== undefined
  ) {
    throw new TlsProtocolError(
      "unexpected_message",
      "Cannot accept Certificate: delegated_credential was not asked for",
    );
  }
}

/** What verifies delegated credentials. */
const delegations = new Lazy(
  "delegated credentials",
  () => import("../common/delegated_credential.ts"),
);

async function readRawPublicKeyOf(
  entries: readonly Uint8Array[],
): Promise<PeerChain> {
  return (await rawPublicKeys.load()).rawPublicKeyOf(entries);
}

/**
 * CertificateVerify: the scheme must have been offered, and fit the key. "The
 * end-entity certificate MUST allow the key to be used for signing" (RFC 9846
 * section 4.5.1.2). This is checked whatever is trusted: TLS 1.3 uses the key for
 * nothing else, and no deployed peer gets it wrong.
 *
 * @throws {TlsCertificateError} `wrong_key_usage`, whatever checks were turned off.
 */
export async function readCertificateVerify(
  { io, config, transcript }: {
    readonly io: HandshakeIO;
    readonly config: {
      readonly side: "client" | "server";
      readonly signatureSchemes: readonly number[];
    };
    readonly transcript: Transcript;
  },
  chain: PeerChain,
): Promise<{ scheme: number; signature: Uint8Array }> {
  const { algorithm, signature } = await io.read(
    tls13.certificateVerify,
    transcript,
  );
  const row = signatureSchemeById(algorithm);
  const { publicKey } = chain;
  if (
    row === undefined || !config.signatureSchemes.includes(algorithm) ||
    !schemeFitsKey(row, publicKey, ProtocolVersion["TLSv1.3"]) ||
    // RFC 9345 section 4.1.3, step 3.
    chain.delegation !== undefined && chain.delegation.scheme !== algorithm ||
    // RFC 9963 section 3: a client has not offered it.
    config.side === "client" && row.clientOnly
  ) {
    throw new TlsProtocolError(
      "illegal_parameter",
      `Cannot accept CertificateVerify: ${
        nameOf(SignatureScheme, algorithm)
      } was not offered or does not fit the certificate's ${publicKey.type} key`,
      { hint: orderHint(chain.certificates) },
    );
  }
  const unusable = chain.leaf &&
    keyUsageError(chain.leaf, "digitalSignature", chain.certificates);
  if (unusable !== undefined) throw unusable;
  return { scheme: algorithm, signature: signature.slice() };
}

/** What of a hello or request decides what hangs on the certificates. */
export interface CertificateWishes {
  readonly status_request?: unknown;
  readonly signed_certificate_timestamp?: unknown;
  readonly compress_certificate?: readonly number[] | undefined;
}

/** Messages out, for a side. */
interface Sender {
  readonly io: HandshakeIO;
  readonly config: Pick<HandshakeConfig, "certificateCompression"> & {
    readonly side: "client" | "server";
  };
}

/** Sends Certificate, compressed where both sides can, and CertificateVerify. */
export async function sendAuthentication(
  { io, config }: Sender,
  { identity, scheme }: ChosenIdentity,
  { compress_certificate: algorithms = [] }: CertificateWishes,
  certificate: Certificate,
): Promise<void> {
  const compression = config.certificateCompression
    .find(({ id }) => algorithms.includes(id));
  if (compression === undefined) io.send(tls13.certificate, certificate);
  else {
    const { sendCompressed } = await compressed.load();
    await sendCompressed(io, compression, identity, certificate);
  }
  const content = certificateVerifyContent(config.side, io.transcript.hash());
  io.send(tls13.certificateVerify, {
    algorithm: scheme,
    signature: await signWithIdentity(identity, scheme, content),
  });
}

/** The entries of an identity, with the extensions that were asked for. */
export function certificateEntries(
  identity: LocalIdentity,
  wishes: CertificateWishes,
  ocspResponse = identity.ocspResponse,
): CertificateEntry[] {
  if (identity.chain.length === 0) {
    // RFC 9846 section 4.5.1: "the certificate_list MUST contain no more than one
    // CertificateEntry, which contains an ASN1_subjectPublicKeyInfo value".
    return [{ certData: identity.key.publicKey.spki, extensions: {} }];
  }
  return identity.chain.map((certificate, index) => ({
    certData: certificate.raw,
    extensions: index === 0
      ? leafExtensions(identity, wishes, ocspResponse)
      : {},
  }));
}

function leafExtensions(
  { signedCertificateTimestamps: scts = [], delegation }: LocalIdentity,
  wishes: CertificateWishes,
  ocspResponse: Uint8Array | undefined,
): Extensions<"Certificate"> {
  const extensions: Extensions<"Certificate"> = {};
  // An identity with one is chosen only for peers that take it.
  if (delegation !== undefined) {
    extensions.delegated_credential = delegation.raw;
  }
  if (wishes.status_request !== undefined && ocspResponse !== undefined) {
    extensions.status_request = {
      statusType: CertificateStatusType.ocsp,
      response: ocspResponse,
    };
  }
  if (wishes.signed_certificate_timestamp !== undefined && scts.length > 0) {
    extensions.signed_certificate_timestamp = [...scts];
  }
  return extensions;
}

/**
 * What a request asks for, in a buffer of its own.
 *
 * @throws {TlsProtocolError} `missing_extension`: "The signature_algorithms
 * extension MUST be specified" (RFC 9846 section 4.4.2).
 */
export function requestOf(
  { extensions }: CertificateRequest,
  certificateType: number,
): SessionRequest {
  const { signature_algorithms, certificate_authorities = [] } = extensions;
  if (signature_algorithms === undefined) {
    throw new TlsProtocolError(
      "missing_extension",
      "Cannot accept CertificateRequest: it has no signature_algorithms",
    );
  }
  return {
    certificateAuthorities: certificate_authorities
      .map((name) => name.slice()),
    signatureSchemes: withoutGrease(signature_algorithms),
    certificateSignatureSchemes: withoutGrease(
      extensions.signature_algorithms_cert ?? [],
    ),
    delegatedCredentialSchemes: withoutGrease(
      extensions.delegated_credential ?? [],
    ),
    certificateTypes: [],
    certificateType,
  };
}

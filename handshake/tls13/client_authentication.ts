/**
 * How a server of TLS 1.3 asks a client for a certificate, and reads the answer,
 * in the handshake or after it (RFC 9846 sections 4.4.2, 4.5 and 4.7.2).
 *
 * @module
 */

import { equals } from "@std/bytes";
import { TlsProtocolError } from "../../errors.ts";
import {
  authenticatePeer,
  certificateVerifyContent,
  type PeerAuthentication,
  peerWithoutCertificate,
} from "../common/authenticate.ts";
import type { ServerConfig } from "../common/config.ts";
import type { HandshakeIO } from "../io/message_stream.ts";
import type { Transcript } from "../io/transcript.ts";
import { CertificateType } from "../../registry.ts";
import type { ServerHandshake } from "../common/flow.ts";
import {
  answeredType,
  chooseClientType,
  requireAcceptedType,
} from "../common/certificate_types.ts";
import type { ChosenIdentity } from "../common/negotiate.ts";
import type { AcceptedPsk } from "./server_psk.ts";
import type { CertificateRequest } from "../messages/certificate_request.ts";
import { Grease } from "../messages/grease.ts";
import { type Extensions, typesOf } from "../messages/extensions.ts";
import {
  peerChainOf,
  readCertificate,
  readCertificateVerify,
} from "./certificates.ts";

/** A CertificateRequest as the configuration has it. */
export function certificateRequest(
  config: ServerConfig,
  certificateRequestContext: Uint8Array,
): CertificateRequest {
  // RFC 8701 section 4.1: in signature_algorithms and among the extensions.
  const grease = config.grease ? new Grease(config.random(8)) : undefined;
  const extensions: Extensions<"CertificateRequest"> = {
    unknown: grease?.extensions(),
    signature_algorithms: [
      ...grease?.signatureScheme() ?? [],
      ...config.signatureSchemes,
    ],
  };
  if (config.certificateSignatureSchemes !== undefined) {
    extensions.signature_algorithms_cert = [
      ...grease?.signatureScheme() ?? [],
      ...config.certificateSignatureSchemes,
    ];
  }
  // RFC 9345 section 4.1.2.
  if (config.delegatedCredentialSchemes.length > 0) {
    extensions.delegated_credential = [...config.delegatedCredentialSchemes];
  }
  if (config.certificateAuthorities.length > 0) {
    extensions.certificate_authorities = [...config.certificateAuthorities];
  }
  // After the handshake the context, which is compressed as well, tells which
  // request is answered: none of these asks for compression.
  if (
    certificateRequestContext.length === 0 &&
    config.certificateCompression.length > 0
  ) {
    extensions.compress_certificate = config.certificateCompression
      .map(({ id }) => id);
  }
  return { certificateRequestContext, extensions };
}

/**
 * The CertificateType of the client's certificate (RFC 7250 section 4.2): of one
 * that is requested, or may be later.
 */
export function clientTypeOf(
  { config, hello: { extensions } }: ServerHandshake,
  hasPsk: boolean,
): number {
  const isRequested = !hasPsk && config.clientAuth !== "none";
  const mayBeLater = extensions.post_handshake_auth !== undefined;
  return isRequested || mayBeLater
    ? chooseClientType(config, extensions.client_certificate_type, isRequested)
    : CertificateType.X509;
}

/** What both sides show, where certificates follow. */
export interface ShownTypes {
  readonly identity: ChosenIdentity | undefined;
  readonly clientCertificateType: number;
}

/**
 * The extensions of RFC 7250 section 4.2, where they were offered. As BoringSSL,
 * a server says with a session, too, what its proof was.
 */
export function certificateTypes(
  { config, hello }: ServerHandshake,
  psk: AcceptedPsk | undefined,
  { identity, clientCertificateType }: ShownTypes,
): Pick<
  Extensions<"EncryptedExtensions">,
  "client_certificate_type" | "server_certificate_type"
> {
  const mayRequest = psk === undefined && config.clientAuth !== "none" ||
    clientCertificateType !== CertificateType.X509;
  return {
    server_certificate_type: answeredType(
      hello,
      identity?.identity ?? psk?.session?.localIdentity,
    ),
    client_certificate_type:
      mayRequest && hello.extensions.client_certificate_type !== undefined
        ? clientCertificateType
        : undefined,
  };
}

/** An exchange of messages, during or after the handshake. */
export interface Exchange {
  readonly io: HandshakeIO;
  readonly config: ServerConfig;
  /** CertificateType that was agreed on (RFC 7250). */
  readonly certificateType: number;
  /** The messages that the exchange authenticates. */
  readonly transcript: Transcript;
}

/** A client's answer to a CertificateRequest, but for its Finished. */
export async function readCertificates(
  { io, config, transcript, certificateType }: Exchange,
  request: CertificateRequest,
): Promise<PeerAuthentication> {
  const message = await readCertificate({ io, config, transcript });
  if (
    !equals(
      message.certificateRequestContext,
      request.certificateRequestContext,
    )
  ) {
    throw new TlsProtocolError(
      "illegal_parameter",
      "Cannot accept Certificate: certificate_request_context is not that of the request",
    );
  }
  if (message.certificateList.length === 0) return refuseOrDoWithout(config);
  requireAcceptedType(certificateType, config);
  const chain = await peerChainOf(
    config,
    message,
    new Set(typesOf(request.extensions)),
    certificateType,
  );
  const content = certificateVerifyContent("client", transcript.hash());
  const signed = await readCertificateVerify(
    { io, config, transcript },
    chain,
  );
  return await authenticatePeer(config, chain, { ...signed, content });
}

/** Section 4.5.1.3: a client without a certificate, by Go's policies. */
function refuseOrDoWithout(config: ServerConfig): PeerAuthentication {
  const { clientAuth } = config;
  if (clientAuth === "require" || clientAuth === "require-any") {
    throw new TlsProtocolError(
      "certificate_required",
      'Cannot accept the client: it sent no certificate, and option "clientAuth" requires one',
    );
  }
  return peerWithoutCertificate({ by: "not sent", clientAuth });
}

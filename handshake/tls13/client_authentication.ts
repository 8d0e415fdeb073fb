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
import type { CertificateRequest } from "../messages/certificate_request.ts";
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
  const extensions: Extensions<"CertificateRequest"> = {
    signature_algorithms: [...config.signatureSchemes],
  };
  if (config.certificateSignatureSchemes !== undefined) {
    extensions.signature_algorithms_cert = [
      ...config.certificateSignatureSchemes,
    ];
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

/** An exchange of messages, during or after the handshake. */
export interface Exchange {
  readonly io: HandshakeIO;
  readonly config: ServerConfig;
  /** The messages that the exchange authenticates. */
  readonly transcript: Transcript;
}

/** A client's answer to a CertificateRequest, but for its Finished. */
export async function readCertificates(
  { io, config, transcript }: Exchange,
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
  const chain = peerChainOf(
    message,
    new Set(typesOf(request.extensions)),
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

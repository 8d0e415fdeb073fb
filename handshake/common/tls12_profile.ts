/**
 * What differs between TLS 1.2, 1.1 and 1.0: the PRF, the hash of the
 * transcript, and how signatures say what they were made with. One row a
 * version; the flows know no version. What differs in records is in
 * `record/protection_cbc.ts`.
 *
 * @module
 */

import { md5Sha1 } from "../../crypto/primitives/md5_sha1.ts";
import type { CipherSuite } from "../../crypto/suites/cipher_suites.ts";
import { type Prf, prfTls10, prfTls12 } from "../../crypto/prf_tls12.ts";
import {
  signatureSchemeById,
  tls10SignatureSchemes,
} from "../../crypto/signatures/signature_schemes.ts";
import type { Codec } from "../../record/codec.ts";
import { nameOf, ProtocolVersion, SignatureScheme } from "../../registry.ts";
import type { MessageKind } from "../messages/message_kind.ts";
import { serverKeyExchange, signed } from "../messages/message_kinds_tls12.ts";
import type { CertificateRequestTls12 } from "../messages/certificate_request_tls12.ts";
import type { CertificateVerify } from "../messages/certificate_verify.ts";
import type {
  ServerKeyExchangeDhe,
  ServerKeyExchangeEcdhe,
} from "../messages/server_key_exchange.ts";
import { type KeyShape, schemeFitsKey } from "./negotiate.ts";
import type { TranscriptHash } from "../io/transcript.ts";
import type { Tls12Version } from "./versions.ts";

/** A version of the protocol before TLS 1.3. */
export interface Tls12Profile {
  /** Its number. */
  readonly version: Tls12Version;
  /** The PRF (RFC 5246 section 5; RFC 4346 section 5). */
  prf(suite: CipherSuite): Prf;
  /** What handshake messages are hashed with (RFC 5246 section 7.4.9). */
  transcriptHash(suite: CipherSuite): TranscriptHash;
  /** How signatures are made. */
  readonly signatures: SignatureForm;
}

/** How signatures are made, and the messages that they are in. */
export interface SignatureForm {
  /** The schemes of a signature_algorithms that came, or of none. */
  schemes(offered: readonly number[] | undefined): readonly number[];
  /**
   * The scheme of a signature with the number that it says, by a key.
   *
   * @returns `undefined` if the key can make no such signature.
   */
  schemeOf(algorithm: number, key: KeyShape): number | undefined;
  readonly serverKeyExchangeEcdhe: MessageKind<ServerKeyExchangeEcdhe>;
  readonly serverKeyExchangeDhe: MessageKind<ServerKeyExchangeDhe>;
  readonly certificateRequest: MessageKind<CertificateRequestTls12>;
  readonly certificateVerify: MessageKind<CertificateVerify>;
}

/** The row of a version. */
export function profileOf(version: number): Tls12Profile {
  switch (version) {
    case ProtocolVersion["TLSv1.2"]:
      return tls12Profile;
    case ProtocolVersion["TLSv1.1"]:
      return tls11Profile;
    case ProtocolVersion["TLSv1"]:
      return tls10Profile;
    default:
      throw new TypeError(
        `Unknown version ${
          nameOf(ProtocolVersion, version)
        }: expected TLS 1.0, 1.1 or 1.2`,
      );
  }
}

/** RFC 5246 section 4.7: a signature says its scheme. */
const named: SignatureForm = {
  // RFC 5246 section 7.4.1.4.1: without the extension, SHA-1 with any key.
  schemes: (offered) => offered ?? SHA1_SCHEMES,
  schemeOf(algorithm, key) {
    const row = signatureSchemeById(algorithm);
    const fits = row !== undefined &&
      schemeFitsKey(row, key, ProtocolVersion["TLSv1.2"]);
    return fits ? algorithm : undefined;
  },
  serverKeyExchangeEcdhe: serverKeyExchange.ecdhe,
  serverKeyExchangeDhe: serverKeyExchange.dhe,
  certificateRequest: signed.certificateRequest,
  certificateVerify: signed.certificateVerify,
};

/** RFC 4346 section 4.7: the type of the key says it. */
const implied: SignatureForm = {
  schemes: () => tls10SignatureSchemes.map((row) => row.id),
  schemeOf: (_, key) =>
    tls10SignatureSchemes.find((row) => row.keyType === key.type)?.id,
  serverKeyExchangeEcdhe: withScheme(
    serverKeyExchange.ecdheTls10,
    ({ params, signedParams }) => ({
      params,
      signedParams: { algorithm: UNSAID, ...signedParams },
    }),
  ),
  serverKeyExchangeDhe: withScheme(
    serverKeyExchange.dheTls10,
    ({ params, signedParams }) => ({
      params,
      signedParams: { algorithm: UNSAID, ...signedParams },
    }),
  ),
  certificateRequest: withScheme(signed.certificateRequestTls10, (request) => ({
    supportedSignatureAlgorithms: [],
    ...request,
  })),
  certificateVerify: withScheme(signed.certificateVerifyTls10, (verify) => ({
    algorithm: UNSAID,
    ...verify,
  })),
};

/** The older form of a message, read as if it were the newer one. */
function withScheme<Old, New extends Old>(
  { type, name, codec }: MessageKind<Old>,
  complete: (old: Old) => New,
): MessageKind<New> {
  const completed: Codec<New> = {
    read: (reader) => complete(codec.read(reader)),
    write: (writer, value) => codec.write(writer, value),
  };
  return { type, name, codec: completed };
}

/** Stands where a signature does not say its scheme. */
const UNSAID = 0;

const SHA1_SCHEMES: readonly number[] = [
  SignatureScheme.rsa_pkcs1_sha1,
  SignatureScheme.ecdsa_sha1,
];

const tls12Profile: Tls12Profile = {
  version: ProtocolVersion["TLSv1.2"],
  prf: (suite) => prfTls12(suite.hash),
  transcriptHash: (suite) => suite.hash,
  signatures: named,
};

const tls11Profile: Tls12Profile = {
  version: ProtocolVersion["TLSv1.1"],
  prf: () => prfTls10,
  transcriptHash: () => md5Sha1,
  signatures: implied,
};

const tls10Profile: Tls12Profile = {
  ...tls11Profile,
  version: ProtocolVersion["TLSv1"],
};

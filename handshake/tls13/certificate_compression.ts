/**
 * CompressedCertificate (RFC 8879), in place of Certificate: sent where both
 * sides have an algorithm, read where the peer used one that we offered.
 *
 * @module
 */

import { equals } from "@std/bytes";
import { TlsError, TlsProtocolError } from "../../errors.ts";
import { decode, encode } from "../../record/codec.ts";
import { CertificateCompressionAlgorithm, nameOf } from "../../registry.ts";
import type { Certificate as X509Certificate } from "../../x509/certificate/certificate.ts";
import type { HandshakeConfig } from "../common/config.ts";
import type {
  CertificateCompression,
  CertificateCompressor,
} from "../common/certificate_compressor.ts";
import type { LocalIdentity } from "../common/local_identity.ts";
import type { HandshakeIO } from "../io/message_stream.ts";
import { Certificate } from "../messages/certificate.ts";
import { CompressedCertificate } from "../messages/compressed_certificate.ts";
import { kind } from "../messages/message_kind.ts";
import { tls13 } from "../messages/message_kinds.ts";
import { builtInCompressor } from "./certificate_compressors.ts";
import type { Transcript } from "../io/transcript.ts";

/** Messages in, with what bounds them. */
export interface CertificateReader {
  readonly io: HandshakeIO;
  readonly config: Pick<
    HandshakeConfig,
    "certificateCompression" | "maxCertificateSize"
  >;
  /** Where the message is added. */
  readonly transcript: Transcript;
}

/** The message as the flows ask for it. */
const compressedCertificate = kind(
  "compressed_certificate",
  "CompressedCertificate",
  CompressedCertificate,
);

/**
 * Reads a CompressedCertificate (RFC 8879 section 4).
 *
 * @throws {TlsProtocolError} `illegal_parameter`, if its algorithm was not
 * offered; `bad_certificate`, if it is too large or cannot be decompressed.
 */
export async function readCompressed(
  { io, config, transcript }: CertificateReader,
): Promise<Certificate> {
  const message = await io.read(compressedCertificate, transcript);
  const { algorithm, uncompressedLength } = message;
  const offered = config.certificateCompression
    .find(({ id }) => id === algorithm);
  if (offered === undefined) {
    // "The algorithm MUST be one of the algorithms listed in the peer's
    // compress_certificate extension."
    throw new TlsProtocolError(
      "illegal_parameter",
      `Cannot accept CompressedCertificate: ${
        nameOfAlgorithm(algorithm)
      } was not offered`,
    );
  }
  // Section 5: "implementations MUST limit the size of the resulting
  // decompressed chain to the specified uncompressed length"; and that to what
  // a Certificate may have, before any of it is there.
  if (uncompressedLength > config.maxCertificateSize) {
    throw badCertificate(
      `expected at most ${config.maxCertificateSize} bytes when decompressed, got ${uncompressedLength}`,
    );
  }
  const body = await decompress(offered, message);
  return decode(Certificate, body, "Certificate");
}

async function decompress(
  compression: CertificateCompression,
  { uncompressedLength, compressedCertificateMessage }: CompressedCertificate,
): Promise<Uint8Array> {
  let body: Uint8Array;
  try {
    body = await compressorOf(compression)
      .decompress(compressedCertificateMessage, uncompressedLength);
  } catch (cause) {
    // Section 4: "If the received CompressedCertificate message cannot be
    // decompressed, the connection MUST be terminated with the
    // "bad_certificate" alert."
    throw badCertificate(
      `it cannot be decompressed to ${uncompressedLength} bytes by ${
        nameOfAlgorithm(compression.id)
      }`,
      cause,
    );
  }
  // A Buffer of Node.js is cut by slice() without a copy.
  body = new Uint8Array(body);
  // Section 4: "If, after decompression, the specified length does not match
  // the actual length, the party receiving the invalid message MUST abort".
  if (body.length === uncompressedLength) return body;
  throw badCertificate(
    `expected ${uncompressedLength} bytes when decompressed, got ${body.length}`,
  );
}

function badCertificate(why: string, cause?: unknown): TlsProtocolError {
  return new TlsProtocolError(
    "bad_certificate",
    `Cannot accept CompressedCertificate: ${why}`,
    { cause },
  );
}

function nameOfAlgorithm(id: number): string {
  return nameOf(CertificateCompressionAlgorithm, id);
}

/** Sends a Certificate compressed, or as it is where that gains nothing. */
export async function sendCompressed(
  io: HandshakeIO,
  compression: CertificateCompression,
  { chain: [leaf] }: LocalIdentity,
  certificate: Certificate,
): Promise<void> {
  const body = encode(Certificate, certificate);
  const found = leaf && findKept(leaf, compression, body);
  const result = found ??
    { compression, body, compressed: await compress(compression, body) };
  if (leaf !== undefined && found === undefined) keep(leaf, result);
  const { compressed } = result;
  if (compressed === undefined) return io.send(tls13.certificate, certificate);
  io.send(compressedCertificate, {
    algorithm: compression.id,
    uncompressedLength: body.length,
    compressedCertificateMessage: compressed,
  });
}

async function compress(
  compression: CertificateCompression,
  body: Uint8Array,
): Promise<Uint8Array | undefined> {
  try {
    return await compressorOf(compression).compress(body);
  } catch (cause) {
    throw new TlsError(
      "internal_error",
      `Cannot compress the certificate by ${
        nameOfAlgorithm(compression.id)
      }: it failed`,
      { cause, alert: "internal_error" },
    );
  }
}

function compressorOf(
  compression: CertificateCompression,
): CertificateCompressor {
  return "compress" in compression
    ? compression
    : builtInCompressor(compression.id);
}

/** A body of a Certificate message, and what came of it. */
interface Kept {
  readonly compression: CertificateCompression;
  readonly body: Uint8Array;
  /** `undefined` if it would not be smaller. */
  readonly compressed: Uint8Array | undefined;
}

/**
 * The latest results for a certificate. The messages differ by what the peer
 * asked for, and by the staple.
 */
const kept = new WeakMap<X509Certificate, Kept[]>();

/** Two extensions, there or not, in three algorithms. */
const MAX_KEPT = 12;

function findKept(
  leaf: X509Certificate,
  { id }: CertificateCompression,
  body: Uint8Array,
): Kept | undefined {
  return kept.get(leaf)
    ?.find((each) => each.compression.id === id && equals(each.body, body));
}

function keep(leaf: X509Certificate, result: Kept): void {
  kept.set(leaf, [result, ...kept.get(leaf) ?? []].slice(0, MAX_KEPT));
}

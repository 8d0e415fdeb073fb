/**
 * What compresses certificates (RFC 8879): types only.
 *
 * @module
 */

import type { MaybePromise } from "../../crypto/primitives/provider.ts";

/**
 * An algorithm that compresses certificates (RFC 8879), where the runtime lacks
 * it or a dictionary is shared with the peer.
 */
export interface CertificateCompressor {
  /** Its number in the registry of RFC 8879 section 7.3, such as 2 for brotli. */
  readonly id: number;
  /**
   * Compresses the body of a Certificate message.
   *
   * @returns The result, or `undefined` to send the message as it is.
   */
  compress(message: Uint8Array): MaybePromise<Uint8Array | undefined>;
  /**
   * Decompresses the body of a Certificate message; an error refuses the peer.
   *
   * @param length The length of the result in bytes, as the peer says. It is
   * not above `maxCertificateSize`; stop where there is more.
   */
  decompress(compressed: Uint8Array, length: number): MaybePromise<Uint8Array>;
}

/** An algorithm of our own by its number alone, or the caller's. */
export type CertificateCompression =
  | CertificateCompressor
  | { readonly id: number };

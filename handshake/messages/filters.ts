import { TlsProtocolError } from "../../errors.ts";
import {
  checked,
  type Codec,
  struct,
  uint16,
  uint8,
  vector,
} from "../../record/codec.ts";
import { CertificateType } from "../../registry.ts";

/** RFC 9846 section 4.3.4; RFC 5246 section 7.4.4: names in DER. */
export type DistinguishedNames = Uint8Array[];

/** RFC 9846 section 4.3.4. */
export const DistinguishedNames: Codec<DistinguishedNames> = vector(
  uint16,
  3,
  2 ** 16 - 1,
  vector(uint16, 1, 2 ** 16 - 1),
);

/** RFC 9846 section 4.3.5. */
export interface OidFilter {
  /** The certificate extension's object identifier in DER. */
  certificateExtensionOid: Uint8Array;
  /**
   * The value that it must contain, in DER; empty if it may contain anything.
   */
  certificateExtensionValues: Uint8Array;
}

/** RFC 9846 section 4.3.5. */
export const OidFilter: Codec<OidFilter> = struct("OidFilter", {
  certificateExtensionOid: vector(uint8, 1, 2 ** 8 - 1),
  certificateExtensionValues: vector(uint16, 0, 2 ** 16 - 1),
});

/** RFC 9846 section 4.3.5. */
export type OidFilters = OidFilter[];

/** RFC 9846 section 4.3.5. */
export const OidFilters: Codec<OidFilters> = vector(
  uint16,
  0,
  2 ** 16 - 1,
  OidFilter,
);

/** RFC 8879 section 3: the algorithms that a peer can decompress. */
export type CertificateCompressionAlgorithms = number[];

/**
 * RFC 8879 section 3, `algorithms<2..2^8-2>`. A list with an algorithm twice is
 * refused, on which the RFC is silent: BoringSSL refuses it, so no peer sends it.
 */
export const CertificateCompressionAlgorithms: Codec<
  CertificateCompressionAlgorithms
> = checked(vector(uint8, 2, 2 ** 8 - 2, uint16), (algorithms, name) => {
  if (new Set(algorithms).size < algorithms.length) {
    throw new TlsProtocolError(
      "illegal_parameter",
      `Cannot accept ${name}: an algorithm is there twice`,
    );
  }
});

/** RFC 7250 section 3: of the registry `CertificateType`. */
export type CertificateTypes = number[];

/**
 * RFC 7250 section 3, `client_certificate_types<1..2^8-1>` and the same for
 * servers. Section 4.1: a client that supports nothing but X.509 "MUST omit"
 * the extension.
 */
export const CertificateTypes: Codec<CertificateTypes> = checked(
  vector(uint8, 1, 2 ** 8 - 1, uint8),
  (types, name) => {
    if (types.length === 1 && types[0] === CertificateType.X509) {
      throw new TlsProtocolError(
        "illegal_parameter",
        `Cannot accept ${name}: X.509 alone is what holds without it`,
      );
    }
  },
);

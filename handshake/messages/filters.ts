import {
  type Codec,
  struct,
  uint16,
  uint8,
  vector,
} from "../../record/codec.ts";

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

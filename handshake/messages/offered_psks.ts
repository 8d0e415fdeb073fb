import { TlsProtocolError } from "../../errors.ts";
import {
  checked,
  type Codec,
  struct,
  uint16,
  uint32,
  uint8,
  vector,
} from "../../record/codec.ts";

/** RFC 9846 section 4.3.11. */
export interface PskIdentity {
  /** A ticket, or the label of an external key. */
  identity: Uint8Array;
  /** Age in milliseconds plus `ticket_age_add`, modulo 2^32. */
  obfuscatedTicketAge: number;
}

/** RFC 9846 section 4.3.11. */
export const PskIdentity: Codec<PskIdentity> = struct("PskIdentity", {
  identity: vector(uint16, 1, 2 ** 16 - 1),
  obfuscatedTicketAge: uint32,
});

/** RFC 9846 section 4.3.11: the `pre_shared_key` of a ClientHello. */
export interface OfferedPsks {
  /** In the order of `binders`. */
  identities: PskIdentity[];
  /** HMACs over the ClientHello up to, not including, this list. */
  binders: Uint8Array[];
}

/**
 * RFC 9846 section 4.3.11. Each identity has a binder; another number of them
 * is `illegal_parameter`, as in BoringSSL.
 */
export const OfferedPsks: Codec<OfferedPsks> = checked(
  struct<OfferedPsks>("OfferedPsks", {
    identities: vector(uint16, 7, 2 ** 16 - 1, PskIdentity),
    binders: vector(uint16, 33, 2 ** 16 - 1, vector(uint8, 32, 255)),
  }),
  ({ identities, binders }, name) => {
    if (identities.length !== binders.length) {
      throw new TlsProtocolError(
        "illegal_parameter",
        `Cannot accept ${name}: ${identities.length} identities with ${binders.length} binders`,
      );
    }
  },
);

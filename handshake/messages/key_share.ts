import { TlsProtocolError } from "../../errors.ts";
import {
  checked,
  type Codec,
  struct,
  uint16,
  vector,
} from "../../record/codec.ts";

/** RFC 9846 section 4.3.8; the `key_share` of a ServerHello is one of them. */
export interface KeyShareEntry {
  /** The `NamedGroup` of the key. */
  group: number;
  /** The public key in the group's encoding. */
  keyExchange: Uint8Array;
}

/** RFC 9846 section 4.3.8. */
export const KeyShareEntry: Codec<KeyShareEntry> = struct("KeyShareEntry", {
  group: uint16,
  keyExchange: vector(uint16, 1, 2 ** 16 - 1),
});

/** RFC 9846 section 4.3.8: the shares in the client's order of preference. */
export type KeyShareClientHello = KeyShareEntry[];

/**
 * RFC 9846 section 4.3.8: "Clients MUST NOT offer multiple KeyShareEntry
 * values for the same group. […] Servers MAY check for violations of these
 * rules and abort the handshake with an "illegal_parameter" alert".
 */
export const KeyShareClientHello: Codec<KeyShareClientHello> = checked(
  vector(uint16, 0, 2 ** 16 - 1, KeyShareEntry),
  (shares, name) => {
    if (new Set(shares.map((share) => share.group)).size < shares.length) {
      throw new TlsProtocolError(
        "illegal_parameter",
        `Cannot accept ${name}: two shares for one group`,
      );
    }
  },
);

import {
  type Codec,
  opaque,
  struct,
  uint16,
  uint8,
  vector,
} from "../../record/codec.ts";
import { type Extensions, trailingExtensions } from "./extensions.ts";

/** RFC 9846 section 4.2.2; RFC 5246 section 7.4.1.2. */
export interface ClientHello {
  /** At most `TLSv1.2`; newer versions are in `supported_versions`. */
  legacyVersion: number;
  /** 32 bytes. */
  random: Uint8Array;
  /** At most 32 bytes; empty for none. */
  legacySessionId: Uint8Array;
  /** In the client's order of preference. */
  cipherSuites: number[];
  /** `[0]` in TLS 1.3, for no compression. */
  legacyCompressionMethods: number[];
  /** Also empty if an old client sent no such field. */
  extensions: Extensions<"ClientHello">;
}

/**
 * RFC 9846 section 4.2.2, with the bounds of RFC 5246 where those are wider.
 */
export const ClientHello: Codec<ClientHello> = struct("ClientHello", {
  legacyVersion: uint16,
  random: opaque(32),
  legacySessionId: vector(uint8, 0, 32),
  cipherSuites: vector(uint16, 2, 2 ** 16 - 2, uint16),
  legacyCompressionMethods: vector(uint8, 1, 2 ** 8 - 1, uint8),
  extensions: trailingExtensions("ClientHello"),
});

/**
 * The structures of the extension encrypted_client_hello (RFC 9849 section 5),
 * and a ClientHello whose extensions are not decoded.
 *
 * @module
 */

import { TlsProtocolError } from "../../errors.ts";
import {
  type Codec,
  opaque,
  Reader,
  rest,
  struct,
  uint16,
  uint8,
  vector,
} from "../../record/codec.ts";
import { EchClientHelloType } from "../../registry.ts";
import { HpkeSymmetricCipherSuite } from "./ech_config.ts";
import type { Extension } from "./extensions.ts";

/** The variant `outer` of ECHClientHello (RFC 9849 section 5). */
export interface OuterECHClientHello {
  cipherSuite: HpkeSymmetricCipherSuite;
  configId: number;
  /** Empty behind a HelloRetryRequest. */
  enc: Uint8Array;
  payload: Uint8Array;
}

const Outer: Codec<OuterECHClientHello> = struct("ECHClientHello", {
  cipherSuite: HpkeSymmetricCipherSuite,
  configId: uint8,
  enc: vector(uint16, 0, 2 ** 16 - 1),
  payload: vector(uint16, 1, 2 ** 16 - 1),
});

/** RFC 9849 section 5: what it is, or `"inner"`. */
export type ECHClientHello = OuterECHClientHello | "inner";

/** RFC 9849 section 5. */
export const ECHClientHello: Codec<ECHClientHello> = {
  read(reader) {
    const type = uint8.read(reader);
    if (type === EchClientHelloType.inner) return "inner";
    if (type === EchClientHelloType.outer) return Outer.read(reader);
    // Section 7: "If ECHClientHello.type is not a valid ECHClientHelloType, then
    // the server MUST abort with an "illegal_parameter" alert."
    throw new TlsProtocolError(
      "illegal_parameter",
      `Cannot accept ClientHello: ECHClientHello.type is ${type}`,
    );
  },
  write(writer, value) {
    if (value === "inner") {
      uint8.write(writer, EchClientHelloType.inner);
      return;
    }
    uint8.write(writer, EchClientHelloType.outer);
    Outer.write(writer, value);
  },
};

/** A ClientHello (RFC 9846 section 4.2.2) with extensions as they came. */
export interface RawClientHello {
  legacyVersion: number;
  random: Uint8Array;
  legacySessionId: Uint8Array;
  cipherSuites: Uint8Array;
  legacyCompressionMethods: Uint8Array;
  extensions: Extension[];
}

/** RFC 9846 section 4.2.2. */
export const RawClientHello: Codec<RawClientHello> = struct("ClientHello", {
  legacyVersion: uint16,
  random: opaque(32),
  legacySessionId: vector(uint8, 0, 32),
  cipherSuites: vector(uint16, 2, 2 ** 16 - 2),
  legacyCompressionMethods: vector(uint8, 1, 2 ** 8 - 1),
  extensions: vector(
    uint16,
    0,
    2 ** 16 - 1,
    struct<Extension>("Extension", {
      extensionType: uint16,
      extensionData: vector(uint16, 0, 2 ** 16 - 1),
    }),
  ),
});

/** `EncodedClientHelloInner` (RFC 9849 section 5.1), its padding apart. */
export function readEncodedClientHelloInner(
  bytes: Uint8Array,
): { hello: RawClientHello; padding: Uint8Array } {
  const reader = new Reader(bytes, "EncodedClientHelloInner");
  const hello = RawClientHello.read(reader);
  return { hello, padding: rest.read(reader) };
}

/** `ExtensionType OuterExtensions<2..254>` (RFC 9849 section 5.1). */
export const OuterExtensions: Codec<number[]> = vector(uint8, 2, 254, uint16);

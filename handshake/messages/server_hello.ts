import { equals } from "@std/bytes";
import {
  type Codec,
  opaque,
  Reader,
  struct,
  uint16,
  uint8,
  vector,
} from "../../record/codec.ts";
import { HandshakeType } from "../../registry.ts";
import {
  type Extensions,
  extensions,
  trailingExtensions,
} from "./extensions.ts";
import type { HandshakeMessage } from "./framing.ts";

/** RFC 9846 section 4.2.3; RFC 5246 section 7.4.1.3. */
export interface ServerHello {
  /** `TLSv1.2` in TLS 1.3, whose number is in `supported_versions`. */
  legacyVersion: number;
  /** 32 bytes. */
  random: Uint8Array;
  /** The client's legacy_session_id in TLS 1.3; at most 32 bytes. */
  legacySessionIdEcho: Uint8Array;
  /** The one that was chosen. */
  cipherSuite: number;
  /** 0, for no compression. */
  legacyCompressionMethod: number;
  /** Of TLS 1.3 or TLS 1.2: see `refuseMisplaced`. */
  extensions: Extensions<"ServerHello">;
}

/** RFC 9846 section 4.2.3, with the bounds of RFC 5246 where those are wider. */
export const ServerHello: Codec<ServerHello> = struct("ServerHello", {
  legacyVersion: uint16,
  random: opaque(32),
  legacySessionIdEcho: vector(uint8, 0, 32),
  cipherSuite: uint16,
  legacyCompressionMethod: uint8,
  extensions: trailingExtensions("ServerHello"),
});

/**
 * RFC 9846 section 4.2.4: the structure of a ServerHello, told apart by its
 * random, with extensions of its own.
 */
export interface HelloRetryRequest {
  /** `TLSv1.2`. */
  legacyVersion: number;
  /** {@linkcode HELLO_RETRY_REQUEST_RANDOM}. */
  random: Uint8Array;
  /** The client's legacy_session_id. */
  legacySessionIdEcho: Uint8Array;
  /** The one that was chosen. */
  cipherSuite: number;
  /** 0, for no compression. */
  legacyCompressionMethod: number;
  /** What the client is to change. */
  extensions: Extensions<"HelloRetryRequest">;
}

/** RFC 9846 sections 4.2.3 and 4.2.4. */
export const HelloRetryRequest: Codec<HelloRetryRequest> = struct(
  "HelloRetryRequest",
  {
    legacyVersion: uint16,
    random: opaque(32),
    legacySessionIdEcho: vector(uint8, 0, 32),
    cipherSuite: uint16,
    legacyCompressionMethod: uint8,
    extensions: extensions("HelloRetryRequest", 6),
  },
);

/** RFC 9846 section 4.2.3: the SHA-256 of "HelloRetryRequest". */
// deno-fmt-ignore
export const HELLO_RETRY_REQUEST_RANDOM: Uint8Array = Uint8Array.of(
  0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11,
  0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91,
  0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e,
  0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
);

/** RFC 9846 section 4.2.3: a ServerHello with this random is a HelloRetryRequest. */
export function isHelloRetryRequest(message: HandshakeMessage): boolean {
  if (message.type !== HandshakeType.server_hello) return false;
  const reader = new Reader(message.body, "ServerHello.random");
  reader.take(2);
  return equals(reader.take(32), HELLO_RETRY_REQUEST_RANDOM);
}

/**
 * RFC 9846 section 4.2.3: the last eight bytes of the random of a server that
 * could do TLS 1.3 and negotiated TLS 1.2, "44 4F 57 4E 47 52 44 01".
 */
export const DOWNGRADE_TLS12: Uint8Array = new TextEncoder().encode(
  "DOWNGRD\x01",
);

/** RFC 9846 section 4.2.3: the same for TLS 1.1 or below, with 00 at the end. */
export const DOWNGRADE_TLS11: Uint8Array = new TextEncoder().encode(
  "DOWNGRD\x00",
);

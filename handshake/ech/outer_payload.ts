/**
 * ClientHelloOuterAAD (RFC 9849 section 5.2): what authenticates a
 * ClientHelloOuter.
 *
 * @module
 */

import { decode } from "../../record/codec.ts";
import { ClientHello } from "../messages/client_hello.ts";
import { ECHClientHello } from "../messages/ech_client_hello.ts";

/**
 * The payload of encrypted_client_hello in the body of a ClientHello: it shares
 * memory with that. Zeros in its place make the body ClientHelloOuterAAD.
 *
 * @returns `undefined`, if the body has none.
 */
export function payloadIn(body: Uint8Array): Uint8Array | undefined {
  const { extensions } = decode(ClientHello, body, "ClientHello");
  const ech = extensions.encrypted_client_hello;
  if (ech === undefined) return undefined;
  const value = decode(ECHClientHello, ech, "encrypted_client_hello");
  return value === "inner" ? undefined : value.payload;
}

/** `info` of HPKE for a configuration (section 6.1). */
export function hpkeInfo(config: Uint8Array): Uint8Array {
  const info = new Uint8Array(PREFIX.length + config.length);
  info.set(PREFIX);
  info.set(config, PREFIX.length);
  return info;
}

const PREFIX = new TextEncoder().encode("tls ech\0");

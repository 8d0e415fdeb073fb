/**
 * How a server says that it used the encrypted ClientHello: RFC 9849 sections
 * 7.2, "Backend Server", and 7.2.1, "Sending HelloRetryRequest".
 *
 * @module
 */

import { hkdfExpandLabel, hkdfExtract } from "../../crypto/primitives/hkdf.ts";
import type { HashAlgorithm } from "../../crypto/primitives/provider.ts";
import { decode } from "../../record/codec.ts";
import type { Transcript } from "../io/transcript.ts";
import { HelloRetryRequest } from "../messages/server_hello.ts";

/** What both confirmations are made from. */
export interface Confirmed {
  /** The hash of the cipher suite. */
  readonly hash: HashAlgorithm;
  /** ClientHelloInner.random, of the first one. */
  readonly innerRandom: Uint8Array;
  /** All messages before this one, ClientHelloInner among them. */
  readonly transcript: Transcript;
}

/**
 * accept_confirmation of a ServerHello.
 *
 * @param raw The message, header included; its confirmation does not count.
 */
export function acceptConfirmation(
  confirmed: Confirmed,
  raw: Uint8Array,
): Uint8Array {
  const message = raw.slice();
  confirmationIn(message).fill(0);
  return confirm(confirmed, "ech accept confirmation", message);
}

/** Where a ServerHello has its confirmation: the end of its random. */
export function confirmationIn(raw: Uint8Array): Uint8Array {
  return raw.subarray(RANDOM_END - CONFIRMATION_LENGTH, RANDOM_END);
}

/**
 * hrr_accept_confirmation of a HelloRetryRequest that has the extension.
 *
 * @param raw The message, header included; its confirmation does not count.
 */
export function retryConfirmation(
  confirmed: Confirmed,
  raw: Uint8Array,
): Uint8Array {
  const message = raw.slice();
  const { extensions } = decode(
    HelloRetryRequest,
    message.subarray(HEADER_LENGTH),
    "HelloRetryRequest",
  );
  // It shares memory with the message.
  extensions.encrypted_client_hello?.fill(0);
  return confirm(confirmed, "hrr ech accept confirmation", message);
}

function confirm(
  { hash, innerRandom, transcript }: Confirmed,
  label: string,
  message: Uint8Array,
): Uint8Array {
  const secret = hkdfExtract(hash, new Uint8Array(hash.length), innerRandom);
  return hkdfExpandLabel(
    hash,
    secret,
    label,
    transcript.hashWith(message),
    CONFIRMATION_LENGTH,
  );
}

/** In bytes. */
export const CONFIRMATION_LENGTH = 8;

/** Of a handshake message. */
const HEADER_LENGTH = 4;

/** Behind the header, legacy_version and random. */
const RANDOM_END = HEADER_LENGTH + 2 + 32;

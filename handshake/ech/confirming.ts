/**
 * How a server that answers ClientHelloInner confirms it (RFC 9849 section 7.2,
 * "Backend Server").
 *
 * @module
 */

import type { Tls13CipherSuite } from "../../crypto/suites/cipher_suites.ts";
import type { ServerEch } from "../common/flow.ts";
import type { HandshakeIO, Received } from "../io/message_stream.ts";
import type { ClientHello } from "../messages/client_hello.ts";
import { encodeMessage } from "../messages/framing.ts";
import { tls13 } from "../messages/message_kinds.ts";
import type {
  HelloRetryRequest,
  ServerHello,
} from "../messages/server_hello.ts";
import {
  acceptConfirmation,
  CONFIRMATION_LENGTH,
  retryConfirmation,
} from "./confirmation.ts";

/** Confirms ClientHelloInner, wherever it was decrypted. */
export abstract class ConfirmingEch implements ServerEch {
  readonly state = "accepted";
  readonly retryConfigs = undefined;
  readonly #innerRandom: Uint8Array;

  constructor(innerRandom: Uint8Array) {
    this.#innerRandom = innerRandom;
  }

  confirm(
    hello: ServerHello,
    { hash }: Tls13CipherSuite,
    { transcript }: HandshakeIO,
  ): ServerHello {
    const { type, codec } = tls13.serverHello;
    const confirmation = acceptConfirmation(
      { hash, innerRandom: this.#innerRandom, transcript },
      encodeMessage(type, codec, hello),
    );
    const random = hello.random.slice();
    random.set(confirmation, random.length - CONFIRMATION_LENGTH);
    return { ...hello, random };
  }

  confirmRetry(
    request: HelloRetryRequest,
    { hash }: Tls13CipherSuite,
    { transcript }: HandshakeIO,
  ): HelloRetryRequest {
    const { type, codec } = tls13.helloRetryRequest;
    const withConfirmation = (encrypted_client_hello: Uint8Array) => ({
      ...request,
      extensions: { ...request.extensions, encrypted_client_hello },
    });
    const zeros = withConfirmation(new Uint8Array(CONFIRMATION_LENGTH));
    return withConfirmation(retryConfirmation(
      { hash, innerRandom: this.#innerRandom, transcript },
      encodeMessage(type, codec, zeros),
    ));
  }

  /** Reads the second ClientHello behind a HelloRetryRequest. */
  abstract readSecond(io: HandshakeIO): Promise<Received<ClientHello>>;
}

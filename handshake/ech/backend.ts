/**
 * A server behind a client-facing server, which has decrypted the ClientHello and
 * passes ClientHelloInner on: split mode (RFC 9849 section 7.2, "Backend Server").
 *
 * @module
 */

import { TlsProtocolError } from "../../errors.ts";
import type { HandshakeIO, Received } from "../io/message_stream.ts";
import type { ClientHello } from "../messages/client_hello.ts";
import { tls13 } from "../messages/message_kinds.ts";
import { ConfirmingEch } from "./confirming.ts";
import { checkInner, isInner } from "./encoded_inner.ts";

/** Takes ClientHelloInner as it comes. */
export class BackendEch extends ConfirmingEch {
  /**
   * Begins with a ClientHello that has the extension.
   *
   * @throws {TlsProtocolError} `illegal_parameter`, if it is not a ClientHelloInner.
   */
  static begin(hello: ClientHello): BackendEch {
    if (!isInner(hello)) {
      // Section 7: "a backend server which receives a ClientHello with
      // ECHClientHello.type of outer MUST abort with an "illegal_parameter" alert."
      throw new TlsProtocolError(
        "illegal_parameter",
        "Cannot accept ClientHello: encrypted_client_hello is of type outer, and the client-facing server has not decrypted it (RFC 9849 section 7)",
        { hint: 'A server that clients reach directly needs "keys" in "ech"' },
      );
    }
    checkInner(hello);
    return new BackendEch(hello.random);
  }

  /**
   * Section 6.1.5: in the second ClientHelloInner "the "encrypted_client_hello"
   * extension is left unmodified".
   */
  async readSecond(io: HandshakeIO): Promise<Received<ClientHello>> {
    const received = await io.receive(tls13.clientHello);
    checkInner(received.value);
    return received;
  }
}

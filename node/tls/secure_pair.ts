/**
 * `tls.createSecurePair`, which Node has given up.
 *
 * @module
 */

import { EventEmitter } from "node:events";
import { type Duplex, duplexPair } from "node:stream";
import { createSecureContext, type SecureContext } from "./secure_context.ts";
import type { TLSSocketOptions } from "./socket_options.ts";
import { TLSSocket } from "./tls_socket.ts";

/**
 * Both ends of TLS that goes over no socket.
 *
 * @example The first record of a client
 * ```ts
 * import { createSecurePair } from "@x/tls/node/tls";
 * import { assertEquals } from "@std/assert";
 * import { once } from "node:events";
 *
 * const pair = createSecurePair();
 * const [record] = await once(pair.encrypted, "data");
 * assertEquals(record[0], 22); // handshake
 * pair.destroy();
 * ```
 */
export class SecurePair extends EventEmitter {
  /** Takes and gives plain data. */
  readonly cleartext: TLSSocket;
  /** Takes and gives records. */
  readonly encrypted: Duplex;

  /**
   * Makes a pair.
   *
   * @param context What `createSecureContext` gave.
   * @param isServer Whether it is the server.
   * @param requestCert Whether a server asks for a certificate.
   * @param rejectUnauthorized Whether a peer that was not verified is refused.
   * @param options Options of the `TLSSocket`.
   */
  constructor(
    context: SecureContext | null | undefined,
    isServer: boolean,
    requestCert: boolean,
    rejectUnauthorized: boolean,
    options: TLSSocketOptions = {},
  ) {
    super();
    const [inner, outer] = duplexPair();
    this.encrypted = outer;
    this.cleartext = new TLSSocket(inner, {
      ...options,
      secureContext: context ?? options.secureContext ?? createSecureContext(),
      isServer,
      requestCert,
      rejectUnauthorized,
    });
    this.cleartext.once("secure", () => this.emit("secure"));
    this.cleartext.on("error", (error) => this.emit("error", error));
  }

  /** Ends both. */
  destroy(): void {
    this.cleartext.destroy();
    this.encrypted.destroy();
  }
}

/**
 * Makes a pair of streams, one of plain data and one of records.
 *
 * @param context What `createSecureContext` gave.
 * @param isServer Whether it is the server.
 * @param requestCert Whether a server asks for a certificate.
 * @param rejectUnauthorized Whether a peer that was not verified is refused.
 * @param options Options of the `TLSSocket`.
 * @returns The pair.
 *
 * @example A client over any transport
 * ```ts ignore
 * import { createSecurePair } from "@x/tls/node/tls";
 * import { connect } from "node:net";
 *
 * const { cleartext, encrypted } = createSecurePair();
 * const raw = connect(443, "example.com");
 * encrypted.pipe(raw).pipe(encrypted);
 * cleartext.end("GET / HTTP/1.0\r\n\r\n");
 * ```
 *
 * @deprecated Use `TLSSocket`.
 */
export function createSecurePair(
  context?: SecureContext | null,
  isServer = false,
  requestCert = false,
  rejectUnauthorized = true,
  options: TLSSocketOptions = {},
): SecurePair {
  return new SecurePair(
    context,
    isServer,
    requestCert,
    rejectUnauthorized,
    options,
  );
}

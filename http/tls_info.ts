/**
 * What a handler gets to know about the TLS connection of a request.
 *
 * @module
 */

import type { PeerCertificates } from "../handshake/common/authenticate.ts";
import {
  type ChannelBindingType,
  engineOf,
  type TlsConn,
} from "../connection/conn.ts";
import type { ConnectionInfo } from "../connection/info.ts";

/**
 * The TLS connection that a request came on: the results of its handshake, and
 * what can be asked of it.
 */
export interface RequestTls extends ConnectionInfo {
  /** Same as `TlsConn.exportKeyingMaterial()`. */
  exportKeyingMaterial(
    label: string,
    context: Uint8Array | undefined,
    length: number,
  ): Uint8Array;
  /** Same as `TlsConn.channelBinding()`. */
  channelBinding(type: ChannelBindingType): Uint8Array;
  /**
   * Asks the client for a certificate, as `TlsConn.requestCertificate()` does:
   * in TLS 1.3 and HTTP/1.1. From then on this object has its certificates.
   *
   * @returns The client's certificates.
   * @throws {TypeError} If the connection has HTTP/2, where RFC 9113 section
   * 9.2.3 prohibits it (RFC 8740), or does not have TLS 1.3, or the client did
   * not offer post_handshake_auth.
   * @throws {TlsError} If the client is refused, does not answer in time, or
   * ends the connection.
   */
  requestCertificate(): Promise<PeerCertificates>;
}

/** What handlers get to know about a connection: one object for all of them. */
export class TlsInfoOf {
  readonly #conn: TlsConn;
  #tls: RequestTls | undefined;
  /** The results that the object shows. */
  #shown: readonly unknown[] = [];

  constructor(conn: TlsConn) {
    this.#conn = conn;
  }

  /** The object, with the results by now. */
  get current(): RequestTls {
    const { settled, peer } = engineOf(this.#conn).handshakes;
    const tls = this.#tls;
    if (
      tls !== undefined &&
      this.#shown.every((is, at) => is === [settled, peer][at])
    ) {
      return tls;
    }
    // A client that was asked later, and a renegotiation, change them.
    this.#shown = [settled, peer];
    return this.#tls = Object.assign(tls ?? this.#methods(), this.#conn.info);
  }

  #methods(): Omit<RequestTls, keyof ConnectionInfo> {
    const conn = this.#conn;
    return {
      exportKeyingMaterial: (label, context, length) =>
        conn.exportKeyingMaterial(label, context, length),
      channelBinding: (type) => conn.channelBinding(type),
      requestCertificate: () => this.#requestCertificate(),
    };
  }

  async #requestCertificate(): Promise<PeerCertificates> {
    // RFC 9113 section 9.2.3: "HTTP/2 servers MUST NOT send post-handshake
    // TLS 1.3 CertificateRequest messages", as they name no request.
    if (this.#conn.info.alpnProtocol === "h2") {
      throw new TypeError(
        "Cannot request a certificate: HTTP/2 prohibits it after the handshake; use clientAuth, or HTTP/1.1",
      );
    }
    const peer = await this.#conn.requestCertificate();
    this.current;
    return peer;
  }
}

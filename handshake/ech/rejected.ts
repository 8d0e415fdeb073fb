/**
 * A client whose server answers ClientHelloOuter (RFC 9849 section 6.1.6), or the
 * ClientHello of GREASE ECH.
 *
 * @module
 */

import { encode } from "../../record/codec.ts";
import type { ClientOffer } from "../common/client_hello.ts";
import type { ClientEch } from "../common/flow.ts";
import type { HandshakeIO } from "../io/message_stream.ts";
import { itemsOf } from "../messages/ech_config.ts";
import { type ECHConfig, ECHConfigList } from "../messages/extension_table.ts";

/** The server answers ClientHelloOuter: a client's own, or that of GREASE. */
export class Rejected implements ClientEch {
  /** ECHConfigList that the server sent, if it sent one. */
  retryConfigs: Uint8Array | undefined;

  /** Only the first one is encrypted. */
  sendSecond(io: HandshakeIO, offer: ClientOffer): void {
    io.sendRaw(offer.raw);
  }

  /** Nothing was confirmed before. */
  checkSecond(): void {}

  /** Section 6.1.6: it must be "syntactically valid". */
  readRetryConfigs(configs: readonly ECHConfig[] | undefined): void {
    if (configs === undefined) return;
    itemsOf(configs);
    this.retryConfigs = encode(ECHConfigList, [...configs]);
  }
}

/**
 * Peers that renegotiate at the level of messages.
 *
 * @module
 */

import type { ServerOptions } from "../../connection/options/options.ts";
import { completeClientHandshake } from "../../handshake/client.ts";
import { makeClientHello } from "../../handshake/common/client_hello.ts";
import type { ClientConfig } from "../../handshake/common/config.ts";
import type { Established } from "../../handshake/common/established.ts";
import { tls12 } from "../../handshake/messages/message_kinds_tls12.ts";
import { serverRenegotiation } from "../../handshake/server.ts";
import { noConnection } from "../_contexts.ts";
import { type Peer, serverConfig } from "../_hostile_peer.ts";
import { asTls12 } from "../_established.ts";

/** A server that asks for another handshake and runs it. */
export async function renegotiateAsServer(
  peer: Peer,
  previous: Established,
  options: ServerOptions,
): Promise<Established> {
  await peer.send(tls12.helloRequest, {});
  const config = await serverConfig(options);
  peer.io.startTranscript();
  const established = await serverRenegotiation(peer.io, config, {
    previous: asTls12(previous),
    connection: noConnection,
    clientAuth: undefined,
  });
  await peer.io.flush();
  return established;
}

/** A client that begins another handshake and runs it. */
export async function renegotiateAsClient(
  peer: Peer,
  previous: Established,
  config: ClientConfig,
  renegotiationInfo: Uint8Array = asTls12(previous).verifyData.client,
): Promise<Established> {
  const offer = await makeClientHello(config, undefined, [], renegotiationInfo);
  peer.io.startTranscript();
  peer.io.sendRaw(offer.raw);
  await peer.io.flush();
  return await completeClientHandshake({
    io: peer.io,
    config,
    offer,
    previous: asTls12(previous),
  });
}

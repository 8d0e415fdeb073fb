/**
 * The trace of RFC 8448 section 4: the key schedule and the records of a
 * resumed handshake with early data, which our flows do not send.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { concat } from "@std/bytes";
import { x25519 } from "@noble/curves/ed25519.js";
import {
  EarlySecret,
  resumptionPsk,
  trafficKeys,
} from "../../crypto/key_schedule.ts";
import { sha256 } from "../../crypto/primitives/hash.ts";
import { aes128gcm } from "../../crypto/primitives/aead.ts";
import { truncateBinders } from "../../handshake/common/client_hello.ts";
import { finishedVerifyData } from "../../crypto/key_schedule.ts";
import { tls13 } from "../../handshake/messages/message_kinds.ts";
import { frameMessage } from "../../handshake/messages/framing.ts";
import { ClientHello } from "../../handshake/messages/client_hello.ts";
import { decode } from "../../record/codec.ts";
import { protectTls13 } from "../../record/protection_tls13.ts";
import { ContentType, HandshakeType, ProtocolVersion } from "../../registry.ts";
import { resumed, simple } from "../vectors/rfc8448_traces.ts";
import {
  closeNotify,
  End,
  messageOf,
  reads,
  runClient,
  sends,
  ticketOf,
} from "./_rfc8448.ts";
import { asTls13 } from "../_established.ts";

Deno.test("key schedule and records match RFC 8448 section 4, Resumed 0-RTT Handshake", async () => {
  // The PSK is what section 3 left.
  const { end: before, established } = await runClient(simple);
  assert(simple.ticketRecord !== undefined);
  const ticket = await ticketOf(before, simple.ticketRecord);
  const psk = resumptionPsk(
    sha256,
    asTls13(established).traffic.resumption,
    ticket.ticketNonce,
  );
  const [helloFlight, lastFlight] = resumed.clientFlights;
  assert(helloFlight !== undefined && lastFlight !== undefined);
  const helloMessage = messageOf(helloFlight);
  const hello = decode(ClientHello, helloMessage.subarray(4), "ClientHello");
  const offered = hello.extensions.pre_shared_key;
  assertEquals(offered?.identities[0]?.identity, ticket.ticket);
  // The binder.
  const early = new EarlySecret(sha256, psk);
  const truncated = truncateBinders(helloMessage, offered?.binders ?? []);
  assertEquals(
    early.binder("resumption", sha256.digest(truncated)).toHex(),
    offered?.binders[0]?.toHex(),
  );
  // Early data under client_early_traffic_secret.
  const client = new End(undefined);
  client.records.setVersion(ProtocolVersion["TLSv1.3"]);
  const keysOf = async (secret: Uint8Array) =>
    await protectTls13(aes128gcm, trafficKeys(sha256, secret, aes128gcm));
  const earlySecret = early.clientEarlyTrafficSecret(
    sha256.digest(helloMessage),
  );
  client.records.writer.setProtection(await keysOf(earlySecret));
  const { earlyData, clientData, serverData } = resumed;
  assert(earlyData && clientData && serverData);
  const { handshake, alert, application_data } = ContentType;
  await sends(client, application_data, earlyData.content, earlyData.record);
  // The server's flight.
  const [serverHello, encryptedExtensions, serverFinished] =
    resumed.serverMessages;
  assert(serverHello && encryptedExtensions && serverFinished);
  const share = decode(
    tls13.serverHello.codec,
    serverHello.subarray(4),
    "ServerHello",
  ).extensions.key_share?.keyExchange;
  const [privateKey] = resumed.clientPrivateKeys;
  assert(share && privateKey);
  const handshakeSecret = early.handshakeSecret(
    x25519.getSharedSecret(privateKey, share),
  );
  const server = new End(undefined);
  await sends(
    server,
    handshake,
    serverHello,
    resumed.serverFlights[0]?.subarray(0, 5 + serverHello.length) ??
      new Uint8Array(),
  );
  const helloHash = sha256.digest(concat([helloMessage, serverHello]));
  const serverSecret = handshakeSecret.serverHandshakeTrafficSecret(helloHash);
  const clientSecret = handshakeSecret.clientHandshakeTrafficSecret(helloHash);
  server.records.setVersion(ProtocolVersion["TLSv1.3"]);
  server.records.writer.setProtection(await keysOf(serverSecret));
  const upToExtensions = concat([
    helloMessage,
    serverHello,
    encryptedExtensions,
  ]);
  assertEquals(
    finishedVerifyData(sha256, serverSecret, sha256.digest(upToExtensions))
      .toHex(),
    serverFinished.subarray(4).toHex(),
  );
  await sends(
    server,
    handshake,
    concat([encryptedExtensions, serverFinished]),
    resumed.serverFlights[0]?.subarray(5 + serverHello.length) ??
      new Uint8Array(),
  );
  // EndOfEarlyData still under the early keys, Finished under the next ones.
  const endOfEarlyData = frameMessage(
    HandshakeType.end_of_early_data,
    new Uint8Array(),
  );
  const transcript = concat([upToExtensions, serverFinished, endOfEarlyData]);
  client.records.writer.write(handshake, endOfEarlyData);
  client.records.writer.setProtection(await keysOf(clientSecret));
  const verifyData = finishedVerifyData(
    sha256,
    clientSecret,
    sha256.digest(transcript),
  );
  await sends(
    client,
    handshake,
    frameMessage(HandshakeType.finished, verifyData),
    lastFlight,
  );
  // Application data.
  const master = handshakeSecret.masterSecret();
  const finishedHash = sha256.digest(concat([upToExtensions, serverFinished]));
  client.records.writer.setProtection(
    await keysOf(master.clientApplicationTrafficSecret(finishedHash)),
  );
  client.records.reader.setProtection(
    await keysOf(master.serverApplicationTrafficSecret(finishedHash)),
  );
  await sends(client, application_data, clientData.content, clientData.record);
  await reads(client, application_data, serverData.content, serverData.record);
  await sends(client, alert, closeNotify, resumed.clientClose);
  await reads(client, alert, closeNotify, resumed.serverClose);
});

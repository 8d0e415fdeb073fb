/**
 * The traces of RFC 8448, byte by byte: our client and our server are each put
 * in the place of one of the two ends, with its ephemeral keys and signatures,
 * and must send the records of the trace.
 *
 * What an end may word as it likes, ClientHello, ServerHello, HelloRetryRequest,
 * EncryptedExtensions and CertificateRequest, is put in as the trace has it; it
 * goes through our codecs, transcript, key schedule and record protection.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { concat } from "@std/bytes";
import { p256 } from "@noble/curves/nist.js";
import { x25519 } from "@noble/curves/ed25519.js";
import {
  EarlySecret,
  resumptionPsk,
  trafficKeys,
} from "../../crypto/key_schedule.ts";
import { sha256 } from "../../crypto/hash.ts";
import { aes128gcm } from "../../crypto/aead.ts";
import { namedGroupById } from "../../crypto/named_groups.ts";
import type { KeyExchangeGroup, KeyShareOffer } from "../../crypto/provider.ts";
import { completeClientHandshake } from "../../handshake/client.ts";
import { truncateBinders } from "../../handshake/client_hello.ts";
import type { Identity } from "../../handshake/config.ts";
import type { Established } from "../../handshake/established.ts";
import { finishedVerifyData } from "../../crypto/key_schedule.ts";
import { typesOf } from "../../handshake/extensions.ts";
import { HandshakeIO } from "../../handshake/io.ts";
import { tls13 } from "../../handshake/kinds.ts";
import { frameMessage } from "../../handshake/message.ts";
import { ClientHello } from "../../handshake/messages/client_hello.ts";
import { NewSessionTicket } from "../../handshake/messages/new_session_ticket.ts";
import { serverHandshake } from "../../handshake/server.ts";
import { decode } from "../../record/codec.ts";
import { RecordLayer } from "../../record/layer.ts";
import { protectTls13 } from "../../record/protection_tls13.ts";
import type { ByteSource } from "../../record/transport.ts";
import {
  ContentType,
  HandshakeType,
  NamedGroup,
  ProtocolVersion,
} from "../../registry.ts";
import { Certificate } from "../../x509/certificate.ts";
import { clientConfig, type Mischief, serverConfig } from "../_hostile_peer.ts";
import {
  authenticated,
  clientCertificate,
  compatible,
  resumed,
  retried,
  type Signature,
  simple,
  type Trace,
} from "../vectors/rfc8448_traces.ts";

const RECORD_SIZE_LIMIT = 0x4001;

/** A source that gives what it is given, when it is. */
class Feed implements ByteSource {
  #bytes: Uint8Array = new Uint8Array();
  #more = Promise.withResolvers<void>();

  give(bytes: Uint8Array): void {
    this.#bytes = concat([this.#bytes, bytes]);
    this.#more.resolve();
  }

  async read(into: Uint8Array): Promise<number | null> {
    while (this.#bytes.length === 0) {
      this.#more = Promise.withResolvers();
      await this.#more.promise;
    }
    const part = this.#bytes.subarray(0, into.length);
    into.set(part);
    this.#bytes = this.#bytes.subarray(part.length);
    return part.length;
  }
}

/** One end, whose bytes are compared flight by flight. */
class End {
  readonly feed = new Feed();
  readonly records: RecordLayer;
  readonly io: HandshakeIO;
  #sent: Uint8Array[] = [];

  constructor(alter: Mischief["message"]) {
    this.records = new RecordLayer({
      source: this.feed,
      sink: {
        write: (bytes) => {
          this.#sent.push(bytes.slice());
          return Promise.resolve();
        },
      },
    });
    this.io = new ReplacingIO(this.records, alter);
  }

  /** All that was sent since the last call. */
  async sent(): Promise<string> {
    await this.records.flush();
    return concat(this.#sent.splice(0)).toHex();
  }
}

/** Sends other messages than the flow has made. */
class ReplacingIO extends HandshakeIO {
  readonly #alter: Mischief["message"];
  #index = 0;

  constructor(records: RecordLayer, alter: Mischief["message"]) {
    super(records, { maxCertificateSize: undefined });
    this.#alter = alter;
  }

  override sendRaw(raw: Uint8Array): void {
    const name =
      Object.entries(HandshakeType).find(([, type]) => type === raw[0])?.[0] ??
        "";
    const instead = this.#alter?.({ name, raw, index: this.#index++ });
    super.sendRaw(instead instanceof Uint8Array ? instead : raw);
  }
}

/** A group whose key pair is the trace's. */
function fixedGroup(id: number, privateKey: Uint8Array): KeyExchangeGroup {
  const group = namedGroupById(id);
  assert(group !== undefined);
  const isX25519 = id === NamedGroup.x25519;
  const share = isX25519
    ? x25519.getPublicKey(privateKey)
    : p256.getPublicKey(privateKey, false);
  const secret = (peerShare: Uint8Array) =>
    isX25519
      ? x25519.getSharedSecret(privateKey, peerShare)
      : p256.getSharedSecret(privateKey, peerShare).subarray(1);
  const offer: KeyShareOffer = {
    share,
    complete: (peerShare) => Promise.resolve(secret(peerShare)),
  };
  return {
    ...group,
    offer: () => Promise.resolve(offer),
    accept: (peerShare) =>
      Promise.resolve({ share, sharedSecret: secret(peerShare) }),
  };
}

/** A certificate whose key signs what the trace has it sign, and nothing else. */
function signing(der: Uint8Array, expected: Signature | undefined): Identity {
  const leaf = Certificate.parse(der.slice());
  return {
    chain: [leaf],
    key: {
      publicKey: leaf.publicKey,
      sign: (_scheme, content) => {
        assertEquals(content.toHex(), expected?.content.toHex());
        return Promise.resolve(expected?.signature ?? new Uint8Array());
      },
    },
  };
}

/** A handshake message without its record's header. */
function messageOf(record: Uint8Array): Uint8Array {
  return record.subarray(5);
}

async function runClient(
  trace: Trace,
): Promise<{ end: End; established: Established }> {
  const [first, ...others] = trace.clientFlights;
  assert(first !== undefined);
  const isRetried = others.length === 2;
  const end = new End(({ name }) =>
    name === "client_hello" && isRetried && others[0] !== undefined
      ? messageOf(others[0])
      : undefined
  );
  const raw = messageOf(first);
  const hello = decode(ClientHello, raw.subarray(4), "ClientHello");
  const [key, secondKey] = trace.clientPrivateKeys;
  assert(key !== undefined);
  const groups = [
    fixedGroup(NamedGroup.x25519, key),
    ...secondKey === undefined
      ? []
      : [fixedGroup(NamedGroup.secp256r1, secondKey)],
  ];
  const config = {
    ...await clientConfig({
      serverName: "server",
      recordSizeLimit: RECORD_SIZE_LIMIT,
      unsafelyIgnoreCertificateErrors: true,
    }),
    groups,
    identities: trace.clientSignature === undefined
      ? []
      : [signing(clientCertificate, trace.clientSignature)],
  };
  const [group] = groups;
  assert(group !== undefined);
  end.records.writer.setVersion(ProtocolVersion["TLSv1"]);
  // The first flight goes out as it is.
  end.io.transcript.add(raw);
  end.records.write(ContentType.handshake, raw);
  assertEquals(await end.sent(), first.toHex());
  end.records.writer.setVersion(ProtocolVersion["TLSv1.2"]);
  const running = completeClientHandshake({
    io: end.io,
    config,
    offer: {
      hello,
      raw,
      shares: new Map([[group.id, await group.offer()]]),
      psks: [],
      session: undefined,
      extensionTypes: new Set(typesOf(hello.extensions)),
    },
  });
  running.catch(() => {});
  for (const flight of trace.serverFlights) end.feed.give(flight);
  const established = await running;
  assertEquals(await end.sent(), concat(others).toHex());
  return { end, established };
}

async function runServer(
  trace: Trace,
): Promise<{ end: End; established: Established }> {
  const [serverHello, encryptedExtensions, ...rest] = trace.serverMessages;
  const certificateMessage = rest.find((message) =>
    message[0] === HandshakeType.certificate
  );
  assert(certificateMessage !== undefined && serverHello !== undefined);
  const [retryFlight] = trace.serverFlights;
  assert(retryFlight !== undefined);
  const isRetried = trace.serverFlights.length === 2;
  const made: Uint8Array[] = [];
  let hellos = 0;
  const end = new End(({ name, raw }) => {
    switch (name) {
      case "server_hello":
        return isRetried && ++hellos === 1
          ? messageOf(retryFlight)
          : serverHello;
      case "encrypted_extensions":
        return encryptedExtensions;
      case "certificate_request":
        return rest.find((message) => message[0] === raw[0]);
      default:
        made.push(raw);
        return undefined;
    }
  });
  const der = decode(
    tls13.certificate.codec,
    certificateMessage.subarray(4),
    "Certificate",
  ).certificateList[0]?.certData;
  assert(der !== undefined);
  const cookies = isRetried
    ? [
      decode(
        tls13.helloRetryRequest.codec,
        messageOf(retryFlight).subarray(4),
        "HelloRetryRequest",
      ).extensions.cookie,
    ]
    : [];
  const config = {
    ...await serverConfig({
      cipherSuites: ["TLS_AES_128_GCM_SHA256"],
      recordSizeLimit: RECORD_SIZE_LIMIT,
      clientAuth: trace.clientSignature === undefined ? "none" : "require-any",
      helloRetry: isRetried ? "cookie" : "needed",
    }),
    ticketKeys: undefined,
    groups: [
      fixedGroup(
        isRetried ? NamedGroup.secp256r1 : NamedGroup.x25519,
        trace.serverPrivateKey,
      ),
    ],
    identities: [signing(der, trace.serverSignature)],
    // The first that is asked for is the cookie, where there is one.
    random: (length: number) => cookies.shift() ?? new Uint8Array(length),
  };
  const running = serverHandshake(end.io, config);
  running.catch(() => {});
  for (const flight of trace.clientFlights) end.feed.give(flight);
  const established = await running;
  // Certificate, CertificateVerify and Finished are of our own making.
  assertEquals(
    made.map((message) => message.toHex()),
    rest.filter((message) => message[0] !== HandshakeType.certificate_request)
      .map((message) => message.toHex()),
  );
  assertEquals(await end.sent(), concat(trace.serverFlights).toHex());
  return { end, established };
}

/** Sends content, which must give the record of the trace. */
async function sends(
  end: End,
  type: number,
  content: Uint8Array,
  record: Uint8Array,
): Promise<void> {
  end.records.write(type, content);
  assertEquals(await end.sent(), record.toHex());
}

/** Reads a record of the trace, which must give the content. */
async function reads(
  end: End,
  type: number,
  content: Uint8Array,
  record: Uint8Array,
): Promise<void> {
  end.feed.give(record);
  const fragment = await end.records.read();
  assertEquals(fragment?.type, type);
  assertEquals(fragment?.bytes.toHex(), content.toHex());
}

const closeNotify = Uint8Array.of(1, 0);

async function exchanges(end: End, side: "client" | "server", trace: Trace) {
  const { alert, application_data } = ContentType;
  const [ours, theirs] = side === "client"
    ? [trace.clientData, trace.serverData]
    : [trace.serverData, trace.clientData];
  if (ours !== undefined) {
    await sends(end, application_data, ours.content, ours.record);
  }
  if (theirs !== undefined) {
    await reads(end, application_data, theirs.content, theirs.record);
  }
  const [ourClose, theirClose] = side === "client"
    ? [trace.clientClose, trace.serverClose]
    : [trace.serverClose, trace.clientClose];
  await sends(end, alert, closeNotify, ourClose);
  await reads(end, alert, closeNotify, theirClose);
}

const titles: Record<number, string> = {
  3: "Simple 1-RTT Handshake",
  5: "HelloRetryRequest",
  6: "Client Authentication",
  7: "Compatibility Mode",
};

for (const trace of [simple, retried, authenticated, compatible]) {
  const title = `RFC 8448 section ${trace.section}, ${titles[trace.section]}`;

  Deno.test(`client sends and takes the records of ${title}`, async () => {
    const { end, established } = await runClient(trace);
    assertEquals(established.cipherSuite.name, "TLS_AES_128_GCM_SHA256");
    if (trace.ticketRecord !== undefined) {
      const ticket = await ticketOf(end, trace.ticketRecord);
      assertEquals(ticket.ticketLifetime, 30);
    }
    await exchanges(end, "client", trace);
  });

  Deno.test(`server sends and takes the records of ${title}`, async () => {
    const { end } = await runServer(trace);
    if (trace.ticketRecord !== undefined) {
      const { end: client } = await runClient(trace);
      const ticket = await messageIn(client, trace.ticketRecord);
      await sends(end, ContentType.handshake, ticket, trace.ticketRecord);
    }
    await exchanges(end, "server", trace);
  });
}

async function messageIn(end: End, record: Uint8Array): Promise<Uint8Array> {
  end.feed.give(record);
  const fragment = await end.records.read();
  assertEquals(fragment?.type, ContentType.handshake);
  return fragment?.bytes ?? new Uint8Array();
}

async function ticketOf(end: End, record: Uint8Array) {
  const message = await messageIn(end, record);
  return decode(NewSessionTicket, message.subarray(4), "NewSessionTicket");
}

Deno.test("key schedule and records give those of RFC 8448 section 4, Resumed 0-RTT Handshake", async () => {
  // The PSK is what section 3 left.
  const { end: before, established } = await runClient(simple);
  assert(simple.ticketRecord !== undefined);
  const ticket = await ticketOf(before, simple.ticketRecord);
  const psk = resumptionPsk(
    sha256,
    established.resumptionMasterSecret,
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
  client.records.setWriteProtection(await keysOf(earlySecret));
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
  server.records.setWriteProtection(await keysOf(serverSecret));
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
  client.records.write(handshake, endOfEarlyData);
  client.records.setWriteProtection(await keysOf(clientSecret));
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
  client.records.setWriteProtection(
    await keysOf(master.clientApplicationTrafficSecret(finishedHash)),
  );
  client.records.setReadProtection(
    await keysOf(master.serverApplicationTrafficSecret(finishedHash)),
  );
  await sends(client, application_data, clientData.content, clientData.record);
  await reads(client, application_data, serverData.content, serverData.record);
  await sends(client, alert, closeNotify, resumed.clientClose);
  await reads(client, alert, closeNotify, resumed.serverClose);
});

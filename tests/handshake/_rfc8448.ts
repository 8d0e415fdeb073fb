/**
 * One end of a trace of RFC 8448: its records, its ephemeral keys and its
 * signatures in the place of what would be random.
 *
 * What an end may word as it likes, ClientHello, ServerHello, HelloRetryRequest,
 * EncryptedExtensions and CertificateRequest, is put in as the trace has it; it
 * goes through our codecs, transcript, key schedule and record protection.
 *
 * @module
 */

import { noConnection } from "../_contexts.ts";
import { assert, assertEquals } from "@std/assert";
import { concat } from "@std/bytes";
import { p256 } from "@noble/curves/nist.js";
import { x25519 } from "@noble/curves/ed25519.js";
import { namedGroupById } from "../../crypto/groups/named_groups.ts";
import type {
  KeyExchangeGroup,
  KeyShareOffer,
} from "../../crypto/primitives/provider.ts";
import { completeClientHandshake } from "../../handshake/client.ts";
import type { LocalIdentity } from "../../handshake/common/local_identity.ts";
import type { Established } from "../../handshake/common/established.ts";
import { typesOf } from "../../handshake/messages/extensions.ts";
import { HandshakeIO } from "../../handshake/io/message_stream.ts";
import { tls13 } from "../../handshake/messages/message_kinds.ts";
import { ClientHello } from "../../handshake/messages/client_hello.ts";
import { NewSessionTicket } from "../../handshake/messages/new_session_ticket.ts";
import { serverHandshake } from "../../handshake/server.ts";
import { decode } from "../../record/codec.ts";
import { RecordLayer } from "../../record/layer.ts";
import type { ByteSource } from "../../record/transport.ts";
import {
  ContentType,
  HandshakeType,
  NamedGroup,
  ProtocolVersion,
} from "../../registry.ts";
import { Certificate } from "../../x509/certificate/certificate.ts";
import { clientConfig, type Mischief, serverConfig } from "../_hostile_peer.ts";
import {
  clientCertificate,
  type Signature,
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
export class End {
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
    await this.records.writer.flush();
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
function fixedGroup(
  id: number,
  privateKey: Uint8Array,
): KeyExchangeGroup {
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
function signing(
  der: Uint8Array,
  expected: Signature | undefined,
): LocalIdentity {
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
export function messageOf(record: Uint8Array): Uint8Array {
  return record.subarray(5);
}

/** The client of a trace, up to the end of its handshake. */
export async function runClient(
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
  end.records.writer.write(ContentType.handshake, raw);
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

/** The server of a trace, up to the end of its handshake. */
export async function runServer(
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
  const running = serverHandshake(end.io, config, noConnection);
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
export async function sends(
  end: End,
  type: number,
  content: Uint8Array,
  record: Uint8Array,
): Promise<void> {
  end.records.writer.write(type, content);
  assertEquals(await end.sent(), record.toHex());
}

/** Reads a record of the trace, which must give the content. */
export async function reads(
  end: End,
  type: number,
  content: Uint8Array,
  record: Uint8Array,
): Promise<void> {
  end.feed.give(record);
  const fragment = await end.records.reader.read();
  assertEquals(fragment?.type, type);
  assertEquals(fragment?.bytes.toHex(), content.toHex());
}

/** The content of a close_notify. */
export const closeNotify = Uint8Array.of(1, 0);

/** The message in a record that the end reads. */
export async function messageIn(
  end: End,
  record: Uint8Array,
): Promise<Uint8Array> {
  end.feed.give(record);
  const fragment = await end.records.reader.read();
  assertEquals(fragment?.type, ContentType.handshake);
  return fragment?.bytes ?? new Uint8Array();
}

/** The ticket in it. */
export async function ticketOf(end: End, record: Uint8Array) {
  const message = await messageIn(end, record);
  return decode(NewSessionTicket, message.subarray(4), "NewSessionTicket");
}

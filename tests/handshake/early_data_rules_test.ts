/**
 * Peers that break the rules of early data (RFC 9846 sections 4.3.10, 4.3.11,
 * 4.6 and 4.7.1).
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { type TlsAlertName, TlsError } from "../../errors.ts";
import { frameMessage } from "../../handshake/messages/framing.ts";
import { tls13 } from "../../handshake/messages/message_kinds.ts";
import { encode } from "../../record/codec.ts";
import { ContentType, HandshakeType } from "../../registry.ts";
import {
  edited,
  hostileClient,
  hostileServer,
  type Mischief,
} from "../_hostile_peer.ts";
import type {
  ClientOptions,
  ServerOptions,
} from "../../connection/options/options.ts";
import { pattern, tlsError } from "../_pair.ts";
import { earlySession, REQUEST } from "./_early_data.ts";
import { ticketKeys } from "./_resumption.ts";

const { handshake, application_data } = ContentType;

/** In the place of EndOfEarlyData. */
function atItsEnd(...instead: readonly Uint8Array[]): Mischief {
  return {
    message: ({ name }) => name === "end_of_early_data" ? instead : undefined,
  };
}

/** What a client's records of early data become. */
function inEarlyData(
  instead: (
    bytes: Uint8Array,
  ) => readonly (readonly [number, Uint8Array])[],
): Mischief {
  let isDone = false;
  return {
    record: (type, bytes) => {
      if (type !== application_data || isDone) return;
      isDone = true;
      return instead(bytes);
    },
  };
}

const END = frameMessage(HandshakeType.end_of_early_data, new Uint8Array());
const KEY_UPDATE = frameMessage(
  HandshakeType.key_update,
  encode(tls13.keyUpdate.codec, { requestUpdate: 0 }),
);

const clients: readonly {
  name: string;
  alert: TlsAlertName;
  mischief: Mischief;
  server?: ServerOptions;
}[] = [
  {
    name: "section 4.7.1: more bytes than max_early_data_size",
    alert: "unexpected_message",
    mischief: inEarlyData(() => [
      [application_data, pattern(16_000)],
      [application_data, pattern(385)],
    ]),
  },
  {
    name: "section 4.6: no EndOfEarlyData",
    alert: "bad_record_mac",
    mischief: atItsEnd(),
  },
  {
    name: "section 4.6: another message in its place",
    alert: "unexpected_message",
    mischief: atItsEnd(KEY_UPDATE),
  },
  {
    name: "section 4.6: EndOfEarlyData that is not empty",
    alert: "decode_error",
    mischief: atItsEnd(
      frameMessage(HandshakeType.end_of_early_data, Uint8Array.of(0)),
    ),
  },
  {
    name: "section 5.1: handshake data behind EndOfEarlyData, in its record",
    alert: "unexpected_message",
    mischief: {
      record: (type, bytes) =>
        type === handshake && bytes[0] === HandshakeType.end_of_early_data
          ? [[type, END], [type, pattern(40)]]
          : undefined,
    },
  },
  {
    name: "section 5.1: early data in the middle of EndOfEarlyData",
    alert: "unexpected_message",
    mischief: inEarlyData((bytes) => [
      [handshake, END.subarray(0, 2)],
      [application_data, bytes],
    ]),
  },
  {
    name: "section 4.7.3: KeyUpdate in early data",
    alert: "unexpected_message",
    mischief: inEarlyData((bytes) => [
      [application_data, bytes],
      [handshake, KEY_UPDATE],
    ]),
  },
  {
    name: "section 4.2.2: a second ClientHello in early data",
    alert: "unexpected_message",
    mischief: inEarlyData((bytes) => [
      [application_data, bytes],
      [handshake, frameMessage(HandshakeType.client_hello, pattern(50))],
    ]),
  },
  {
    name: "section 4.6: more of it between EndOfEarlyData and Finished",
    alert: "unexpected_message",
    mischief: {
      record: (type, bytes) =>
        type === handshake && bytes[0] === HandshakeType.finished
          ? [[application_data, REQUEST], [type, bytes]]
          : undefined,
    },
  },
  {
    name: "section 4.6: EndOfEarlyData where early data was rejected",
    alert: "unexpected_message",
    server: { earlyData: undefined },
    mischief: {
      message: ({ name, raw }) => name === "finished" ? [END, raw] : undefined,
    },
  },
];

for (const { name, alert, mischief, server } of clients) {
  Deno.test(`server refuses early data that breaks ${name}`, async () => {
    const peers = await hostileClient(mischief, {
      client: { session: await earlySession(), earlyData: REQUEST },
      server: { ticketKeys, earlyData: {}, ...server },
    });
    const error = await refusal(peers);
    assertEquals([error.side, error.alert], ["server", alert], error.message);
  });
}

/**
 * What our end refuses the other with. The alert may not arrive: on a client that
 * is still sending, or a server that did not mean to accept early data.
 */
async function refusal(
  { peer, conn, flow }: Awaited<ReturnType<typeof hostileClient>>,
): Promise<TlsError> {
  using _ = peer;
  const other = flow().catch((error) => {
    if (!(error instanceof TlsError)) throw error;
  });
  const error = tlsError(await conn.handshake().catch((error) => error));
  await other;
  return error;
}

/** Accepts early data, whatever else it says. */
const accepting: Mischief = {
  message: ({ name, raw }) =>
    name === "encrypted_extensions"
      ? edited(tls13.encryptedExtensions, raw, ({ extensions }) => ({
        extensions: { ...extensions, early_data: true as const },
      }))
      : undefined,
};

const servers: readonly {
  name: string;
  alert: TlsAlertName;
  mischief: Mischief;
  first?: { client?: ClientOptions; server?: ServerOptions };
  client?: ClientOptions;
  server?: ServerOptions;
}[] = [
  {
    name: "section 4.3.11: it was accepted without a PSK",
    alert: "illegal_parameter",
    mischief: accepting,
    server: { ticketKeys: [pattern(48, 5)] },
  },
  {
    name: "section 4.3.11: it was accepted with another PSK than the first",
    alert: "illegal_parameter",
    mischief: accepting,
    client: { psk: { identity: "it", key: pattern(32) } },
    server: {
      ticketKeys: [pattern(48, 5)],
      psk: (identity) =>
        identity.length === 2 ? { key: pattern(32) } : undefined,
      cipherSuites: ["TLS_AES_128_GCM_SHA256"],
    },
    first: { server: { cipherSuites: ["TLS_AES_128_GCM_SHA256"] } },
  },
  {
    name: "section 4.3.10: it was accepted with another cipher suite",
    alert: "illegal_parameter",
    mischief: accepting,
    first: { server: { cipherSuites: ["TLS_AES_128_GCM_SHA256"] } },
    server: {
      cipherSuites: ["TLS_CHACHA20_POLY1305_SHA256"],
      earlyData: undefined,
    },
  },
  {
    name: "section 4.3.10: it was accepted with another ALPN protocol",
    alert: "illegal_parameter",
    first: {
      client: { alpnProtocols: ["a"] },
      server: { alpnProtocols: ["a"] },
    },
    client: { alpnProtocols: ["a", "b"] },
    server: { alpnProtocols: ["a"] },
    mischief: {
      message: ({ name, raw }) =>
        name === "encrypted_extensions"
          ? edited(tls13.encryptedExtensions, raw, ({ extensions }) => ({
            extensions: {
              ...extensions,
              application_layer_protocol_negotiation: [Uint8Array.of(98)],
            },
          }))
          : undefined,
    },
  },
  {
    name: "section 4.3: it was accepted behind a HelloRetryRequest",
    alert: "unsupported_extension",
    mischief: accepting,
    server: { groups: ["secp384r1"] },
  },
];

for (const { name, alert, mischief, first, client, server } of servers) {
  Deno.test(`client refuses early data that breaks ${name}`, async () => {
    const session = await earlySession(first?.client, first?.server);
    const peers = await hostileServer(mischief, {
      client: { session, earlyData: REQUEST, ...client },
      server: { ticketKeys, earlyData: {}, ...server },
    });
    const error = await refusal(peers);
    assertEquals([error.side, error.alert], ["client", alert], error.message);
  });
}

/**
 * What comes behind the TLS 1.3 handshake (RFC 9846 section 4.7), and rules of
 * records that need keys (section 5).
 *
 * @module
 */

import {
  assert,
  assertEquals,
  assertNotEquals,
  assertRejects,
} from "@std/assert";
import type { ServerOptions } from "../../../connection/options/options.ts";
import { TlsError } from "../../../errors.ts";
import { tls13 } from "../../../handshake/messages/message_kinds.ts";
import { PostHandshake } from "../../../handshake/tls13/post_handshake.ts";
import { frameMessage } from "../../../handshake/messages/framing.ts";
import { ContentType, HandshakeType } from "../../../registry.ts";
import { clientConfigOf } from "../../_contexts.ts";
import {
  assertRefusedLater,
  hostileClient,
  hostileServer,
  type Peer,
} from "../../_hostile_peer.ts";
import {
  clientOptions,
  connected,
  crossed,
  pattern,
  readBytes,
  tlsError,
  utf8,
} from "../../_pair.ts";
import { assertSays, type Rule } from "../_rules.ts";
import { asTls13 } from "../../_established.ts";

const { handshake, alert, change_cipher_spec, application_data } = ContentType;

const quiet: ServerOptions = { tickets: 0 };

Deno.test("TlsConn.updateKeys() changes to new keys, for one side or both", async () => {
  for (const side of ["client", "server"] as const) {
    for (const requestPeer of [false, true]) {
      const changes = { client: 0, server: 0 };
      const counting = (end: "client" | "server") => ({
        onEvent: (event: { type: string; direction?: string }) => {
          if (event.type === "key_change" && event.direction === "write") {
            changes[end]++;
          }
        },
      });
      await using ends = await connected(counting("client"), {
        ...quiet,
        ...counting("server"),
      });
      const before = { ...changes };
      const other = side === "client" ? "server" : "client";
      await ends[side].updateKeys({ requestPeer });
      await ends[side].write(utf8("under new keys"));
      assertEquals(await readBytes(ends[other], 14), utf8("under new keys"));
      await ends[other].write(utf8("back"));
      assertEquals(await readBytes(ends[side], 4), utf8("back"));
      assertEquals(changes[side] - before[side], 1);
      assertEquals(changes[other] - before[other], requestPeer ? 1 : 0);
    }
  }
});

Deno.test("TlsConn.updateKeys() of TLS 1.2 is the caller's mistake, and the connection continues", async () => {
  await using ends = await connected({ maxVersion: "TLSv1.2" });
  await assertRejects(() => ends.client.updateKeys(), TypeError);
  await ends.client.write(utf8("still here"));
  assertEquals(await readBytes(ends.server, 10), utf8("still here"));
});

Deno.test("TlsConn sends nothing after its close_notify", async () => {
  await using ends = await connected({ postHandshakeAuth: true });
  await Promise.all([ends.client.closeWrite(), ends.server.closeWrite()]);
  for (
    const call of [
      () => ends.client.updateKeys(),
      () => ends.server.requestCertificate(),
    ]
  ) {
    const error = await assertRejects(call, TlsError);
    assertEquals(error.code, "closed");
  }
});

Deno.test("TlsConn answers nothing after its close_notify (RFC 9846 section 6.1)", async () => {
  for (const asks of ["updateKeys", "requestCertificate"] as const) {
    await using ends = await connected({ postHandshakeAuth: true });
    await ends.client.closeWrite();
    const { recordsWritten } = ends.client.stats;
    // The request crosses the close_notify, which the server has not read.
    if (asks === "updateKeys") {
      await ends.server.updateKeys({ requestPeer: true });
    } else {
      ends.server.requestCertificate();
    }
    await ends.server.write(utf8("x"));
    assertEquals(await readBytes(ends.client, 1), utf8("x"));
    assertEquals(ends.client.stats.recordsWritten, recordsWritten);
    assertEquals(await ends.server.read(new Uint8Array(1)), null);
  }
});

Deno.test("TlsConn of TLS 1.2 answers no HelloRequest after its close_notify", async () => {
  await using ends = await connected({ maxVersion: "TLSv1.2" });
  await ends.client.closeWrite();
  const { recordsWritten } = ends.client.stats;
  ends.server.renegotiate();
  for (const text of ["before", "behind"]) {
    await ends.server.write(utf8(text));
    assertEquals(await readBytes(ends.client, 6), utf8(text));
  }
  assertEquals(ends.client.stats.recordsWritten, recordsWritten);
});

Deno.test("TlsConn.updateKeys() may be called often and at once, amid data both ways", async () => {
  await using ends = await connected();
  const bytes = pattern(400_000);
  const reading = [ends.client, ends.server].map((end) =>
    readBytes(end, bytes.length)
  );
  await Promise.all([ends.client, ends.server].map(async (end) => {
    for (let at = 0; at < bytes.length; at += 20_000) {
      const update = end.updateKeys({ requestPeer: at % 40_000 === 0 });
      await end.write(bytes.subarray(at, at + 20_000));
      await update;
    }
  }));
  for (const read of reading) assert(equal(await read, bytes));
});

Deno.test("TlsConn.updateKeys() does not change the exporter, nor the channel binding", async () => {
  await using ends = await connected();
  const before = ends.client.channelBinding("tls-exporter");
  await ends.client.updateKeys({ requestPeer: true });
  await ends.client.write(utf8("x"));
  await readBytes(ends.server, 1);
  assertEquals(ends.client.channelBinding("tls-exporter"), before);
  assertEquals(ends.server.channelBinding("tls-exporter"), before);
});

interface LaterRule extends Rule {
  readonly misdeed: (peer: Peer) => Promise<void>;
}

function message(type: keyof typeof HandshakeType, ...body: number[]) {
  return (peer: Peer) =>
    peer.sendRecord(
      handshake,
      frameMessage(HandshakeType[type], Uint8Array.from(body)),
    );
}

const ofEither: LaterRule[] = [
  {
    name: "section 4.7.3: KeyUpdate with another value",
    alert: "illegal_parameter",
    misdeed: message("key_update", 2),
  },
  {
    name: "section 4.7.3: KeyUpdate without a value",
    alert: "decode_error",
    misdeed: message("key_update"),
  },
  {
    name: "section 4.7.3: KeyUpdate with a byte too many",
    alert: "decode_error",
    misdeed: message("key_update", 0, 0),
  },
  {
    name: "section 5.1: KeyUpdate with more after it in its record",
    alert: "unexpected_message",
    says: "follows in the same record",
    misdeed: (peer) =>
      peer.sendRecord(
        handshake,
        Uint8Array.of(24, 0, 0, 1, 0, 24, 0, 0, 1, 0),
      ),
  },
  {
    name: "section 4.6: more KeyUpdates than there is reason for",
    alert: "unexpected_message",
    says: "32",
    misdeed: async (peer) => {
      for (let at = 0; at < 33; at++) {
        await peer.send(tls13.keyUpdate, { requestUpdate: 0 });
        if (at === 32) return;
        peer.io.setWriteProtection(await nextKeys(peer));
      }
    },
  },
  {
    name: "section 4.5.3: a second Finished",
    alert: "unexpected_message",
    misdeed: (peer) =>
      peer.sendRecord(
        handshake,
        frameMessage(HandshakeType.finished, pattern(32)),
      ),
  },
  {
    name: "section 4.5.1: a Certificate that nobody asked for",
    alert: "unexpected_message",
    says: "Cannot accept certificate after the handshake",
    misdeed: message("certificate", 0, 0, 0, 0),
  },
  {
    name: "section 4.4.1: EncryptedExtensions",
    alert: "unexpected_message",
    misdeed: message("encrypted_extensions", 0, 0),
  },
  {
    name: "section 4: a message of an unknown type",
    alert: "unexpected_message",
    misdeed: (peer) => peer.sendRecord(handshake, Uint8Array.of(77, 0, 0, 0)),
  },
  {
    name: "section 4: a message that is larger than any may be",
    alert: "decode_error",
    misdeed: (peer) =>
      peer.sendRecord(
        handshake,
        Uint8Array.of(HandshakeType.new_session_ticket, 0xff, 0xff, 0xff),
      ),
  },
  {
    name: "section 5.1: application data in the middle of a message",
    alert: "unexpected_message",
    says: "in the middle of a handshake message",
    misdeed: async (peer) => {
      await peer.sendRecord(handshake, Uint8Array.of(24, 0, 0));
      await peer.sendRecord(application_data, utf8("data"));
    },
  },
  {
    name: "section 5.1: an alert in the middle of a message",
    alert: "unexpected_message",
    misdeed: async (peer) => {
      await peer.sendRecord(handshake, Uint8Array.of(24, 0, 0));
      await peer.sendRecord(alert, Uint8Array.of(1, 0));
    },
  },
  {
    name: "section 5.1: an alert of another length",
    alert: "decode_error",
    misdeed: (peer) => peer.sendRecord(alert, Uint8Array.of(1, 0, 0)),
  },
  {
    name: "section 5: a protected change_cipher_spec",
    alert: "unexpected_message",
    misdeed: (peer) => peer.sendRecord(change_cipher_spec, Uint8Array.of(1)),
  },
  {
    name: "section 5: a protected record of an unknown type",
    alert: "unexpected_message",
    misdeed: (peer) => peer.sendRecord(99, Uint8Array.of(1)),
  },
  {
    name: "RFC 5246 section 7.4.1.1: HelloRequest",
    alert: "unexpected_message",
    misdeed: message("hello_request"),
  },
];

const ofClients: LaterRule[] = [
  {
    name: "section 4.7.1: NewSessionTicket of a client",
    alert: "unexpected_message",
    misdeed: message("new_session_ticket", 0, 0, 0, 1),
  },
  {
    name: "section 4.7.2: CertificateRequest of a client",
    alert: "unexpected_message",
    says: "Cannot accept certificate_request after the handshake",
    misdeed: message("certificate_request", 1, 0, 0, 0),
  },
  {
    name: "section 4.2.2: ClientHello, which would be a renegotiation",
    alert: "unexpected_message",
    misdeed: message("client_hello", ...pattern(60)),
  },
  {
    name: "section 4.5: EndOfEarlyData",
    alert: "unexpected_message",
    misdeed: message("end_of_early_data"),
  },
];

const ofServers: LaterRule[] = [
  {
    name:
      "section 4.7.2: CertificateRequest although post_handshake_auth was not offered",
    alert: "unexpected_message",
    says: "post_handshake_auth",
    misdeed: message(
      "certificate_request",
      1,
      7,
      0,
      8,
      0,
      13,
      0,
      4,
      0,
      2,
      4,
      3,
    ),
  },
  {
    name: "section 4.7.1: NewSessionTicket that is cut",
    alert: "decode_error",
    misdeed: message("new_session_ticket", 0, 0, 0, 1),
  },
  {
    name: "section 4.2.3: ServerHello",
    alert: "unexpected_message",
    misdeed: message("server_hello", ...pattern(60)),
  },
];

for (const rule of [...ofEither, ...ofClients]) {
  Deno.test(`server refuses after the handshake, ${rule.name}`, async () => {
    await refuses(rule, hostileClient);
  });
}

for (const rule of [...ofEither, ...ofServers]) {
  Deno.test(`client refuses after the handshake, ${rule.name}`, async () => {
    await refuses(rule, hostileServer);
  });
}

const secrets = new WeakMap<Peer, () => Promise<unknown>>();

async function nextKeys(peer: Peer) {
  return await secrets.get(peer)?.() as never;
}

async function refuses(
  rule: LaterRule,
  hostile: typeof hostileClient | typeof hostileServer,
): Promise<void> {
  const error = await assertRefusedLater(
    rule.alert,
    await hostile({}, {
      client: { minVersion: "TLSv1.3", ...rule.client },
      server: { ...quiet, ...rule.server },
    }),
    async ({ peer, established }) => {
      secrets.set(
        peer,
        async () => await asTls13(established).traffic.updateWrite(),
      );
      await rule.misdeed(peer);
    },
  );
  assertSays(error, rule);
}

Deno.test("TlsConn refuses a record that does not open, with bad_record_mac (section 5.2)", async () => {
  const toServer = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      if (flip) {
        flip = false;
        chunk = chunk.slice();
        chunk[chunk.length - 1] = (chunk.at(-1) as number) ^ 1;
      }
      controller.enqueue(chunk);
    },
  });
  let flip = false;
  const ends = await connected({}, quiet, crossed({ toServer }));
  flip = true;
  const writing = ends.client.write(utf8("to be damaged"));
  const error = tlsError(
    await ends.server.read(new Uint8Array(20)).catch((error) => error),
  );
  assertEquals(error.alert, "bad_record_mac");
  await writing;
  const told = tlsError(
    await ends.client.read(new Uint8Array(1)).catch((error) => error),
  );
  assertEquals(told.alert, "bad_record_mac");
  assertEquals(told.code, "alert_received");
});

Deno.test("TlsConn restarts its count of messages after data", async () => {
  const { peer, conn, flow } = await hostileServer({}, { server: quiet });
  using _ = peer;
  const [, established] = await Promise.all([conn.handshake(), flow()]);
  for (let round = 0; round < 3; round++) {
    for (let at = 0; at < 20; at++) {
      await peer.send(tls13.keyUpdate, { requestUpdate: 0 });
      const protection = await asTls13(established).traffic.updateWrite();
      assert(protection !== undefined);
      peer.io.setWriteProtection(protection);
    }
    await peer.sendRecord(application_data, utf8("data"));
    assertEquals(await readBytes(conn, 4), utf8("data"));
  }
  conn.abort();
});

Deno.test("client with recordSizeLimit gets no record beyond it (RFC 8449)", async () => {
  const sizes: number[] = [];
  for (
    const [client, server] of [[{ recordSizeLimit: 100 }, {}], [{
      recordSizeLimit: 16385,
    }, { recordSizeLimit: 200 }]] as const
  ) {
    await using ends = await connected(client, { ...quiet, ...server });
    const before = { ...ends.server.stats };
    await ends.server.write(pattern(1000));
    assertEquals(await readBytes(ends.client, 1000), pattern(1000));
    sizes.push(ends.server.stats.recordsWritten - before.recordsWritten);
    const sent = ends.client.stats.recordsWritten;
    await ends.client.write(pattern(1000));
    assertEquals(await readBytes(ends.server, 1000), pattern(1000));
    sizes.push(ends.client.stats.recordsWritten - sent);
  }
  // The limit counts the content type; a server without one of its own takes
  // the client's word and says nothing.
  assertEquals(sizes[0], Math.ceil(1000 / 99));
  assertEquals(sizes[2], 1);
  assertEquals(sizes[3], Math.ceil(1000 / 199));
});

Deno.test("client refuses a record beyond its recordSizeLimit (RFC 8449 section 4)", async () => {
  const { peer, conn, flow } = await hostileServer({}, {
    client: { recordSizeLimit: 100 },
    server: { ...quiet, recordSizeLimit: 16385 },
  });
  using _ = peer;
  await Promise.all([conn.handshake(), flow()]);
  peer.records.writer.recordSizeLimit = Infinity;
  const reading = conn.read(new Uint8Array(200));
  reading.catch(() => {});
  await peer.sendRecord(application_data, pattern(150));
  const error = tlsError(await reading.catch((error) => error));
  assertEquals(error.alert, "record_overflow");
  assertEquals(await peer.readAlert(), "record_overflow");
});

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}

Deno.test("keys are updated 2^48 - 1 times and no more (RFC 9846 section 4.7.3)", async () => {
  const { peer, conn, flow } = await hostileClient({}, { server: quiet });
  using _ = peer;
  const [, established] = await Promise.all([conn.handshake(), flow()]);
  const { traffic } = asTls13(established);
  assertEquals(traffic.updatesLeft, 2 ** 48 - 1);
  const config = await clientConfigOf(await clientOptions());
  const post = new PostHandshake(peer.io, config, asTls13(established));
  traffic.updatesLeft = 1;
  await post.updateKeys(false);
  const last = traffic.write;
  const error = await assertRejects(() => post.updateKeys(false), RangeError);
  assert(error.message.includes("2^48 - 1"));
  // "SHOULD instead ignore the "update_requested" flag."
  const { read } = traffic;
  await conn.updateKeys({ requestPeer: true });
  await peer.io.peek();
  await post.receive();
  assertNotEquals(traffic.read, read);
  assertEquals(traffic.write, last);
  assertEquals(post.keyUpdateDue, false);
  conn.abort();
});

/**
 * What RFC 9846 changed in TLS 1.3 (section 1.2), and rules that its text made
 * strict: each test plays the peer that breaks the rule, or reads what we send.
 *
 * @module
 */

import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertNotEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { concat } from "@std/bytes";
import { server } from "../../connection/wrap.ts";
import { TlsAlertError } from "../../errors.ts";
import { makeClientHello } from "../../handshake/common/client_hello.ts";
import type { HandshakeEvent } from "../../handshake/io/events.ts";
import type { ClientHello } from "../../handshake/messages/client_hello.ts";
import { tls13 } from "../../handshake/messages/message_kinds.ts";
import { tls12 } from "../../handshake/messages/message_kinds_tls12.ts";
import type { NewSessionTicket } from "../../handshake/messages/new_session_ticket.ts";
import { frameMessage } from "../../handshake/messages/framing.ts";
import type { Session } from "../../handshake/session/session.ts";
import { decode, encode } from "../../record/codec.ts";
import {
  ContentType,
  ExtensionType,
  HandshakeType,
  KeyUpdateRequest,
  PskKeyExchangeMode,
} from "../../registry.ts";
import {
  assertRefused,
  clientConfig,
  editing,
  hostileClient,
  hostileServer,
} from "../_hostile_peer.ts";
import {
  connected,
  crossed,
  outcomes,
  pair,
  pattern,
  readBytes,
  serverOptions,
  tlsError,
  utf8,
} from "../_pair.ts";
import { resumes, sessionsOf, ticketKeys } from "./_resumption.ts";

const WEEK = 604_800;
const onlyTls12 = { minVersion: "TLSv1.2", maxVersion: "TLSv1.2" } as const;
const onlyTls13 = { minVersion: "TLSv1.3" } as const;

function withHello(
  edit: (hello: ClientHello) => Partial<ClientHello>,
): ReturnType<typeof editing> {
  return editing(tls13.clientHello, (hello) => ({ ...hello, ...edit(hello) }));
}

// Section 4.3.8: "Clients and Servers MUST NOT reuse a key share for multiple
// connections."

Deno.test("no key share is used for two connections", async () => {
  const config = await clientConfig();
  const shares = async () => {
    const { hello } = await makeClientHello(config, undefined, []);
    return (hello.extensions.key_share ?? [])
      .filter(({ keyExchange }) => keyExchange.length > 1) // not GREASE
      .map(({ keyExchange }) => keyExchange.toHex());
  };
  const all = [...await shares(), ...await shares(), ...await shares()];
  assertEquals(all.length, 6);
  assertEquals(new Set(all).size, all.length);

  const shown: (string | undefined)[] = [];
  for (let i = 0; i < 3; i++) {
    await using _ = await connected({
      groups: ["x25519"],
      onEvent: (event) => {
        if (event.type === "message" && event.name === "server_hello") {
          const { codec, name } = tls13.serverHello;
          const hello = decode(codec, event.bytes.subarray(4), name);
          shown.push(hello.extensions.key_share?.keyExchange.toHex());
        }
      },
    });
  }
  assertEquals(shown.length, 3);
  assertEquals(new Set(shown).size, 3);
});

// Section 4.7.3: "Until receiving a subsequent KeyUpdate from the peer, the
// sender MUST NOT send another KeyUpdate with request_update set to
// "update_requested"."

Deno.test("KeyUpdate asks once until the peer has answered", async () => {
  const { peer, conn, flow } = await hostileServer({}, {
    server: { tickets: 0 },
  });
  using _ = peer;
  const [, established] = await Promise.all([conn.handshake(), flow()]);
  assert("traffic" in established);
  const { traffic } = established;
  const next = async () => {
    const fragment = await peer.records.reader.read();
    assertEquals(fragment?.type, ContentType.handshake);
    peer.records.reader.setProtection(await traffic.updateRead());
    return fragment?.bytes[4];
  };
  const { update_requested, update_not_requested } = KeyUpdateRequest;
  for (
    const expected of [update_requested, ...Array(2).fill(update_not_requested)]
  ) {
    await conn.updateKeys({ requestPeer: true });
    assertEquals(await next(), expected);
  }

  const protection = await traffic.updateWrite();
  peer.io.sendUnhashed(tls13.keyUpdate, {
    requestUpdate: update_not_requested,
  });
  peer.records.writer.setProtection(protection);
  await peer.sendRecord(ContentType.application_data, utf8("x"));
  assertEquals(await readBytes(conn, 1), utf8("x"));
  await conn.updateKeys({ requestPeer: true });
  assertEquals(await next(), update_requested);
});

// Section 4.7.1.

const ticket: NewSessionTicket = {
  ticketLifetime: 2 ** 32 - 1,
  ticketAgeAdd: 1,
  ticketNonce: Uint8Array.of(1),
  ticket: pattern(40),
  extensions: {},
};

Deno.test("a ticket for more than seven days is no error, and is kept for seven", async () => {
  const sessions: Session[] = [];
  for (const onSession of [undefined, (s: Session) => sessions.push(s)]) {
    const { peer, conn, flow } = await hostileServer({}, {
      client: {
        onSession,
        now: () => 0,
        unsafelyIgnoreCertificateErrors: true,
      },
      server: { tickets: 0 },
    });
    using _ = peer;
    await Promise.all([conn.handshake(), flow()]);
    await peer.send(tls13.newSessionTicket, ticket);
    await peer.sendRecord(ContentType.application_data, utf8("x"));
    assertEquals(await readBytes(conn, 1), utf8("x"));
  }
  assertEquals(sessions.map(({ expires }) => expires.getTime()), [WEEK * 1000]);
});

Deno.test("NewSessionTicket may have extensions up to the largest message", async () => {
  const sessions: Session[] = [];
  const { peer, conn, flow } = await hostileServer({}, {
    client: { onSession: (session) => sessions.push(session) },
    server: { tickets: 0 },
  });
  using _ = peer;
  await Promise.all([conn.handshake(), flow()]);
  const body = concat([
    encode(tls13.newSessionTicket.codec, { ...ticket, ticketLifetime: 10 })
      .slice(0, -2),
    Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0xff, 0xfb),
    new Uint8Array(0xfffb),
  ]);
  const message = frameMessage(HandshakeType.new_session_ticket, body);
  for (let at = 0; at < message.length; at += 16_384) {
    await peer.sendRecord(
      ContentType.handshake,
      message.subarray(at, at + 16_384),
    );
  }
  await peer.sendRecord(ContentType.application_data, utf8("x"));
  assertEquals(await readBytes(conn, 1), utf8("x"));
  assertEquals(sessions.length, 1);
});

// Section 4.2.2: legacy_version of the ClientHello.

for (const legacyVersion of [0x0300, 0x0301, 0x0302, 0x0000]) {
  const name = `0x${legacyVersion.toString(16).padStart(4, "0")}`;
  Deno.test(`server refuses legacy_version ${name} of a client that offers TLS 1.3 (section 4.2.2)`, async () => {
    const error = await assertRefused(
      "protocol_version",
      await hostileClient(withHello(() => ({ legacyVersion }))),
    );
    assertStringIncludes(error.message, "legacy_version");
  });
}

for (const legacyVersion of [0x0304, 0xffff]) {
  Deno.test(`server goes by supported_versions where legacy_version is 0x${legacyVersion.toString(16)} (section 4.3.1)`, async () => {
    const { peer, conn, flow } = await hostileClient(
      withHello(() => ({ legacyVersion })),
    );
    using _ = peer;
    const [info] = await Promise.all([conn.handshake(), flow()]);
    assertEquals(info.version, "TLSv1.3");
  });
}

Deno.test("server refuses SSL 3.0 in legacy_version beside supported_versions of TLS 1.2 (appendix E.5)", async () => {
  await assertRefused(
    "protocol_version",
    await hostileClient(
      withHello((hello) => ({
        legacyVersion: 0x0300,
        extensions: { ...hello.extensions, supported_versions: [0x0303] },
      })),
      { client: onlyTls12 },
    ),
  );
});

// Section 4.3.1: without supported_versions there is no version above TLS 1.2.

for (const legacyVersion of [0x0304, 0x0305, 0x7f1c, 0xffff]) {
  Deno.test(`client refuses a ServerHello that selects 0x${legacyVersion.toString(16)} without supported_versions`, async () => {
    for (const client of [{}, onlyTls12]) {
      const error = await assertRefused(
        "protocol_version",
        await hostileServer(
          editing(tls12.serverHello, (hello) => ({ ...hello, legacyVersion })),
          { client, server: onlyTls12 },
        ),
      );
      assertEquals(error.code, "no_common_version");
    }
  });
}

for (const legacyVersion of [0x0302, 0x0304]) {
  Deno.test(`client refuses a HelloRetryRequest with legacy_version 0x0${legacyVersion.toString(16)} (section 4.2.4)`, async () => {
    await assertRefused(
      "protocol_version",
      await hostileServer(
        editing(
          tls13.helloRetryRequest,
          (hello) => ({ ...hello, legacyVersion }),
        ),
        { server: { helloRetry: "cookie" } },
      ),
    );
  });
}

// Section 4.4.2: CertificateRequest.

Deno.test("client refuses a CertificateRequest without extensions: missing_extension", async () => {
  const error = await assertRefused(
    "missing_extension",
    await hostileServer(
      editing(tls13.certificateRequest, (request) => ({
        ...request,
        extensions: {},
      })),
      { server: { clientAuth: "request" } },
    ),
  );
  assertStringIncludes(error.message, "signature_algorithms");
});

Deno.test("requestCertificate() is refused where an external PSK authenticated the connection", async () => {
  const psk = { identity: "device", key: pattern(32) };
  const client = { ...onlyTls13, psk, postHandshakeAuth: true };
  const server = { psk: () => ({ key: psk.key }), ticketKeys };
  const [session] = await sessionsOf(client, server);
  assert(session !== undefined);
  for (const more of [{}, { session }]) {
    await using ends = await connected({ ...client, ...more }, server);
    assertEquals(ends.server.info.resumed, "session" in more);
    const error = await assertRejects(
      async () => await ends.server.requestCertificate(),
      TypeError,
      "an external PSK authenticated this connection",
    );
    assert(error instanceof TypeError);
    // The connection goes on.
    await ends.client.write(utf8("x"));
    assertEquals(await readBytes(ends.server, 1), utf8("x"));
  }
});

// Section 4.2.2: "recomputing the "obfuscated_ticket_age"".

Deno.test("the second ClientHello has the age of its ticket anew", async () => {
  const start = Date.now();
  let clock = start;
  const now = () => clock;
  const [session] = await sessionsOf({ now });
  assert(session !== undefined);
  const ages: number[] = [];
  const { peer, conn, flow } = await hostileServer({
    misread: (kind, value) => {
      if (Object.is(kind, tls13.clientHello)) {
        const hello = value as unknown as ClientHello; // of this kind
        const psk = hello.extensions.pre_shared_key;
        ages.push(...psk?.identities.map((id) => id.obfuscatedTicketAge) ?? []);
        clock += 1234;
      }
      return value;
    },
  }, {
    client: { session, now, ...onlyTls13 },
    server: { ticketKeys, helloRetry: "cookie", now },
  });
  using _ = peer;
  const [info] = await Promise.all([conn.handshake(), flow()]);
  assertEquals(info.resumed, true);
  assertEquals(info.helloRetryRequest, true);
  const [first = 0, second = 0] = ages;
  assertEquals(ages.length, 2);
  assertEquals((second - first) >>> 0, 1234);
});

// Section 6.1: user_canceled.

const USER_CANCELED = 90;

for (const level of [1, 2]) {
  Deno.test(`user_canceled of level ${level} is ignored in TLS 1.3, and close_notify ends the data`, async () => {
    const { peer, conn, flow } = await hostileServer({}, {
      server: { tickets: 0 },
    });
    using _ = peer;
    await Promise.all([conn.handshake(), flow()]);
    await peer.sendRecord(
      ContentType.alert,
      Uint8Array.of(level, USER_CANCELED),
    );
    await peer.sendRecord(ContentType.application_data, utf8("x"));
    assertEquals(await readBytes(conn, 1), utf8("x"));
    await peer.sendRecord(
      ContentType.alert,
      Uint8Array.of(level, USER_CANCELED),
    );
    await peer.sendRecord(ContentType.alert, Uint8Array.of(1, 0));
    assertEquals(await conn.read(new Uint8Array(1)), null);
  });

  Deno.test(`user_canceled of level ${level} is not ignored without end`, async () => {
    const { peer, conn, flow } = await hostileServer({}, {
      server: { tickets: 0 },
    });
    using _ = peer;
    await Promise.all([conn.handshake(), flow()]);
    const reading = conn.read(new Uint8Array(1));
    reading.catch(() => {});
    for (let i = 0; i < 5; i++) {
      await peer.sendRecord(
        ContentType.alert,
        Uint8Array.of(level, USER_CANCELED),
      ).catch(() => {});
    }
    await assertRejects(() => reading, Error, "warning alerts without data");
    assertEquals(await peer.readAlert(), "unexpected_message");
  });
}

// RFC 8449 section 4.

Deno.test("recordSizeLimit 16385 is sent as 16384 up to TLS 1.2", async () => {
  const limits = async (client: object, server: object) => {
    const sent: (number | undefined)[] = [];
    const both = { recordSizeLimit: 16_385 };
    const { peer, conn, flow } = await hostileServer({
      misread: (kind, value) => {
        if (Object.is(kind, tls13.clientHello)) {
          const hello = value as unknown as ClientHello; // of this kind
          sent.push(hello.extensions.record_size_limit);
        }
        return value;
      },
      message: ({ raw }) => {
        const { server_hello, encrypted_extensions } = HandshakeType;
        const type = raw[0];
        if (type !== server_hello && type !== encrypted_extensions) return;
        const at = indexOf(raw, [0, ExtensionType.record_size_limit, 0, 2]);
        if (at > 0) sent.push((raw[at + 4] ?? 0) << 8 | (raw[at + 5] ?? 0));
      },
    }, { client: { ...both, ...client }, server: { ...both, ...server } });
    using _ = peer;
    await Promise.all([conn.handshake(), flow()]);
    return sent;
  };
  assertEquals(await limits({}, {}), [16_385, 16_385]);
  assertEquals(await limits({}, onlyTls12), [16_385, 16_384]);
  assertEquals(await limits(onlyTls12, {}), [16_384, 16_384]);
});

function indexOf(bytes: Uint8Array, part: readonly number[]): number {
  return bytes.findIndex((_, at) => part.every((b, i) => bytes[at + i] === b));
}

// Section 4.3.9: psk_ke.

const pskKe = withHello(({ extensions }) => ({
  extensions: {
    ...extensions,
    psk_key_exchange_modes: [PskKeyExchangeMode.psk_ke],
  },
}));

Deno.test("psk_ke alone gets a full handshake where there is a certificate", async () => {
  const key = pattern(32);
  const { peer, conn, flow } = await hostileClient(pskKe, {
    client: { psk: { identity: "a", key } },
    server: { psk: () => ({ key }) },
  });
  using _ = peer;
  const [info] = await Promise.all([conn.handshake(), flow()]);
  assertEquals(info.pskIdentity, undefined);
  assertNotEquals(info.localCertificate, undefined);
});

Deno.test("psk_ke alone is refused by name where there is nothing else", async () => {
  const key = pattern(32);
  const client = { ...onlyTls13, psk: { identity: "a", key } };
  const bare = withHello(({ extensions }) => {
    const {
      key_share: _share,
      supported_groups: _groups,
      signature_algorithms: _schemes,
      ...others
    } = extensions;
    return {
      extensions: {
        ...others,
        psk_key_exchange_modes: [PskKeyExchangeMode.psk_ke],
      },
    };
  });
  for (
    const hostile of [
      // The server has no certificate.
      await hostileClient(pskKe, {
        client,
        server: { psk: () => ({ key }), cert: undefined, key: undefined },
      }),
      // The client has nothing that another key exchange needs.
      await hostileClient(bare, { client, server: { psk: () => ({ key }) } }),
    ]
  ) {
    const error = await assertRefused("handshake_failure", hostile);
    assertStringIncludes(error.message, "psk_ke is not supported");
  }
});

// Section 9.2: "If containing a "key_share" extension, it MUST also contain a
// "supported_groups" extension, and vice versa".
Deno.test("psk_ke alone with a key share and no groups lacks the groups", async () => {
  const key = pattern(32);
  const client = { ...onlyTls13, psk: { identity: "a", key } };
  const half = withHello(({ extensions }) => {
    const { supported_groups: _groups, ...others } = extensions;
    return {
      extensions: {
        ...others,
        psk_key_exchange_modes: [PskKeyExchangeMode.psk_ke],
      },
    };
  });
  const error = await assertRefused(
    "missing_extension",
    await hostileClient(half, { client, server: { psk: () => ({ key }) } }),
  );
  assertStringIncludes(error.message, "supported_groups");
});

// RFC 5246 section 7.2.1: "The other party MUST respond with a close_notify".

for (const [name, version] of [["1.2", onlyTls12], ["1.3", {}]] as const) {
  Deno.test(`close_notify in the middle of a handshake of TLS ${name} is answered`, async () => {
    const bye = Uint8Array.of(1, 0);
    const last: Record<string, number> = {
      "1.2": HandshakeType.server_hello_done,
      "1.3": HandshakeType.finished,
    };
    for (const make of [hostileServer, hostileClient]) {
      const isServer = make === hostileServer;
      const type = isServer ? last[name] : HandshakeType.client_hello;
      let answer: unknown;
      const { peer, conn, flow } = await make({
        record: (contentType, bytes) =>
          contentType === ContentType.handshake && bytes[0] === type
            ? [[ContentType.alert, bye]]
            : undefined,
      }, { client: version, server: version });
      using _ = peer;
      const flowing = flow().catch((error) => answer = error);
      const error = await conn.handshake().catch((error) => error);
      assertInstanceOf(error, TlsAlertError);
      assertEquals(error.alert, "close_notify");
      await flowing;
      assertInstanceOf(answer, TlsAlertError);
      assertEquals(answer.alert, "close_notify");
    }
  });
}

// Section 5: "an unexpected record type".

Deno.test("a first record of an unknown type is answered with unexpected_message", async () => {
  for (const type of [0, 19, 25, 99, 255]) {
    const { forClient, forServer } = crossed();
    const conn = server(forServer, await serverOptions());
    const handshake = conn.handshake().catch((error) => error);
    const writer = forClient.writable.getWriter();
    await writer.write(Uint8Array.of(type, 3, 3, 0, 1, 0));
    const error = tlsError(await handshake);
    assertEquals([error.code, error.alert], ["not_tls", "unexpected_message"]);
    const { value } = await forClient.readable.getReader().read();
    assertEquals(value, Uint8Array.of(21, 3, 3, 0, 2, 2, 10));
  }
});

// Section 4.2.4.

Deno.test("info.helloRetryRequest says whether there was one, at both ends", async () => {
  for (const helloRetry of ["needed", "cookie"] as const) {
    await using ends = await connected({}, { helloRetry });
    const expected = helloRetry === "cookie";
    assertEquals(ends.client.info.helloRetryRequest, expected);
    assertEquals(ends.server.info.helloRetryRequest, expected);
  }
  await using old = await connected(onlyTls12);
  assertEquals(old.client.info.helloRetryRequest, false);
  assertEquals(old.client.info.extendedMainSecret, true);
  assertEquals(old.client.info.extendedMasterSecret, true);
});

// Section 4.2.1: the alert is the answer to the ClientHello.

Deno.test("server looks for a certificate before it sends ServerHello", async () => {
  const sent: string[] = [];
  const onEvent = (event: HandshakeEvent) => {
    if (event.type === "message" && event.direction === "write") {
      sent.push(event.name);
    }
  };
  await using ends = await pair(
    { ...onlyTls13, signatureSchemes: ["ed448"] },
    { onEvent },
  );
  const { client } = await outcomes(ends);
  assertInstanceOf(client, TlsAlertError);
  assertEquals(client.alert, "handshake_failure");
  assertEquals(sent, []);
});

Deno.test("no list of signature algorithms is empty", async () => {
  await assertRejects(
    () => pair({ signatureSchemes: [] }),
    TypeError,
  );
  await using ends = await pair({}, {
    ...onlyTls12,
    signatureSchemes: ["mldsa44"],
    clientAuth: "request",
  });
  const { server } = await outcomes(ends);
  assertInstanceOf(server, Error);
  assertStringIncludes(server.message, "Cannot request a client certificate");
});

Deno.test("sessions resume after the format of sessions has a new field", async () => {
  const [session] = await sessionsOf({}, { clientAuth: "request" });
  assert(session !== undefined);
  assertEquals(await resumes({ session }, { clientAuth: "request" }), true);
});

/**
 * Sentences with MUST, SHOULD or MAY that are new in RFC 9846, or that it words
 * anew, and that no other test plays: see `rfc9846_test.ts` for the rest.
 *
 * @module
 */

import {
  assert,
  assertEquals,
  assertGreaterOrEqual,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { x25519 } from "../../crypto/groups/named_groups.ts";
import type { KeyExchangeGroup } from "../../crypto/primitives/provider.ts";
import { TlsAlertError, TlsProtocolError } from "../../errors.ts";
import { makeClientHello } from "../../handshake/common/client_hello.ts";
import type { HandshakeEvent } from "../../handshake/io/events.ts";
import { tls13 } from "../../handshake/messages/message_kinds.ts";
import type { Session } from "../../handshake/session/session.ts";
import { encode } from "../../record/codec.ts";
import { NamedGroup } from "../../registry.ts";
import {
  assertRefused,
  assertRefusedLater,
  clientConfig,
  editing,
  hostileClient,
  hostileServer,
} from "../_hostile_peer.ts";
import { certificate, connected, pattern, readBytes, utf8 } from "../_pair.ts";
import { resumes, sessionsOf, ticketKeys } from "./_resumption.ts";
import { inserting } from "./_rules.ts";

const psk = { identity: "device", key: pattern(32) };
const knowsPsk = { psk: () => ({ key: psk.key }), ticketKeys };
const onlyTls13 = { minVersion: "TLSv1.3" } as const;
const onlyTls12 = { minVersion: "TLSv1.2", maxVersion: "TLSv1.2" } as const;

/** rsa_pss_rsae_sha256 and ecdsa_secp256r1_sha256, and nothing else. */
const certificateRequest = encode(tls13.certificateRequest.codec, {
  certificateRequestContext: new Uint8Array(),
  extensions: { signature_algorithms: [0x0804, 0x0403] },
});

// Section 4.3.8: "Because [RFC8446] permitted reuse, receiving implementations
// MUST permit reuse by the peer in order to prevent interoperability issues."

/** A group that has one key for all connections. */
async function reusing(group: KeyExchangeGroup): Promise<KeyExchangeGroup> {
  const offer = await group.offer();
  return {
    ...group,
    offer: () => Promise.resolve(offer),
    accept: async (peerShare) => ({
      share: offer.share,
      sharedSecret: await offer.complete(peerShare),
    }),
  };
}

for (
  const [peerOf, ends] of [
    ["client", hostileServer],
    ["server", hostileClient],
  ] as const
) {
  Deno.test(`a peer of a ${peerOf} may use a key share again (section 4.3.8)`, async () => {
    const reused = [await reusing(x25519)];
    const config = { groups: reused, keyShares: reused };
    const shown: string[] = [];
    const groups = { groups: ["x25519"] };
    const kind = peerOf === "client" ? "server_hello" : "client_hello";
    for (let i = 0; i < 2; i++) {
      const { peer, conn, flow } = await ends({
        message: ({ name, raw }) => {
          if (name !== kind) return;
          const at = raw.findIndex((_, at) =>
            raw[at] === 0 && raw[at + 1] === 29 && raw[at + 2] === 0 &&
            raw[at + 3] === 32
          );
          shown.push(raw.subarray(at + 4, at + 36).toHex());
        },
      }, { client: groups, server: { ...groups, tickets: 0 }, config });
      using _ = peer;
      await Promise.all([conn.handshake(), flow()]);
    }
    assertEquals(shown.length, 2);
    assertEquals(shown[0], shown[1]);
  });
}

// Section 4.3.7: "The "named_group_list" MUST NOT contain any duplicate entries.
// A recipient MAY abort a connection [...] if it detects a duplicate entry."

Deno.test("a client names each group once (section 4.3.7)", async () => {
  const config = await clientConfig({
    groups: ["x25519", "secp256r1", "x25519"],
  });
  const { hello } = await makeClientHello(config, undefined, []);
  const groups = hello.extensions.supported_groups ?? [];
  assertGreaterOrEqual(groups.length, 2);
  assertEquals(new Set(groups).size, groups.length);
});

for (const version of [onlyTls13, onlyTls12]) {
  Deno.test(`a server of ${version.minVersion} makes nothing of a group that is named twice`, async () => {
    const { peer, conn, flow } = await hostileClient(
      editing(tls13.clientHello, (hello) => ({
        ...hello,
        extensions: {
          ...hello.extensions,
          supported_groups: [
            ...hello.extensions.supported_groups ?? [],
            NamedGroup.secp256r1,
            NamedGroup.secp256r1,
          ],
        },
      })),
      { client: { ...version, groups: ["secp256r1"] }, server: { tickets: 0 } },
    );
    using _ = peer;
    const [info] = await Promise.all([conn.handshake(), flow()]);
    assertEquals(info.group, "secp256r1");
  });
}

// Section 4.4.2: "Servers which are authenticating with a resumption PSK MUST
// NOT send the CertificateRequest message in the main handshake", and with an
// external one neither there nor after it. Appendix F.1: "implementations MUST
// NOT combine external PSKs with certificate-based authentication of either the
// client or server."

Deno.test("a client refuses CertificateRequest in a handshake by a resumption PSK", async () => {
  const [session] = await sessionsOf();
  assert(session !== undefined);
  await assertRefused(
    "unexpected_message",
    await hostileServer(
      inserting("finished", "certificate_request", certificateRequest),
      { client: { session }, server: { ticketKeys } },
    ),
  );
});

Deno.test("a client refuses CertificateRequest in a handshake by an external PSK", async () => {
  await assertRefused(
    "unexpected_message",
    await hostileServer(
      inserting("finished", "certificate_request", certificateRequest),
      { client: { ...onlyTls13, psk }, server: knowsPsk },
    ),
  );
});

Deno.test("a client refuses Certificate in a handshake by an external PSK", async () => {
  await assertRefused(
    "unexpected_message",
    await hostileServer(
      inserting("finished", "certificate", pattern(40)),
      { client: { ...onlyTls13, psk }, server: knowsPsk },
    ),
  );
});

Deno.test("a client that an external PSK authenticated shows no certificate later", async () => {
  const { cert, key } = await certificate({ names: ["client.test"] });
  const error = await assertRefusedLater(
    "unexpected_message",
    await hostileServer({}, {
      client: { ...onlyTls13, psk, cert, key, postHandshakeAuth: true },
      server: { psk: knowsPsk.psk, tickets: 0 },
    }),
    async ({ peer }) => {
      await peer.send(tls13.certificateRequest, {
        certificateRequestContext: Uint8Array.of(1),
        extensions: { signature_algorithms: [0x0804, 0x0403] },
      });
    },
  );
  assertStringIncludes(error.message, "an external PSK");
});

// Section 4.4.2: "When requesting post-handshake authentication, the server
// SHOULD make the context unpredictable to the client".

Deno.test("requestCertificate() has an unpredictable context each time (section 4.4.2)", async () => {
  const { peer, conn, flow } = await hostileClient({}, {
    client: { postHandshakeAuth: true },
    server: { tickets: 0 },
  });
  using _ = peer;
  await Promise.all([conn.handshake(), flow()]);
  const contexts: string[] = [];
  for (let i = 0; i < 3; i++) {
    conn.requestCertificate().catch(() => {});
    const { value } = await peer.io.receive(tls13.certificateRequest);
    assertGreaterOrEqual(value.certificateRequestContext.length, 16);
    contexts.push(value.certificateRequestContext.toHex());
  }
  assertEquals(new Set(contexts).size, 3);
  conn.abort();
});

// Section 4.7.1: "Resumption MAY be done while the original connection is still
// open."

Deno.test("a session is resumed while its connection is open (section 4.7.1)", async () => {
  const sessions: Session[] = [];
  await using ends = await connected(
    { onSession: (session) => sessions.push(session) },
    { ticketKeys },
  );
  await ends.server.write(utf8("!"));
  await readBytes(ends.client, 1);
  const [session] = sessions;
  assert(session !== undefined);
  assert(await resumes({ session }));
  await ends.client.write(utf8("still here"));
  assertEquals(await readBytes(ends.server, 10), utf8("still here"));
});

// Section 6.1: user_canceled "MUST be sent with AlertLevel=warning", and "MUST
// be followed by a "close_notify"".

for (const version of [onlyTls13, onlyTls12]) {
  for (const when of ["the handshake", "data"]) {
    Deno.test(`user_canceled in ${when} of ${version.minVersion} is sent as a warning, and close_notify follows (section 6.1)`, async () => {
      const sent: HandshakeEvent[] = [];
      const { peer, conn, flow } = await hostileClient({}, {
        client: version,
        server: {
          tickets: 0,
          onEvent: (event) => {
            if (event.type === "alert") sent.push(event);
          },
          ...when === "data" ? {} : {
            onClientHello: () => {
              throw new TlsProtocolError("user_canceled", "Enough");
            },
          },
        },
      });
      using _ = peer;
      const theirs = flow().catch(() => {});
      await conn.handshake().catch(() => {});
      await theirs;
      if (when === "data") {
        conn.abort(new TlsProtocolError("user_canceled", "Enough"));
      }
      assertEquals((await conn.closed).clean, false);
      assertEquals(
        sent.map((event) =>
          event.type === "alert"
            ? [event.direction, event.level, event.alert]
            : []
        ),
        [
          ["write", "warning", "user_canceled"],
          ["write", "warning", "close_notify"],
        ],
      );
    });
  }
}

// Section 6.2: "general_error: Sent to indicate an error condition in cases when
// either no more specific error is available or the senders wishes to conceal
// the specific error code."

Deno.test("general_error is sent and read by its name (section 6.2)", async () => {
  await using ends = await connected();
  ends.server.abort(new TlsProtocolError("general_error", "Something"));
  const error = await assertRejects(
    () => ends.client.read(new Uint8Array(1)),
    TlsAlertError,
  );
  assertEquals(error.alert, "general_error");
});

// Appendix E.5: "Implementations MUST NOT use the Truncated HMAC extension".

Deno.test("a server skips truncated_hmac (appendix E.5)", async () => {
  const truncatedHmac = { extensionType: 4, extensionData: new Uint8Array() };
  // The peer refuses an answer, as it has not asked itself.
  const { peer, conn, flow } = await hostileClient(
    editing(tls13.clientHello, (hello) => ({
      ...hello,
      extensions: { ...hello.extensions, unknown: [truncatedHmac] },
    })),
    {
      client: {
        ...onlyTls12,
        cipherSuites: ["TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA"],
      },
      server: { cipherSuites: ["TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA"] },
    },
  );
  using _ = peer;
  const [info] = await Promise.all([conn.handshake(), flow()]);
  assertEquals(info.version, "TLSv1.2");
});

/**
 * Delegated credentials of clients (RFC 9345 section 4.1.2): a server asks for
 * them, a client shows them, the server verifies them.
 *
 * @module
 */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { tls13 } from "../../handshake/messages/message_kinds.ts";
import {
  type CertificateRequestInfo,
  type ClientOptions,
  type HandshakeEvent,
  type IdentityInput,
  type ServerOptions,
  Session,
} from "../../mod.ts";
import { issueDelegatedCredential, PrivateKey } from "../../x509/mod.ts";
import {
  assertRefused,
  editing,
  hostileClient,
  type Mischief,
} from "../_hostile_peer.ts";
import {
  certificate,
  connected,
  outcomes,
  pair,
  readBytes,
  utf8,
} from "../_pair.ts";
import {
  DAY,
  delegate,
  invalid,
  issued,
  key,
  ofAnotherScheme,
  plain,
} from "./_delegation.ts";
import { passTickets, sessionsOf, ticketKeys } from "./_resumption.ts";
import { assertSays } from "./_rules.ts";

const side = "client";

async function delegated(
  more: Partial<IdentityInput> = {},
): Promise<IdentityInput> {
  return {
    cert: issued.cert,
    key,
    delegatedCredential: await delegate({ side }),
    ...more,
  } as IdentityInput;
}

async function showing(...others: IdentityInput[]): Promise<ClientOptions> {
  return { certificates: [await delegated(), ...others] };
}

const taking: ServerOptions = {
  clientAuth: "require",
  delegatedCredentials: true,
};

Deno.test("a server takes the delegated credential of a client", async () => {
  const asked: CertificateRequestInfo[] = [];
  await using ends = await connected({
    ...await showing(),
    onCertificateRequest: (info) => {
      asked.push(info);
    },
  }, taking);
  const { info } = ends.server;
  assertEquals(info.authorization, { status: "verified" });
  assertEquals(info.peerCertificates[0]?.subject, "CN=localhost");
  const until = info.delegatedCredentialNotAfter?.getTime() ?? 0;
  assert(Math.abs(until - Date.now() - 1000 * DAY) < 60_000);
  const ours = ends.client.info;
  assertEquals(ours.localDelegatedCredentialNotAfter?.getTime(), until);
  assertEquals(ours.delegatedCredentialNotAfter, undefined);
  assertEquals(
    asked[0]?.delegatedCredentialSchemes.includes("ecdsa_secp256r1_sha256"),
    true,
  );
  // RFC 9345 section 4: a key of rsaEncryption signs none.
  assertEquals(
    asked[0]?.delegatedCredentialSchemes.some((name) => name.includes("rsae")),
    false,
  );
});

Deno.test("issueDelegatedCredential() makes one for a client, of another kind of key", async () => {
  const made = await issueDelegatedCredential({
    cert: issued.cert,
    key: issued.key,
    keyType: "ed25519",
    usage: "client",
  });
  const { key, delegatedCredential } = made;
  const identity = { cert: issued.cert, key, delegatedCredential };
  await using ends = await connected({
    onCertificateRequest: () => identity,
  }, taking);
  assertEquals(ends.server.info.signatureScheme, "ed25519");
  assertEquals(
    ends.server.info.delegatedCredentialNotAfter,
    made.notAfter,
  );
});

Deno.test("a server takes a delegated credential after the handshake", async () => {
  await using ends = await connected(await showing(), {
    ...taking,
    clientAuth: "none",
    tickets: 0,
  });
  const reading = readBytes(ends.client, 2);
  ends.server.read(new Uint8Array(1)).catch(() => {});
  const peer = await ends.server.requestCertificate();
  await ends.server.write(utf8("ok"));
  await reading;
  assert(peer.delegatedCredentialNotAfter !== undefined);
  assertEquals(
    ends.server.info.delegatedCredentialNotAfter,
    peer.delegatedCredentialNotAfter,
  );
  assertEquals(
    ends.client.info.localDelegatedCredentialNotAfter,
    peer.delegatedCredentialNotAfter,
  );
});

// RFC 9345 section 4.1.2: "If the extension is not present, the client MUST NOT
// send a delegated credential", and it MUST ignore it below TLS 1.3.
Deno.test("a client shows another identity to servers that take no delegated credential", async () => {
  const { identity } = await certificate();
  const short = await delegate({ side, seconds: -5 });
  const long = await delegate({ side, seconds: 8 * DAY });
  const cases: [ClientOptions, ServerOptions][] = [
    [await showing(identity), { clientAuth: "require" }],
    [await showing(identity), { clientAuth: "require", maxVersion: "TLSv1.2" }],
    // The server has no scheme that the credential may sign with.
    [await showing(identity), {
      ...taking,
      signatureSchemes: ["ed25519", "rsa_pss_rsae_sha256"],
    }],
    ...await Promise.all([short, long].map(async (delegatedCredential) =>
      [{
        certificates: [await delegated({ delegatedCredential }), identity],
      }, taking] as [ClientOptions, ServerOptions]
    )),
  ];
  const rsa = await certificate({ keyType: "rsa-2048" });
  for (const [client, server] of cases) {
    const isRsa = server.signatureSchemes !== undefined;
    await using ends = await connected(
      isRsa ? { certificates: [await delegated(), rsa.identity] } : client,
      isRsa ? { ...server, cert: rsa.cert, key: rsa.key } : server,
    );
    const { info } = ends.server;
    assertEquals(info.delegatedCredentialNotAfter, undefined);
    assertEquals(
      info.peerCertificates[0]?.raw,
      (isRsa ? rsa : { identity }).identity.chain[0]?.raw,
    );
    assertEquals(ends.client.info.localDelegatedCredentialNotAfter, undefined);
  }
});

Deno.test("a client without another identity shows none, and says why", async () => {
  const events: HandshakeEvent[] = [];
  await using ends = await connected(
    { ...await showing(), onEvent: (event) => events.push(event) },
    { clientAuth: "request" },
  );
  assertEquals(ends.server.info.peerCertificates, []);
  const reason = events.flatMap((event) =>
    event.type === "certificate_not_sent" ? [event.reason] : []
  ).join();
  assertStringIncludes(
    reason,
    "(delegated credential, secp256r1) cannot sign so",
  );
});

Deno.test("a server's delegated credential is none for a client", async () => {
  const identity = await delegated({ delegatedCredential: await delegate() });
  for (
    const options of [
      { certificates: [identity] },
      { onCertificateRequest: () => identity },
    ]
  ) {
    await using ends = await pair(options, taking);
    const { client } = await outcomes(ends);
    assert(client instanceof TypeError);
    assert(/signed for a server|is for servers/.test(client.message));
  }
});

/** A client that shows another credential in place of its own. */
function replacing(raw: Uint8Array): Mischief {
  return editing(tls13.certificate, (message) => ({
    ...message,
    certificateList: message.certificateList.map((entry, index) => ({
      ...entry,
      extensions: index === 0 ? { delegated_credential: raw } : {},
    })),
  }));
}

const cases = [
  ...invalid,
  ["key did not sign it for a client", { side: "server" }] as const,
];

for (const [index, [says, making, by = issued]] of cases.entries()) {
  Deno.test(`RFC 9345: a server refuses a delegated credential, ${index + 1}: ${says}`, async () => {
    const error = await assertRefused(
      "illegal_parameter",
      await hostileClient(replacing(await delegate({ side, ...making })), {
        client: {
          certificates: [
            await delegated({
              cert: by.cert,
              delegatedCredential: await delegate({ side, by }),
            }),
          ],
        },
        server: taking,
      }),
    );
    assertSays(error, { name: says, alert: "illegal_parameter", says });
  });
}

// Section 4.1.3, step 3, and the signature itself.
Deno.test("RFC 9345: a server refuses another scheme in CertificateVerify, and another key", async () => {
  const client = await showing();
  await assertRefused(
    "illegal_parameter",
    await hostileClient(
      ofAnotherScheme,
      { client, server: taking },
    ),
  );
  const to = await PrivateKey.parse(plain.key);
  await assertRefused(
    "decrypt_error",
    await hostileClient(replacing(await delegate({ side, to })), {
      client,
      server: taking,
    }),
  );
});

Deno.test("RFC 9345: a server that takes none answers one by unexpected_message", async () => {
  const { identity } = await certificate();
  await assertRefused(
    "unexpected_message",
    await hostileClient(replacing(await delegate({ side })), {
      client: { certificates: [identity] },
      server: { clientAuth: "require" },
    }),
  );
});

// Section 4.1.2: "The server SHOULD ignore delegated credentials sent as
// extensions to any other certificate."
Deno.test("RFC 9345: a server ignores a delegated credential of an issuer", async () => {
  const { identity } = await certificate();
  const raw = await delegate({ side, forged: true });
  const { peer, conn, flow } = await hostileClient(
    editing(tls13.certificate, (message) => ({
      ...message,
      certificateList: message.certificateList.flatMap((entry) => [
        entry,
        { ...entry, extensions: { delegated_credential: raw } },
      ]),
    })),
    { client: { certificates: [identity] }, server: taking },
  );
  using _ = peer;
  const [info] = await Promise.all([conn.handshake(), flow()]);
  assertEquals(info.authorization, { status: "verified" });
  assertEquals(info.delegatedCredentialNotAfter, undefined);
  conn.abort();
});

// Section 7.4: sessions go on no longer than the credential.
Deno.test("a session of a client's delegated credential ends with it, and with the option", async () => {
  let now = Date.now();
  const client = await showing();
  const server: ServerOptions = { ...taking, now: () => now, ticketKeys };
  const [first, second, third] = [
    ...await sessionsOf(client, server),
    ...await sessionsOf(client, server),
  ];
  assert(first !== undefined && second !== undefined && third !== undefined);
  const resume = async (session: Session, server: ServerOptions) => {
    await using ends = await connected({
      ...client,
      session: Session.import(session.export()),
    }, server);
    await passTickets(ends);
    const { info } = ends.client;
    // What is shown on this connection, and not what would be shown now.
    assertEquals(
      info.localDelegatedCredentialNotAfter === undefined,
      info.resumed || server.delegatedCredentials === false,
    );
    return ends.server.info;
  };
  const info = await resume(first, server);
  assertEquals(info.resumed, true);
  assert(info.delegatedCredentialNotAfter !== undefined);
  const without = { ...server, clientAuth: "request" } as const;
  assertEquals(
    (await resume(second, { ...without, delegatedCredentials: false })).resumed,
    false,
  );
  now = info.delegatedCredentialNotAfter.getTime() + 1;
  await using ends = await pair({
    ...client,
    now: () => now - DAY * 1000,
    session: third,
  }, server);
  const { server: late } = await outcomes(ends);
  assertEquals(ends.client.info.resumed, false);
  assert(late instanceof Error || !ends.server.info.resumed);
});

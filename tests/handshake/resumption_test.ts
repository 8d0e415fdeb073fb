/**
 * Resumption by PSK: tickets, binders, what a session is bound to (RFC 8446
 * sections 2.2, 4.2.9 to 4.2.11 and 4.6.1).
 *
 * @module
 */

import {
  assert,
  assertEquals,
  assertNotEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import type { ClientOptions, ServerOptions } from "../../connection/options.ts";
import { TlsError } from "../../errors.ts";
import { tls13 } from "../../handshake/kinds.ts";
import { Session, SessionCache } from "../../handshake/session.ts";
import { frameMessage } from "../../handshake/message.ts";
import type { NewSessionTicket } from "../../handshake/messages/new_session_ticket.ts";
import {
  ContentType,
  HandshakeType,
  PskKeyExchangeMode,
} from "../../registry.ts";
import { TicketKeys } from "../../handshake/ticket_keys.ts";
import { issueCertificate } from "../../x509/issue.ts";
import { TrustStore } from "../../x509/trust_store.ts";
import {
  assertRefused,
  assertRefusedLater,
  editing,
  hostileClient,
  hostileServer,
} from "../_hostile_peer.ts";
import {
  authority,
  certificate,
  connected,
  outcomes,
  type Pair,
  pair,
  pattern,
  readBytes,
  tlsError,
  utf8,
} from "../_pair.ts";

const ticketKeys = [pattern(48, 77)];

/** One connection, up to where the tickets have come; gives the sessions. */
async function sessionsOf(
  client: ClientOptions = {},
  server: ServerOptions = {},
): Promise<Session[]> {
  const sessions: Session[] = [];
  const ends = await connected(
    { ...client, onSession: (session) => sessions.push(session) },
    { ticketKeys, ...server },
  );
  await passTickets(ends);
  await ends[Symbol.asyncDispose]();
  return sessions;
}

/** Tickets come before the data that follow them. */
async function passTickets({ client, server }: Pair): Promise<void> {
  await server.write(utf8("!"));
  await readBytes(client, 1);
}

/** Whether a session is resumed, by options that differ from those it is of. */
async function resumes(
  client: ClientOptions,
  server: ServerOptions = {},
): Promise<boolean> {
  const ends = await connected(client, { ticketKeys, ...server });
  const { client: one, server: other } = ends;
  await one.write(utf8("x"));
  await readBytes(other, 1);
  assertEquals(one.info.resumed, other.info.resumed);
  await ends[Symbol.asyncDispose]();
  return one.info.resumed;
}

Deno.test("client and server resume, and keep what the first handshake settled", async () => {
  const options = {
    alpnProtocols: ["h2"],
    cert: (await certificate({ names: ["me"] })).cert,
    key: (await certificate({ names: ["me"] })).key,
  };
  const context: ServerOptions = {
    alpnProtocols: ["h2"],
    clientAuth: "require",
  };
  const [session] = await sessionsOf(options, context);
  await using ends = await connected({ ...options, session }, {
    ...context,
    ticketKeys,
  });
  const { client, server } = ends;
  assertEquals(client.info.resumed, true);
  assertEquals(server.info.resumed, true);
  assertEquals(client.info.alpnProtocol, "h2");
  assertEquals(client.info.authorization, { status: "verified" });
  assertEquals(server.info.authorization, { status: "verified" });
  assertStringIncludes(
    client.info.peerCertificates[0]?.subject ?? "",
    "localhost",
  );
  assertStringIncludes(server.info.peerCertificates[0]?.subject ?? "", "me");
  assertEquals(client.info.verifiedChain.length, 2);
  assertEquals(server.info.verifiedChain.length, 2);
  await client.write(utf8("again"));
  assertEquals(await readBytes(server, 5), utf8("again"));
});

Deno.test("client resumes from a cache, with each ticket used once (appendix C.4)", async () => {
  const sessionCache = new SessionCache(4);
  const options = { sessionCache, serverName: "localhost" };
  const seen: boolean[] = [];
  for (let round = 0; round < 3; round++) {
    const ends = await connected(options, { ticketKeys, tickets: 1 });
    seen.push(ends.client.info.resumed);
    assertEquals(sessionCache.size, 0, "none is left while one is in use");
    await passTickets(ends);
    assertEquals(sessionCache.size, 1);
    await ends[Symbol.asyncDispose]();
  }
  assertEquals(seen, [false, true, true]);
});

Deno.test("client does not offer the session of a cache twice at once", async () => {
  const sessionCache = new SessionCache();
  const first = await connected({ sessionCache }, { ticketKeys, tickets: 1 });
  await passTickets(first);
  await first[Symbol.asyncDispose]();
  const both = await Promise.all(
    [1, 2].map(() => connected({ sessionCache }, { ticketKeys })),
  );
  assertEquals(
    both.map(({ client }) => client.info.resumed).sort(),
    [false, true],
  );
  for (const ends of both) await ends[Symbol.asyncDispose]();
});

Deno.test("client without session or cache resumes nothing", async () => {
  await sessionsOf();
  assertEquals(await resumes({}), false);
});

Deno.test("server sends as many tickets as `tickets` says, all different", async () => {
  for (const tickets of [0, 1, 2, 5]) {
    const sessions = await sessionsOf(
      {},
      tickets === 0 ? { tickets, ticketKeys: undefined } : { tickets },
    );
    assertEquals(sessions.length, tickets);
    const unique = new Set(sessions.map(({ ticket }) => ticket.toHex()));
    assertEquals(unique.size, tickets);
  }
});

Deno.test("server sends no tickets to a client that could not use them (section 4.2.9)", async () => {
  let tickets = 0;
  const { peer, conn, flow } = await hostileClient(
    editing(tls13.clientHello, (hello) => ({
      ...hello,
      extensions: {
        ...hello.extensions,
        psk_key_exchange_modes: [PskKeyExchangeMode.psk_ke],
      },
    })),
    {
      client: { minVersion: "TLSv1.3", onSession: () => tickets++ },
      server: { ticketKeys },
    },
  );
  using _ = peer;
  await Promise.all([conn.handshake(), flow()]);
  await conn.write(utf8("data"));
  const fragment = await peer.records.read();
  assertEquals(fragment?.bytes, utf8("data"));
  conn.abort();
});

Deno.test("server refuses psk_ke and makes a full handshake (section 4.2.9)", async () => {
  const [session] = await sessionsOf();
  const { peer, conn, flow } = await hostileClient(
    editing(tls13.clientHello, (hello) => ({
      ...hello,
      extensions: {
        ...hello.extensions,
        psk_key_exchange_modes: [PskKeyExchangeMode.psk_ke],
      },
    })),
    { client: { minVersion: "TLSv1.3", session }, server: { ticketKeys } },
  );
  using _ = peer;
  // The binder is of another ClientHello then; it is not looked at.
  await Promise.all([conn.handshake(), flow()]);
  assertEquals(conn.info.resumed, false);
  conn.abort();
});

Deno.test("Session.export() and import() carry a session to another process", async () => {
  const [session] = await sessionsOf({ alpnProtocols: ["h2"] }, {
    alpnProtocols: ["h2"],
  });
  assert(session !== undefined);
  const bytes = session.export();
  const imported = Session.import(bytes);
  assertEquals(imported.version, "TLSv1.3");
  assertEquals(imported.serverName, "localhost");
  assertEquals(imported.alpnProtocol, "h2");
  assertEquals(imported.cipherSuite, session.cipherSuite);
  assertEquals(imported.expires, session.expires);
  assertEquals(imported.export(), bytes);
  // A store of the same certificates judges alike, however it came about.
  const trust = TrustStore.of((await authority).cert);
  assertEquals(
    await resumes({ session: imported, alpnProtocols: ["h2"], trust }, {
      alpnProtocols: ["h2"],
    }),
    true,
  );
});

Deno.test("Session.import() refuses what is no session", async () => {
  const [session] = await sessionsOf();
  const bytes = session?.export() ?? new Uint8Array();
  for (
    const wrong of [
      new Uint8Array(),
      Uint8Array.of(...bytes, 0),
      bytes.subarray(0, -1),
      Uint8Array.of(0, ...bytes.subarray(1)),
      pattern(200),
    ]
  ) assertThrows(() => Session.import(wrong), TlsError);
});

const { cert, key } = await certificate({ names: ["me"] });
const identity = { cert, key };

const mismatches: {
  readonly name: string;
  readonly client?: ClientOptions;
  readonly server?: ServerOptions;
  readonly later?: { client?: ClientOptions; server?: ServerOptions };
}[] = [
  {
    name: "another server name",
    later: { client: { serverName: "other.test" }, server: {} },
  },
  {
    name: "no server name",
    later: {
      client: { serverName: false, unsafelyDisableHostnameVerification: true },
    },
  },
  {
    name: "another ALPN protocol",
    client: { alpnProtocols: ["h2", "http/1.1"] },
    server: { alpnProtocols: ["h2"] },
    later: {
      client: { alpnProtocols: ["http/1.1", "h2"] },
      server: { alpnProtocols: ["http/1.1"] },
    },
  },
  {
    name: "no ALPN protocol any more",
    client: { alpnProtocols: ["h2"] },
    server: { alpnProtocols: ["h2"] },
  },
  {
    name: "strictCertificates",
    later: { client: { strictCertificates: true } },
  },
  { name: "a verify callback", later: { client: { verify: () => undefined } } },
  {
    name: "a session of unsafelyIgnoreCertificateErrors",
    client: { unsafelyIgnoreCertificateErrors: true },
  },
  {
    name: "a suite of another hash",
    client: { cipherSuites: ["TLS_AES_256_GCM_SHA384"] },
    later: { client: { cipherSuites: ["TLS_AES_128_GCM_SHA256"] } },
  },
  {
    name: "other ticket keys",
    later: { server: { ticketKeys: [pattern(48, 3)] } },
  },
  {
    name: "another session ID context",
    later: { server: { sessionIdContext: "b" } },
  },
  {
    name: "a server that demands certificates now",
    later: { client: identity, server: { clientAuth: "require-any" } },
  },
];

for (const { name, client, server, later } of mismatches) {
  Deno.test(`client and server make a full handshake: ${name}`, async () => {
    const { cert, key } = await certificate({
      names: ["localhost", "other.test"],
    });
    const both = { cert, key };
    const [session] = await sessionsOf(client, { ...both, ...server });
    assert(session !== undefined);
    assertEquals(
      await resumes({ session, ...later?.client }, {
        ...both,
        ...later?.server,
      }),
      false,
    );
  });
}

Deno.test("server resumes no session of a client that it must ask for a certificate", async () => {
  const { cert, key } = await certificate({ names: ["me"] });
  const [session] = await sessionsOf();
  assertEquals(
    await resumes({ session, cert, key }, { clientAuth: "require" }),
    false,
  );
});

Deno.test("server resumes no session with a certificate where it asks for none", async () => {
  const { cert, key } = await certificate({ names: ["me"] });
  const [session] = await sessionsOf({ cert, key }, { clientAuth: "require" });
  assertEquals(await resumes({ session, cert, key }), false);
});

Deno.test("server resumes no session of a client that it let pass unverified where it verifies", async () => {
  const { cert, key } = await issueCertificate({ names: ["stranger"] });
  const stranger = { cert, key };
  const [session] = await sessionsOf(stranger, { clientAuth: "request" });
  assert(session !== undefined);
  for (const clientAuth of ["require", "verify-if-given"] as const) {
    await using ends = await pair(
      { session, ...stranger },
      { ticketKeys, clientAuth },
    );
    const { server } = await outcomes(ends);
    assertEquals(tlsError(server).code, "unknown_issuer");
  }
  assert(
    await resumes({ session, ...stranger }, { clientAuth: "require-any" }),
  );
});

Deno.test("server resumes no session of a client whose certificate has expired", async () => {
  const notAfter = new Date(Date.now() + 3_600_000);
  const { cert, key } = await certificate({ names: ["me"], notAfter });
  const [session] = await sessionsOf({ cert, key }, { clientAuth: "require" });
  assert(session !== undefined);
  const options = { ticketKeys, clientAuth: "require" } as const;
  const later = () => new Date(notAfter.getTime() + 1000);
  await using ends = await pair(
    { session, cert, key },
    { ...options, now: later },
  );
  const { server } = await outcomes(ends);
  assertEquals(tlsError(server).code, "certificate_expired");
  assert(await resumes({ session, cert, key }, options));
});

Deno.test("client does not resume a session as somebody whose certificate it does not have", async () => {
  const mine = await certificate({ names: ["me"] });
  const { cert, key } = mine;
  const options = { clientAuth: "request" } as const;
  const [session] = await sessionsOf({ cert, key }, options);
  assert(session !== undefined);
  const other = await certificate({ names: ["other.test"] });
  assertEquals(await resumes({ session }, options), false);
  assertEquals(
    await resumes({ session, cert: other.cert, key: other.key }, options),
    false,
  );
  assert(await resumes({ session, cert, key }, options));
});

Deno.test("server makes a full handshake of a ticket that another version has sealed", async () => {
  const keys = new TicketKeys(ticketKeys, Date.now);
  const ticket = await keys.seal(Uint8Array.of(1, 2, 3));
  const [session] = await sessionsOf();
  assert(session !== undefined);
  const foreign = Session.of({ ...Session.stateOf(session), ticket });
  assertEquals(await resumes({ session: foreign }), false);
});

Deno.test("server judges a resumed client by the store that it has now", async () => {
  const { cert, key } = await certificate({ names: ["me"] });
  const [session] = await sessionsOf({ cert, key }, { clientAuth: "require" });
  const trust = TrustStore.of(
    (await authority).cert,
    (await certificate()).cert,
  );
  assertEquals(
    await resumes({ session, cert, key }, { clientAuth: "require", trust }),
    false,
  );
  assertEquals(
    await resumes({ session, cert, key }, { clientAuth: "require" }),
    true,
  );
});

Deno.test("client does not offer a session that is too old", async () => {
  const [session] = await sessionsOf({}, { sessionTimeout: 100 });
  const at = (seconds: number) => ({
    session,
    now: () => Date.now() + seconds * 1000,
  });
  assertEquals(await resumes(at(98)), true);
  assertEquals(await resumes(at(101)), false);
});

Deno.test("server does not take a ticket that is too old", async () => {
  const [session] = await sessionsOf({}, { sessionTimeout: 100 });
  const at = (seconds: number) => ({ now: () => Date.now() + seconds * 1000 });
  assertEquals(await resumes({ session }, at(98)), true);
  assertEquals(await resumes({ session }, at(101)), false);
  // Its own time limit counts as well as the ticket's.
  const [long] = await sessionsOf();
  assertEquals(
    await resumes({ session: long }, { ...at(98), sessionTimeout: 90 }),
    false,
  );
});

Deno.test("a session does not outlive seven days, whatever was added since (section 4.6.1)", async () => {
  const day = 86_400_000;
  const sessionTimeout = 604_800;
  let session: Session | undefined;
  const start = Date.now();
  for (const days of [0, 3, 6]) {
    const now = () => start + days * day;
    const ends = await connected(
      { session, now, onSession: (next) => (session = next) },
      { ticketKeys, now, sessionTimeout },
    );
    assertEquals(ends.client.info.resumed, days > 0);
    await passTickets(ends);
    await ends[Symbol.asyncDispose]();
  }
  const now = () => start + 7.5 * day;
  assertEquals(
    await resumes({ session, now }, { now, sessionTimeout }),
    false,
  );
});

Deno.test("client does not resume on a certificate that has expired since", async () => {
  const { cert, key } = await certificate({
    notAfter: new Date(Math.floor(Date.now() / 1000) * 1000 + 3_600_000),
  });
  const [session] = await sessionsOf({}, { cert, key });
  const now = () => Date.now() + 2 * 3_600_000;
  const ends = await pair({ session, now }, { ticketKeys, cert, key, now });
  const { client } = await outcomes(ends);
  assert(client instanceof TlsError);
  assertEquals(client.code, "certificate_expired");
});

Deno.test("server opens tickets of all its keys and seals with the first", async () => {
  const old = pattern(32, 5);
  const young = pattern(48, 6);
  const [session] = await sessionsOf({}, { ticketKeys: [old] });
  assertEquals(await resumes({ session }, { ticketKeys: [young, old] }), true);
  assertEquals(await resumes({ session }, { ticketKeys: [young] }), false);
});

Deno.test("server takes a ticket with a bit flipped for an unknown one", async () => {
  const [session] = await sessionsOf();
  const ticket = session?.ticket ?? new Uint8Array();
  for (const at of [0, 15, 16, 28, ticket.length - 1]) {
    const { peer, conn, flow } = await hostileClient(
      editing(tls13.clientHello, (hello) => {
        const psk = hello.extensions.pre_shared_key;
        assert(psk !== undefined);
        return {
          ...hello,
          extensions: {
            ...hello.extensions,
            pre_shared_key: {
              ...psk,
              identities: psk.identities.map((identity) => {
                const wrong = identity.identity.slice();
                wrong[at] = (wrong[at] as number) ^ 1;
                return { ...identity, identity: wrong };
              }),
            },
          },
        };
      }),
      { client: { minVersion: "TLSv1.3", session }, server: { ticketKeys } },
    );
    using _ = peer;
    await Promise.all([conn.handshake(), flow()]);
    assertEquals(conn.info.resumed, false);
    conn.abort();
  }
});

Deno.test("server refuses a wrong binder (section 4.2.11.2)", async () => {
  const [session] = await sessionsOf();
  const error = await assertRefused(
    "decrypt_error",
    await hostileClient(
      editing(tls13.clientHello, (hello) => {
        const psk = hello.extensions.pre_shared_key;
        assert(psk !== undefined);
        return {
          ...hello,
          extensions: {
            ...hello.extensions,
            pre_shared_key: { ...psk, binders: [pattern(32)] },
          },
        };
      }),
      { client: { minVersion: "TLSv1.3", session }, server: { ticketKeys } },
    ),
  );
  assertStringIncludes(error.message, "binder");
});

Deno.test("server refuses a binder over another ClientHello", async () => {
  const [session] = await sessionsOf();
  await assertRefused(
    "decrypt_error",
    await hostileClient(
      editing(tls13.clientHello, (hello) => ({
        ...hello,
        random: pattern(32),
      })),
      { client: { minVersion: "TLSv1.3", session }, server: { ticketKeys } },
    ),
  );
});

Deno.test("client refuses a resumption with a suite of another hash (section 4.2.11)", async () => {
  const [session] = await sessionsOf();
  const error = await assertRefused(
    "illegal_parameter",
    await hostileServer(
      editing(tls13.serverHello, (hello) => ({
        ...hello,
        cipherSuite: 0x1302,
        extensions: { ...hello.extensions, pre_shared_key: 0 },
      })),
      { client: { session }, server: { ticketKeys } },
    ),
  );
  assertStringIncludes(error.message, "another hash");
});

Deno.test("client refuses a CertificateRequest on resumption (section 4.3.2)", async () => {
  const [session] = await sessionsOf();
  await assertRefused(
    "unexpected_message",
    await hostileServer({
      message: ({ name, raw }) =>
        name === "finished"
          ? [Uint8Array.of(13, 0, 0, 11, 0, 0, 8, 0, 13, 0, 4, 0, 2, 4, 3), raw]
          : undefined,
    }, { client: { session }, server: { ticketKeys } }),
  );
});

const ticket: NewSessionTicket = {
  ticketLifetime: 7200,
  ticketAgeAdd: 1,
  ticketNonce: Uint8Array.of(1),
  ticket: pattern(40),
  extensions: {},
};

Deno.test("client refuses a ticket of more than seven days (section 4.6.1)", async () => {
  const error = await assertRefusedLater(
    "illegal_parameter",
    await hostileServer({}, { server: { tickets: 0 } }),
    ({ peer }) =>
      peer.send(tls13.newSessionTicket, { ...ticket, ticketLifetime: 604_801 }),
  );
  assertStringIncludes(error.message, "seven days");
});

Deno.test("client discards a ticket whose lifetime is zero (section 4.6.1)", async () => {
  const sessions: Session[] = [];
  const { peer, conn, flow } = await hostileServer({}, {
    client: { onSession: (session) => sessions.push(session) },
    server: { tickets: 0 },
  });
  using _ = peer;
  await Promise.all([conn.handshake(), flow()]);
  await peer.send(tls13.newSessionTicket, { ...ticket, ticketLifetime: 0 });
  await peer.send(tls13.newSessionTicket, ticket);
  await peer.sendRecord(ContentType.application_data, utf8("x"));
  await readBytes(conn, 1);
  assertEquals(sessions.map(({ ticket }) => ticket), [pattern(40)]);
  conn.abort();
});

Deno.test("client refuses a ticket that is empty, or has an extension twice", async () => {
  for (
    const body of [
      // No ticket.
      [0, 0, 1, 0, 0, 0, 0, 0, 1, 9, 0, 0, 0, 0],
      // early_data twice.
      [
        0,
        0,
        1,
        0,
        0,
        0,
        0,
        0,
        1,
        9,
        0,
        1,
        7,
        0,
        16,
        0,
        42,
        0,
        4,
        0,
        0,
        0,
        1,
        0,
        42,
        0,
        4,
        0,
        0,
        0,
        1,
      ],
      // Cut short.
      [0, 0, 1, 0, 0, 0, 0, 0, 1, 9, 0, 1],
    ]
  ) {
    const isTwice = body.length > 20;
    await assertRefusedLater(
      isTwice ? "illegal_parameter" : "decode_error",
      await hostileServer({}, { server: { tickets: 0 } }),
      ({ peer }) =>
        peer.sendRecord(
          ContentType.handshake,
          frameMessage(HandshakeType.new_session_ticket, Uint8Array.from(body)),
        ),
    );
  }
});

Deno.test("client's obfuscated_ticket_age is the age plus ticket_age_add (section 4.2.11.1)", async () => {
  const start = Date.now();
  const [session] = await sessionsOf({ now: () => start }, {
    now: () => start,
  });
  assert(session !== undefined);
  const ages: number[] = [];
  for (const later of [0, 5000]) {
    await using _ = await connected({ session, now: () => start + later }, {
      ticketKeys,
      onClientHello: ({ raw }) => {
        const body = raw.subarray(4);
        const at = find(body, session.ticket) + session.ticket.length;
        ages.push(new DataView(body.buffer, body.byteOffset).getUint32(at));
      },
    });
  }
  assertEquals(((ages[1] as number) - (ages[0] as number)) >>> 0, 5000);
  assertNotEquals(ages[0], 0, "it is obfuscated");
});

Deno.test("client sends no session of TLS 1.3 where TLS 1.3 is off", async () => {
  const [session] = await sessionsOf();
  assertEquals(await resumes({ session, maxVersion: "TLSv1.2" }), false);
});

Deno.test("SessionCache keeps the newest sessions of the servers used last", async () => {
  const [one, two] = await sessionsOf();
  assert(one !== undefined && two !== undefined);
  const cache = new SessionCache(2);
  cache.set("a", one);
  cache.set("b", one);
  cache.set("a", two);
  assertEquals(cache.get("a"), two);
  cache.set("c", one);
  assertEquals(cache.size, 2);
  assertEquals(cache.get("b"), undefined);
  assertEquals(cache.delete("a"), true);
  assertEquals(cache.delete("a"), false);
  for (const capacity of [0, -1, 1.5, NaN]) {
    assertThrows(() => new SessionCache(capacity), RangeError);
  }
});

Deno.test("client takes a cache that answers by promises", async () => {
  const inner = new SessionCache();
  const sessionCache = {
    get: (key: string) => Promise.resolve(inner.get(key)),
    set: (key: string, session: Session) =>
      Promise.resolve(inner.set(key, session)),
    delete: (key: string) => Promise.resolve(inner.delete(key)),
  };
  const ends = await connected({ sessionCache }, { ticketKeys });
  await passTickets(ends);
  await ends[Symbol.asyncDispose]();
  assertEquals(await resumes({ sessionCache }), true);
});

Deno.test("client whose cache throws fails with its error", async () => {
  const thrown = new Error("the cache is gone");
  const ends = await pair({
    sessionCache: {
      get: () => Promise.reject(thrown),
      set: () => {},
      delete: () => {},
    },
  });
  assertEquals((await outcomes(ends)).client, thrown);
});

/** Where a part is in the whole. */
function find(whole: Uint8Array, part: Uint8Array): number {
  for (let at = 0; at + part.length <= whole.length; at++) {
    if (part.every((byte, index) => byte === whole[at + index])) return at;
  }
  throw new Error("It is not there");
}

Deno.test("info.ticketAgeSkew tells a server how far the clocks are apart", async () => {
  const start = Date.now();
  const at = (seconds: number) => ({ now: () => start + seconds * 1000 });
  const [session] = await sessionsOf(at(0), at(0));
  for (const [client, server, skew] of [[15, 10, 5000], [5, 10, -5000]]) {
    await using ends = await connected({ session, ...at(client ?? 0) }, {
      ticketKeys,
      ...at(server ?? 0),
    });
    assertEquals(ends.server.info.resumed, true);
    assertEquals(ends.server.info.ticketAgeSkew, skew);
    assertEquals(ends.client.info.ticketAgeSkew, undefined);
  }
});

Deno.test("info.ticketAgeSkew is not there without a ticket of TLS 1.3", async () => {
  const key = crypto.getRandomValues(new Uint8Array(32));
  const psk = { identity: "known", key };
  await using first = await connected();
  await using external = await connected({ psk }, { psk: () => ({ key }) });
  assertEquals(first.server.info.ticketAgeSkew, undefined);
  assertEquals(external.server.info.ticketAgeSkew, undefined);
  assertEquals(external.server.info.resumed, false);
});

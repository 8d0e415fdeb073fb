/**
 * Resumption in TLS 1.3: what two ends resume, and when they make a full
 * handshake instead.
 *
 * @module
 */

import {
  assert,
  assertEquals,
  assertNotEquals,
  assertStringIncludes,
} from "@std/assert";
import type {
  ClientOptions,
  ServerOptions,
} from "../../connection/options/options.ts";
import { TlsError } from "../../errors.ts";
import { tls13 } from "../../handshake/messages/message_kinds.ts";
import { Session } from "../../handshake/session/session.ts";
import { ExtensionType, PskKeyExchangeMode } from "../../registry.ts";
import { TicketKeys } from "../../handshake/session/ticket_keys.ts";
import { issueCertificate } from "../../x509/issue/issue.ts";
import { TrustStore } from "../../x509/trust/trust_store.ts";
import { editing, hostileClient } from "../_hostile_peer.ts";
import {
  authority,
  certificate,
  connected,
  outcomes,
  pair,
  pattern,
  readBytes,
  tlsError,
  utf8,
} from "../_pair.ts";
import { passTickets, resumes, sessionsOf, ticketKeys } from "./_resumption.ts";

const { cert, key } = await certificate({ names: ["me"] });

/** A client that has a certificate. */
const identity: ClientOptions = { cert, key };

Deno.test("client and server resume, and keep what the first handshake settled", async () => {
  const options = {
    alpnProtocols: ["h2"],
    cert: (await certificate({ names: ["me"] })).cert,
    key: (await certificate({ names: ["me"] })).key,
  };
  const context: ServerOptions = {
    alpnProtocols: ["h2"],
    clientAuth: "require",
    ocspResponse: Uint8Array.of(0x30, 3, 0x0a, 1, 3),
    signedCertificateTimestamps: [Uint8Array.of(1, 2, 3)],
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
  assertEquals(client.info.ocspResponse, context.ocspResponse);
  assertEquals(
    client.info.signedCertificateTimestamps,
    context.signedCertificateTimestamps,
  );
  await client.write(utf8("again"));
  assertEquals(await readBytes(server, 5), utf8("again"));
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

Deno.test("server sends no tickets to a client that could not use them (section 4.3.9)", async () => {
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
  const fragment = await peer.records.reader.read();
  assertEquals(fragment?.bytes, utf8("data"));
  conn.abort();
});

Deno.test("server refuses psk_ke and makes a full handshake (section 4.3.9)", async () => {
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
  {
    name: "a verify callback that refuses sessions",
    later: { client: { verify: ({ resumed }) => !resumed } },
  },
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

Deno.test("server does not accept a ticket that is too old", async () => {
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

Deno.test("a session does not outlive seven days, even if it is renewed (section 4.7.1)", async () => {
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

Deno.test("client's obfuscated_ticket_age is the age plus ticket_age_add (section 4.3.11.1)", async () => {
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

for (
  const { what, first, later, offers } of [
    { what: "as it was", first: {}, later: {}, offers: true },
    {
      what: "of another serverName (section 4.7.1)",
      first: {},
      later: { serverName: "other.test" },
      offers: false,
    },
    {
      what: "whose ALPN protocol is on offer",
      first: { alpnProtocols: ["h2"] },
      later: { alpnProtocols: ["http/1.1", "h2"] },
      offers: true,
    },
    {
      what: "whose ALPN protocol is not on offer now",
      first: { alpnProtocols: ["h2"] },
      later: { alpnProtocols: ["http/1.1"] },
      offers: false,
    },
  ]
) {
  Deno.test(`client ${offers ? "offers" : "does not offer"} a session ${what}`, async () => {
    const { cert, key } = await certificate({
      names: ["localhost", "other.test"],
    });
    const server = { cert, key, alpnProtocols: ["h2", "http/1.1"] };
    const [session] = await sessionsOf(first, server);
    assert(session !== undefined);
    let extensions: readonly number[] = [];
    await using ends = await connected({ session, ...later }, {
      ...server,
      ticketKeys,
      onClientHello(info) {
        extensions = info.extensions;
      },
    });
    assertEquals(
      extensions.includes(ExtensionType.pre_shared_key),
      offers,
    );
    assertEquals(ends.client.info.resumed, offers);
  });
}

Deno.test("a resumed session has no OCSP response where there was none", async () => {
  const [session] = await sessionsOf();
  await using ends = await connected({ session }, { ticketKeys });
  assertEquals(ends.client.info.resumed, true);
  assertEquals(ends.client.info.ocspResponse, undefined);
});

Deno.test("client resumes without a name if verify accepts", async () => {
  const options = { serverName: false, verify: () => true } as const;
  const [session] = await sessionsOf(options);
  assert(session !== undefined);
  assertEquals(await resumes({ ...options, session }), true);
});

Deno.test("client sends no session of TLS 1.3 where TLS 1.3 is off", async () => {
  const [session] = await sessionsOf();
  assertEquals(await resumes({ session, maxVersion: "TLSv1.2" }), false);
});

/** Where a part is in the whole. */
function find(whole: Uint8Array, part: Uint8Array): number {
  for (let at = 0; at + part.length <= whole.length; at++) {
    if (part.every((byte, index) => byte === whole[at + index])) return at;
  }
  throw new Error("It is not there");
}

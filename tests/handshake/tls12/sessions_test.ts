/**
 * Sessions of TLS 1.2 and below: by ticket and by ID, what they carry over and
 * when they are not resumed.
 *
 * @module
 */

import {
  assert,
  assertEquals,
  assertNotEquals,
  assertRejects,
  assertThrows,
} from "@std/assert";
import type { TlsConn } from "../../../connection/conn.ts";
import { TlsError } from "../../../errors.ts";
import type {
  ClientOptions,
  ServerOptions,
} from "../../../connection/options/options.ts";
import { makeClientHello } from "../../../handshake/common/client_hello.ts";
import { tls13 } from "../../../handshake/messages/message_kinds.ts";
import { tls12 } from "../../../handshake/messages/message_kinds_tls12.ts";
import {
  Session,
  SessionCache,
  type SessionStore,
} from "../../../handshake/session/session.ts";
import {
  assertRefused,
  clientConfig,
  editing,
  hostileClient,
  hostileServer,
  misreading,
} from "../../_hostile_peer.ts";
import {
  certificate,
  connected,
  type Pair,
  pattern,
  readBytes,
} from "../../_pair.ts";
import { weakSessions } from "../../../legacy.ts";
import { ContentType } from "../../../registry.ts";
import { optionsFor, suite } from "../_tls12.ts";
import { asTls12 } from "../../_established.ts";

const VERSIONS = ["TLSv1", "TLSv1.1", "TLSv1.2"] as const;

/** A store in memory that tells what is done with it. */
class Store implements SessionStore {
  readonly sessions = new Map<string, Uint8Array>();
  async get(key: string): Promise<Uint8Array | undefined> {
    return await Promise.resolve(this.sessions.get(key));
  }
  async set(key: string, session: Uint8Array): Promise<void> {
    await Promise.resolve(this.sessions.set(key, session));
  }
  delete(key: string): void {
    this.sessions.delete(key);
  }
}

interface Settings {
  client: ClientOptions;
  server: ServerOptions;
}

/** Both ways to keep a session: what turns them on. */
const ways = [
  ["ticket", () => ({ ticketKeys: [new Uint8Array(48).fill(1)] })],
  ["session ID", () => ({ tickets: 0, sessionStore: new Store() })],
] as const satisfies readonly (readonly [string, () => ServerOptions])[];

async function settings(
  way: () => ServerOptions,
  name: string = suite.ecdhe,
  version: typeof VERSIONS[number] = "TLSv1.2",
): Promise<Settings> {
  return await optionsFor(
    name,
    { client: { sessionCache: new SessionCache() }, server: way() },
    version,
  );
}

/** Connects, passes data both ways, closes; whether a session was resumed. */
async function visit(
  { client, server }: Settings,
  look: (ends: Pair) => void = () => {},
): Promise<boolean> {
  await using ends = await connected(client, server);
  const data = pattern(100);
  const [up, down] = await Promise.all([
    readBytes(ends.server, data.length),
    readBytes(ends.client, data.length),
    ends.client.write(data),
    ends.server.write(data),
  ]);
  assertEquals(up, data);
  assertEquals(down, data);
  assertEquals(ends.client.info.resumed, ends.server.info.resumed);
  look(ends);
  return ends.client.info.resumed;
}

for (const [way, options] of ways) {
  for (const version of VERSIONS) {
    for (const name of [suite.ecdheCbc, "TLS_DHE_RSA_WITH_AES_128_CBC_SHA"]) {
      Deno.test(`a session by ${way} is resumed in ${version} with ${name}`, async () => {
        const both = await settings(options, name, version);
        assertEquals(await visit(both), false);
        assertEquals(await visit(both), true);
        assertEquals(await visit(both), true);
      });
    }
  }

  Deno.test(`a session by ${way} carries what the first handshake found out`, async () => {
    const scts = [Uint8Array.of(1, 2, 3)];
    const { cert, key } = await certificate({ names: ["client"] });
    const both = await settings(options);
    both.client = { ...both.client, cert, key };
    both.server = {
      ...both.server,
      clientAuth: "require",
      signedCertificateTimestamps: scts,
      ocspResponse: Uint8Array.of(0x30, 3, 0x0a, 1, 3),
    };
    const seen: unknown[] = [];
    const look = ({ client, server }: Pair) => {
      const { resumed: _, ...rest } = client.info;
      seen.push([
        {
          ...rest,
          peerCertificates: rest.peerCertificates.map((c) => c.toPem()),
          verifiedChain: rest.verifiedChain.map((c) => c.toPem()),
          localCertificate: rest.localCertificate?.toPem(),
          // What belongs to one handshake.
          certificateAuthorities: undefined,
          localSignatureScheme: undefined,
          sessionId: undefined,
          sharedSignatureSchemes: undefined,
          timings: undefined,
          verifiedChains: undefined,
        },
        server.info.peerCertificates.map((c) => c.subject),
        server.info.authorization,
        server.info.localCertificate?.toPem(),
        client.channelBinding("tls-server-end-point"),
        server.channelBinding("tls-server-end-point"),
      ]);
    };
    assertEquals(await visit(both, look), false);
    assertEquals(await visit(both, look), true);
    assertEquals(seen[1], seen[0]);
    const [first] = seen[0] as [
      { signedCertificateTimestamps: unknown; ocspResponse: unknown },
    ];
    assertEquals(first.signedCertificateTimestamps, scts);
    assertEquals(first.ocspResponse, both.server.ocspResponse);
  });

  Deno.test(`a session by ${way} has keys of its own each time`, async () => {
    const both = await settings(options);
    const exported: string[] = [];
    const unique: string[] = [];
    const look = ({ client, server }: Pair) => {
      for (const end of [client, server]) {
        exported.push(end.exportKeyingMaterial("test", undefined, 8).toHex());
        unique.push(end.channelBinding("tls-unique").toHex());
      }
    };
    await visit(both, look);
    assertEquals(await visit(both, look), true);
    for (const [c1, s1, c2, s2] of [exported, unique]) {
      assertEquals(c1, s1);
      assertEquals(c2, s2);
      assertNotEquals(c1, c2);
    }
  });

  Deno.test(`a session by ${way} of another name is not resumed`, async () => {
    const both = await settings(options);
    const { cert, key } = await certificate({
      names: ["localhost", "other.test"],
    });
    both.server = { ...both.server, cert, key };
    const sessions: Session[] = [];
    const onSession = (session: Session) => sessions.push(session);
    await visit({ ...both, client: { ...both.client, onSession } });
    const [session] = sessions;
    assert(session !== undefined);
    // The client does not offer it; a server that is offered it refuses.
    const other = { ...both.client, serverName: "other.test", session };
    assertEquals(await visit({ ...both, client: other }), false);
    const forged = renamed(session, "other.test");
    assertEquals(
      await visit({ ...both, client: { ...other, session: forged } }),
      false,
    );
  });

  Deno.test(`a session by ${way} of another suite is not resumed`, async () => {
    const both = await settings(options);
    await visit(both);
    const other = "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384";
    both.client.cipherSuites = [suite.ecdhe, other];
    const { client } = both;
    const server = { ...both.server, cipherSuites: [other] };
    assertEquals(await visit({ client, server }), false);
    assertEquals(await visit({ client, server }), true);
    // Nor is it offered by a client that no longer has its suite.
    const sessionCache = new SessionCache();
    await visit({ client: { ...client, sessionCache }, server });
    const neither = { ...client, sessionCache, cipherSuites: [suite.ecdhe] };
    assertEquals(await visit({ client: neither, server: both.server }), false);
  });

  Deno.test(`a session by ${way} of another version is not resumed`, async () => {
    const both = await settings(options, suite.ecdheCbc);
    await visit(both);
    const server = { ...both.server, maxVersion: "TLSv1.1" as const };
    assertEquals(await visit({ ...both, server }), false);
  });

  Deno.test(`a session by ${way} is not resumed when it is too old`, async () => {
    const both = await settings(options);
    let time = Date.now();
    both.server = { ...both.server, sessionTimeout: 100, now: () => time };
    await visit(both);
    time += 99_999;
    assertEquals(await visit(both), true);
    time += 1;
    assertEquals(await visit(both), false);
  });

  Deno.test(`a session by ${way} is not resumed in another context`, async () => {
    const both = await settings(options);
    await visit(both);
    const server = { ...both.server, sessionIdContext: "another" };
    assertEquals(await visit({ ...both, server }), false);
  });

  Deno.test(`a session by ${way} without a certificate is not resumed where one is required`, async () => {
    const both = await settings(options);
    await visit(both);
    const { cert, key } = await certificate({ names: ["client"] });
    const client = { ...both.client, cert, key };
    const server = { ...both.server, clientAuth: "require" as const };
    assertEquals(await visit({ client, server }), false);
    assertEquals(await visit({ client, server }), true);
  });

  Deno.test(`a session by ${way} whose server has forgotten it leads to a full handshake`, async () => {
    const both = await settings(options);
    await visit(both);
    const server = { ...both.server, ...options() };
    if (way === "ticket") server.ticketKeys = [new Uint8Array(48).fill(2)];
    assertEquals(await visit({ ...both, server }), false);
  });

  Deno.test(`a session by ${way} outlives export and import`, async () => {
    const both = await settings(options);
    const sessions: Session[] = [];
    const onSession = (session: Session) => sessions.push(session);
    const { sessionCache: _, ...client } = both.client;
    await visit({ ...both, client: { ...client, onSession } });
    const [session] = sessions;
    assert(session !== undefined);
    assertEquals(session.version, "TLSv1.2");
    const again = Session.import(session.export());
    const offered = { ...client, session: again };
    assertEquals(await visit({ ...both, client: offered }), true);
  });

  Deno.test(`a session by ${way} is not made without the extended master secret (RFC 7627 section 5.3)`, async () => {
    const both = await settings(options);
    const { sessionCache } = both.client;
    const announced: boolean[] = [];
    const reads = misreading(tls13.serverHello, (hello) => {
      const { extensions, legacySessionIdEcho } = hello;
      announced.push(extensions.session_ticket === true);
      announced.push(legacySessionIdEcho.length > 0);
      return hello;
    });
    const peers = await hostileClient({ ...oldClient, ...reads }, both);
    assertEquals(await meet(peers, assertUnbound), WITHOUT);
    assertEquals(announced, [false, false]);
    assertEquals((sessionCache as SessionCache).size, 0);
    assertEquals((both.server.sessionStore as Store)?.sessions.size ?? 0, 0);
  });

  Deno.test(`a session by ${way} is refused to a client that gives up the extended master secret`, async () => {
    const both = await settings(options);
    await visit(both);
    await assertRefused(
      "handshake_failure",
      await hostileClient(oldClient, both),
    );
  });

  for (
    const [what, edit] of [
      ["another version", { legacyVersion: 0x0302 }],
      ["another suite", { cipherSuite: 0xc009 }],
    ] as const
  ) {
    Deno.test(`client refuses a session by ${way} that is resumed with ${what}`, async () => {
      const both = await settings(options, suite.ecdheCbc);
      const other = "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA";
      both.client = { ...both.client, cipherSuites: [other, suite.ecdheCbc] };
      both.server = { ...both.server, cipherSuites: [other] };
      await visit(both);
      const { peer, conn, flow } = await hostileServer(
        editing(tls12.serverHello, (hello) => ({ ...hello, ...edit })),
        both,
      );
      using _ = peer;
      // It cannot read the alert: that is of the version that it named.
      flow().catch(() => {});
      const error = await assertRejects(() => conn.handshake(), TlsError);
      assertEquals(error.alert, "illegal_parameter");
    });
  }

  Deno.test(`client refuses a session by ${way} that is resumed without the extended master secret`, async () => {
    const both = await settings(options);
    await visit(both);
    await assertRefused(
      "handshake_failure",
      await hostileServer(editing(tls12.serverHello, withoutEms), both),
    );
  });

  Deno.test(`a session by ${way} is forgotten when its connection fails`, async () => {
    const both = await settings(options);
    await visit(both);
    const sessionCache = both.client.sessionCache as SessionCache;
    assertEquals(sessionCache.size, 1);
    await assertRefused(
      "decrypt_error",
      await hostileServer(
        editing(tls12.finished, ({ verifyData }) => ({
          verifyData: verifyData.map((byte) => byte ^ 1),
        })),
        both,
      ),
    );
    assertEquals(sessionCache.size, 0);
  });
}

/** A session as if it had been made under another name. */
function renamed(session: Session, serverName: string): Session {
  const state = { ...Session.stateOf(session), serverName };
  return Session.of(state);
}

/** A message as a peer without the extended master secret has it. */
function withoutEms<T extends { extensions: object }>(hello: T): T {
  return {
    ...hello,
    extensions: { ...hello.extensions, extended_main_secret: undefined },
  };
}

/** A client that does not know the extended master secret. */
const oldClient = editing(tls12.clientHello, withoutEms);
/** A server that does not. */
const oldServer = misreading(tls12.clientHello, withoutEms);

type Peers = Awaited<ReturnType<typeof hostileClient>>;

/** Lets a handshake succeed; our end is shown before it is broken off. */
async function meet(
  { peer, conn, flow }: Peers,
  look: (conn: TlsConn) => void | Promise<void> = () => {},
): Promise<{ resumed: boolean; extendedMasterSecret: boolean }> {
  using _ = peer;
  const [, established] = await Promise.all([conn.handshake(), flow()]);
  const { resumed, extendedMasterSecret } = conn.info;
  assertEquals(established.resumed, resumed);
  assertEquals(established.extendedMasterSecret, extendedMasterSecret);
  await look(conn);
  return { resumed, extendedMasterSecret };
}

/** RFC 7627 section 5.4: what a connection like that does not have. */
async function assertUnbound(conn: TlsConn): Promise<void> {
  for (
    const misuse of [
      () => conn.exportKeyingMaterial("test", undefined, 8),
      () => conn.channelBinding("tls-unique"),
      () => conn.channelBinding("tls-exporter"),
    ]
  ) assert(assertThrows(misuse, TypeError).message.includes("RFC 7627"));
  if (!conn.info.resumed) return;
  const error = await assertRejects(() => conn.renegotiate(), TypeError);
  assert(error.message.includes("RFC 7627"));
}

const WITH = { resumed: false, extendedMasterSecret: true };
const WITHOUT = { resumed: false, extendedMasterSecret: false };
const legacy = [weakSessions];

/** Settings of which both sides have leave. */
async function weak(
  way: () => ServerOptions,
  version?: typeof VERSIONS[number],
): Promise<Settings> {
  const name = version === undefined ? suite.ecdhe : suite.ecdheCbc;
  const { client, server } = await settings(way, name, version);
  return { client: { ...client, legacy }, server: { ...server, legacy } };
}

for (const [way, options] of ways) {
  for (const version of VERSIONS) {
    Deno.test(`weakSessions: a client resumes by ${way} in ${version} at a server without the extended master secret`, async () => {
      const both = await weak(options, version);
      const go = async () =>
        await meet(await hostileServer(oldServer, both), assertUnbound);
      assertEquals(await go(), WITHOUT);
      assertEquals(await go(), { ...WITHOUT, resumed: true });
      assertEquals(await go(), { ...WITHOUT, resumed: true });
    });

    Deno.test(`weakSessions: a server resumes by ${way} in ${version} with a client without the extended master secret`, async () => {
      const both = await weak(options, version);
      const go = async () =>
        await meet(await hostileClient(oldClient, both), assertUnbound);
      assertEquals(await go(), WITHOUT);
      assertEquals(await go(), { ...WITHOUT, resumed: true });
      assertEquals(await go(), { ...WITHOUT, resumed: true });
    });
  }

  Deno.test(`weakSessions: a session by ${way} with the extended master secret is resumed with it`, async () => {
    const both = await weak(options);
    const seen: boolean[] = [];
    const look = ({ client }: Pair) => {
      seen.push(client.info.extendedMasterSecret);
    };
    assertEquals(await visit(both, look), false);
    assertEquals(await visit(both, look), true);
    assertEquals(seen, [true, true]);
  });

  Deno.test(`weakSessions: a session by ${way} without the extended master secret is not resumed with a ClientHello that has it`, async () => {
    const both = await weak(options);
    assertEquals(await meet(await hostileClient(oldClient, both)), WITHOUT);
    const { sessionCache } = both.client;
    assertEquals((sessionCache as SessionCache).size, 1);
    // A full handshake, which leaves a session that is resumed.
    assertEquals(await meet(await hostileServer({}, both)), WITH);
    assertEquals(await visit(both), true);
  });

  Deno.test(`weakSessions: a session by ${way} is refused to a client that gives up the extended master secret`, async () => {
    const both = await weak(options);
    await visit(both);
    await assertRefused(
      "handshake_failure",
      await hostileClient(oldClient, both),
    );
  });

  Deno.test(`weakSessions: client refuses a session by ${way} that is resumed without the extended master secret that it has`, async () => {
    const both = await weak(options);
    await visit(both);
    await assertRefused(
      "handshake_failure",
      await hostileServer(editing(tls12.serverHello, withoutEms), both),
    );
  });

  Deno.test(`weakSessions: client refuses a session by ${way} that is resumed with the extended master secret that it lacks`, async () => {
    const both = await weak(options);
    assertEquals(await meet(await hostileServer(oldServer, both)), WITHOUT);
    const givesIt = editing(tls12.serverHello, (hello) => ({
      ...hello,
      extensions: {
        ...hello.extensions,
        extended_main_secret: true as const,
      },
    }));
    await assertRefused(
      "handshake_failure",
      await hostileServer({ ...oldServer, ...givesIt }, both),
    );
  });

  Deno.test(`weakSessions: a server without it does not resume what one with it has kept by ${way}`, async () => {
    const both = await weak(options);
    assertEquals(await meet(await hostileClient(oldClient, both)), WITHOUT);
    const server = { ...both.server, legacy: undefined };
    assertEquals(
      await meet(await hostileClient(oldClient, { ...both, server })),
      WITHOUT,
    );
  });

  Deno.test(`weakSessions: a client without it does not offer what one with it was given by ${way}`, async () => {
    const both = await weak(options);
    const sessions: Session[] = [];
    const onSession = (session: Session) => sessions.push(session);
    const client = { ...both.client, onSession };
    await meet(await hostileServer(oldServer, { ...both, client }));
    const [session] = sessions;
    assert(session !== undefined);
    const { sessionCache: _, ...others } = both.client;
    const offered = { ...others, session };
    const go = async (client: ClientOptions) =>
      await meet(await hostileServer(oldServer, { ...both, client }));
    assertEquals(await go({ ...offered, legacy: undefined }), WITHOUT);
    assertEquals(await go(offered), { ...WITHOUT, resumed: true });
  });
}

Deno.test("a client keeps no session of a server that sends neither ID nor ticket", async () => {
  let sessions = 0;
  const options = await optionsFor(suite.ecdhe, {
    client: { onSession: () => sessions++ },
    server: { tickets: 0 },
  });
  await using ends = await connected(options.client, options.server);
  assertEquals(ends.client.info.version, "TLSv1.2");
  assertEquals(sessions, 0);
});

Deno.test("a ticket under an older key is resumed and renewed", async () => {
  const [older, newer] = [1, 2].map((fill) => new Uint8Array(48).fill(fill));
  assert(older !== undefined && newer !== undefined);
  const tickets: string[] = [];
  const both = await settings(() => ({ ticketKeys: [older] }));
  both.client = {
    ...both.client,
    onSession: (session) => tickets.push(session.ticket.toHex()),
  };
  await visit(both);
  const rotated = { ...both.server, ticketKeys: [newer, older] };
  assertEquals(await visit({ ...both, server: rotated }), true);
  assertEquals(tickets.length, 2);
  const without = { ...both.server, ticketKeys: [newer] };
  assertEquals(await visit({ ...both, server: without }), true);
  assertEquals(tickets.length, 2);
});

Deno.test("a ticket of TLS 1.2 is not used for TLS 1.3, and vice versa", async () => {
  const both = await settings(() => ({
    ticketKeys: [new Uint8Array(32).fill(1)],
    maxVersion: "TLSv1.3",
    cipherSuites: ["TLS_AES_128_GCM_SHA256", suite.ecdhe],
  }));
  // It keeps one session of each server.
  both.client.sessionCache = new Map<string, Session>();
  await visit(both);
  const client: ClientOptions = {
    ...both.client,
    maxVersion: "TLSv1.3",
    cipherSuites: ["TLS_AES_128_GCM_SHA256", suite.ecdhe],
  };
  assertEquals(
    await visit(
      { ...both, client },
      (ends) => assertEquals(ends.client.info.version, "TLSv1.3"),
    ),
    false,
  );
  // The ticket of TLS 1.3 is in the cache now.
  assertEquals(await visit(both), false);
});

Deno.test("a store's bytes that are no session lead to a full handshake", async () => {
  const store = new Store();
  const both = await settings(() => ({ tickets: 0, sessionStore: store }));
  await visit(both);
  for (const key of store.sessions.keys()) {
    store.sessions.set(key, Uint8Array.of(1, 2, 3));
  }
  assertEquals(await visit(both), false);
});

Deno.test("no tickets are issued above security level 2, as at OpenSSL", async () => {
  for (const [securityLevel, resumes] of [[2, true], [3, false]] as const) {
    const both = await settings(() => ({
      ticketKeys: [new Uint8Array(48).fill(1)],
      securityLevel,
      minVersion: "TLSv1.2",
    }));
    both.client = { ...both.client, groups: ["secp256r1"] };
    await visit(both);
    assertEquals(await visit(both), resumes, `${securityLevel}`);
  }
});

Deno.test("a session is not resumed under another server_name (RFC 6066 section 3)", async () => {
  for (const [hostName, resumed] of [["localhost", true], ["b.test", false]]) {
    const options = await optionsFor(suite.ecdhe, {
      server: { ticketKeys: [pattern(48)] },
    });
    const sessions: Session[] = [];
    const first = await connected({
      ...options.client,
      onSession: (session) => sessions.push(session),
    }, options.server);
    await first[Symbol.asyncDispose]();
    const name = new TextEncoder().encode(String(hostName));
    const { peer, conn, flow } = await hostileClient(
      editing(tls12.clientHello, (hello) => ({
        ...hello,
        extensions: {
          ...hello.extensions,
          server_name: [{ nameType: 0, hostName: name }],
        },
      })),
      { ...options, client: { ...options.client, session: sessions[0] } },
    );
    using _ = peer;
    const [info] = await Promise.all([conn.handshake(), flow()]);
    assertEquals(info.resumed, resumed);
  }
});

Deno.test("a session is not offered for another address, which has no server_name", async () => {
  const { cert, key } = await certificate({ names: ["127.0.0.1"] });
  const ticketKeys = [new Uint8Array(48).fill(3)];
  const both = await settings(() => ({ cert, key, ticketKeys }));
  const sessions: Session[] = [];
  const onSession = (session: Session) => sessions.push(session);
  const { sessionCache: _, ...options } = both.client;
  const client = { ...options, serverName: "127.0.0.1", onSession };
  await visit({ ...both, client });
  const [session] = sessions;
  assert(session !== undefined);
  assertEquals(await visit({ ...both, client: { ...client, session } }), true);
  const elsewhere = { ...client, serverName: "127.0.0.2", session };
  assertEquals(
    await visit({ ...both, client: elsewhere }).catch(({ code }) => code),
    "hostname_mismatch",
  );
});

Deno.test("weakSessions: a client does not renegotiate when the server asks, where the session lacks the extended master secret (RFC 7627 section 5.4)", async () => {
  const options = ways[0][1];
  const both = await weak(options);
  both.client = { ...both.client, renegotiation: "freely" };
  await meet(await hostileServer(oldServer, both));
  const { peer, conn, flow } = await hostileServer(oldServer, both);
  using _ = peer;
  await Promise.all([conn.handshake(), flow()]);
  assert(conn.info.resumed);
  const reading = conn.read(new Uint8Array(1));
  await peer.send(tls12.helloRequest, {});
  const fragment = await peer.records.reader.read();
  assertEquals(fragment?.type, ContentType.alert);
  assertEquals([...fragment?.bytes ?? []], [1, 100]);
  await peer.sendRecord(ContentType.alert, Uint8Array.of(1, 0));
  assertEquals(await reading, null);
});

Deno.test("weakSessions: a server does not renegotiate when the client asks, where the session lacks the extended master secret (RFC 7627 section 5.4)", async () => {
  const options = ways[0][1];
  const both = await weak(options);
  both.server = { ...both.server, renegotiation: "freely" };
  await meet(await hostileClient(oldClient, both));
  const { peer, conn, flow } = await hostileClient(oldClient, both);
  using _ = peer;
  const [, established] = await Promise.all([conn.handshake(), flow()]);
  assert(conn.info.resumed);
  const reading = conn.read(new Uint8Array(1));
  const offer = await makeClientHello(
    await clientConfig(both.client),
    undefined,
    [],
    asTls12(established).verifyData.client,
  );
  await peer.sendRecord(ContentType.handshake, offer.raw);
  const fragment = await peer.records.reader.read();
  assertEquals(fragment?.type, ContentType.alert);
  assertEquals([...fragment?.bytes ?? []], [1, 100]);
  await peer.sendRecord(ContentType.alert, Uint8Array.of(1, 0));
  assertEquals(await reading, null);
});

Deno.test("a store that never answers is a miss, and keeps nothing", async () => {
  const failures: string[] = [];
  const hanging = () => new Promise<never>(() => {});
  const store = { get: hanging, set: hanging, delete: hanging };
  const { client, server } = await settings(() => ({
    tickets: 0,
    sessionStore: new Store(),
  }));
  const sessionCache = new SessionCache();
  const first = await connected({ ...client, sessionCache }, server);
  await first[Symbol.asyncDispose]();
  // With an ID to look up, and with a session to keep.
  await using ends = await connected({ ...client, sessionCache }, {
    ...server,
    sessionStore: store,
    onEvent: (event) => {
      if (event.type === "callback_failed") failures.push(String(event.error));
    },
  });
  assertEquals(ends.client.info.resumed, false);
  const late =
    'Error: The store of option "sessionStore" did not answer within 1000 ms';
  assertEquals(failures, [late, late]);
});

Deno.test("a cache of a client that never answers is a miss", async () => {
  const failures: string[] = [];
  const hanging = () => new Promise<never>(() => {});
  await using ends = await connected({
    sessionCache: { get: hanging, set: hanging, delete: hanging },
    onEvent: (event) => {
      if (event.type === "callback_failed") failures.push(String(event.error));
    },
  });
  assertEquals(ends.client.info.resumed, false);
  assertEquals(failures, [
    'Error: The store of option "sessionCache" did not answer within 1000 ms',
  ]);
  // It was given sessions to keep as well: the time for that passes, too.
  await ends[Symbol.asyncDispose]();
  await new Promise((resolve) => setTimeout(resolve, 1_200));
});

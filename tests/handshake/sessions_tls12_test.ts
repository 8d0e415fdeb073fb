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
} from "@std/assert";
import { TlsError } from "../../errors.ts";
import type { ClientOptions, ServerOptions } from "../../connection/options.ts";
import { tls12 } from "../../handshake/kinds.ts";
import {
  Session,
  SessionCache,
  type SessionStore,
} from "../../handshake/session.ts";
import {
  assertRefused,
  certificate,
  connected,
  editing,
  hostileClient,
  hostileServer,
  type Pair,
  pattern,
  readBytes,
} from "../_pair.ts";
import { optionsFor, suite } from "./_tls12.ts";

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
const ways: readonly (readonly [string, () => ServerOptions])[] = [
  ["ticket", () => ({ ticketKeys: [new Uint8Array(48).fill(1)] })],
  ["session ID", () => ({ tickets: 0, sessionStore: new Store() })],
];

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
          localSignatureScheme: undefined,
          sharedSignatureSchemes: undefined,
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
    const [first] = seen[0] as [{ signedCertificateTimestamps: unknown }];
    assertEquals(first.signedCertificateTimestamps, scts);
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
    const client = { ...both.client, cipherSuites: [suite.ecdhe, other] };
    const server = { ...both.server, cipherSuites: [other] };
    assertEquals(await visit({ client, server }), false);
    assertEquals(await visit({ client, server }), true);
    // Nor is it offered by a client that no longer has its suite.
    const neither = { ...both.client, cipherSuites: [suite.ecdhe] };
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
    time += 99_000;
    assertEquals(await visit(both), true);
    time += 2_000;
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
    const { peer, conn, flow } = await hostileClient(
      editing(tls12.clientHello, ({ extensions, ...hello }) => ({
        ...hello,
        extensions: { ...extensions, extended_master_secret: undefined },
      })),
      both,
    );
    using _ = peer;
    const [, established] = await Promise.all([conn.handshake(), flow()]);
    assertEquals(established.extendedMasterSecret, false);
    assertEquals((sessionCache as SessionCache).size, 0);
    assertEquals((both.server.sessionStore as Store)?.sessions.size ?? 0, 0);
  });

  Deno.test(`a session by ${way} is refused to a client that gives up the extended master secret`, async () => {
    const both = await settings(options);
    await visit(both);
    await assertRefused(
      "handshake_failure",
      await hostileClient(
        editing(tls12.clientHello, ({ extensions, ...hello }) => ({
          ...hello,
          extensions: { ...extensions, extended_master_secret: undefined },
        })),
        both,
      ),
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
      await hostileServer(
        editing(tls12.serverHello, ({ extensions, ...hello }) => ({
          ...hello,
          extensions: { ...extensions, extended_master_secret: undefined },
        })),
        both,
      ),
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

Deno.test("a ticket of TLS 1.2 and one of TLS 1.3 do not stand for each other", async () => {
  const both = await settings(() => ({
    ticketKeys: [new Uint8Array(32).fill(1)],
    maxVersion: "TLSv1.3",
    cipherSuites: ["TLS_AES_128_GCM_SHA256", suite.ecdhe],
  }));
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
  const both = await settings(() => ({ securityLevel: 3 }));
  both.client = { ...both.client, groups: ["secp256r1"] };
  await visit(both);
  assertEquals(await visit(both), false);
});

Deno.test("a session is not offered for another address, which has no server_name", async () => {
  const { cert, key } = await certificate({ names: ["127.0.0.1"] });
  const ticketKeys = [new Uint8Array(48)];
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

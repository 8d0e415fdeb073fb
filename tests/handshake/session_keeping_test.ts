/**
 * Where sessions are kept: caches and stores that fail, several sessions of a
 * server, tickets that do not fit.
 *
 * @module
 */

import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import type {
  ClientOptions,
  ServerOptions,
} from "../../connection/options/options.ts";
import type { HandshakeEvent } from "../../handshake/io/events.ts";
import { tls13 } from "../../handshake/messages/message_kinds.ts";
import { tls12 } from "../../handshake/messages/message_kinds_tls12.ts";
import {
  Session,
  SessionCache,
  type SessionCacheLike,
  type SessionStore,
} from "../../handshake/session/session.ts";
import { assertRefused, editing, hostileServer } from "../_hostile_peer.ts";
import { certificate, connected, pattern } from "../_pair.ts";
import { passTickets, resumes, sessionsOf, ticketKeys } from "./_resumption.ts";

const versions = {
  "TLS 1.3": { minVersion: "TLSv1.3" },
  "TLS 1.2": { maxVersion: "TLSv1.2" },
} as const;

const failure = new Error("it is gone");
const fails = () => {
  throw failure;
};
const rejects = () => Promise.reject(failure);
const nothing = () => {};

/** A cache that has a session, but for what it does otherwise. */
function cacheWith(
  session: Session,
  wrong: Partial<SessionCacheLike>,
): SessionCacheLike {
  return { get: () => session, set: nothing, delete: nothing, ...wrong };
}

const wrongCaches: Record<string, Partial<SessionCacheLike>> = {
  "get throws": { get: fails },
  "get rejects": { get: rejects },
  "set throws": { set: fails },
  "set rejects": { set: rejects },
  "delete throws": { delete: fails },
  "delete rejects": { delete: rejects },
};

for (const [version, both] of Object.entries(versions)) {
  for (const [what, wrong] of Object.entries(wrongCaches)) {
    Deno.test(`${version}: a sessionCache of which ${what} fails no connection`, async () => {
      const [session] = await sessionsOf(both);
      assert(session !== undefined);
      const events: HandshakeEvent[] = [];
      const resumed = await visit({
        ...both,
        sessionCache: cacheWith(session, wrong),
        onEvent: (event) => events.push(event),
      });
      assertEquals(resumed, wrong.get === undefined);
      // One of TLS 1.2 stays where it is, and there is no new one.
      const isUsed = version === "TLS 1.3" || wrong.get !== undefined;
      const isWarned = wrong.get !== undefined ||
        (isUsed && wrong.delete !== undefined) ||
        (version === "TLS 1.3" && wrong.set !== undefined);
      const [warning] = warnings(events);
      assertEquals(warning?.callback, isWarned ? "sessionCache" : undefined);
      assertEquals(warning?.error, isWarned ? failure : undefined);
    });
  }

  Deno.test(`${version}: a sessionCache that returns no Session counts as empty`, async () => {
    for (const given of ["session", 1, true, {}, [], new Uint8Array(3)]) {
      for (const get of [() => given, () => Promise.resolve(given)]) {
        const events: HandshakeEvent[] = [];
        const resumed = await visit({
          ...both,
          sessionCache: { get: get as never, set: nothing, delete: nothing },
          onEvent: (event) => events.push(event),
        });
        assertEquals(resumed, false);
        const [warning] = warnings(events);
        assertEquals(warning?.callback, "sessionCache");
        assertInstanceOf(warning?.error, TypeError);
      }
    }
  });

  Deno.test(`${version}: a sessionCache with a damaged session counts as empty`, async () => {
    const [session] = await sessionsOf(both);
    assert(session !== undefined);
    const bytes = session.export();
    const damaged = bytes.with(40, (bytes[40] as number) ^ 1);
    const events: HandshakeEvent[] = [];
    const resumed = await visit({
      ...both,
      sessionCache: {
        get: () => Session.import(damaged),
        set: nothing,
        delete: nothing,
      },
      onEvent: (event) => events.push(event),
    });
    assertEquals(resumed, false);
    assertEquals(warnings(events).length, 1);
  });

  Deno.test(`${version}: an onSession that throws or rejects fails no connection`, async () => {
    for (const onSession of [fails, rejects as () => never]) {
      const events: HandshakeEvent[] = [];
      const sessionCache = new SessionCache();
      const options = { ...both, sessionCache, onSession };
      const onEvent = (event: HandshakeEvent) => events.push(event);
      assertEquals(await visit({ ...options, onEvent }), false);
      assert(sessionCache.size > 0, "the cache gets it all the same");
      const [warning] = warnings(events);
      assertEquals(warning?.callback, "onSession");
      assertEquals(warning?.error, failure);
    }
  });

  Deno.test(`${version}: nothing is kept or looked for under an empty key`, async () => {
    const called: string[] = [];
    const call = (name: string) => () => {
      called.push(name);
    };
    const sessionCache: SessionCacheLike = {
      get: call("get") as () => undefined,
      set: call("set"),
      delete: call("delete"),
    };
    const nameless: ClientOptions = {
      serverName: undefined,
      verify: () => true,
    };
    await visit({ ...both, ...nameless, sessionCache });
    assertEquals(called, []);
    await visit({ ...both, sessionCache });
    assertEquals([...new Set(called)], ["get", "set"]);
  });

  Deno.test(`${version}: a sessionCache and a sessionStore get the lifetime in milliseconds`, async () => {
    const lifetimes: number[] = [];
    const set = (_key: string, _session: unknown, lifetime: number) => {
      lifetimes.push(lifetime);
    };
    const now = () => 1_800_000_000_000;
    await visit(
      {
        ...both,
        now,
        sessionCache: { get: () => undefined, set, delete: nothing },
      },
      { now, tickets: 1, sessionTimeout: 1000 },
    );
    assertEquals(lifetimes, [1_000_000]);
  });

  Deno.test(`${version}: a Map is a sessionCache`, async () => {
    const sessionCache = new Map<string, Session>();
    const seen: boolean[] = [];
    for (let round = 0; round < 3; round++) {
      seen.push(await visit({ ...both, sessionCache }));
    }
    assertEquals(seen, [false, true, true]);
    assertEquals([...sessionCache.keys()], ["localhost"]);
  });

  Deno.test(`${version}: a connection that fails forgets its own session and no other`, async () => {
    const sessionCache = new SessionCache();
    const client = { ...both, sessionCache };
    const [[other], [used]] = [await sessionsOf(both), await sessionsOf(both)];
    assert(other !== undefined && used !== undefined);
    sessionCache.set("localhost", other);
    sessionCache.set("localhost", used);
    const wrongFinished = version === "TLS 1.3"
      ? editing(tls13.finished, flipped)
      : editing(tls12.finished, flipped);
    await assertRefused(
      "decrypt_error",
      await hostileServer(wrongFinished, { client, server: { ticketKeys } }),
    );
    assertEquals(sessionCache.size, 1);
    assertEquals(sessionCache.get("localhost"), other);
  });

  Deno.test(`${version}: no ticket is given where the state does not fit`, async () => {
    // RFC 9846 section 4.7.1: ticket<1..2^16-1>; the chain is in it.
    const { cert, key } = await certificate({ names: ["me"] });
    const { cert: long } = await certificate({ names: manyNames(2500) });
    const client: ClientOptions = { ...both, cert: `${cert}${long}`, key };
    const server: ServerOptions = { clientAuth: "require" };
    assertEquals(await sessionsOf(client, server), []);
    const short = { ...client, cert };
    assert((await sessionsOf(short, server)).length > 0);
  });
}

function flipped({ verifyData }: { verifyData: Uint8Array }) {
  return { verifyData: verifyData.map((byte) => byte ^ 1) };
}

/** Some 25 bytes each. */
function manyNames(count: number): string[] {
  return Array.from({ length: count }, (_, at) => `host-${at}.long.example`);
}

function warnings(events: readonly HandshakeEvent[]) {
  return events.filter((event) => event.type === "callback_failed");
}

/** Connects, waits for tickets, closes; whether a session was resumed. */
async function visit(
  client: ClientOptions,
  server: ServerOptions = {},
): Promise<boolean> {
  const ends = await connected(client, { ticketKeys, ...server });
  await passTickets(ends);
  const { resumed } = ends.client.info;
  await ends[Symbol.asyncDispose]();
  return resumed;
}

Deno.test("of four connections at once as many are resumed as there are tickets", async () => {
  for (const tickets of [2, 3]) {
    const sessionCache = new SessionCache();
    await visit({ sessionCache }, { tickets });
    assertEquals(sessionCache.size, tickets);
    const all = await Promise.all(
      [1, 2, 3, 4].map(() => visit({ sessionCache }, { tickets })),
    );
    assertEquals(all.filter((resumed) => resumed).length, tickets);
  }
});

Deno.test("every connection is resumed at a server that sends tickets only in full handshakes, as long as there are some", async () => {
  const sessionCache = new SessionCache();
  const seen: boolean[] = [];
  for (let round = 0; round < 4; round++) {
    const tickets = round === 0 ? 2 : 0;
    const server = tickets > 0 ? { tickets, ticketKeys } : {
      tickets: 1,
      ticketKeys,
    };
    const cache: SessionCacheLike = {
      get: (key, suits) => sessionCache.get(key, suits),
      set: (key, session) => tickets > 0 && sessionCache.set(key, session),
      delete: (key, session) => sessionCache.delete(key, session),
    };
    seen.push(await visit({ sessionCache: cache }, server));
  }
  assertEquals(seen, [false, true, true, false]);
});

Deno.test("SessionCache returns a suitable session, the newest first", async () => {
  const sessionCache = new SessionCache();
  const of = (protocol: string): [ClientOptions, ServerOptions] => [
    { sessionCache, alpnProtocols: [protocol] },
    { alpnProtocols: [protocol] },
  ];
  assertEquals(await visit(...of("h2")), false);
  assertEquals(await visit(...of("http/1.1")), false);
  assertEquals(sessionCache.size, 4);
  assertEquals(await visit(...of("h2")), true);
  assertEquals(await visit(...of("http/1.1")), true);
});

Deno.test("SessionCache keeps eight sessions of a server", async () => {
  const sessions = await sessionsOf({}, { tickets: 10 });
  const cache = new SessionCache();
  for (const session of sessions) cache.set("a", session);
  assertEquals(cache.size, 8);
  for (const session of sessions.slice(2).toReversed()) {
    assertEquals(cache.get("a"), session);
  }
  assertEquals(cache.get("a"), undefined);
});

Deno.test("SessionCache leaves a session of TLS 1.2 where it is", async () => {
  const [session] = await sessionsOf({ maxVersion: "TLSv1.2" });
  assert(session !== undefined);
  const cache = new SessionCache();
  cache.set("a", session);
  cache.set("a", session);
  assertEquals([cache.get("a"), cache.get("a"), cache.size], [
    session,
    session,
    1,
  ]);
});

Deno.test("a ticket that would leave no room in a ClientHello is not kept, nor offered", async () => {
  for (const length of [32_768, 32_769, 65_535]) {
    const sessions: Session[] = [];
    const client: ClientOptions = {
      minVersion: "TLSv1.3",
      onSession: (session) => sessions.push(session),
    };
    const large = editing(tls13.newSessionTicket, (message) => ({
      ...message,
      ticket: pattern(length),
    }));
    const { peer, conn, flow } = await hostileServer(large, {
      client,
      server: { ticketKeys, tickets: 1 },
    });
    using _ = peer;
    await Promise.all([conn.handshake(), flow()]);
    const reading = conn.read(new Uint8Array(1));
    await peer.sendRecord(23, Uint8Array.of(1));
    assertEquals(await reading, 1);
    conn.abort();
    assertEquals(sessions.length, length > 32_768 ? 0 : 1);
    // What is unknown to the server costs a full handshake.
    const [session] = sessions;
    assertEquals(await resumes({ session }), false);
  }
});

const wrongStores: Record<string, Partial<SessionStore>> = {
  "get throws": { get: fails },
  "get rejects": { get: rejects },
  "get gives a string": { get: () => "session" as never },
  "get gives an object": { get: () => ({}) as never },
  "get gives other bytes": { get: () => pattern(100) },
  "get gives no bytes": { get: () => new Uint8Array() },
  "set throws": { set: fails },
  "set rejects": { set: rejects },
};

for (const [what, wrong] of Object.entries(wrongStores)) {
  Deno.test(`a sessionStore of which ${what} fails no connection`, async () => {
    const kept = new Map<string, Uint8Array>();
    const sessionCache = new SessionCache();
    const client: ClientOptions = { maxVersion: "TLSv1.2", sessionCache };
    assertEquals(
      await visit(client, {
        tickets: 0,
        ticketKeys: undefined,
        sessionStore: kept,
      }),
      false,
    );
    const events: HandshakeEvent[] = [];
    const sessionStore: SessionStore = {
      get: (key) => kept.get(key),
      set: (key, session) => kept.set(key, session),
      delete: (key) => kept.delete(key),
      ...wrong,
    };
    const server: ServerOptions = {
      tickets: 0,
      ticketKeys: undefined,
      sessionStore,
      onEvent: (event) => events.push(event),
    };
    // A new session is only kept by a full handshake.
    const fresh = wrong.set === undefined
      ? client
      : { ...client, sessionCache: new SessionCache() };
    assertEquals(await visit(fresh, server), false);
    const [warning] = warnings(events);
    assertEquals(warning?.callback, "sessionStore");
    assertInstanceOf(warning?.error, Error);
  });
}

Deno.test("a sessionStore of which get gives null has no session, and no fault", async () => {
  const sessionCache = new SessionCache();
  const client: ClientOptions = { maxVersion: "TLSv1.2", sessionCache };
  const events: HandshakeEvent[] = [];
  const kept = new Map<string, Uint8Array>();
  const server: ServerOptions = {
    tickets: 0,
    ticketKeys: undefined,
    sessionStore: {
      // As key-value stores have it.
      get: () => null as never,
      set: (key, session) => kept.set(key, session),
      delete: nothing,
    },
    onEvent: (event) => events.push(event),
  };
  assertEquals(await visit(client, server), false);
  assertEquals(kept.size, 1);
  assertEquals(await visit(client, server), false);
  assertEquals(warnings(events), []);
});

Deno.test("a sessionStore gets the lifetime in milliseconds", async () => {
  const lifetimes: number[] = [];
  await visit({ maxVersion: "TLSv1.2", sessionCache: new SessionCache() }, {
    tickets: 0,
    ticketKeys: undefined,
    sessionTimeout: 1000,
    sessionStore: {
      get: () => undefined,
      set: (_key, _session, lifetime) => lifetimes.push(lifetime),
      delete: nothing,
    },
  });
  assertEquals(lifetimes, [1_000_000]);
});

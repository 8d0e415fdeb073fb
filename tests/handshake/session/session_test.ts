/**
 * Sessions as callers have them: exported and imported, kept in a cache, told of.
 *
 * @module
 */

import { assert, assertEquals, assertThrows } from "@std/assert";
import { TlsError } from "../../../errors.ts";
import { Session, SessionCache } from "../../../handshake/session/session.ts";
import { TrustStore } from "../../../x509/trust/trust_store.ts";
import { authority, connected, pattern } from "../../_pair.ts";
import {
  passTickets,
  resumes,
  sessionsOf,
  ticketKeys,
} from "../_resumption.ts";

Deno.test("client resumes from a cache, with each ticket used once (appendix C.4)", async () => {
  const sessions = new SessionCache(4);
  const used: unknown[] = [];
  const sessionCache = {
    get(key: string) {
      const session = sessions.get(key);
      if (session !== undefined) used.push(session);
      return session;
    },
    set: (key: string, session: Session) => sessions.set(key, session),
    delete: (key: string) => sessions.delete(key),
  };
  const options = { sessionCache, serverName: "localhost" };
  const seen: boolean[] = [];
  for (let round = 0; round < 3; round++) {
    const ends = await connected(options, { ticketKeys, tickets: 1 });
    seen.push(ends.client.info.resumed);
    await passTickets(ends);
    assertEquals(sessions.size, 1);
    await ends[Symbol.asyncDispose]();
  }
  assertEquals(seen, [false, true, true]);
  assertEquals(new Set(used).size, 2, "each of the two was another one");
});

Deno.test("Session says what its connection had, and nothing of what it had not", async () => {
  const [plain] = await sessionsOf({
    serverName: undefined,
    unsafelyDisableHostnameVerification: true,
  });
  assertEquals([plain?.serverName, plain?.alpnProtocol], [
    undefined,
    undefined,
  ]);
  const alpnProtocols = ["h2"];
  const [named] = await sessionsOf({ alpnProtocols }, { alpnProtocols });
  assertEquals([named?.serverName, named?.alpnProtocol], ["localhost", "h2"]);
});

Deno.test("client leaves a ticket of TLS 1.3 in the cache where TLS 1.3 is off", async () => {
  const sessionCache = new SessionCache();
  const first = await connected({ sessionCache }, { ticketKeys });
  await passTickets(first);
  await first[Symbol.asyncDispose]();
  const { size } = sessionCache;
  assert(size > 0);
  let deleted = 0;
  await using ends = await connected({
    maxVersion: "TLSv1.2",
    sessionCache: {
      get: (key, suits) => sessionCache.get(key, suits),
      set: () => {},
      delete: () => void deleted++,
    },
  });
  assertEquals(ends.client.info.resumed, false);
  assertEquals([sessionCache.size, deleted], [size, 0]);
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

Deno.test("Session.import() refuses anything but a session", async () => {
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

Deno.test("SessionCache keeps the newest sessions of the servers used last", async () => {
  const [one, two] = await sessionsOf();
  assert(one !== undefined && two !== undefined);
  const cache = new SessionCache(2);
  cache.set("a", one);
  cache.set("b", one);
  cache.set("a", two);
  assertEquals(cache.size, 3);
  // One of TLS 1.3 is for one connection.
  assertEquals(cache.get("a"), two);
  assertEquals(cache.size, 2);
  cache.set("c", one);
  assertEquals(cache.size, 2);
  assertEquals(cache.get("b"), undefined);
  assertEquals(cache.get("a", () => false), undefined);
  assertEquals(cache.delete("a", two), false);
  assertEquals(cache.delete("a", one), true);
  assertEquals(cache.delete("c"), true);
  assertEquals(cache.delete("c"), false);
  assertEquals(cache.size, 0);
  for (const capacity of [0, -1, 1.5, NaN]) {
    assertThrows(() => new SessionCache(capacity), RangeError);
  }
});

Deno.test("client accepts a cache that answers by promises", async () => {
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

Deno.test("info.ticketAgeSkew shows a server the difference of the clocks", async () => {
  const start = Date.now();
  const at = (seconds: number) => ({ now: () => start + seconds * 1000 });
  // With the largest ticket_age_add every age goes beyond 2^32.
  const largest = { random: (n: number) => new Uint8Array(n).fill(0xff) };
  for (const random of [{}, largest]) {
    const [session] = await sessionsOf(at(0), { ...at(0), ...random });
    for (const [client, server, skew] of [[15, 10, 5000], [5, 10, -5000]]) {
      await using ends = await connected({ session, ...at(client ?? 0) }, {
        ticketKeys,
        ...at(server ?? 0),
      });
      assertEquals(ends.server.info.resumed, true);
      assertEquals(ends.server.info.ticketAgeSkew, skew);
      assertEquals(ends.client.info.ticketAgeSkew, undefined);
    }
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

/**
 * A Redis that is full, or begins anew: handshakes go on, and what machines share
 * comes back.
 *
 * @module
 */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { createClient } from "redis";
import type {
  HandshakeEvent,
  UntimedEvent,
} from "../../handshake/io/events.ts";
import { EventTeller } from "../../handshake/io/event_teller.ts";
import { recordUse } from "../../handshake/tls13/anti_replay.ts";
import { SessionCache } from "../../mod.ts";
import { sharedTicketKeys } from "../../stores/fleet.ts";
import { redisStore, type SharedStore } from "../../stores/redis.ts";
import { connected } from "../_pair.ts";
import { PeerProcess } from "../interop/_peers/process.ts";
import { driverTests } from "../node/_drivers.ts";
import { missingOf, startProgram } from "../node/_programs.ts";

const redisServer = ({ folder, port }: { folder: string; port: number }) => [
  ...["redis-server", "--port", String(port), "--bind", "127.0.0.1"],
  ...["--dir", folder, "--save", ""],
];

driverTests({
  server: "Redis",
  missing: missingOf("redis-server"),
  tests: {
    async "a server that is full costs no handshake and no key"() {
      await using server = await startProgram({ command: redisServer });
      await using redis = await dial(server.port);
      const keys = machines(redis.store);
      await using here = await keys.start();
      const [first] = here.current();
      const sessionCache = new SessionCache();
      const visit = visitor(redis.store, sessionCache);
      assertEquals(await visit(), { resumed: false, failures: [] });

      await redis.send("CONFIG", "SET", "maxmemory-policy", "noeviction");
      await redis.send("CONFIG", "SET", "maxmemory", "1");
      // What is there is read, and nothing is written.
      assertEquals(await visit(), { resumed: true, failures: [] });
      const full = await visitor(redis.store, new SessionCache())();
      assertEquals(full.resumed, false);
      assertStringIncludes(String(full.failures), "OOM");
      assertEquals(await early(redis.store), "rejected: OOM");
      keys.advance(43_200 - 600);
      await here.refresh();
      assertStringIncludes(keys.errors.join(), "OOM");
      keys.advance(600);
      await using there = await keys.start();
      assertEquals(here.current()[0], first);
      assertEquals(there.current()[0], first);

      await redis.send("CONFIG", "SET", "maxmemory", "0");
      await here.refresh();
      await there.refresh();
      keys.advance(600);
      assert(String(here.current()[0]) !== String(first));
      assertEquals(there.current()[0], here.current()[0]);
      assertEquals(await early(redis.store), "accepted");
    },

    async "a server that was killed and begins anew gets the keys back"() {
      await using server = await startProgram({ command: redisServer });
      await using redis = await dial(server.port);
      const keys = machines(redis.store);
      await using here = await keys.start();
      await using there = await keys.start();
      const [first] = here.current();
      Deno.kill(server.pid, "SIGKILL");
      await redis.lost();
      await here.refresh();
      assertEquals(keys.errors.length, 1);
      assertEquals(here.current()[0], first);
      assertEquals(await early(redis.store), "rejected: The client is offline");

      await using _anew = again(server);
      await redis.found();
      assertEquals(Number(await redis.send("DBSIZE")), 0);
      await Promise.all([here.refresh(), there.refresh()]);
      await using joined = await keys.start();
      assertEquals(joined.current()[0], first);
      assertEquals(keys.errors.length, 1);
      assertEquals(await early(redis.store), "accepted");
    },
  },
});

/** A client of a server, which comes back when the server does. */
async function dial(port: number) {
  const client = createClient({
    url: `redis://127.0.0.1:${port}`,
    disableOfflineQueue: true,
    socket: { reconnectStrategy: () => 10 },
  });
  client.on("error", () => {});
  await client.connect();
  const event = (name: string, isSo: () => boolean) =>
    new Promise<void>((resolve) => {
      if (isSo()) resolve();
      else client.once(name, () => resolve());
    });
  return {
    store: redisStore((words) => client.sendCommand(words)),
    send: (...words: string[]) => client.sendCommand(words),
    lost: () => event("reconnecting", () => !client.isReady),
    found: () => event("ready", () => client.isReady),
    [Symbol.asyncDispose]: () => Promise.resolve(client.destroy()),
  };
}

/** A server in the place of one that is gone. */
function again(
  place: Parameters<typeof redisServer>[0],
): AsyncDisposable {
  const [program = "", ...args] = redisServer(place);
  const process = new PeerProcess(program, args);
  return {
    async [Symbol.asyncDispose]() {
      process.kill();
      await process[Symbol.asyncDispose]();
    },
  };
}

/** Machines with a clock that is set forward. */
function machines(store: SharedStore) {
  const errors: string[] = [];
  let seconds = 1_000_000;
  return {
    errors,
    advance: (more: number) => void (seconds += more),
    start: () =>
      sharedTicketKeys({
        store,
        secret: new Uint8Array(32).fill(9),
        now: () => seconds * 1000,
        onError: ({ message }) => void errors.push(message),
      }),
  };
}

/** Connects with a cache of sessions to a server that has them in a store. */
function visitor(sessionStore: SharedStore, sessionCache: SessionCache) {
  return async () => {
    const failures: unknown[] = [];
    const onEvent = (event: HandshakeEvent) => {
      if (event.type === "callback_failed") failures.push(event.error);
    };
    await using ends = await connected(
      { maxVersion: "TLSv1.2", sessionCache },
      { tickets: 0, sessionStore, onEvent },
    );
    return { resumed: ends.client.info.resumed, failures };
  };
}

/** What becomes of early data of a ticket. */
async function early(replay: SharedStore): Promise<string> {
  const failures: string[] = [];
  const tell = new EventTeller({
    onEvent: (event: UntimedEvent) => {
      if (event.type === "callback_failed") failures.push(String(event.error));
    },
  });
  const refused = await recordUse(
    { tell },
    { maxSize: 1, window: 10_000, replay },
    1_000_000,
    {
      ticket: crypto.getRandomValues(new Uint8Array(32)),
      createdAt: 1_000_000,
      ticketAgeSkew: 0,
    },
  );
  if (refused === undefined) return "accepted";
  const [why = ""] = /OOM|The client is offline/.exec(failures.join()) ??
    failures;
  return `rejected: ${why}`;
}

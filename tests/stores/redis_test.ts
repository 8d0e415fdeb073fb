import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { Redis } from "ioredis";
import { createClient } from "redis";
import { readAcmeOptions } from "../../acme/options.ts";
import { client, server, SessionCache } from "../../mod.ts";
import { redisStore } from "../../stores/redis.ts";
import { issueCertificate, TrustStore } from "../../x509/mod.ts";
import { driverTests } from "../node/_drivers.ts";
import { missingOf, startProgram } from "../node/_programs.ts";
import { checkFleet, checkStore } from "./_battery.ts";

const redisMissing = missingOf("redis-server");

let running: Awaited<ReturnType<typeof startProgram>>;
if (redisMissing === undefined) {
  Deno.test.beforeAll(async () => {
    running = await startProgram({
      command: ({ folder, port }) => [
        ...["redis-server", "--port", String(port), "--bind", "127.0.0.1"],
        ...["--dir", folder, "--save", ""],
      ],
    });
  });
  Deno.test.afterAll(async () => await running[Symbol.asyncDispose]());
}

/** A store behind the package `redis`, and what closes it. */
async function open(options: Parameters<typeof redisStore>[1] = {}) {
  const url = `redis://127.0.0.1:${running.port}`;
  const connection = createClient({ url });
  await connection.connect();
  return {
    connection,
    store: redisStore((words) => connection.sendCommand(words), options),
    [Symbol.dispose]: () => connection.destroy(),
  };
}

driverTests({
  server: "Redis",
  missing: redisMissing,
  tests: {
    async "redisStore() keeps values behind redis and ioredis"() {
      using opened = await open();
      const other = new Redis({ port: running.port, host: "127.0.0.1" });
      try {
        await checkStore(
          opened.store,
          redisStore(([name = "", ...words]) => other.call(name, ...words)),
        );
        assertEquals(await opened.connection.keys("*"), ["x-tls:lock"]);
      } finally {
        other.disconnect();
      }
    },

    async "redisStore() is what a fleet shares, behind redis and ioredis"() {
      using opened = await open({ prefix: "fleet:" });
      const other = new Redis({ port: running.port, host: "127.0.0.1" });
      try {
        await checkFleet(
          opened.store,
          redisStore(
            ([name = "", ...words]) => other.call(name, ...words),
            { prefix: "fleet:" },
          ),
        );
      } finally {
        other.disconnect();
      }
    },

    async "redisStore() has the server forget values"() {
      using opened = await open({ prefix: "short:", expireIn: 60_000 });
      const { connection, store } = opened;
      const one = Uint8Array.of(1);
      await store.set("set", one);
      await store.compareAndSet("new", undefined, one);
      await store.set("same", one);
      await connection.persist("short:same");
      await store.compareAndSet("same", one, one);
      for (const key of ["set", "new", "same"]) {
        const left = await connection.pTTL(`short:${key}`);
        assertEquals(left > 50_000 && left <= 60_000, true, `${key}: ${left}`);
      }
    },

    async "redisStore() takes what it did not write for nothing"() {
      using opened = await open({ prefix: "other:" });
      await opened.connection.set("other:text", "not base64!");
      assertEquals(await opened.store.get("text"), undefined);
      await opened.connection.lPush("other:list", "x");
      await assertRejects(() => Promise.resolve(opened.store.get("list")));
    },

    async "a session of one server is resumed by another over redisStore()"() {
      using first = await open({ prefix: "sessions:" });
      using second = await open({ prefix: "sessions:" });
      const sessionCache = new SessionCache();
      const identity = await issueCertificate({ names: ["a.test"] });
      const resumed: boolean[] = [];
      for (const { store: sessionStore } of [first, second]) {
        resumed.push(await handshake(identity, sessionCache, sessionStore));
      }
      assertEquals(resumed, [false, true]);
    },
  },
});

/** Whether a TLS 1.2 handshake with a server with that store is resumed. */
async function handshake(
  { cert, key }: { cert: string; key: string },
  sessionCache: SessionCache,
  sessionStore: ReturnType<typeof redisStore>,
): Promise<boolean> {
  const [up, down] = [new TransformStream(), new TransformStream()];
  const there = server({ readable: up.readable, writable: down.writable }, {
    cert,
    key,
    maxVersion: "TLSv1.2",
    tickets: 0,
    sessionStore,
  });
  const here = client({ readable: down.readable, writable: up.writable }, {
    serverName: "a.test",
    trust: TrustStore.of(cert),
    sessionCache,
  });
  const [{ resumed }] = await Promise.all([
    here.handshake(),
    there.handshake(),
  ]);
  await Promise.all([here.close(), there.close()]);
  return resumed;
}

Deno.test("redisStore() refuses an expiry that is no time", () => {
  for (const expireIn of [0, -1, 1.5, NaN, Infinity]) {
    assertThrows(
      () => redisStore(() => Promise.resolve(null), { expireIn }),
      RangeError,
      "expireIn",
    );
  }
});

Deno.test("redisStore() takes no reply for a yes but OK", async () => {
  const answer = (reply: unknown) =>
    Promise.resolve(
      redisStore(() => Promise.resolve(reply))
        .compareAndSet("a", undefined, Uint8Array.of(1)),
    );
  assertEquals(await answer("OK"), true);
  assertEquals(await answer(new TextEncoder().encode("OK")), true);
  assertEquals(await answer(null), false);
  assertEquals(await answer(undefined), false);
  for (const reply of ["QUEUED", false, "", 0, new Error("READONLY")]) {
    await assertRejects(
      () => answer(reply),
      TypeError,
      `Cannot use the reply of Redis: expected "OK" or null, got `,
    );
  }
});

Deno.test("acme() takes a redisStore()", () => {
  const store = redisStore(() => Promise.resolve(null));
  const settings = readAcmeOptions({
    directory: "https://ca.example/directory",
    domains: ["a.example"],
    termsOfServiceAgreed: true,
    store,
  });
  assertEquals(settings.store, store);
});

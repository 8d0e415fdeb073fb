/**
 * Drivers of Redis, unpatched, against the real server.
 *
 * @module
 */

import { assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { AbstractConnector, Redis } from "ioredis";
import { createClient } from "redis";
import {
  connect,
  pipeDuplex,
  type TlsConn,
  TlsTruncatedError,
} from "../../mod.ts";
import { toNodeSocket } from "../../node/mod.ts";
import { TrustStore } from "../../x509/mod.ts";
import { clientIdentity, trust } from "../interop/_peers/material.ts";
import { redisStore } from "../../stores/redis.ts";
import { checkFleet } from "../stores/_battery.ts";
import { asSocket, driverTests } from "./_drivers.ts";
import { missingOf, startProgram } from "./_programs.ts";

const redisMissing = missingOf("redis-server");

let server: Awaited<ReturnType<typeof startRedis>>;
if (redisMissing === undefined) {
  Deno.test.beforeAll(async () => {
    server = await startRedis();
  });
  Deno.test.afterAll(async () => await server?.[Symbol.asyncDispose]());
}

driverTests({
  server: "Redis",
  missing: redisMissing,
  tests: {
    async "ioredis runs over a connector, with pipelines and subscriptions"() {
      const redis = new Redis({ Connector, lazyConnect: true });
      const other = redis.duplicate();
      await Promise.all([redis.connect(), other.connect()]);
      const value = "v".repeat(1_000_000);
      assertEquals(await redis.set("key", value), "OK");
      assertEquals(await redis.get("key"), value);
      const results = await redis.pipeline().incr("n").incr("n").exec();
      assertEquals(results, [[null, 1], [null, 2]]);

      const message = new Promise((resolve) =>
        other.on("message", (_channel, text) => resolve(text))
      );
      await other.subscribe("channel");
      await redis.publish("channel", "hello");
      assertEquals(await message, "hello");
      assertEquals(await Promise.all([redis.quit(), other.quit()]), [
        "OK",
        "OK",
      ]);
    },

    async "ioredis connects again when the server has cut it off"() {
      const redis = new Redis({ Connector, retryStrategy: () => 1 });
      const id = await redis.client("ID");
      const other = new Redis({ Connector });
      await other.client("KILL", "ID", String(id));
      assertEquals(await redis.ping(), "PONG");
      await Promise.all([redis.quit(), other.quit()]);
    },

    async "ioredis tells why there is no connection"() {
      const redis = new Redis({
        Connector: WithoutCertificate,
        lazyConnect: true,
        retryStrategy: () => null,
        maxRetriesPerRequest: 0,
      });
      const told = new Promise((resolve) => redis.on("error", resolve));
      await assertRejects(() => redis.connect());
      assertEquals(Reflect.get(Object(await told), "alert"), CERTIFICATE_ALERT);
      redis.disconnect();
    },

    async "a fleet shares what it has over ioredis and this TLS"() {
      const clients = [new Redis({ Connector }), new Redis({ Connector })];
      const [here, there] = clients.map((redis) =>
        redisStore(
          ([name = "", ...words]) => redis.call(name, ...words),
          { prefix: "fleet:" },
        )
      );
      if (here === undefined || there === undefined) throw new Error("two");
      await checkFleet(here, there);
      await Promise.all(clients.map((redis) => redis.quit()));
    },

    async "redis runs through a proxy of its own"() {
      await using proxy = startProxy(`${server.folder}/proxy`);
      const redis = createClient({ socket: { path: proxy.path, tls: false } });
      await redis.connect();
      assertEquals(await redis.set("other", "value"), "OK");
      assertEquals(await redis.get("other"), "value");
      await redis.close();
    },
  },
});

/** What ioredis asks for in the place of its own connections. */
class Connector extends AbstractConnector {
  constructor() {
    super(0);
  }

  override connect(): ReturnType<AbstractConnector["connect"]> {
    this.stream = asSocket(toNodeSocket(this.dial()));
    return Promise.resolve(this.stream);
  }

  protected async dial(): Promise<TlsConn> {
    return await dial(await clientIdentity());
  }
}

class WithoutCertificate extends Connector {
  protected override async dial(): Promise<TlsConn> {
    return await dial({});
  }
}

async function dial(
  identity: { cert?: string; key?: string },
): Promise<TlsConn> {
  const { cert, key } = identity;
  return await connect({
    hostname: "127.0.0.1",
    port: server.port,
    serverName: "peer.test",
    trust: TrustStore.of((await trust()).pem),
    ...cert !== undefined && key !== undefined && { cert, key },
  });
}

/**
 * For a driver that takes no stream: a socket that only this user can reach, as
 * its folder is private, and TLS from there on.
 */
function startProxy(path: string): AsyncDisposable & { readonly path: string } {
  const listener = Deno.listen({ transport: "unix", path });
  const piping: Promise<void>[] = [];
  const serving = (async () => {
    for await (const socket of listener) {
      const conn = await dial(await clientIdentity());
      piping.push(pipeDuplex(socket, conn));
    }
  })();
  return {
    path,
    async [Symbol.asyncDispose]() {
      listener.close();
      await serving;
      // Redis ends without close_notify.
      const results = await Promise.allSettled(piping);
      for (const result of results) {
        if (result.status === "rejected") {
          assertInstanceOf(result.reason, TlsTruncatedError);
        }
      }
    },
  };
}

function startRedis(): ReturnType<typeof startProgram> {
  return startProgram({
    command: ({ folder, port }) => [
      ...["redis-server", "--port", "0", "--tls-port", String(port)],
      ...["--bind", "127.0.0.1", "--dir", folder, "--save", ""],
      ...["--tls-cert-file", `${folder}/cert.pem`],
      ...["--tls-key-file", `${folder}/key.pem`],
      ...["--tls-ca-cert-file", `${folder}/ca.pem`],
      ...["--tls-auth-clients", "yes"],
    ],
  });
}

const CERTIFICATE_ALERT = "certificate_required";

/**
 * createFetch(): the connections, whom they serve, and how they end.
 *
 * @module
 */

import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertRejects,
} from "@std/assert";
import http2 from "node:http2";
import https from "node:https";
import {
  createFetch,
  serve,
  type ServeHandler,
  TlsError,
  type TlsFetch,
} from "../../mod.ts";
import { fetchOf, listenOn, PROTOCOLS, test, urlOf } from "./_fetch.ts";
import { ca, leaf, start, trust } from "./_server.ts";

const { cert, key } = leaf;

/** Answers with the number of connections, this one included. */
function counting(): ServeHandler<Deno.NetAddr> {
  const ports = new Set<number>();
  return (_request, { remoteAddr }) => {
    ports.add(remoteAddr.port);
    return new Response(String(ports.size));
  };
}

for (const protocol of PROTOCOLS) {
  const alpnProtocols = [protocol];

  test(`${protocol}: requests one after another share a connection`, async () => {
    await using server = start(counting());
    await using fetch = fetchOf({ alpnProtocols });
    const count = async (fetch: TlsFetch, host?: string) =>
      Number(await (await fetch(urlOf(server, "/", host))).text());
    for (let i = 0; i < 20; i++) await count(fetch);
    const few = await count(fetch);
    // One that is about to be free does not keep the next request waiting.
    assert(few <= (protocol === "h2" ? 1 : 2), `${few} connections`);
    // Another name is verified anew, on a connection of its own.
    assertEquals(await count(fetch, "127.0.0.1"), few + 1);
    await using other = fetchOf({ alpnProtocols });
    assertEquals(await count(other), few + 2);
  });

  test(`${protocol}: a new pin holds for the connections of its fetch`, async () => {
    await using server = start(counting());
    const pinned = (pin: string) =>
      fetchOf({
        alpnProtocols,
        verify: async ({ chain: [server] }) =>
          await server?.fingerprint("SHA-256") === pin,
      });
    let pin = "";
    await using any = fetchOf({
      alpnProtocols,
      verify: async ({ chain: [server] }) => {
        pin = await server?.fingerprint("SHA-256") ?? "";
      },
    });
    await (await any(urlOf(server))).text();
    await using right = pinned(pin);
    assertEquals(await (await right(urlOf(server))).text(), "2");
    await using wrong = pinned("00");
    const error = await assertRejects(() => wrong(urlOf(server)), TypeError);
    assertInstanceOf(error.cause, TlsError);
    assertEquals(await (await right(urlOf(server))).text(), "2");
  });

  test(`${protocol}: TLS errors are the cause`, async () => {
    await using server = start(() => new Response(), {
      clientAuth: "require",
      caCerts: [ca.cert],
    });
    await using stranger = createFetch({ alpnProtocols });
    await using nobody = createFetch({ trust, alpnProtocols });
    for (
      const [fetch, code] of [
        [stranger, "unknown_issuer"],
        [nobody, "client_certificate_refused"],
      ] as const
    ) {
      const error = await assertRejects(() => fetch(urlOf(server)), TypeError);
      assertInstanceOf(error.cause, TlsError);
      assertEquals(error.cause.code, code);
    }
  });

  test(`${protocol}: an end in the middle of a body is an error`, async () => {
    const options = { cert, key };
    const node = protocol === "h2"
      ? http2.createSecureServer(options)
      : https.createServer(options);
    node.on("request", (_request, response) => {
      response.writeHead(200, { "content-length": 100 });
      response.write("some", () => response.socket?.destroy());
    });
    await using server = await listenOn(node);
    await using fetch = fetchOf({ alpnProtocols });
    const failed = fetch(urlOf(server)).then((response) => response.text());
    await assertRejects(() => failed, TypeError);
  });

  test(`${protocol}: dispose ends what is under way, close() waits for it`, async () => {
    const late = Promise.withResolvers<void>();
    await using server = start((request) =>
      request.url.endsWith("/late")
        ? late.promise.then(() => new Response("late"))
        : new Response("x")
    );
    const disposed = fetchOf({ alpnProtocols });
    await (await disposed(urlOf(server))).text();
    const waiting = assertRejects(() => disposed(urlOf(server, "/late")));
    await new Promise((resolve) => setTimeout(resolve, 50));
    await disposed[Symbol.asyncDispose]();
    await waiting;
    const closing = fetchOf({ alpnProtocols });
    await (await closing(urlOf(server))).text();
    const response = closing(urlOf(server, "/late"));
    await new Promise((resolve) => setTimeout(resolve, 50));
    const closed = closing.close();
    await assertRejects(() => closing(urlOf(server)), TypeError, "was closed");
    late.resolve();
    assertEquals(await (await response).text(), "late");
    await closed;
  });
}

test("h2: requests at once share a connection", async () => {
  await using server = start(counting());
  await using fetch = fetchOf();
  const counts = await Promise.all(
    Array.from({ length: 60 }, async (_, i) => {
      const init = i % 2 === 0 ? {} : { method: "POST", body: "x" };
      return await (await fetch(urlOf(server), init)).text();
    }),
  );
  assertEquals(new Set(counts), new Set(["1"]));
});

test("h2: a server that leaves gets new connections, not ours down", async () => {
  const gone = start(counting());
  await using fetch = fetchOf();
  const url = urlOf(gone);
  assertEquals(await (await fetch(url)).text(), "1");
  await gone.shutdown();
  await using server = start(counting(), { port: gone.addr.port });
  assertEquals(await (await fetch(urlOf(server))).text(), "1");
});

test("http/1.1: 100 requests with a connection each resume their session", async () => {
  let resumed = 0;
  await using server = start((_request, { tls }) => {
    if (tls.resumed) resumed++;
    return new Response("x", { headers: { connection: "close" } });
  });
  await using fetch = fetchOf({ alpnProtocols: ["http/1.1"] });
  for (let i = 0; i < 100; i++) await (await fetch(urlOf(server))).text();
  assertEquals(resumed, 99);
});

test("servers of Node that end idle connections", async () => {
  let connections = 0;
  const node = https.createServer({ cert, key }, (_request, response) => {
    response.setHeader("connection", "close");
    response.end("hello");
  });
  node.on("secureConnection", () => connections++);
  await using server = await listenOn(node);
  await using fetch = fetchOf();
  for (let i = 0; i < 3; i++) {
    assertEquals(await (await fetch(urlOf(server))).text(), "hello");
  }
  assertEquals(connections, 3);
});

test("a server that speaks none of the protocols is refused", async () => {
  await using server = start(() => new Response(), {
    alpnProtocols: ["http/1.1"],
    onAlpn: () => undefined,
  });
  await using fetch = fetchOf({ alpnProtocols: ["h2"] });
  const error = await assertRejects(() => fetch(urlOf(server)), TypeError);
  assertInstanceOf(error.cause, TlsError);
});

if (Deno.build.os !== "windows") {
  test("a unix socket is dialled, and the URL says the name", async () => {
    const folder = await Deno.makeTempDir();
    const path = `${folder}/socket`;
    await using _server = serve(
      { path, cert, key },
      (request) => new Response(request.url),
    );
    await using fetch = createFetch({ trust, path });
    const response = await fetch("https://a.test/x");
    assertEquals(await response.text(), "https://a.test/x");
    const error = await assertRejects(
      () => fetch("https://c.test/"),
      TypeError,
    );
    assert(error.cause instanceof TlsError);
    assertEquals(error.cause.code, "hostname_mismatch");
    await Deno.remove(folder, { recursive: true });
  });
}

/**
 * createFetch({ earlyData }): requests that leave before the handshake (RFC
 * 8470).
 *
 * @module
 */

import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  createContext,
  createFetch,
  type CreateFetchOptions,
  listen,
  type ServerOptions,
  SessionCache,
  type TlsConn,
  type TlsFetch,
} from "../../mod.ts";
import { fetchOf, PROTOCOLS, test, urlOf } from "./_fetch.ts";
import { leaf, start, trust } from "./_server.ts";

/** A request that a server has read. */
interface Seen {
  readonly text: string;
  readonly isEarly: boolean;
}

/** A server of HTTP/1.1 that answers early requests as a test says. */
class EarlyServer implements AsyncDisposable {
  readonly seen: Seen[] = [];
  readonly #listener;
  readonly #answer: (seen: Seen) => string;
  readonly #conns: TlsConn[] = [];

  constructor(
    answer: (seen: Seen) => string = () => answerOf(200),
    options: ServerOptions = {},
  ) {
    this.#answer = answer;
    this.#listener = listen({
      hostname: "127.0.0.1",
      port: 0,
      cert: leaf.cert,
      key: leaf.key,
      alpnProtocols: ["http/1.1"],
      earlyData: {},
      ...options,
    });
    this.#run();
  }

  get addr(): Deno.NetAddr {
    return this.#listener.addr as Deno.NetAddr;
  }

  setContext(options: ServerOptions): Promise<void> {
    return this.#listener.setContext(options);
  }

  /** What was read since the last call: early or not, and the first line. */
  take(): string[] {
    return this.seen.splice(0).map(({ text, isEarly }) =>
      `${isEarly ? "early" : "late"} ${text.split(" HTTP/1.1")[0]}`
    );
  }

  async #run(): Promise<void> {
    for await (const conn of this.#listener) {
      this.#conns.push(conn);
      this.#serve(conn).catch(() => conn.abort());
    }
  }

  async #serve(conn: TlsConn): Promise<void> {
    const early = await new Response(conn.earlyData).text();
    if (early !== "") await this.#reply(conn, early, true);
    const into = new Uint8Array(65536);
    let text = "";
    for (;;) {
      const length = await conn.read(into);
      if (length === null) return await conn.close();
      text += new TextDecoder().decode(into.subarray(0, length));
      if (!text.includes("\r\n\r\n")) continue;
      await this.#reply(conn, text, false);
      text = "";
    }
  }

  async #reply(conn: TlsConn, text: string, isEarly: boolean): Promise<void> {
    const seen = { text, isEarly };
    this.seen.push(seen);
    await conn.write(new TextEncoder().encode(this.#answer(seen)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    for (const conn of this.#conns) conn.abort();
    await Promise.all(this.#conns.map(({ closed }) => closed));
  }
}

function answerOf(status: number, fields = ""): string {
  return `HTTP/1.1 ${status} S\r\n${fields}content-length: 2\r\n\r\nok`;
}

/** A fetch that finds the tickets of another one, which has got some. */
async function resuming(
  server: { readonly addr: Deno.NetAddr },
  options: CreateFetchOptions = {},
): Promise<TlsFetch> {
  const all = { sessionCache: new SessionCache(), ...options };
  await using first = fetchOf({ ...all, earlyData: false });
  await (await first(urlOf(server, "/first"))).text();
  return fetchOf({ earlyData: true, ...all });
}

test("createFetch({ earlyData }) sends what is safe with the first message", async () => {
  await using server = new EarlyServer();
  for (const method of ["GET", "HEAD", "OPTIONS"]) {
    await using fetch = await resuming(server);
    server.take();
    const response = await fetch(urlOf(server, "/a"), {
      method,
      headers: { cookie: "a=b", authorization: "Bearer x" },
    });
    assertEquals(await response.text(), method === "HEAD" ? "" : "ok");
    const [seen] = server.seen;
    // The field is for intermediaries (RFC 8470 section 5.1).
    assert(!/early-data/i.test(seen?.text ?? ""), seen?.text);
    assert(/authorization: Bearer x/i.test(seen?.text ?? ""), seen?.text);
    assertEquals(server.take(), [`early ${method} /a`]);
    // The connection serves on.
    if (method === "GET") {
      await (await fetch(urlOf(server, "/b"))).text();
      assertEquals(server.take(), ["late GET /b"]);
    }
  }
});

test("createFetch() sends nothing early unless it is asked to", async () => {
  await using server = new EarlyServer();
  const cases: [CreateFetchOptions, RequestInit & { earlyData?: boolean }][] = [
    [{ earlyData: undefined }, {}],
    [{ earlyData: false }, {}],
    [{}, { earlyData: false }],
    [{}, { method: "POST" }],
    [{}, { method: "POST", body: "x", earlyData: true }],
    [{}, { method: "DELETE" }],
  ];
  for (const [options, init] of cases) {
    await using fetch = await resuming(server, options);
    server.take();
    await (await fetch(urlOf(server), init)).text();
    assertEquals(server.take(), [`late ${init.method ?? "GET"} /`]);
  }
});

test("fetch(url, { earlyData: true }) lets one request of any method go early, and none that a redirect leads to", async () => {
  await using target = new EarlyServer();
  await using server = new EarlyServer(({ text }) =>
    text.includes("/moved")
      ? answerOf(307, `location: ${urlOf(target, "/there")}\r\n`)
      : answerOf(200)
  );
  const sessionCache = new SessionCache();
  await using other = await resuming(target, { sessionCache });
  await using fetch = await resuming(server, { sessionCache });
  server.take();
  target.take();
  const init = { method: "POST", earlyData: true };
  await (await fetch(urlOf(server, "/moved"), init)).text();
  assertEquals(server.take(), ["early POST /moved"]);
  assertEquals(target.take(), ["late POST /there"]);
  // A redirect of what is safe is as safe.
  await using again = await resuming(server, { sessionCache });
  await (await resuming(target, { sessionCache })).close();
  target.take();
  server.take();
  await (await again(urlOf(server, "/moved"))).text();
  assertEquals(server.take(), ["early GET /moved"]);
  assertEquals(target.take(), ["early GET /there"]);
  await other.close();
});

test("a request that the server rejects as early data is sent after the handshake", async () => {
  const replay = { compareAndSet: () => false };
  await using server = new EarlyServer(undefined, { earlyData: { replay } });
  await using fetch = await resuming(server);
  server.take();
  assertEquals(await (await fetch(urlOf(server, "/a"))).text(), "ok");
  assertEquals(server.take(), ["late GET /a"]);
});

test("a request that is larger than the ticket allows is not sent early", async () => {
  await using server = new EarlyServer(undefined, {
    earlyData: { maxSize: 100 },
  });
  await using fetch = await resuming(server);
  server.take();
  const headers = { "x-long": "a".repeat(200) };
  await (await fetch(urlOf(server, "/a"), { headers })).text();
  assertEquals(server.take(), ["late GET /a"]);
});

test("425 has an early request sent once more, on the same connection and not early", async () => {
  await using server = new EarlyServer(({ isEarly }) =>
    answerOf(isEarly ? 425 : 200)
  );
  await using fetch = await resuming(server);
  server.take();
  const response = await fetch(urlOf(server, "/a"));
  assertEquals(response.status, 200);
  assertEquals(await response.text(), "ok");
  assertEquals(server.take(), ["early GET /a", "late GET /a"]);
});

// RFC 8470 section 5.2: it is for requests that were sent early.
test("425 is the response where a request was not early, or was sent again", async () => {
  await using server = new EarlyServer(() => answerOf(425));
  await using fetch = await resuming(server);
  server.take();
  assertEquals((await fetch(urlOf(server, "/a"))).status, 425);
  assertEquals(server.take(), ["early GET /a", "late GET /a"]);
  assertEquals((await fetch(urlOf(server, "/b"))).status, 425);
  assertEquals(server.take(), ["late GET /b"]);
});

for (const protocol of PROTOCOLS) {
  test(`${protocol}: a fetch with early data and serve() with early requests`, async () => {
    for (const earlyRequests of ["allow", "refuse", "delay"] as const) {
      const states: string[] = [];
      await using server = start((_request, { tls, early }) => {
        states.push(tls.earlyData);
        // It is early while the client has not finished its handshake.
        if (early) assertEquals(earlyRequests, "allow");
        return new Response("hello");
      }, { earlyData: {}, earlyRequests });
      const alpnProtocols = [protocol];
      await using fetch = await resuming(server, { alpnProtocols });
      const response = await fetch(urlOf(server));
      assertEquals([response.status, await response.text()], [200, "hello"]);
      assertEquals(states, ["none", "accepted"]);
      const many = await Promise.all(
        Array.from(
          { length: 5 },
          async () => await (await fetch(urlOf(server))).text(),
        ),
      );
      assertEquals(many, Array(5).fill("hello"));
    }
  });
}

test("a request that comes while another one leaves early waits for the handshake", async () => {
  const early: string[] = [];
  await using server = start((request, info) => {
    if (info.early) early.push(request.method);
    return new Response("hello");
  }, { earlyData: {}, earlyRequests: "allow" });
  for (let round = 0; round < 3; round++) {
    await using fetch = await resuming(server, { alpnProtocols: ["h2"] });
    const read = async (method: string) =>
      await (await fetch(urlOf(server), { method })).text();
    let isOver = false;
    const first = read("GET").finally(() => isOver = true);
    const others: Promise<string>[] = [];
    // In every turn, so that some come as the first is written.
    while (!isOver) {
      if (others.length < 60) others.push(read("POST"));
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
    assertEquals([await first, ...await Promise.all(others)].at(-1), "hello");
  }
  assertEquals(early.filter((method) => method !== "GET"), []);
});

test("a request that waits for an early one goes by the protocol that is chosen", async () => {
  const { cert, key } = leaf;
  const ticketKeys = [crypto.getRandomValues(new Uint8Array(48))];
  const options = { cert, key, ticketKeys, earlyData: {} };
  await using server = start(({ method }) => new Response(method), {
    ...options,
    alpnProtocols: ["h2"],
  });
  await using fetch = await resuming(server);
  const arrived = Promise.withResolvers<void>();
  const goOn = Promise.withResolvers<void>();
  await server.setContext({
    ...options,
    alpnProtocols: ["http/1.1"],
    onClientHello: async () => {
      arrived.resolve();
      await goOn.promise;
    },
  });
  const read = async (method: string) =>
    await (await fetch(urlOf(server), { method })).text();
  const first = read("GET");
  await arrived.promise;
  const second = read("POST");
  for (let turn = 0; turn < 10; turn++) {
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  goOn.resolve();
  assertEquals(await Promise.all([first, second]), ["GET", "POST"]);
});

test("requests that wait for a connection fail with it, not one after the other", async () => {
  let connections = 0;
  await using server = new EarlyServer();
  await using fetch = await resuming(server);
  await server.setContext({
    cert: leaf.cert,
    key: leaf.key,
    alpnProtocols: ["smtp"],
    onClientHello: () => void connections++,
  });
  const outcomes = await Promise.allSettled(
    Array.from({ length: 5 }, () => fetch(urlOf(server))),
  );
  assertEquals(outcomes.map(({ status }) => status), Array(5).fill("rejected"));
  assertEquals(connections, 1);
});

test("a server that chooses another protocol than the session's gets the request anew", async () => {
  const { cert, key } = leaf;
  for (const [before, now] of [PROTOCOLS, PROTOCOLS.toReversed()]) {
    const sessions = new SessionCache();
    const ticketKeys = [crypto.getRandomValues(new Uint8Array(48))];
    let port = 0;
    let count = 0;
    for (const alpnProtocols of [[String(before)], [String(now)]]) {
      await using server = start(() => new Response(String(++count)), {
        port,
        cert,
        key,
        alpnProtocols,
        ticketKeys,
        earlyData: {},
        earlyRequests: "allow",
      });
      ({ port } = server.addr);
      await using fetch = fetchOf({ earlyData: true, sessionCache: sessions });
      assertEquals(await (await fetch(urlOf(server))).text(), String(count));
      await (await fetch(urlOf(server))).text();
    }
    assertEquals(count, 4);
  }
});

test("an early request that is aborted, or whose connection fails, rejects", async () => {
  const arrived = Promise.withResolvers<void>();
  await using server = new EarlyServer(({ isEarly }) => {
    if (isEarly) arrived.resolve();
    return isEarly ? "" : answerOf(200);
  });
  await using fetch = await resuming(server);
  const leave = new AbortController();
  const pending = fetch(urlOf(server), { signal: leave.signal });
  const reason = new Error("left");
  const rejected = assertRejects(() => pending, Error, "left");
  await arrived.promise;
  leave.abort(reason);
  await rejected;
  // Aborted at once.
  await using other = await resuming(server);
  await assertRejects(
    () => other(urlOf(server), { signal: AbortSignal.abort(reason) }),
    Error,
    "left",
  );
  await assertRejects(
    () => {
      const soon = new AbortController();
      const pending = other(urlOf(server), { signal: soon.signal });
      queueMicrotask(() => soon.abort(reason));
      return pending;
    },
    Error,
    "left",
  );
  // No server is there any more.
  const sessionCache = new SessionCache();
  const gone = new EarlyServer();
  await using last = await resuming(gone, { sessionCache });
  await gone[Symbol.asyncDispose]();
  const error = await assertRejects(() => last(urlOf(gone)), TypeError);
  assert(error.cause instanceof Error);
});

test("a handshake that fails rejects the request that went with it", async () => {
  await using server = new EarlyServer();
  await using fetch = await resuming(server);
  await server.setContext({
    cert: leaf.cert,
    key: leaf.key,
    alpnProtocols: ["smtp"],
  });
  const error = await assertRejects(() => fetch(urlOf(server)), TypeError);
  assertEquals((error.cause as Error).name, "TlsAlertError");
});

// RFC 9846 appendix D.3: the client MUST fail the connection, and SHOULD retry it
// with 0-RTT disabled.
test("a server that has gone back to TLS 1.2 gets the request by a connection without early data", async () => {
  const { cert, key } = leaf;
  for (const protocol of PROTOCOLS) {
    const seen: string[] = [];
    await using server = start(({ url }, { tls, early }) => {
      seen.push(`${tls.version} ${early} ${new URL(url).pathname}`);
      return new Response("hello");
    }, {
      earlyData: {},
      earlyRequests: "allow",
      alpnProtocols: [protocol],
    });
    const alpnProtocols = [protocol];
    await using fetch = await resuming(server, { alpnProtocols });
    let hellos = 0;
    await server.setContext({
      cert,
      key,
      alpnProtocols,
      maxVersion: "TLSv1.2",
      onClientHello: () => void hellos++,
    });
    const read = async (path: string, method = "GET") =>
      await (await fetch(urlOf(server, path), { method })).text();
    // The second one waits for the first one's connection.
    const all = await Promise.all([read("/a"), read("/b", "POST")]);
    assertEquals(all, ["hello", "hello"]);
    const [first, ...rest] = seen;
    assertEquals(first, "TLSv1.3 false /first");
    assertEquals(rest.toSorted(), [
      "TLSv1.2 false /a",
      "TLSv1.2 false /b",
    ]);
    // One for each connection, and one that has failed.
    assert(hellos <= (protocol === "h2" ? 2 : 3), `${hellos}`);
  }
});

test("a connection is tried again without early data once, and only if that may have ended it", async () => {
  await using server = new EarlyServer();
  const sessionCache = new SessionCache();
  await using fetch = await resuming(server, { sessionCache });
  const cases: [alert: number, tries: number][] = [
    [10, 2], // unexpected_message
    [40, 1], // handshake_failure
  ];
  for (const [alert, tries] of cases) {
    await using refusing = refusingServer(alert);
    // The name of the server is that of the other one in the cache.
    const key = (name: string) =>
      name.replace(String(refusing.port), String(server.addr.port));
    await using other = fetchOf({
      earlyData: true,
      sessionCache: {
        get: (name) => sessionCache.get(key(name)),
        set: (name, session) => sessionCache.set(key(name), session),
        delete: (name) => sessionCache.delete(key(name)),
      },
    });
    const error = await assertRejects(
      () => other(`https://localhost:${refusing.port}/`),
      TypeError,
    );
    assertEquals((error.cause as Error).name, "TlsAlertError");
    assertEquals(refusing.connections, tries);
  }
  assertEquals(await (await fetch(urlOf(server))).text(), "ok");
});

/** A server that answers each ClientHello with an alert. */
function refusingServer(alert: number) {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const server = {
    port: listener.addr.port,
    connections: 0,
    async [Symbol.asyncDispose]() {
      listener.close();
      await running;
    },
  };
  const running = (async () => {
    for await (const conn of listener) {
      server.connections++;
      await conn.read(new Uint8Array(65536));
      await conn.write(Uint8Array.of(21, 3, 3, 0, 2, 2, alert));
      await conn.closeWrite();
      while (await conn.read(new Uint8Array(4096)) !== null);
      conn.close();
    }
  })();
  return server;
}

test("createFetch({ earlyData }) takes true or false alone", async () => {
  for (const earlyData of [new Uint8Array(1), () => undefined, {}, 1]) {
    assertThrows(
      () => createFetch({ earlyData } as unknown as CreateFetchOptions),
      TypeError,
      `"earlyData"`,
    );
  }
  assertThrows(
    () =>
      createFetch({ context: createContext({ earlyData: new Uint8Array(1) }) }),
    TypeError,
    "is for one connection",
  );
  await using fetch = createFetch({ trust });
  await assertRejects(
    () => fetch("https://localhost:1/", { earlyData: 1 as unknown as boolean }),
    TypeError,
    `"earlyData"`,
  );
});

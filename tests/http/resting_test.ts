/**
 * Connections on which nothing is asked do without the engine, and come back.
 *
 * @module
 */

import { assertEquals, assertStringIncludes } from "@std/assert";
import type { TlsConn } from "../../mod.ts";
import { ServedConnection, type Serving } from "../../http/connection.ts";
import type { Answer, Hop, HttpEngine } from "../../http/engine.ts";
import { Rest, RestingConnections } from "../../http/resting.ts";
import { connected } from "../_pair.ts";
import { ServerProgram } from "./_program.ts";
import { readUntil, say, until } from "./_server.ts";

const HEAD = "GET / HTTP/1.1\r\nhost: localhost\r\n\r\n";

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** What `isDue()` says when nothing has happened since. */
function isDueAfter(request: RequestInit, ...chunks: string[]): boolean {
  const rest = new Rest();
  for (const chunk of chunks) rest.onReceived(bytes(chunk));
  rest.onRequest(new Request("https://localhost/", request));
  rest.onSent(undefined);
  rest.isDue();
  return rest.isDue();
}

Deno.test("Rest is due behind a request without a body, when nothing has come since the last look", () => {
  const rest = new Rest();
  rest.onReceived(bytes(HEAD));
  rest.onRequest(new Request("https://localhost/"));
  assertEquals(rest.isDue(), false);
  assertEquals(rest.isDue(), true);
  rest.onReceived(bytes(HEAD));
  assertEquals(rest.isDue(), false);
});

Deno.test("Rest is not due where a part of another request may have come", () => {
  assertEquals(isDueAfter({}, HEAD), true);
  assertEquals(isDueAfter({}, HEAD + "GET / HTTP/1.1\r\nhost: "), false);
  assertEquals(isDueAfter({}, HEAD, "GET / HTTP/1.1\r\nx: y\r\n"), false);
  // In doubt it is not.
  assertEquals(isDueAfter({}, HEAD.slice(0, -2), "\r\n"), false);
  assertEquals(isDueAfter({}, "GET / HTTP/1.1\nhost: localhost\n\n"), false);
});

Deno.test("Rest is not due behind a request that may have a body", () => {
  for (const name of ["content-length", "transfer-encoding", "upgrade"]) {
    assertEquals(isDueAfter({ headers: { [name]: "0" } }, HEAD), false, name);
  }
});

Deno.test("Rest is not due behind what the engine has answered without a word to us", () => {
  const rest = new Rest();
  rest.onReceived(bytes(HEAD));
  rest.onRequest(new Request("https://localhost/"));
  rest.onReceived(bytes("POST / HTTP/1.1\r\ncontent-length: 9\r\n\r\n"));
  rest.onSent(undefined);
  rest.isDue();
  assertEquals(rest.isDue(), false);
});

Deno.test("a connection that comes back passes on responses to what is not read yet", async () => {
  await using ends = await connected();
  const closed = Promise.withResolvers<void>();
  const isRead = Promise.withResolvers<void>();
  const response = bytes("HTTP/1.1 204 No Content\r\n\r\n");
  /** The second connection reads on when its response was read. */
  const hop = (isFirst: boolean, answer: Answer): Hop => {
    let responses = 0;
    const ended = Promise.withResolvers<null>();
    return {
      read: async (into) => {
        responses++;
        if (!isFirst) isRead.resolve();
        if (responses > 1) return await ended.promise;
        into.set(response);
        return response.length;
      },
      write: async (chunk) => {
        const request = new Request("http://engine.invalid");
        await answer(request, { completed: Promise.resolve() });
        if (!isFirst) await isRead.promise;
        return chunk.length;
      },
      closeWrite: async () => ended.resolve(await null),
      close: () => {
        ended.resolve(null);
        closed.resolve();
      },
      ref: () => {},
      unref: () => {},
    };
  };
  let opened = 0;
  const http: HttpEngine = {
    ownUrl: "http://engine.invalid",
    open: (answer) => Promise.resolve(hop(opened++ === 0, answer)),
    shutdown: () => Promise.resolve(),
    ref: () => {},
    unref: () => {},
  };
  const serving: Serving = {
    http,
    handler: () => new Response(),
    onError: undefined,
    allowsMisdirected: true,
    earlyRequests: "refuse",
    headersTimeout: 0,
    resting: new RestingConnections(1),
  };
  const served = new ServedConnection(ends.server, serving).run();
  await say(ends.client, HEAD);
  await readUntil(ends.client, "\r\n\r\n");
  // The timer of those that rest keeps no process alive.
  const alive = setInterval(() => {}, 1000);
  await closed.promise;
  clearInterval(alive);
  await say(ends.client, HEAD);
  await readUntil(ends.client, "\r\n\r\n");
  assertEquals(opened, 2);
  await ends.client.close();
  await served;
});

Deno.test("Rest is due again behind the request after one with a body", () => {
  const rest = new Rest();
  rest.onReceived(bytes("POST / HTTP/1.1\r\ncontent-length: 4\r\n\r\nbody"));
  rest.onRequest(
    new Request("https://localhost/", { headers: { "content-length": "4" } }),
  );
  rest.onReceived(bytes(HEAD));
  rest.onRequest(new Request("https://localhost/"));
  rest.isDue();
  assertEquals(rest.isDue(), true);
});

Deno.test("Rest is not due while the client has a response to read", async () => {
  const rest = new Rest();
  rest.onReceived(bytes(HEAD));
  rest.onRequest(new Request("https://localhost/"));
  const room = Promise.withResolvers<void>();
  const sent = rest.onSent(room.promise);
  rest.isDue();
  assertEquals(rest.isDue(), false);
  room.resolve();
  await sent;
  assertEquals(rest.isDue(), true);
});

Deno.test("RestingConnections asks a connection that is due until it rests, and no other", async () => {
  const all = new RestingConnections(5);
  const asked: string[] = [];
  const done = Promise.withResolvers<void>();
  const one = (name: string, answers: boolean[]) => ({
    rest: () => {
      asked.push(name);
      const answer = answers.shift() ?? true;
      if (answer) done.resolve();
      return answer;
    },
  });
  const due = one("due", [false, true]);
  const busy = one("busy", []);
  const left = one("left", []);
  const rests = [due, busy, left].map((each) => all.enter(each));
  const [, ofBusy] = rests;
  for (const rest of rests) {
    rest.onReceived(bytes(HEAD));
    rest.onRequest(new Request("https://localhost/"));
  }
  ofBusy?.onReceived(bytes("GET"));
  all.leave(left);
  // Its own timer keeps no process alive.
  const kept = setTimeout(() => done.reject(new Error("nobody asked")), 60_000);
  await done.promise;
  clearTimeout(kept);
  assertEquals(asked, ["due", "due"]);
  all.leave(due);
  all.leave(busy);
});

Deno.test({
  name:
    "500 idle connections get on with 1000 descriptors, and are served again",
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    await using server = await ServerProgram.start("unix sockets", 1000);
    const conns: TlsConn[] = [];
    const ask = async (conn: TlsConn) => {
      await say(conn, HEAD);
      assertStringIncludes(await readUntil(conn, " end"), "/ end");
    };
    // Of its own the program has some 20.
    const rest = () => until(() => server.descriptors <= conns.length + 50);
    const BATCH = 100;
    for (let batch = 0; batch < 5; batch++) {
      const dialed = Array.from({ length: BATCH }, () => server.dial());
      conns.push(...await Promise.all(dialed));
      await Promise.all(conns.slice(-BATCH).map(ask));
      await rest();
    }
    await Promise.all(conns.slice(0, BATCH).map(ask));
    for (const conn of conns) conn.abort();
  },
});

for (const engine of ["unix sockets", "loopback"] as const) {
  Deno.test({
    name:
      `${engine}: a connection that rests keeps one descriptor, and is served again`,
    ignore: Deno.build.os !== "linux",
    fn: async () => {
      await using server = await ServerProgram.start(engine);
      const conns = await Promise.all(
        Array.from({ length: 10 }, () => server.dial()),
      );
      const ask = async (conn: TlsConn, path: string) => {
        await say(conn, `GET ${path} HTTP/1.1\r\nhost: localhost\r\n\r\n`);
        assertStringIncludes(await readUntil(conn, " end"), `${path} end`);
      };
      for (const conn of conns) await ask(conn, "/first");
      const begun = await server.dial();
      await say(begun, HEAD + "GET /begun HTTP/1.1\r\nhost: local");
      await readUntil(begun, " end");
      const busy = server.descriptors;
      await new Promise((resolve) => setTimeout(resolve, 3000));
      // Two each at least: both ends of the connection to the engine.
      await until(() => busy - server.descriptors >= 2 * conns.length);
      for (const conn of conns) await ask(conn, "/second");
      // Of this one a part of a request was there.
      await say(begun, "host\r\n\r\n");
      assertStringIncludes(await readUntil(begun, " end"), "/begun end");
      for (const conn of [...conns, begun]) conn.abort();
    },
  });
}

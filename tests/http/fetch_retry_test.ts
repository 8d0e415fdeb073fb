/**
 * createFetch(): requests that meet a connection which the server closes, and
 * bodies that nobody reads.
 *
 * @module
 */

import { assert, assertEquals, assertRejects } from "@std/assert";
import http2 from "node:http2";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { listen, type TlsConn, type TlsFetch } from "../../mod.ts";
import { fetchOf, listenOn, PROTOCOLS, test, urlOf } from "./_fetch.ts";
import { leaf, start } from "./_server.ts";

const { cert, key } = leaf;

/** How a server leaves on its second request. */
const LEAVES: Readonly<Record<string, (conn: TlsConn) => unknown>> = {
  "close_notify": (conn) => conn.close(),
  "nothing": (conn) => conn.abort(new Error("enough")),
};

/** One request a connection gets an answer; then the server leaves. */
function startLeaving(leave: (conn: TlsConn) => unknown) {
  const listener = listen({ hostname: "127.0.0.1", port: 0, cert, key });
  const asked: string[] = [];
  const serveOne = async (conn: TlsConn) => {
    const into = new Uint8Array(4096);
    for (let nth = 0;; nth++) {
      const length = await conn.read(into);
      if (length === null) return await conn.close();
      const text = new TextDecoder().decode(into.subarray(0, length));
      asked.push(text.split(" HTTP")[0] ?? "");
      if (nth === 1) return await leave(conn);
      await conn.write(
        new TextEncoder().encode(
          "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok",
        ),
      );
    }
  };
  (async () => {
    for await (const conn of listener) serveOne(conn).catch(() => {});
  })();
  const addr = listener.addr as Deno.NetAddr;
  return { addr, asked, [Symbol.dispose]: () => listener.close() };
}

/** A request after which its connection is idle. */
async function askFirst(
  fetch: TlsFetch,
  server: { readonly addr: Deno.NetAddr },
): Promise<void> {
  assertEquals(await (await fetch(urlOf(server, "/1"))).text(), "ok");
  // One that is about to be idle would not be used.
  await new Promise((resolve) => setTimeout(resolve, 50));
}

for (const [how, leave] of Object.entries(LEAVES)) {
  test(`http/1.1: a GET that met the end of a connection, with ${how}, is sent again`, async () => {
    using server = startLeaving(leave);
    await using fetch = fetchOf({ alpnProtocols: ["http/1.1"] });
    await askFirst(fetch, server);
    assertEquals(await (await fetch(urlOf(server, "/2"))).text(), "ok");
    assertEquals(server.asked, ["GET /1", "GET /2", "GET /2"]);
  });

  test(`http/1.1: a POST that met the end of a connection, with ${how}, is not`, async () => {
    using server = startLeaving(leave);
    await using fetch = fetchOf({ alpnProtocols: ["http/1.1"] });
    await askFirst(fetch, server);
    const init = { method: "POST" };
    await assertRejects(() => fetch(urlOf(server, "/2"), init), TypeError);
    assertEquals(server.asked, ["GET /1", "POST /2"]);
  });
}

test("http/1.1: a PUT whose body was sent is not sent again", async () => {
  using server = startLeaving((conn) => conn.close());
  await using fetch = fetchOf({ alpnProtocols: ["http/1.1"] });
  await askFirst(fetch, server);
  const init = { method: "PUT", body: "x" };
  await assertRejects(() => fetch(urlOf(server, "/2"), init), TypeError);
  assertEquals(server.asked.filter((line) => line === "PUT /2").length, 1);
});

test("http/1.1: a GET on a new connection is not sent again", async () => {
  const listener = listen({ hostname: "127.0.0.1", port: 0, cert, key });
  let connections = 0;
  const accepting = (async () => {
    for await (const conn of listener) {
      connections++;
      await conn.read(new Uint8Array(4096));
      await conn.close();
    }
  })();
  await using fetch = fetchOf({ alpnProtocols: ["http/1.1"] });
  const addr = listener.addr as Deno.NetAddr;
  await assertRejects(() => fetch(urlOf({ addr })), TypeError);
  listener.close();
  await accepting;
  assertEquals(connections, 1);
});

test("h2: a GET that met the end of a connection is sent again, a POST is not", async () => {
  const asked: string[] = [];
  const node = http2.createSecureServer({ cert, key });
  node.on("session", (session) => {
    let nth = 0;
    session.on("error", () => {});
    session.on("stream", (stream, headers) => {
      stream.on("error", () => {});
      asked.push(`${headers[":method"]} ${headers[":path"]}`);
      // The connection ends without a response.
      if (nth++ === 1) return void session.destroy();
      stream.respond({ ":status": 200 });
      stream.end("ok");
    });
  });
  await using server = await listenOn(node);
  await using fetch = fetchOf({ alpnProtocols: ["h2"] });
  for (const path of ["/1", "/2"]) {
    assertEquals(await (await fetch(urlOf(server, path))).text(), "ok");
  }
  const init = { method: "POST" };
  await assertRejects(() => fetch(urlOf(server, "/3"), init), TypeError);
  assertEquals(asked, ["GET /1", "GET /2", "GET /2", "POST /3"]);
});

for (const protocol of PROTOCOLS) {
  const alpnProtocols = [protocol];

  test(`${protocol}: bodies that are dropped keep no connection`, async () => {
    let open = 0;
    const began = new Set<number>();
    const left: (() => void)[] = [];
    await using server = start((request, { remoteAddr, completed }) => {
      began.add(remoteAddr.port);
      if (request.url.endsWith("/small")) return new Response("ok");
      open++;
      completed.catch(() => {}).finally(() => {
        open--;
        left.shift()?.();
      });
      const chunk = new Uint8Array(65536);
      return new Response(
        new ReadableStream({ pull: (controller) => controller.enqueue(chunk) }),
      );
    });
    await using fetch = fetchOf({ alpnProtocols });
    const ends = Array.from(
      { length: 10 },
      () => new Promise<void>((resolve) => left.push(resolve)),
    );
    for (let nth = 0; nth < 5; nth++) {
      const { body } = await fetch(urlOf(server));
      assert(body !== null);
      const reader = body.getReader();
      await reader.read();
      await reader.cancel();
    }
    // Nobody holds these any more.
    for (let nth = 0; nth < 5; nth++) await (await fetch(urlOf(server))).status;
    let isDone = false;
    Promise.all(ends).then(() => isDone = true);
    for (let round = 0; !isDone; round++) {
      assert(round < 1000, `${open} responses are under way still`);
      collectGarbage();
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    assertEquals(open, 0);
    // What is left serves on.
    assertEquals(await (await fetch(urlOf(server, "/small"))).text(), "ok");
    if (protocol === "h2") assertEquals(began.size, 1);
  });
}

/** The garbage collector, which needs no switch of the command line so. */
setFlagsFromString("--expose-gc");
const collectGarbage: () => void = runInNewContext("gc");

/**
 * HTTP of Node and of others over our sockets, at both ends.
 *
 * @module
 */

import { assertEquals, assertRejects } from "@std/assert";
import { getRequestListener } from "@hono/node-server";
import express from "express";
import { Hono } from "hono";
import http, { type RequestOptions, type ServerResponse } from "node:http";
import http2, { type ServerHttp2Stream } from "node:http2";
import https from "node:https";
import { text } from "node:stream/consumers";
import { Agent as UndiciAgent, type buildConnector, request } from "undici";
import { WebSocket, WebSocketServer } from "ws";
import { agentOver, startHttp, startTls } from "./_http.ts";
import { asSocket } from "./_drivers.ts";

const test = (name: string, fn: () => Promise<void>) =>
  Deno.test({ name, sanitizeOps: false, sanitizeResources: false, fn });

for (const [name, { request }] of Object.entries({ http, https })) {
  test(`node:${name}: an agent keeps its connections`, async () => {
    await using server = await startHttp(async (incoming, response) => {
      const { encrypted, remoteAddress } = incoming.socket as Viewed;
      const body = await text(incoming);
      response.setHeader("view", `${encrypted} ${remoteAddress}`);
      response.end(`${incoming.url} ${body.length}`);
    });
    const { agent, count } = agentOver(server.dial, name === "https");
    const send = (path: string, body?: string) =>
      answer(request, { agent, path, method: body ? "POST" : "GET" }, body);
    assertEquals(await send("/1"), "/1 0 true 127.0.0.1");
    assertEquals(
      await send("/2", "x".repeat(500_000)),
      "/2 500000 true 127.0.0.1",
    );
    const answers = await Promise.all(
      ["/3", "/4", "/5", "/6"].map((path) => send(path)),
    );
    assertEquals(answers.length, 4);
    assertEquals(count(), 2);
    agent.destroy();
  });
}

test("node:http: a response of some megabytes arrives, whole or as an error", async () => {
  const body = new Uint8Array(5_000_000).fill(7);
  await using server = await startHttp((incoming, response) => {
    if (incoming.url === "/cut") {
      response.writeHead(200, { "content-length": body.length });
      response.write(body.subarray(0, 1000));
      response.destroy();
    } else response.end(body);
  });
  const { agent } = agentOver(server.dial);
  const whole = await answer(http.request, { agent, path: "/" });
  assertEquals(whole.length, body.length + " undefined".length);
  await assertRejects(() => answer(http.request, { agent, path: "/cut" }));
  agent.destroy();
});

test("node:http: a refused server is an error of the request", async () => {
  await using server = await startHttp((_, response) => void response.end());
  const { agent } = agentOver(() => server.dial({ serverName: "other.test" }));
  const error = await assertRejects(() => answer(http.request, { agent }));
  assertEquals(Reflect.get(Object(error), "code"), "hostname_mismatch");
});

test("node:http2: streams both ways", async () => {
  const h2 = http2.createServer();
  h2.on("stream", (stream: ServerHttp2Stream) => {
    stream.respond({ ":status": 200 });
    stream.pipe(stream);
  });
  await using server = await startTls(h2, ["h2"]);
  const session = http2.connect("http://localhost", {
    createConnection: () => server.dial(),
  });
  const bodies = ["a", "b".repeat(200_000), "c"];
  const echoed = await Promise.all(bodies.map((body) => {
    const stream = session.request({ ":method": "POST" });
    stream.end(body);
    return text(stream);
  }));
  assertEquals(echoed.map(({ length }) => length), [1, 200_000, 1]);
  await new Promise<void>((resolve) => session.close(resolve));
});

test("undici: a dispatcher over our connections", async () => {
  await using server = await startHttp(async (incoming, response) => {
    response.end(`${incoming.url} ${(await text(incoming)).length}`);
  });
  let connections = 0;
  const connect: buildConnector.connector = (_options, callback) => {
    connections++;
    const socket = server.dial();
    socket.once("error", (error) => callback(error, null));
    socket.once("secureConnect", () => callback(null, asSocket(socket)));
  };
  const dispatcher = new UndiciAgent({ connect, connections: 1 });
  const send = async (path: string, body?: string) => {
    const url = `http://localhost${path}`;
    const options = {
      dispatcher,
      method: body ? "POST" as const : "GET" as const,
    };
    const response = await request(url, { ...options, body: body ?? null });
    return await response.body.text();
  };
  assertEquals(await send("/1"), "/1 0");
  assertEquals(await send("/2", "x".repeat(300_000)), "/2 300000");
  assertEquals(connections, 1);
  await dispatcher.close();
});

test("ws: a client and a server", async () => {
  const sockets = new WebSocketServer({ noServer: true });
  await using server = await startHttp((_, response) => void response.end());
  server.server.on("upgrade", (incoming, socket, head) => {
    sockets.handleUpgrade(incoming, socket, head, (ws: Echoing) => {
      ws.on("message", (data) => ws.send(data));
    });
  });
  const ws = new WebSocket("ws://localhost/chat", {
    createConnection: () => asSocket(server.dial()),
  });
  await new Promise((resolve, reject) => {
    ws.once("open", resolve);
    ws.once("error", reject);
  });
  for (const length of [1, 1_000_000]) {
    const echoed = new Promise<number>((resolve) =>
      ws.once("message", (data: Uint8Array) => resolve(data.length))
    );
    ws.send(new Uint8Array(length));
    assertEquals(await echoed, length);
  }
  const closed = new Promise<number>((resolve) => ws.once("close", resolve));
  ws.close(1000);
  assertEquals(await closed, 1000);
  sockets.close();
});

test("hono sees https", async () => {
  const app = new Hono().get(
    "/where",
    (context) => context.text(context.req.url),
  );
  const listener = getRequestListener(app.fetch);
  await using server = await startHttp((incoming, response) =>
    void listener(incoming, response)
  );
  const { agent } = agentOver(server.dial);
  const headers = { host: "a.test" };
  assertEquals(
    await answer(http.request, { agent, headers, path: "/where" }),
    "https://a.test/where undefined",
  );
  agent.destroy();
});

test("express sees a secure request", async () => {
  const app = express();
  app.get("/who", (incoming: Seen, response: ServerResponse) => {
    const { protocol, secure, ip } = incoming;
    response.end(JSON.stringify([protocol, secure, ip]));
  });
  await using server = await startHttp(app);
  const { agent } = agentOver(server.dial);
  assertEquals(
    await answer(http.request, { agent, path: "/who" }),
    '["https",true,"127.0.0.1"] undefined',
  );
  agent.destroy();
});

/** What a handler sees of our socket. */
interface Viewed {
  readonly encrypted?: boolean;
  readonly remoteAddress?: string;
}

/** What express says of a request. */
interface Seen {
  readonly protocol: string;
  readonly secure: boolean;
  readonly ip: string;
}

/** The part of a WebSocket that echoes. */
interface Echoing {
  on(event: "message", listener: (data: Uint8Array) => void): void;
  send(data: Uint8Array): void;
}

/** The body of a response, with the header that says what the server saw. */
function answer(
  request: typeof http.request,
  options: RequestOptions,
  body?: string,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: "localhost", ...options }, (response) => {
      text(response).then(
        (text) => resolve(`${text} ${response.headers["view"]}`),
        reject,
      );
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

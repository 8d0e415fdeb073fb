/**
 * Requests that come as early data (RFC 8470), to serve().
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { concat } from "@std/bytes";
import {
  client,
  type ClientOptions,
  type Duplex,
  type ServeInfo,
  type ServeOptions,
  type Session,
  type TlsConn,
  type TlsHttpServer,
} from "../../mod.ts";
import { engineOf } from "../../connection/conn.ts";
import { ServedConnection, type Serving } from "../../http/connection.ts";
import { RestingConnections } from "../../http/resting.ts";
import type { HttpEngine, TakeOver } from "../../http/engine.ts";
import { NodeHop } from "../../http/node_hop.ts";
import { crossed, pipe } from "../_pair.ts";
import { earlyPair, earlySession } from "../handshake/_early_data.ts";
import { bodyOf, dial, get, readUntil, say, start, trust } from "./_server.ts";

/** A session of the server that allows early data. */
async function sessionOf(
  server: TlsHttpServer<Deno.NetAddr>,
): Promise<Session> {
  const got = Promise.withResolvers<Session>();
  const conn = await dial(server, { onSession: got.resolve });
  await say(conn, get("/"));
  await readUntil(conn, "\0 nothing has this");
  await conn.close();
  return await got.promise;
}

/**
 * A connection whose second flight waits: what the server answers before that is
 * an answer to early data.
 */
async function heldConnection(
  { addr: { hostname, port } }: TlsHttpServer<Deno.NetAddr>,
  options: ClientOptions,
): Promise<{ conn: TlsConn; answered: Promise<void>; release(): void }> {
  const socket = await Deno.connect({ hostname, port });
  const release = Promise.withResolvers<void>();
  const answered = Promise.withResolvers<void>();
  let received: Uint8Array<ArrayBuffer> = new Uint8Array();
  const writer = socket.writable.getWriter();
  const duplex: Duplex = {
    readable: socket.readable.pipeThrough(
      new TransformStream({
        transform(chunk, controller) {
          received = concat([received, chunk]);
          // EncryptedExtensions and Finished share one, the response follows.
          if (protectedRecords(received) > 1) answered.resolve();
          controller.enqueue(chunk);
        },
      }),
    ),
    writable: new WritableStream({
      async write(chunk) {
        if (received.length > 0) await release.promise;
        await writer.write(chunk);
      },
      close: () => writer.close(),
      abort: (reason) => writer.abort(reason),
    }),
  };
  const conn = client(duplex, { serverName: "localhost", trust, ...options });
  return { conn, answered: answered.promise, release: release.resolve };
}

/** How many whole records of application_data there are. */
function protectedRecords(bytes: Uint8Array<ArrayBuffer>): number {
  const view = new DataView(bytes.buffer);
  let count = 0;
  for (let at = 0; at + 5 <= bytes.length;) {
    const end = at + 5 + view.getUint16(at + 3);
    if (view.getUint8(at) === 23 && end <= bytes.length) count++;
    at = end;
  }
  return count;
}

/** The response to an early request, and whether it came before Finished. */
async function askEarly(
  options: ServeOptions<Deno.NetAddr>,
  waits: boolean,
  headers = "",
): Promise<{ text: string; infos: ServeInfo[] }> {
  const infos: ServeInfo[] = [];
  await using server = start((request, info) => {
    const { early } = info;
    infos.push({ ...info, early });
    return new Response(`${new URL(request.url).pathname} early: ${early}`);
  }, { earlyData: {}, ...options });
  const session = await sessionOf(server);
  infos.length = 0;
  const { conn, answered, release } = await heldConnection(server, {
    session,
    earlyData: new TextEncoder().encode(
      get("/early").replace("\r\n", `\r\n${headers}`),
    ),
  });
  const shaking = conn.handshake();
  if (waits) await answered;
  release();
  await shaking;
  assertEquals(conn.info.earlyData, "accepted");
  const text = await readUntil(conn, "\0 nothing has this");
  await conn.close();
  return { text, infos };
}

Deno.test("serve() answers early requests by 425, before the handler sees them", async () => {
  const { text, infos } = await askEarly({}, true);
  assert(text.startsWith("HTTP/1.1 425"), text);
  assertEquals(infos.length, 0);
});

Deno.test("serve() passes early requests on where that is allowed, and says so", async () => {
  const { text, infos } = await askEarly({ earlyRequests: "allow" }, true);
  assert(text.startsWith("HTTP/1.1 200"), text);
  assertEquals(bodyOf(text), "/early early: true");
  assertEquals(infos.length, 1);
});

Deno.test("serve() delays early requests until a replay is excluded", async () => {
  const { text } = await askEarly({ earlyRequests: "delay" }, false);
  assert(text.startsWith("HTTP/1.1 200"), text);
  assertEquals(bodyOf(text), "/early early: false");
});

Deno.test("serve() goes by no field of the request", async () => {
  // It says the opposite of what is.
  const { text } = await askEarly({}, true, "early-data: 0\r\n");
  assert(text.startsWith("HTTP/1.1 425"), text);
  await using server = start(
    (_request, { early, tls }) => Response.json([early, tls.earlyData]),
    { earlyData: {} },
  );
  const conn = await dial(server);
  await say(conn, get("/").replace("\r\n", "\r\nearly-data: 1\r\n"));
  const response = await readUntil(conn, "\0 nothing has this");
  assertEquals(JSON.parse(bodyOf(response)), [false, "none"]);
  await conn.close();
});

Deno.test("serve() takes a request that is early in part, and another behind it", async () => {
  await using server = start(
    async (request) => new Response(await request.text()),
    { earlyData: {}, earlyRequests: "allow" },
  );
  const session = await sessionOf(server);
  const head = "POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 8\r\n";
  const conn = await dial(server, {
    session,
    earlyData: new TextEncoder().encode(`${head}\r\nhalf`),
  });
  assertEquals(conn.info.earlyData, "accepted");
  await say(conn, "half" + get("/"));
  const text = await readUntil(conn, "\0 nothing has this");
  assertEquals(text.split("HTTP/1.1 200").length, 3);
  assert(text.includes("halfhalf"), text);
  await conn.close();
});

Deno.test("a request to change the protocol that is delayed ends with its connection, as no error", async () => {
  const session = await earlySession({}, {});
  const gate = Promise.withResolvers<void>();
  const toClient = pipe({
    transform: async (chunk, controller) => {
      await gate.promise;
      controller.enqueue(chunk);
    },
  });
  await using ends = await earlyPair({ session }, {}, crossed({ toClient }));
  ends.client.handshake().catch(() => {});
  await new Promise<void>((resolve) => {
    engineOf(ends.server).onSettled = resolve;
    ends.server.handshake().catch(() => {});
  });
  const opened = Promise.withResolvers<TakeOver>();
  let asked = 0;
  const serving: Serving = {
    http: {
      ownUrl: "http://engine.invalid",
      open: (_answer, { takeOver }) => {
        if (takeOver !== undefined) opened.resolve(takeOver);
        return Promise.resolve(new NodeHop());
      },
      shutdown: () => Promise.resolve(),
      ref: () => {},
      unref: () => {},
    },
    handler: () => new Response(),
    onError: undefined,
    onUpgrade: () => void asked++,
    allowsMisdirected: false,
    earlyRequests: "delay",
    headersTimeout: 0,
    resting: new RestingConnections(),
  };
  const served = new ServedConnection(ends.server, serving).run();
  const takeOver = await opened.promise;
  const nobody = { incoming: undefined, socket: undefined, head: undefined };
  const taken = takeOver(new Request("http://localhost/"), nobody);
  ends.server.abort(new Error("gone"));
  assertEquals((await taken)?.status, 425);
  assertEquals(asked, 0);
  await served;
  gate.resolve();
});

Deno.test("a connection with early data is one of HTTP/2 where ALPN says so", async () => {
  const alpnProtocols = ["h2"];
  const session = await earlySession({ alpnProtocols }, { alpnProtocols });
  const gate = Promise.withResolvers<void>();
  const toClient = pipe({
    transform: async (chunk, controller) => {
      await gate.promise;
      controller.enqueue(chunk);
    },
  });
  await using ends = await earlyPair(
    { session, alpnProtocols },
    { alpnProtocols },
    crossed({ toClient }),
  );
  ends.client.handshake().catch(() => {});
  await new Promise<void>((resolve) => {
    engineOf(ends.server).onSettled = resolve;
    ends.server.handshake().catch(() => {});
  });
  const opened: boolean[] = [];
  const http: HttpEngine = {
    ownUrl: "http://engine.invalid",
    open: (_answer, { isHttp2 }) => {
      opened.push(isHttp2);
      return Promise.reject(new Error("enough"));
    },
    shutdown: () => Promise.resolve(),
    ref: () => {},
    unref: () => {},
  };
  const serving: Serving = {
    http,
    handler: () => new Response(),
    onError: undefined,
    allowsMisdirected: false,
    earlyRequests: "refuse",
    headersTimeout: 0,
    resting: new RestingConnections(),
  };
  await new ServedConnection(ends.server, serving).run();
  assertEquals(opened, [true]);
  gate.resolve();
});

/**
 * Connections that Node's server of HTTP gives away, as to WebSocket; with `ws`
 * this is tested on Node.js itself.
 *
 * @module
 */

import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { serve, type ServerOptions } from "../../mod.ts";
import { ServedConnection, type Serving } from "../../http/connection.ts";
import { NodeEngine } from "../../http/node_engine.ts";
import { RestingConnections } from "../../http/resting.ts";
import { connected, utf8 } from "../_pair.ts";
import { leaf, readUntil, say } from "./_server.ts";

const SWITCHED = "HTTP/1.1 101 Switching Protocols\r\n\r\n";

/** What a client gets that asks to change the protocol, up to the end. */
async function upgraded(
  more: Partial<Serving>,
  { host = "localhost", connection = "upgrade", behind = "", options = {} }: {
    host?: string;
    connection?: string;
    /** What comes behind the request. */
    behind?: string;
    options?: ServerOptions;
  } = {},
): Promise<string> {
  await using ends = await connected({}, options);
  const serving: Serving = {
    http: new NodeEngine({ automaticCompression: false }),
    handler: () => new Response("plain"),
    onError: undefined,
    allowsMisdirected: false,
    earlyRequests: "refuse",
    headersTimeout: 0,
    resting: new RestingConnections(),
    ...more,
  };
  const served = new ServedConnection(ends.server, serving).run();
  const fields =
    `host: ${host}\r\nconnection: ${connection}\r\nupgrade: websocket`;
  await say(ends.client, `GET /a HTTP/1.1\r\n${fields}\r\n\r\n${behind}`);
  const text = await readUntil(ends.client, "\0");
  await ends.client.close();
  await served;
  return text;
}

Deno.test("onUpgrade gets the request, the connection, what came behind, and the info", async () => {
  const text = await upgraded({
    onUpgrade: (
      { url }: IncomingMessage,
      socket: Duplex,
      head: Uint8Array,
      { tls, early },
    ) => {
      const said = [url, new TextDecoder().decode(head), tls.version, early];
      socket.end(SWITCHED + said.join());
    },
  }, { behind: "more" });
  assertEquals(text, `${SWITCHED}/a,more,TLSv1.3,false`);
});

Deno.test("onUpgrade is not asked for a name that judges clients otherwise", async () => {
  let asked = 0;
  const options: ServerOptions = {
    onClientHello: ({ serverName }) =>
      serverName === "a.test" ? { clientAuth: "require" } : undefined,
  };
  const onUpgrade = () => void asked++;
  const text = await upgraded({ onUpgrade }, { host: "a.test", options });
  assertMatch(text, /^HTTP\/1\.1 421 [^]*\r\nconnection: close\r\n/);
  assertEquals(asked, 0);
});

Deno.test("onUpgrade is not asked for a request without a valid Host field", async () => {
  let asked = 0;
  const onUpgrade = () => void asked++;
  assertMatch(
    await upgraded({ onUpgrade }, { host: "a/b" }),
    /^HTTP\/1\.1 400 /,
  );
  assertEquals(asked, 0);
});

// RFC 9110 section 7.8: a sender of Upgrade also sends the connection option.
Deno.test("onUpgrade is not asked without the connection option, and the client hears why", async () => {
  let asked = 0;
  const onUpgrade = () => void asked++;
  assertMatch(
    await upgraded({ onUpgrade }, { connection: "close" }),
    /^HTTP\/1\.1 501 [^]*expected "Connection: upgrade" in the request/,
  );
  assertEquals(asked, 0);
});

Deno.test("onError gets what onUpgrade throws, and its response is sent", async () => {
  const errors: unknown[] = [];
  const thrown = new Error("not you");
  for (
    const onUpgrade of [() => Promise.reject(thrown), () => {
      throw thrown;
    }]
  ) {
    const text = await upgraded({
      onUpgrade,
      onError: (error) => {
        errors.push(error);
        return new Response("no", { status: 403 });
      },
    });
    assertMatch(text, /^HTTP\/1\.1 403 Forbidden\r\n[^]*\r\n\r\nno$/);
  }
  assertEquals(errors, [thrown, thrown]);
});

Deno.test("an onUpgrade that throws behind its response sends no other one", async () => {
  const text = await upgraded({
    onUpgrade: (_request, socket: Duplex) => {
      socket.write(SWITCHED);
      throw new Error("too late");
    },
    onError: () => new Response("no", { status: 403 }),
  });
  assertEquals(text.replace(SWITCHED, ""), "");
});

Deno.test("a server shuts down although the client of another protocol does not read", async () => {
  const engine = new NodeEngine({ automaticCompression: false });
  const given = Promise.withResolvers<void>();
  await using stack = new AsyncDisposableStack();
  const hop = await engine.open(() => new Response(), {
    isHttp2: false,
    takeOver: (_request, { socket }) => {
      // More than the connection keeps for a client.
      (socket as Duplex).write(new Uint8Array(2 ** 20));
      given.resolve();
      return Promise.resolve(undefined);
    },
  });
  stack.defer(() => hop.close());
  const fields = "host: a\r\nconnection: upgrade\r\nupgrade: b";
  await hop.write(utf8(`GET / HTTP/1.1\r\n${fields}\r\n\r\n`));
  await given.promise;
  await engine.shutdown();
});

Deno.test("serve() refuses onUpgrade in Deno, and says what to do", () => {
  const { cert, key } = leaf;
  const options = { port: 0, cert, key, onUpgrade: () => {} };
  assertThrows(
    () => serve(options, () => new Response()),
    TypeError,
    "call Deno.upgradeWebSocket",
  );
});

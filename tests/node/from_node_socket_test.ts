/**
 * A socket of Node as a transport.
 *
 * @module
 */

import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertRejects,
  assertThrows,
} from "@std/assert";
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { Duplex } from "node:stream";
import {
  client,
  peekClientHello,
  pipeDuplex,
  server,
  TlsTruncatedError,
} from "../../mod.ts";
import { fromNodeSocket } from "../../node/mod.ts";
import {
  clientOptions,
  pattern,
  readBytes,
  serverOptions,
  utf8,
} from "../_pair.ts";

Deno.test("fromNodeSocket() carries TLS over net.Socket at both ends", async () => {
  const sockets = await socketPair();
  const [here, there] = [
    client(fromNodeSocket(sockets.client), await clientOptions()),
    server(fromNodeSocket(sockets.server), await serverOptions()),
  ];
  await Promise.all([here.handshake(), there.handshake()]);
  const address = here.remoteAddr as Deno.NetAddr;
  assertEquals(address.hostname, "127.0.0.1");
  assertEquals(here.localAddr, there.remoteAddr);
  here.setNoDelay();
  here.setKeepAlive();
  here.unref();
  here.ref();

  const bytes = pattern(1_000_000);
  const [echoed] = await Promise.all([
    readBytes(here, bytes.length),
    there.readable.pipeTo(there.writable),
    here.write(bytes).then(() => here.closeWrite()),
  ]);
  assertEquals(echoed, bytes);
  assertEquals(await here.read(new Uint8Array(1)), null);
  await Promise.all([here.close(), there.close()]);
  assertEquals(await here.closed, { clean: true });
  await Promise.all(Object.values(sockets).map(gone));
});

Deno.test("fromNodeSocket() carries TLS over any Duplex, which may keep chunks", async () => {
  const [one, other] = duplexPair();
  const here = client(fromNodeSocket(one), await clientOptions());
  const there = server(fromNodeSocket(other), await serverOptions());
  await Promise.all([here.handshake(), there.handshake()]);
  assertEquals(here.remoteAddr, undefined);
  const bytes = pattern(300_000);
  const [read] = await Promise.all([
    readBytes(there, bytes.length),
    here.write(bytes),
  ]);
  assertEquals(read, bytes);
  await Promise.all([here.close(), there.close()]);
});

Deno.test("fromNodeSocket() takes a socket that is connecting", async () => {
  const listener = createServer();
  listener.listen(0, "127.0.0.1");
  await once(listener, "listening");
  const accepted = once(listener, "connection");
  const here = client(
    fromNodeSocket(connect(portOf(listener), "127.0.0.1")),
    await clientOptions(),
  );
  const handshake = here.handshake();
  const [socket] = await accepted;
  const there = server(fromNodeSocket(socket), await serverOptions());
  await Promise.all([handshake, there.handshake()]);
  await Promise.all([here.close(), there.close()]);
  listener.close();
});

Deno.test("fromNodeSocket() passes on why a socket could not connect", async () => {
  using closed = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = closed.addr;
  closed.close();
  const conn = client(
    fromNodeSocket(connect(port, "127.0.0.1")),
    await clientOptions(),
  );
  const error = await assertRejects(() => conn.handshake());
  assertEquals(Reflect.get(Object(error), "code"), "ECONNREFUSED");
});

Deno.test("fromNodeSocket() reports a socket that somebody has destroyed", async () => {
  const sockets = await socketPair();
  const here = client(fromNodeSocket(sockets.client), await clientOptions());
  const there = server(fromNodeSocket(sockets.server), await serverOptions());
  await Promise.all([here.handshake(), there.handshake()]);
  const reading = here.read(new Uint8Array(1));
  sockets.server.destroy();
  assertInstanceOf(await assertRejects(() => reading), TlsTruncatedError);
  await Promise.all(Object.values(sockets).map(gone));
});

Deno.test("fromNodeSocket() reports an encoding that somebody has set later", async () => {
  const sockets = await socketPair();
  const reading = fromNodeSocket(sockets.client).readable.getReader().read();
  sockets.client.setEncoding("utf8");
  sockets.server.write("text");
  await assertRejects(() => reading, TypeError, "do not call setEncoding()");
  sockets.client.destroy();
  sockets.server.destroy();
});

Deno.test("fromNodeSocket() waits for a peer that does not read", async () => {
  const sockets = await socketPair();
  const duplex = fromNodeSocket(sockets.client);
  const writer = duplex.writable.getWriter();
  const chunk = new Uint8Array(1_000_000);
  let taken = 0;
  const writing = (async () => {
    for (let count = 0; count < 40; count++) {
      await writer.write(chunk);
      taken++;
    }
    await writer.close();
  })();
  await once(sockets.server, "readable");
  assert(taken < 40);
  let length = 0;
  sockets.server.on("data", (data) => length += data.length);
  await Promise.all([writing, once(sockets.server, "end")]);
  assertEquals(length, 40 * chunk.length);
  sockets.server.end();
  for await (const _ of duplex.readable);
  sockets.client.destroy();
  await Promise.all(Object.values(sockets).map(gone));
});

Deno.test("fromNodeSocket() gives web streams, for those who want them", async () => {
  const sockets = await socketPair();
  const here = fromNodeSocket(sockets.client);
  const there = fromNodeSocket(sockets.server);
  const echoing = there.readable.pipeTo(there.writable);
  const writer = here.writable.getWriter();
  await writer.write(utf8("hello"));
  await writer.close();
  assertEquals(await new Response(here.readable).text(), "hello");
  await echoing;
  await Promise.all(Object.values(sockets).map(gone));
});

Deno.test("fromNodeSocket() refuses what it cannot read alone", async () => {
  const [one] = duplexPair();
  const refused: [unknown, string][] = [
    [undefined, "expected a stream.Duplex"],
    [{}, "expected a stream.Duplex"],
    [duplexPair()[0].setEncoding("utf8"), "utf8"],
    [new Duplex({ objectMode: true }), "object mode"],
    [duplexPair()[0].on("data", () => {}), `listener for "data"`],
    [duplexPair()[0].on("readable", () => {}), `listener for "readable"`],
    [one.destroy(), "destroyed"],
  ];
  await once(one, "close");
  for (const [socket, reason] of refused) {
    assertThrows(
      () => Reflect.apply(fromNodeSocket, undefined, [socket]),
      TypeError,
      reason,
    );
  }
});

Deno.test("fromNodeSocket() goes through peekClientHello() and pipeDuplex()", async () => {
  const [front, back] = [await socketPair(), await socketPair()];
  const here = client(
    fromNodeSocket(front.client),
    await clientOptions({ alpnProtocols: ["a"] }),
  );
  const there = server(
    fromNodeSocket(back.server),
    await serverOptions({ alpnProtocols: ["a"] }),
  );
  const handshakes = Promise.all([here.handshake(), there.handshake()]);
  const { info, duplex } = await peekClientHello(fromNodeSocket(front.server));
  assertEquals([info.serverName, info.alpnProtocols], ["localhost", ["a"]]);
  const piping = pipeDuplex(duplex, fromNodeSocket(back.client));
  await handshakes;
  await here.write(utf8("hello"));
  assertEquals(await readBytes(there, 5), utf8("hello"));
  await Promise.all([here.close(), there.close()]);
  await piping;
});

async function socketPair(): Promise<{ client: Socket; server: Socket }> {
  const listener = createServer();
  listener.listen(0, "127.0.0.1");
  await once(listener, "listening");
  const client = connect(portOf(listener), "127.0.0.1");
  const [[server]] = await Promise.all([
    once(listener, "connection"),
    once(client, "connect"),
  ]);
  listener.close();
  return { client, server };
}

function portOf(listener: ReturnType<typeof createServer>): number {
  const address = listener.address();
  assert(address !== null && typeof address === "object");
  return address.port;
}

/** Two streams in memory; each passes the other's chunks on as they are. */
function duplexPair(): [Duplex, Duplex] {
  const end = (other: () => Duplex) =>
    new Duplex({
      read() {},
      write(chunk, _encoding, callback) {
        other().push(chunk);
        callback();
      },
      final(callback) {
        other().push(null);
        callback();
      },
    });
  const one: Duplex = end(() => two);
  const two: Duplex = end(() => one);
  return [one, two];
}

function gone(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    if (socket.closed) resolve();
    else socket.once("close", () => resolve());
  });
}

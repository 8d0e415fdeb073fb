/**
 * A connection as a socket of Node.
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
import { Buffer } from "node:buffer";
import { once } from "node:events";
import {
  connect,
  listen,
  server as serve,
  type TlsConn,
  TlsError,
  TlsTruncatedError,
} from "../../mod.ts";
import { type NodeSocket, toNodeSocket } from "../../node/mod.ts";
import {
  certificate,
  clientOptions,
  connected,
  pair,
  pattern,
  serverOptions,
  settled,
} from "../_pair.ts";

for (const maxVersion of ["TLSv1.3", "TLSv1.2"] as const) {
  Deno.test(`toNodeSocket() shows what a TLSSocket shows: ${maxVersion}`, async () => {
    const { cert, key } = await certificate({
      names: ["client.test"],
      extendedKeyUsage: ["clientAuth"],
    });
    const ends = await connected(
      { maxVersion, cert, key, alpnProtocols: ["a", "b"] },
      { alpnProtocols: ["b"], clientAuth: "require" },
    );
    const [here, there] = [ends.client, ends.server].map((conn) =>
      toNodeSocket(conn)
    ) as [NodeSocket, NodeSocket];

    for (const socket of [here, there]) {
      assertEquals(socket.encrypted, true);
      assertEquals(socket.authorized, true);
      assertEquals(socket.authorizationError, null);
      assertEquals(socket.alpnProtocol, "b");
      assertEquals(socket.servername, "localhost");
      assertEquals(socket.getProtocol(), maxVersion);
      assertEquals(socket.getCipher()?.version, maxVersion);
      assertEquals(socket.getCipher()?.name, socket.conn?.info.opensslName);
      assertEquals(socket.isSessionReused(), false);
      assertEquals(socket.address(), {});
    }
    assertEquals(
      here.getPeerCertificate().raw,
      there.getCertificate().raw,
    );
    assert(Buffer.isBuffer(here.getPeerCertificate().raw));
    const { issuerCertificate } = there.getPeerCertificate(true);
    assertEquals(issuerCertificate?.subject["CN"], "Test CA");
    assertEquals(issuerCertificate?.issuerCertificate, issuerCertificate);
    assertEquals(
      here.getPeerX509Certificate()?.fingerprint256,
      there.getX509Certificate()?.fingerprint256,
    );
    assertEquals(here.getFinished(), there.getPeerFinished());
    assertEquals(here.getPeerFinished(), there.getFinished());
    assert(!here.getFinished()?.equals(there.getFinished() ?? Buffer.alloc(0)));
    assertEquals(
      here.exportKeyingMaterial(20, "EXPERIMENTAL-a", Buffer.from("b")),
      there.exportKeyingMaterial(20, "EXPERIMENTAL-a", Buffer.from("b")),
    );
    await closeBoth(here, there);
  });
}

Deno.test("toNodeSocket() tells why a peer is not authorized, in Node's words", async () => {
  const ends = await connected({
    serverName: "other.test",
    unsafelyIgnoreCertificateErrors: true,
  });
  const [here, there] = [toNodeSocket(ends.client), toNodeSocket(ends.server)];
  assertEquals(here.authorized, false);
  assertEquals(here.authorizationError, "ERR_TLS_CERT_ALTNAME_INVALID");
  assertEquals(there.authorized, false);
  assertEquals(there.authorizationError, null);
  assertEquals(there.getPeerCertificate(), {});
  await closeBoth(here, there);
});

Deno.test("toNodeSocket() is connecting until the handshake is done", async () => {
  const opened = Promise.withResolvers<TlsConn>();
  const here = toNodeSocket(opened.promise);
  const events: string[] = [];
  for (const event of ["connect", "secureConnect", "ready"]) {
    here.on(event, () => events.push(event));
  }
  here.setNoDelay().setKeepAlive(true).setTimeout(0);
  const received = textOf(here);
  here.write("early, ");
  here.end("and the end");
  assertEquals(
    [here.connecting, here.pending, here.readyState, here.getProtocol()],
    [true, true, "opening", null],
  );
  assertEquals([here.alpnProtocol, here.getPeerCertificate()], [null, {}]);
  assertThrows(() => here.exportKeyingMaterial(1, "EXPERIMENTAL"), TypeError);

  const ends = await pair();
  const there = toNodeSocket(ends.server);
  opened.resolve(ends.client);
  there.end("answer");
  assertEquals(await textOf(there), "early, and the end");
  assertEquals(await received, "answer");
  assertEquals(events, ["connect", "secureConnect", "ready"]);
  assertEquals(here.readyState, "closed");
  assertEquals([here.bytesWritten, here.bytesRead], [18, 6]);
});

Deno.test("NodeSocket.connect() calls back, now or later, and dials nothing", async () => {
  const ends = await connected();
  const [here, there] = [toNodeSocket(ends.client), toNodeSocket(ends.server)];
  await new Promise<void>((resolve) => here.connect(1, "nowhere", resolve));
  await new Promise<void>((resolve) => here.connect({ port: 1 }, resolve));
  await closeBoth(here, there);
});

Deno.test("toNodeSocket() refuses what is no connection", () => {
  for (const source of [undefined, null, 1, {}, "handshake"]) {
    assertThrows(
      () => Reflect.apply(toNodeSocket, undefined, [source]),
      TypeError,
      "expected a TlsConn or a promise of one",
    );
  }
});

Deno.test("NodeSocket emits the error of a handshake, then close", async () => {
  const ends = await pair({ serverName: "other.test" });
  const here = toNodeSocket(ends.client);
  const there = toNodeSocket(ends.server);
  const closes = [here, there].map((socket) => closing(socket));
  const [[error]] = await Promise.all([
    once(here, "error"),
    once(there, "error"),
  ]);
  assertEquals(error.code, "hostname_mismatch");
  assertEquals(await Promise.all(closes), [[true], [true]]);
  assertEquals(here.readyState, "closed");
});

Deno.test("NodeSocket destroy() before there is a connection aborts it", async () => {
  const opened = Promise.withResolvers<TlsConn>();
  const here = toNodeSocket(opened.promise);
  here.on("connect", () => assert(false, "connected"));
  const closed = closing(here);
  here.destroy();
  assertEquals(await closed, [false]);
  const ends = await pair();
  opened.resolve(ends.client);
  const error = await assertRejects(() => ends.server.handshake());
  assertInstanceOf(error, TlsError);
});

Deno.test("NodeSocket destroy() of a promise that rejects is silent", async () => {
  const opened = Promise.withResolvers<TlsConn>();
  const here = toNodeSocket(opened.promise);
  here.destroy();
  opened.reject(new Error("refused"));
  await closing(here);
});

Deno.test("NodeSocket with allowHalfOpen answers behind the peer's end", async () => {
  const ends = await connected();
  const here = toNodeSocket(ends.client, { allowHalfOpen: true });
  const there = toNodeSocket(ends.server, { allowHalfOpen: true });
  here.end("question");
  assertEquals(await textOf(there), "question");
  assertEquals(there.readyState, "writeOnly");
  assertEquals(here.readyState, "readOnly");
  there.end("answer");
  assertEquals(await textOf(here), "answer");
  await settled();
  assertEquals(here.readyState, "closed");
});

Deno.test("NodeSocket ends with its peer otherwise", async () => {
  const ends = await connected();
  const [here, there] = [toNodeSocket(ends.client), toNodeSocket(ends.server)];
  const closed = Promise.all([closing(here), closing(there)]);
  here.end();
  assertEquals(await closed, [[false], [false]]);
});

Deno.test("NodeSocket has back-pressure both ways", async () => {
  const ends = await connected();
  const here = toNodeSocket(ends.client);
  const there = toNodeSocket(ends.server);
  const chunk = pattern(65_536);
  let writes = 0;
  while (here.write(chunk)) writes++;
  await settled();
  // Nobody reads: one more would be one too many.
  assertEquals(here.write(chunk), false);
  assert(writes < 4 && there.readableLength <= 2 * 65_536);
  const total = here.bytesWritten;
  assertEquals(total, (writes + 2) * chunk.length);
  const drained = once(here, "drain");
  let read = 0;
  there.on("data", (bytes) => read += bytes.length);
  await drained;
  here.end();
  await once(there, "end");
  assertEquals(read, total);
});

Deno.test("NodeSocket destroy() sends what was taken, and no close_notify", async () => {
  const ends = await connected();
  const here = toNodeSocket(ends.client);
  const bytes = pattern(40_000);
  await new Promise<unknown>((resolve) => here.write(bytes, resolve));
  here.destroy();
  const into = new Uint8Array(bytes.length);
  let length = 0;
  while (length < into.length) {
    length += await ends.server.read(into.subarray(length)) ?? 0;
  }
  assertEquals(into, bytes);
  await assertRejects(() => ends.server.read(into), TlsError);
});

Deno.test("NodeSocket destroySoon() sends all, and close_notify", async () => {
  const ends = await connected();
  const here = toNodeSocket(ends.client);
  here.write(pattern(300_000));
  here.destroySoon();
  const there = toNodeSocket(ends.server);
  let length = 0;
  for await (const chunk of there) length += chunk.length;
  assertEquals(length, 300_000);
});

Deno.test("NodeSocket destroy(error) emits that error, and aborts", async () => {
  const ends = await connected();
  const here = toNodeSocket(ends.client);
  const closed = closing(here);
  const failed = once(here, "error");
  const reason = new Error("reason");
  here.destroy(reason);
  assertEquals(await failed, [reason]);
  assertEquals(await closed, [true]);
  await assertRejects(() => ends.server.read(new Uint8Array(1)), Error);
});

Deno.test("NodeSocket: an end without close_notify is an error", async () => {
  await using ends = await overTcp();
  ends.socket.on("data", () => {});
  const failed = once(ends.socket, "error");
  await ends.tcp.closeWrite();
  const [error] = await failed;
  assertInstanceOf(error, TlsTruncatedError);
});

Deno.test("NodeSocket: an end without close_notify is one behind ours", async () => {
  await using ends = await overTcp();
  ends.socket.end();
  await once(ends.socket, "finish");
  await ends.tcp.closeWrite();
  assertEquals(await closing(ends.socket), [false]);
});

Deno.test("NodeSocket: data behind our end must be whole", async () => {
  await using ends = await overTcp();
  ends.socket.on("data", () => {});
  ends.socket.end();
  await once(ends.socket, "finish");
  await ends.server.write(new Uint8Array(10));
  await once(ends.socket, "data");
  const failed = once(ends.socket, "error");
  await ends.tcp.closeWrite();
  const [error] = await failed;
  assertInstanceOf(error, TlsTruncatedError);
});

Deno.test("NodeSocket setTimeout() emits timeout, and closes nothing", async () => {
  const ends = await connected();
  const [here, there] = [toNodeSocket(ends.client), toNodeSocket(ends.server)];
  assertEquals(here.timeout, undefined);
  // The socket's own timer does not keep the process alive.
  const alive = setTimeout(() => {}, 60_000);
  await new Promise<void>((resolve) => here.setTimeout(1, resolve));
  clearTimeout(alive);
  assertEquals([here.timeout, here.readyState], [1, "open"]);
  const listener = () => assert(false, "timeout");
  here.setTimeout(2 ** 40, listener).setTimeout(0, listener);
  assertEquals(here.listenerCount("timeout"), 0);
  assertThrows(() => here.setTimeout(-1), RangeError);
  assertThrows(() => here.setTimeout(NaN), RangeError);
  assertThrows(() => Reflect.apply(here.setTimeout, here, ["1"]), TypeError);
  await closeBoth(here, there);
});

Deno.test("NodeSocket shows the addresses of a socket", async () => {
  const listener = listen({
    hostname: "127.0.0.1",
    port: 0,
    ...await serverOptions(),
  });
  const { port } = listener.addr as Deno.NetAddr;
  const here = toNodeSocket(
    connect({ hostname: "127.0.0.1", port, ...await clientOptions() }),
  );
  const [conn] = await Promise.all([
    listener.accept(),
    once(here, "secureConnect"),
  ]);
  const there = toNodeSocket(conn);
  assertEquals(
    [here.remoteAddress, here.remotePort, here.remoteFamily],
    ["127.0.0.1", port, "IPv4"],
  );
  assertEquals(there.address(), {
    address: "127.0.0.1",
    family: "IPv4",
    port,
  });
  assertEquals(there.remotePort, here.localPort);
  here.unref().ref();
  await closeBoth(here, there);
  listener.close();
});

/** A socket over TCP, whose other end a test may cut off. */
async function overTcp(): Promise<
  & { socket: NodeSocket; server: TlsConn; tcp: Deno.TcpConn }
  & AsyncDisposable
> {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  const accepted = listener.accept();
  const connecting = connect({
    hostname: "127.0.0.1",
    port,
    ...await clientOptions(),
  });
  const tcp = await accepted;
  listener.close();
  const server = serve(tcp, await serverOptions());
  const [conn] = await Promise.all([connecting, server.handshake()]);
  return {
    socket: toNodeSocket(conn),
    server,
    tcp,
    async [Symbol.asyncDispose]() {
      server.abort();
      conn.abort();
      await Promise.all([server.closed, conn.closed]);
    },
  };
}

async function closeBoth(here: NodeSocket, there: NodeSocket): Promise<void> {
  const closed = Promise.all([closing(here), closing(there)]);
  here.end();
  there.end();
  await closed;
}

/** All text up to the end; a stream's iterator would destroy the socket. */
function textOf(socket: NodeSocket): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    socket.on("data", (chunk) => text += chunk);
    socket.on("end", () => resolve(text));
    socket.on("error", reject);
  });
}

/** The arguments of `close`; once() would reject with the error before it. */
function closing(socket: NodeSocket): Promise<unknown[]> {
  return new Promise((resolve) =>
    socket.on("close", (...given) => resolve(given))
  );
}

/**
 * Listeners and dialling, over real sockets on loopback.
 *
 * @module
 */

import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { toText } from "@std/streams";
import { connect } from "../../connection/connect.ts";
import type { TlsConn } from "../../connection/conn.ts";
import { createContext } from "../../connection/options/create_context.ts";
import { listen } from "../../connection/listen.ts";
import type { ListenOptions } from "../../connection/options/listen_options.ts";
import type { ConnectOptions } from "../../connection/options/connect_options.ts";
import { client } from "../../connection/wrap.ts";
import { TlsError } from "../../errors.ts";
import { type Session, SessionCache } from "../../handshake/session/session.ts";
import {
  certificate,
  clientOptions,
  pattern,
  readBytes,
  serverOptions,
  utf8,
} from "../_pair.ts";

async function listening(more: ListenOptions = {}) {
  const listener = listen({
    hostname: "127.0.0.1",
    ...(more.path === undefined && more.listener === undefined
      ? { port: 0 }
      : {}),
    ...await serverOptions(),
    ...more,
  });
  const { addr } = listener;
  const where = addr.transport === "unix"
    ? { path: addr.path }
    : { hostname: "127.0.0.1", port: (addr as Deno.NetAddr).port };
  const dial = async (options: ConnectOptions = {}) =>
    await connect({ ...await clientOptions(), ...where, ...options });
  return { listener, dial, where };
}

/** Serves an echo until the listener is closed. */
async function echo(connections: AsyncIterable<TlsConn>): Promise<void> {
  const running: Promise<void>[] = [];
  for await (const conn of connections) {
    running.push(conn.readable.pipeTo(conn.writable).catch(() => {}));
  }
  await Promise.all(running);
}

Deno.test("listen() and connect() carry data over TCP, and show the addresses", async () => {
  const { listener, dial } = await listening();
  const accepting = listener.accept();
  const client = await dial();
  const server = await accepting;
  assertEquals(client.info.version, "TLSv1.3");
  assertEquals(server.info.version, "TLSv1.3");
  assertEquals(client.remoteAddr, listener.addr);
  assertEquals(server.localAddr, listener.addr);
  assertEquals(server.remoteAddr, client.localAddr);
  client.setNoDelay();
  client.setKeepAlive();
  client.unref();
  client.ref();
  const bytes = pattern(2 ** 20);
  const reading = readBytes(server, bytes.length);
  await client.write(bytes);
  assertEquals((await reading).length, bytes.length);
  await Promise.all([client.close(), server.close()]);
  assertEquals(await client.closed, { clean: true });
  listener.close();
});

Deno.test("listen() and connect() meet at a unix socket", async () => {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/socket`;
  const { listener, dial } = await listening({ path, hostname: undefined });
  const serving = echo(listener);
  const client = await dial();
  await client.write(utf8("over a file"));
  await client.closeWrite();
  assertEquals(await toText(client.readable), "over a file");
  assertEquals(listener.addr, { transport: "unix", path });
  listener.close();
  await serving;
  await Deno.remove(folder, { recursive: true });
});

Deno.test("listen() accepts a listener that exists already", async () => {
  const socket = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { listener, dial } = await listening({
    listener: socket,
    hostname: undefined,
  });
  const serving = echo(listener);
  const client = await dial();
  await client.write(utf8("x"));
  assertEquals(await readBytes(client, 1), utf8("x"));
  await client.close();
  listener.close();
  await serving;
});

Deno.test("listen() asks for one place to listen at", async () => {
  const options = await serverOptions();
  assertThrows(() => listen(options), TypeError, "exactly one of");
  assertThrows(
    () => listen({ ...options, port: 0, path: "/x" }),
    TypeError,
    "exactly one of",
  );
  for (const more of [{ tcpBacklog: 5 }, { reusePort: true }]) {
    assertThrows(
      () => listen({ ...options, path: "/x", ...more }),
      TypeError,
      "goes with",
    );
  }
  assertThrows(
    () => listen({ ...options, listener: {} as Deno.TcpListener }),
    TypeError,
    "accept, close",
  );
  assertThrows(() => listen({ port: 0 }), TypeError, "no certificate");
  assertThrows(() => listen({ ...options, port: 70_000 }), RangeError, "port");
  assertThrows(
    () => listen({ ...options, port: 0, maxPendingHandshakes: 0 }),
    RangeError,
    "maxPendingHandshakes",
  );
});

Deno.test("listener continues after handshakes that fail, and reports each", async () => {
  const errors: { code: string; addr: string }[] = [];
  const { listener, dial, where } = await listening({
    onHandshakeError: (error, { remoteAddr }) =>
      errors.push({
        code: error instanceof TlsError ? error.code : String(error),
        addr: remoteAddr.transport,
      }),
  });
  const serving = echo(listener);
  // No TLS at all; an end at once; a client that refuses the certificate.
  const http = await Deno.connect(where as Deno.ConnectOptions);
  await http.write(utf8("GET / HTTP/1.1\r\n\r\n"));
  await readAll(http);
  const gone = await Deno.connect(where as Deno.ConnectOptions);
  gone.close();
  await assertRejects(() => dial({ serverName: "elsewhere.test" }), TlsError);
  const client = await dial();
  await client.write(utf8("still here"));
  assertEquals(await readBytes(client, 10), utf8("still here"));
  await client.close();
  while (errors.length < 3) await new Promise((r) => setTimeout(r, 1));
  assertEquals(errors.map(({ addr }) => addr), ["tcp", "tcp", "tcp"]);
  assertEquals(
    errors.map(({ code }) => code).sort(),
    ["alert_received", "not_tls", "truncated"],
  );
  listener.close();
  await serving;
});

Deno.test("listener continues when onHandshakeError throws or rejects, which an event reports", async () => {
  const events: unknown[] = [];
  const thrown = new Error("a fault of the caller's");
  for (const fail of [() => Promise.reject(thrown), () => raise(thrown)]) {
    const { listener, dial, where } = await listening({
      onHandshakeError: fail,
      onEvent: (event) => {
        if (event.type !== "callback_failed") return;
        events.push([event.callback, event.error]);
      },
    });
    const serving = echo(listener);
    const bad = await Deno.connect(where as Deno.ConnectOptions);
    await bad.write(utf8("SSH-2.0-OpenSSH_9.2\r\n"));
    await readAll(bad);
    const client = await dial();
    await client.write(utf8("on"));
    assertEquals(await readBytes(client, 2), utf8("on"));
    await client.close();
    listener.close();
    await serving;
  }
  const event = ["onHandshakeError", thrown];
  assertEquals(events, [event, event]);
});

function raise(error: unknown): never {
  throw error;
}

Deno.test("listener runs handshakes side by side: a silent client delays no other", async () => {
  const { listener, dial, where } = await listening({
    handshakeTimeout: 60_000,
  });
  const serving = echo(listener);
  const silent = await Promise.all(
    [1, 2, 3].map(() => Deno.connect(where as Deno.ConnectOptions)),
  );
  const start = performance.now();
  const client = await dial();
  assert(performance.now() - start < 30_000);
  await client.close();
  for (const socket of silent) socket.close();
  listener.close();
  await serving;
});

Deno.test("listener with maxPendingHandshakes has silent clients give way", async () => {
  const codes: string[] = [];
  const { listener, dial, where } = await listening({
    maxPendingHandshakes: 2,
    handshakeTimeout: 60_000,
    // The last ones may be ended by the listener's close, which is no TlsError.
    onHandshakeError: (error) => codes.push(String(Object(error).code)),
  });
  const serving = echo(listener);
  const silent: Deno.Conn[] = [];
  for (let at = 0; at < 4; at++) {
    silent.push(await Deno.connect(where as Deno.ConnectOptions));
  }
  const client = await dial();
  await client.write(utf8("in"));
  assertEquals(await readBytes(client, 2), utf8("in"));
  await client.close();
  assert(codes.includes("too_many_pending_handshakes"));
  for (const socket of silent) socket.close();
  listener.close();
  await serving;
});

Deno.test("listener.accept() serves many at once, in any order", async () => {
  const { listener, dial } = await listening();
  const accepted = Promise.all([1, 2, 3, 4, 5].map(() => listener.accept()));
  const clients = await Promise.all([1, 2, 3, 4, 5].map(() => dial()));
  const servers = await accepted;
  assertEquals(new Set(servers).size, 5);
  await Promise.all([...clients, ...servers].map((conn) => conn.close()));
  listener.close();
});

Deno.test("listener.accept() returns connections one after another, again and again", async () => {
  const { listener, dial } = await listening();
  for (let round = 0; round < 20; round++) {
    const [server, client] = await Promise.all([listener.accept(), dial()]);
    await Promise.all([server.close(), client.close()]);
  }
  listener.close();
});

Deno.test("listener.close() ends waiting accept() calls and iterations, and handshakes under way", async () => {
  const errors: unknown[] = [];
  const { listener, where } = await listening({
    onHandshakeError: (error) => errors.push(error),
  });
  const accepting = listener.accept();
  accepting.catch(() => {});
  const serving = echo(listener);
  const silent = await Deno.connect(where as Deno.ConnectOptions);
  await new Promise((resolve) => setTimeout(resolve, 20));
  listener.close();
  listener.close();
  await assertRejects(() => accepting, Deno.errors.BadResource);
  await serving;
  await assertRejects(() => listener.accept(), Deno.errors.BadResource);
  await readAll(silent);
  // What close() ends is nobody's handshake error.
  assertEquals(errors, []);
});

Deno.test("listener.close() ends accept() calls that have just begun", async () => {
  const { listener } = await listening();
  const accepting = listener.accept();
  listener.close();
  await assertRejects(() => accepting, Deno.errors.BadResource);
});

Deno.test("listener.close() leaves connections alone", async () => {
  const { listener, dial } = await listening();
  const [server, client] = await Promise.all([listener.accept(), dial()]);
  listener.close();
  await client.write(utf8("on"));
  assertEquals(await readBytes(server, 2), utf8("on"));
  await Promise.all([server.close(), client.close()]);
});

Deno.test("listener.accept() rejects if the server's own key cannot be used", async () => {
  const { cert } = await certificate();
  const other = await certificate({ names: ["other"] });
  const { listener } = await listening({ cert, key: other.key });
  const error = await assertRejects(() => listener.accept(), TlsError);
  assertEquals(error.code, "key_mismatch");
  listener.close();
});

Deno.test("listener.setContext() changes certificates for connections that follow", async () => {
  const { listener, dial } = await listening();
  const serving = echo(listener);
  const before = await dial();
  const fresh = await certificate({ names: ["localhost", "fresh.test"] });
  await listener.setContext(
    createContext({ cert: fresh.cert, key: fresh.key }),
  );
  const after = await dial({ serverName: "fresh.test" });
  await before.write(utf8("old"));
  assertEquals(await readBytes(before, 3), utf8("old"));
  await Promise.all([before.close(), after.close()]);
  assertThrows(() => listener.setContext({}), TypeError, "no certificate");
  assertThrows(
    () => listener.setContext({ session: {} } as never),
    TypeError,
    "only a client takes it",
  );
  listener.close();
  await serving;
});

Deno.test("listener.setContext() keeps the ticket keys, unless it gets others", async () => {
  const { cert, key } = await certificate();
  const { listener, dial } = await listening();
  const serving = echo(listener);
  const sessionCache = new SessionCache();
  const isResumed = async () => {
    const client = await dial({ sessionCache });
    await client.write(utf8("x"));
    await readBytes(client, 1);
    await client.close();
    return client.info.resumed;
  };
  assertEquals(await isResumed(), false);
  await listener.setContext({ cert, key });
  assertEquals(await isResumed(), true);
  await listener.setContext({ cert, key, ticketKeys: [pattern(48)] });
  assertEquals(listener.getTicketKeys(), [pattern(48)]);
  assertEquals(await isResumed(), false);
  await listener.setContext({ cert, key });
  assertEquals(await isResumed(), true);
  await listener.setContext(createContext({ cert, key }));
  assertEquals(await isResumed(), true);
  const ticketKeys = [pattern(48, 2)];
  await listener.setContext(createContext({ cert, key, ticketKeys }));
  assertEquals(await isResumed(), false);
  listener.close();
  await serving;
});

Deno.test("listener.setContext() replaces the options, but for what each connection has", async () => {
  const { cert, key } = await certificate();
  const old: string[] = [];
  const { listener, dial } = await listening({
    alpnProtocols: ["h2"],
    allowHalfOpen: false,
    onEvent: ({ type }) => old.push(type),
  });
  const take = async () => {
    const [there, here] = await Promise.all([
      listener.accept(),
      dial({ alpnProtocols: ["h2"] }),
    ]);
    await here.closeWrite();
    assertEquals(await there.read(new Uint8Array(1)), null);
    // With allowHalfOpen false that is the end.
    const isOver = await here.read(new Uint8Array(1)) === null;
    await Promise.all([there.close(), here.close()]);
    return { isOver, protocol: here.info.alpnProtocol };
  };
  assertEquals(await take(), { isOver: true, protocol: "h2" });
  assert(old.splice(0).length > 0);
  await listener.setContext({ cert, key });
  assertEquals(await take(), { isOver: true, protocol: undefined });
  const events: string[] = [];
  const context = createContext({ cert, key, readTimeout: 5000 });
  await listener.setContext({
    context,
    onEvent: ({ type }) => events.push(type),
  });
  assertEquals(await take(), { isOver: true, protocol: undefined });
  assertEquals(old, []);
  assert(events.includes("handshake_done"));
  listener.close();
});

Deno.test("listener.accept() may be left unobserved", async () => {
  const { listener } = await listening();
  listener.accept();
  listener.close();
  const other = await certificate({ names: ["another"] });
  const faulty = await listening({ key: other.key });
  faulty.listener.accept();
  await assertRejects(() => faulty.listener.accept(), TlsError);
  faulty.listener.close();
});

Deno.test("listener.addContext() serves other names, wildcards among them", async () => {
  const { listener, dial } = await listening();
  const serving = echo(listener);
  const exact = await certificate({ names: ["a.test"] });
  const wild = await certificate({ names: ["*.b.test"] });
  for (const none of ["", "a b", "a.*.test", "*.*.test"]) {
    assertThrows(() => listener.addContext(none, exact.identity), TypeError);
  }
  for (const name of ["a.test", "A.Test"]) {
    await listener.addContext(name, { cert: wild.cert, key: wild.key });
  }
  // The last word counts, however the name is written.
  await listener.addContext("a.test", { cert: exact.cert, key: exact.key });
  await listener.addContext(
    "*.b.test",
    createContext({ cert: wild.cert, key: wild.key, alpnProtocols: ["b"] }),
  );
  for (
    const [serverName, subject] of [["a.test", "CN=a.test"], [
      "x.b.test",
      "CN=*.b.test",
    ], ["localhost", "CN=localhost"]] as const
  ) {
    const client = await dial({ serverName, alpnProtocols: ["b"] });
    assertEquals(client.info.peerCertificates[0]?.subject, subject);
    assertEquals(
      client.info.alpnProtocol,
      serverName === "x.b.test" ? "b" : undefined,
    );
    await client.close();
  }
  listener.close();
  await serving;
});

Deno.test("connect() keeps sessions by address and name", async () => {
  const { listener, dial } = await listening();
  const serving = echo(listener);
  const a = await certificate({ names: ["a.test"] });
  await listener.addContext("a.test", { cert: a.cert, key: a.key });
  const sessionCache = new SessionCache();
  const resumed: boolean[] = [];
  for (const serverName of ["localhost", "a.test", "localhost", "a.test"]) {
    const client = await dial({ serverName, sessionCache });
    resumed.push(client.info.resumed);
    await client.write(utf8("x"));
    await readBytes(client, 1);
    await client.close();
  }
  assertEquals(resumed, [false, false, true, true]);
  // Two tickets of each connection, of which one was used of each name.
  assertEquals(sessionCache.size, 6);
  listener.close();
  await serving;
});

Deno.test("listener.setTicketKeys() and getTicketKeys() share tickets between listeners", async () => {
  let session: Session | undefined;
  const onSession = (made: Session) => {
    session = made;
  };
  const one = await listening();
  const other = await listening();
  other.listener.setTicketKeys(one.listener.getTicketKeys());
  const serving = [echo(one.listener), echo(other.listener)];
  const first = await one.dial({ onSession });
  await first.write(utf8("x"));
  await readBytes(first, 1);
  await first.close();
  const second = await other.dial({ session });
  assertEquals(second.info.resumed, true);
  await second.close();
  assertThrows(() => one.listener.setTicketKeys([]), TypeError, "empty");
  assertThrows(
    () => one.listener.setTicketKeys([pattern(16)]),
    TypeError,
    "48 or 32",
  );
  one.listener.close();
  other.listener.close();
  await Promise.all(serving);
  const none = await listening({ tickets: 0 });
  assertThrows(() => none.listener.getTicketKeys(), TypeError, "tickets");
  none.listener.close();
});

Deno.test("connect() verifies the address that it dialled where no name is given", async () => {
  const { cert, key } = await certificate({ names: ["127.0.0.1"] });
  const { listener, dial } = await listening({ cert, key });
  const serving = echo(listener);
  const client = await dial({ serverName: undefined });
  // RFC 6066 section 3: an address is not sent as a name.
  assertEquals(client.info.serverName, undefined);
  assertEquals(client.info.authorization, { status: "verified" });
  await client.close();
  const error = await assertRejects(
    () => dial({ serverName: "localhost" }),
    TlsError,
  );
  assertEquals(error.code, "hostname_mismatch");
  listener.close();
  await serving;
});

Deno.test("connect() looks at the name before it dials", async () => {
  const { listener } = await listening();
  const { port } = listener.addr as Deno.NetAddr;
  for (const hostname of ["", "a b", "*.test", "1.2.3", "a..test"]) {
    await assertRejects(
      () => connect({ hostname, port }),
      TypeError,
      "Cannot verify the name",
    );
  }
  listener.close();
});

Deno.test("connect() dials a name of other letters by its A-labels", async () => {
  const dialled: unknown[] = [];
  const dial = Deno.connect;
  const refused = new Error("No further");
  const record = (options: object): Promise<never> => {
    dialled.push(Reflect.get(options, "hostname"));
    return Promise.reject(refused);
  };
  Deno.connect = record;
  try {
    for (
      const hostname of ["MÜNCHEN.test", "ｌｏｃａｌｈｏｓｔ", "a.test.", "::1"]
    ) {
      const error = await assertRejects(() => connect({ hostname, port: 1 }));
      assertEquals(error, refused);
    }
  } finally {
    Deno.connect = dial;
  }
  assertEquals(dialled, ["xn--mnchen-3ya.test", "localhost", "a.test.", "::1"]);
});

Deno.test("connect() asks for one place to dial", async () => {
  const options = await clientOptions();
  await assertRejects(() => connect(options), TypeError, "specify either");
  await assertRejects(
    () => connect({ ...options, port: 1, path: "/x" }),
    TypeError,
    "specify either",
  );
  await assertRejects(() => connect({ path: "/x" }), TypeError, "serverName");
});

Deno.test("connections over sockets report a peer that vanishes", async () => {
  const { listener, where } = await listening();
  const accepting = listener.accept();
  const socket = await Deno.connect(where as Deno.ConnectOptions);
  const conn = client(socket, await clientOptions());
  await conn.handshake();
  const server = await accepting;
  socket.close();
  const error = await assertRejects(() => server.read(new Uint8Array(1)));
  assert(
    error instanceof TlsError && error.code === "truncated" ||
      error instanceof Deno.errors.ConnectionReset,
    String(error),
  );
  await assertRejects(() => conn.read(new Uint8Array(1)));
  await Promise.all([conn.close(), server.close()]);
  listener.close();
});

/** Reads what comes until the end, and closes. */
async function readAll(socket: Deno.Conn): Promise<void> {
  try {
    while (await socket.read(new Uint8Array(1000)) !== null);
  } catch {
    // A reset is an end as well.
  }
  socket.close();
}

Deno.test("leaving the loop over a listener closes it, as Deno's", async () => {
  const { listener, dial } = await listening();
  const dialled = dial();
  for await (const conn of listener) {
    await conn.close();
    break;
  }
  await (await dialled).close();
  await assertRejects(() => listener.accept(), Deno.errors.BadResource);
});

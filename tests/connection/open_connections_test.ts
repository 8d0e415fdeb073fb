import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { connect } from "../../connection/connect.ts";
import { listen } from "../../connection/listen.ts";
import type { ListenOptions } from "../../connection/options/listen_options.ts";
import type { ClientOptions } from "../../connection/options/options.ts";
import { ACME_TLS_1 } from "../../registry.ts";
import { authority, certificate } from "../_pair.ts";
import { TrustStore } from "../../x509/mod.ts";

const { cert, key } = await certificate();
const trust = TrustStore.of((await authority).cert);

function start(options: ListenOptions = {}) {
  return listen({ hostname: "127.0.0.1", port: 0, cert, key, ...options });
}

function dial(listener: ReturnType<typeof start>, more: ClientOptions = {}) {
  const { port } = listener.addr as Deno.NetAddr;
  return connect({ port, serverName: "localhost", trust, ...more });
}

Deno.test("listener.connections counts what is open", async () => {
  using listener = start();
  assertEquals(listener.connections, 0);
  const [there, here] = await Promise.all([listener.accept(), dial(listener)]);
  assertEquals(listener.connections, 1);
  const [other, another] = await Promise.all([
    listener.accept(),
    dial(listener),
  ]);
  assertEquals(listener.connections, 2);
  await Promise.all([there.close(), here.close()]);
  assertEquals(listener.connections, 1);
  other.abort();
  await other.closed;
  assertEquals(listener.connections, 0);
  another.abort();
});

Deno.test("maxConnections has clients wait until one ends", async () => {
  using listener = start({ maxConnections: 1 });
  const [first, one] = await Promise.all([listener.accept(), dial(listener)]);
  const second = listener.accept();
  const two = dial(listener);
  const isWaiting = await Promise.race([
    two.then(() => false),
    new Promise((resolve) => setTimeout(() => resolve(true), 50)),
  ]);
  assert(isWaiting);
  await Promise.all([first.close(), one.close()]);
  const conns = await Promise.all([second, two]);
  assertEquals(listener.connections, 1);
  await Promise.all(conns.map((conn) => conn.close()));
});

Deno.test("maxConnections counts handshakes under way, and not for ever", async () => {
  // Long enough for the second handshake on a busy machine.
  using listener = start({ maxConnections: 1, handshakeTimeout: 2000 });
  const { port } = listener.addr as Deno.NetAddr;
  using _silent = await Deno.connect({ hostname: "127.0.0.1", port });
  const conns = await Promise.all([listener.accept(), dial(listener)]);
  await Promise.all(conns.map((conn) => conn.close()));
});

Deno.test("a listener that is closed at maxConnections rejects accept()", async () => {
  using listener = start({ maxConnections: 1 });
  const [there, here] = await Promise.all([listener.accept(), dial(listener)]);
  const waiting = listener.accept();
  listener.close();
  await assertRejects(() => waiting, Deno.errors.BadResource);
  await Promise.all([there.close(), here.close()]);
});

Deno.test("listener.close({ drain }) waits for connections to end", async () => {
  using listener = start();
  const [there, here] = await Promise.all([listener.accept(), dial(listener)]);
  let isDrained = false;
  const drained = listener.close({ drain: 60_000 }).then(() => {
    isDrained = true;
  });
  await there.write(new Uint8Array(3));
  assertEquals(await here.read(new Uint8Array(9)), 3);
  assertEquals(isDrained, false);
  await Promise.all([there.close(), here.close()]);
  await drained;
});

Deno.test("listener.close({ drain }) aborts what is still open then", async () => {
  using listener = start();
  const [there, here] = await Promise.all([listener.accept(), dial(listener)]);
  const reading = assertRejects(
    () => there.read(new Uint8Array(9)),
    Deno.errors.BadResource,
  );
  await listener.close({ drain: 10 });
  await reading;
  assertEquals(listener.connections, 0);
  here.abort();
});

Deno.test("listener.close({ drain }) without connections is over at once", async () => {
  using listener = start();
  await listener.close({ drain: 60_000 });
});

Deno.test("maxConnections and drain are checked", () => {
  for (const maxConnections of [0, 1.5, -1, NaN]) {
    assertThrows(() => start({ maxConnections }), RangeError, "maxConnections");
  }
  using listener = start();
  assertThrows(() => listener.close({ drain: -1 }), RangeError, "drain");
  assertThrows(
    () => Reflect.apply(listener.close, listener, [{ drian: 1 }]),
    TypeError,
    "drian",
  );
});

Deno.test("maxConnections counts connections of acme-tls/1 until they have ended", async () => {
  const alpnProtocols = [ACME_TLS_1];
  const resumed = Promise.withResolvers<void>();
  using listener = start({
    alpnProtocols,
    maxConnections: 1,
    onListenerEvent: ({ type }) => type === "resumed" && resumed.resolve(),
  });
  const none = assertRejects(() => listener.accept(), Deno.errors.BadResource);
  const conn = await dial(listener, { alpnProtocols });
  assertEquals(await conn.read(new Uint8Array(1)), null);
  // The server's own end waits for the peer's, which may take its time.
  assertEquals(listener.connections, 1);
  await conn.close();
  await resumed.promise;
  assertEquals(listener.connections, 0);
  listener.close();
  await none;
});

Deno.test("maxConnections counts a connection whose handshake has failed until it has ended", async () => {
  const failed = Promise.withResolvers<number>();
  const resumed = Promise.withResolvers<void>();
  using listener = start({
    alpnProtocols: ["one"],
    maxConnections: 1,
    onListenerEvent: ({ type }) => type === "resumed" && resumed.resolve(),
    onHandshakeError: () => failed.resolve(listener.connections),
  });
  const none = assertRejects(() => listener.accept(), Deno.errors.BadResource);
  await assertRejects(() => dial(listener, { alpnProtocols: ["two"] }));
  assertEquals(await failed.promise, 1);
  await resumed.promise;
  assertEquals(listener.connections, 0);
  listener.close();
  await none;
});

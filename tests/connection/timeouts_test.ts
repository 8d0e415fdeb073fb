/**
 * Time limits and signals.
 *
 * @module
 */

import {
  assert,
  assertEquals,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { connect } from "../../connection/connect.ts";
import { Deadline } from "../../connection/transport/deadline.ts";
import { client, server } from "../../connection/wrap.ts";
import { TlsTimeoutError } from "../../errors.ts";
import {
  certificate,
  clientOptions,
  connected,
  crossed,
  pair,
  readBytes,
  serverOptions,
  settled,
  utf8,
} from "../_pair.ts";
import { FREELY, renegotiable } from "./_renegotiation.ts";
import { Timers } from "./_timers.ts";

Deno.test("handshakeTimeout ends a handshake with a peer that says nothing", async () => {
  for (const side of ["client", "server"] as const) {
    const { forClient, forServer } = crossed();
    const conn = side === "client"
      ? client(forClient, await clientOptions({ handshakeTimeout: 20 }))
      : server(forServer, await serverOptions({ handshakeTimeout: 20 }));
    const error = await assertRejects(() => conn.handshake(), TlsTimeoutError);
    assertEquals(error.code, "handshake_timeout");
    assertEquals(error.side, side);
    assertEquals(error.stage, "handshake");
    assertEquals(await conn.closed, { clean: false, error });
    assertStrictEquals(
      await assertRejects(() => conn.read(new Uint8Array(1))),
      error,
    );
  }
});

Deno.test("handshakeTimeout ends a handshake with a peer that sends one byte at a time", async () => {
  const { forClient, forServer } = crossed();
  const conn = server(
    forServer,
    await serverOptions({ handshakeTimeout: 1000 }),
  );
  const writer = forClient.writable.getWriter();
  writer.closed.catch(() => {});
  const shaking = conn.handshake();
  shaking.catch(() => {});
  let sent = 0;
  const drip = (async () => {
    // The beginning of a ClientHello that never ends.
    for (const byte of [22, 3, 1, 2, 0, 1, 0, 1, 0xfc]) {
      await writer.write(Uint8Array.of(byte));
      sent++;
    }
    for (;;) {
      await writer.write(Uint8Array.of(0));
      sent++;
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  })();
  const error = await assertRejects(() => shaking, TlsTimeoutError);
  assertEquals(error.code, "handshake_timeout");
  await assertRejects(() => drip);
  assert(sent > 9);
});

Deno.test("handshakeTimeout leaves no timer behind, and data has no limit", async () => {
  const ends = await connected({ handshakeTimeout: 60_000 }, {
    handshakeTimeout: 60_000,
  });
  await ends.client.write(utf8("x"));
  assertEquals(await readBytes(ends.server, 1), utf8("x"));
  await Promise.all([ends.client.close(), ends.server.close()]);
});

Deno.test("readTimeout ends a connection whose peer is silent", async () => {
  const ends = await connected({ readTimeout: 500 });
  const error = await assertRejects(
    () => ends.client.read(new Uint8Array(1)),
    TlsTimeoutError,
  );
  assertEquals(error.code, "read_timeout");
  assertEquals(error.stage, "data");
  assertEquals(error.side, "client");
  assertEquals(await ends.client.closed, { clean: false, error });
  await ends.server.close();
});

Deno.test("readTimeout does not count while nobody reads", async () => {
  await using ends = await connected({ readTimeout: 500 });
  await ends.server.write(utf8("late, but in time"));
  await new Promise((resolve) => setTimeout(resolve, 600));
  assertEquals(await readBytes(ends.client, 17), utf8("late, but in time"));
});

Deno.test("readTimeout does not count behind readable.cancel(), though a write waits for a handshake", async () => {
  using timers = new Timers(LIMIT);
  const written: Promise<number>[] = [];
  let isOpen = false;
  const ends = await renegotiable({
    ...FREELY,
    readTimeout: LIMIT,
    onEvent({ type }) {
      if (!isOpen || type !== "handshake_start") return;
      written.push(ends.client.write(utf8("x")));
    },
  });
  isOpen = true;
  await ends.client.readable.cancel();
  await settled();
  assertEquals(timers.count, 0);
  const reading = ends.server.read(new Uint8Array(1));
  await ends.server.renegotiate();
  assertEquals([await reading, written.length], [1, 1]);
  assertEquals(timers.count, 0);
  await ends[Symbol.asyncDispose]();
});

Deno.test("writeTimeout ends a connection whose peer reads nothing", async () => {
  const ends = await connected({ writeTimeout: 500 });
  const error = await assertRejects(async () => {
    for (;;) await ends.client.write(new Uint8Array(65_536));
  }, TlsTimeoutError);
  assertEquals(error.code, "write_timeout");
  assertEquals(error.stage, "data");
  assertEquals(await ends.client.closed, { clean: false, error });
  await ends.server.close();
});

Deno.test("signal gives up the handshake with its reason", async () => {
  const stop = new AbortController();
  const ends = await pair({ signal: stop.signal });
  const shaking = ends.client.handshake();
  shaking.catch(() => {});
  await settled();
  const reason = new Error("changed my mind");
  stop.abort(reason);
  assertStrictEquals(await assertRejects(() => shaking), reason);
  assertEquals(await ends.client.closed, { clean: false, error: reason });
  await ends.server.close();
});

Deno.test("signal that is aborted already has nothing sent", async () => {
  const { forClient, forServer } = crossed();
  const reason = new Error("too late");
  const conn = client(
    forClient,
    await clientOptions({ signal: AbortSignal.abort(reason) }),
  );
  assertStrictEquals(await assertRejects(() => conn.handshake()), reason);
  const reader = forServer.readable.getReader();
  await assertRejects(() => reader.read());
});

Deno.test("connect() has its time limit cover a server that only accepts", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const accepted = listener.accept();
  const error = await assertRejects(
    async () =>
      await connect({
        ...await clientOptions(),
        hostname: "127.0.0.1",
        port: listener.addr.port,
        // Dialling is over by then, on a busy machine, too.
        handshakeTimeout: 2000,
      }),
    TlsTimeoutError,
  );
  assertEquals(error.code, "handshake_timeout");
  assertEquals(error.stage, "handshake");
  (await accepted).close();
});

Deno.test("connect() has no time limit with handshakeTimeout 0", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const connecting = connect({
    ...await clientOptions(),
    hostname: "127.0.0.1",
    port: listener.addr.port,
    handshakeTimeout: 0,
  });
  connecting.catch(() => {});
  const socket = await listener.accept();
  // The least limit that there is would be over meanwhile.
  await new Promise((resolve) => setTimeout(resolve, 20));
  await using conn = server(socket, await serverOptions());
  const [ours] = await Promise.all([connecting, conn.handshake()]);
  await Promise.all([ours.close(), conn.close()]);
});

Deno.test("connect() has its signal cover dialling and the handshake", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const accepted = listener.accept();
  const options = {
    ...await clientOptions(),
    hostname: "127.0.0.1",
    port: listener.addr.port,
  };
  const reason = new Error("stop");
  assertStrictEquals(
    await assertRejects(() =>
      connect({ ...options, signal: AbortSignal.abort(reason) })
    ),
    reason,
  );
  const stop = new AbortController();
  const connecting = connect({ ...options, signal: stop.signal });
  connecting.catch(() => {});
  const socket = await accepted;
  stop.abort(reason);
  assertStrictEquals(await assertRejects(() => connecting), reason);
  socket.close();
});

Deno.test("connect() passes on what dialling throws", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  await assertRejects(
    async () =>
      await connect({ ...await clientOptions(), hostname: "127.0.0.1", port }),
    Deno.errors.ConnectionRefused,
  );
  await assertRejects(
    async () =>
      await connect({
        ...await clientOptions(),
        path: "/nonexistent/socket",
      }),
    Deno.errors.NotFound,
  );
});

Deno.test("Deadline calls back once and leaves nothing behind", async () => {
  let calls = 0;
  const stop = new AbortController();
  const deadline = new Deadline(1, stop.signal, () => calls++);
  await new Promise((resolve) => setTimeout(resolve, 10));
  stop.abort();
  deadline.clear();
  assertEquals(calls, 1);
  new Deadline(1000, stop.signal, () => calls++);
  assertEquals(calls, 2);
  new Deadline(0, undefined, () => calls++).clear();
  assertEquals(calls, 2);
});

Deno.test("time limits out of range are refused", async () => {
  const options = await clientOptions();
  for (const handshakeTimeout of [-1, 1.5, Infinity, NaN, 2 ** 31]) {
    assertThrows(
      () => client(crossed().forClient, { ...options, handshakeTimeout }),
      RangeError,
      "handshakeTimeout",
    );
  }
});

const never = () => new Promise<never>(() => {});

for (const version of ["TLSv1.3", "TLSv1.2"] as const) {
  Deno.test(`handshakeTimeout ends a handshake whose callback never answers, ${version}`, async () => {
    const limit = { handshakeTimeout: 50, maxVersion: version };
    const callbacks = [
      ["client", { ...limit, verify: never }, {}],
      ["server", {}, { ...limit, onClientHello: never }],
    ] as const;
    for (const [side, forClient, forServer] of callbacks) {
      await using ends = await pair(forClient, forServer);
      const other = ends[side === "client" ? "server" : "client"];
      other.handshake().catch(() => {});
      const error = await assertRejects(
        () => ends[side].handshake(),
        TlsTimeoutError,
      );
      assertEquals(error.code, "handshake_timeout");
      assertEquals(await ends[side].closed, { clean: false, error });
    }
  });
}

Deno.test("abort() rejects what waits for a callback that never answers", async () => {
  const { cert, key } = await certificate({ names: ["me"] });
  let asked = 0;
  const verify = () => {
    asked++;
    return never();
  };
  await using ends = await connected({ cert, key }, { verify });
  const reading = ends.client.read(new Uint8Array(1)).catch(() => {});
  const inquiry = ends.server.requestCertificate();
  const read = ends.server.read(new Uint8Array(1));
  while (asked === 0) await settled();
  const reason = new Error("enough");
  ends.server.abort(reason);
  assertStrictEquals(await assertRejects(() => inquiry), reason);
  assertStrictEquals(await assertRejects(() => read), reason);
  await reading;
});

Deno.test("no clock runs on for a handshake that was given up while a callback does not answer", async () => {
  using timers = new Timers(LIMIT);
  const asked = Promise.withResolvers<void>();
  const ends = await pair({}, {
    handshakeTimeout: LIMIT,
    onClientHello() {
      asked.resolve();
      return new Promise<never>(() => {});
    },
  });
  ends.client.handshake();
  const shaking = ends.server.handshake();
  await asked.promise;
  assertEquals(timers.count, 1);
  ends.server.abort();
  await assertRejects(() => shaking);
  assertEquals(timers.count, 0);
  ends.client.abort();
});

/** Of no other timer. */
const LIMIT = 54_321;

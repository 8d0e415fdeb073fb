/**
 * Whether a connection ends cleanly whose transport takes nothing more: only if
 * the peer's close_notify has come, and all data has gone.
 *
 * @module
 */

import {
  assertEquals,
  assertInstanceOf,
  assertRejects,
  assertStrictEquals,
  assertStringIncludes,
} from "@std/assert";
import {
  TlsAlertError,
  TlsProtocolError,
  TlsTimeoutError,
} from "../../../errors.ts";
import type { SocketConn } from "../../../connection/transport/transport.ts";
import { connected, crossed, type Pair, settled, utf8 } from "../../_pair.ts";
import { Timers } from "../_timers.ts";

const reason = new Error("the line is dead");

/** Both ends, and how to break the line from the client to the server. */
interface Breakable extends Pair {
  /** Has each write fail from here on. */
  breakLine(): void;
  /** Has each write wait for ever from here on. */
  blockLine(): void;
}

async function breakable(): Promise<Breakable> {
  const wires = crossed();
  const { readable, writable } = wires.forClient;
  let isDead = false;
  let blocked: PromiseWithResolvers<number> | undefined;
  const reader = readable.getReader();
  const writer = writable.getWriter();
  const addr = { transport: "tcp", hostname: "127.0.0.1", port: 1 } as const;
  const socket: SocketConn = {
    readable: new ReadableStream(),
    writable: new WritableStream(),
    localAddr: addr,
    remoteAddr: addr,
    async read(into) {
      const { value } = await reader.read();
      if (value === undefined) return null;
      into.set(value);
      return value.length;
    },
    async write(bytes) {
      if (isDead) throw reason;
      if (blocked !== undefined) return await blocked.promise;
      await writer.write(bytes.slice());
      return bytes.length;
    },
    closeWrite: () => isDead ? Promise.reject(reason) : writer.close(),
    close() {
      blocked?.reject(reason);
      return reader.cancel();
    },
  };
  const ends = await connected({}, {}, { ...wires, forClient: socket });
  return {
    ...ends,
    breakLine: () => isDead = true,
    blockLine: () => blocked = Promise.withResolvers(),
  };
}

async function endOfServer({ client, server }: Pair): Promise<void> {
  await server.closeWrite();
  assertEquals(await client.read(new Uint8Array(1)), null);
}

/** Lets timers run out until something has come to its end. */
async function passed(timers: Timers, end: Promise<unknown>): Promise<void> {
  let isOver = false;
  end.then(() => isOver = true);
  for (; !isOver; await settled()) timers.fire();
}

Deno.test("TlsConn.close() is clean if the transport fails behind all data, and the peer has ended", async () => {
  const ends = await breakable();
  await endOfServer(ends);
  ends.breakLine();
  await ends.client.close();
  assertEquals(await ends.client.closed, { clean: true });
  ends.server.abort();
});

Deno.test("TlsConn.close() is not clean if the transport fails and data is lost", async () => {
  const ends = await breakable();
  await endOfServer(ends);
  ends.breakLine();
  await ends.client.write(utf8("lost"));
  await ends.client.close();
  assertEquals(await ends.client.closed, { clean: false, error: reason });
  ends.server.abort();
});

Deno.test("TlsConn.close() is not clean if the transport fails before the peer has ended", async () => {
  using grace = new Timers(500);
  const ends = await breakable();
  ends.breakLine();
  const closing = ends.client.close();
  await passed(grace, closing);
  assertEquals(await ends.client.closed, { clean: false, error: reason });
  ends.server.abort();
});

Deno.test("TlsConn.closed is not clean if a write fails after the peer has ended", async () => {
  const ends = await breakable();
  await endOfServer(ends);
  ends.breakLine();
  await assertRejects(async () => {
    for (;;) await ends.client.write(utf8("lost"));
  });
  assertEquals(await ends.client.closed, { clean: false, error: reason });
  // Later calls get the reason, not that of a close in order.
  const late = await assertRejects(() => ends.client.write(utf8("late")));
  assertStrictEquals(late, reason);
  ends.server.abort();
});

Deno.test("TlsConn.closed has the peer's alert rather than the error of a write that failed before it", async () => {
  const ends = await breakable();
  ends.breakLine();
  const lost = assertRejects(async () => {
    for (;;) await ends.client.write(utf8("lost"));
  }, TlsAlertError);
  ends.server.abort(
    new TlsProtocolError("insufficient_security", "No more of this"),
  );
  const error = await lost;
  assertEquals(error.alert, "insufficient_security");
  assertEquals(await ends.client.closed, { clean: false, error });
});

Deno.test("TlsConn.closeWrite() that the transport does not take is clean after the peer's end", async () => {
  const ends = await breakable();
  await endOfServer(ends);
  ends.breakLine();
  await assertRejects(() => ends.client.closeWrite());
  assertEquals(await ends.client.closed, { clean: true });
  ends.server.abort();
});

Deno.test("TlsConn.closeWrite() that the transport does not take is not clean before the peer's end", async () => {
  using grace = new Timers(500);
  const ends = await breakable();
  ends.breakLine();
  const refused = assertRejects(() => ends.client.closeWrite());
  await passed(grace, refused);
  assertEquals(await ends.client.closed, { clean: false, error: reason });
  ends.server.abort();
});

Deno.test("TlsConn.close() gives up a transport that takes nothing for 30 seconds", async () => {
  using ticks = new Timers(5000);
  const ends = await breakable();
  await endOfServer(ends);
  ends.blockLine();
  let isOver = false;
  const closing = ends.client.close().then(() => isOver = true);
  for (let time = 0; time < 30_000; time += 5000) {
    await settled();
    assertEquals([isOver, ticks.count], [false, 1]);
    ticks.fire();
  }
  await closing;
  const result = await ends.client.closed;
  const error = result.clean ? undefined : result.error;
  assertInstanceOf(error, TlsTimeoutError);
  assertEquals(error.code, "close_timeout");
  assertStringIncludes(error.message, "take what was sent within 30000 ms");
  assertEquals(ticks.count, 0);
  ends.server.abort();
});

Deno.test("TlsConn.closed waits for reads of what came before a write failed, for 30 seconds without one", async () => {
  using limits = new Timers(30_000);
  const ends = await breakable();
  await ends.server.write(utf8("unread"));
  await endOfLine(ends);
  let isOver = false;
  ends.client.closed.then(() => isOver = true);
  for (const progress of [true, false]) {
    while (limits.count === 0) await settled();
    assertEquals([isOver, limits.count], [false, 1]);
    if (progress) await ends.client.read(new Uint8Array(1));
    limits.fire();
  }
  assertEquals(await ends.client.closed, { clean: false, error: reason });
  assertEquals(limits.count, 0);
});

/** A write fails, and no alert comes that would say why. */
async function endOfLine({ client, breakLine }: Breakable): Promise<void> {
  using grace = new Timers(500);
  breakLine();
  await passed(
    grace,
    assertRejects(async () => {
      for (;;) await client.write(utf8("lost"));
    }),
  );
}

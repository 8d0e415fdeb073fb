/**
 * Whether a connection ends cleanly whose transport takes nothing more: only if
 * the peer's close_notify has come, and all data has gone.
 *
 * @module
 */

import { assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import type { SocketConn } from "../../../connection/transport/transport.ts";
import { connected, crossed, type Pair, settled, utf8 } from "../../_pair.ts";
import { Timers } from "../_timers.ts";

const reason = new Error("the line is dead");

/** Both ends, and how to break the line from the client to the server. */
async function breakable(): Promise<Pair & { breakLine(): void }> {
  const wires = crossed();
  const { readable, writable } = wires.forClient;
  let isDead = false;
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
      await writer.write(bytes.slice());
      return bytes.length;
    },
    closeWrite: () => isDead ? Promise.reject(reason) : writer.close(),
    close: () => reader.cancel(),
  };
  const ends = await connected({}, {}, { ...wires, forClient: socket });
  return { ...ends, breakLine: () => isDead = true };
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

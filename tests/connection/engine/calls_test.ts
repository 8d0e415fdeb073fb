/**
 * What a `TlsConn` is called with, and what becomes of calls that nobody waits
 * for.
 *
 * @module
 */

import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import type { TlsConn } from "../../../connection/conn.ts";
import { TlsError } from "../../../errors.ts";
import { connected, pair, readBytes, utf8 } from "../../_pair.ts";

type Call = (conn: TlsConn) => unknown;

/** Calls whose arguments are none: mistakes of the caller, told at once. */
const mistakes: Record<string, Call> = {
  "read()": (conn) => Reflect.apply(conn.read, conn, []),
  "read(string)": (conn) => Reflect.apply(conn.read, conn, ["x"]),
  "read(list)": (conn) => Reflect.apply(conn.read, conn, [[1, 2, 3]]),
  "write()": (conn) => Reflect.apply(conn.write, conn, []),
  "write(string)": (conn) => Reflect.apply(conn.write, conn, ["x"]),
  "write(ArrayBuffer)": (conn) =>
    Reflect.apply(conn.write, conn, [new ArrayBuffer(1)]),
  "updateKeys(null)": (conn) => Reflect.apply(conn.updateKeys, conn, [null]),
  "updateKeys({ requestPeer: 1 })": (conn) =>
    Reflect.apply(conn.updateKeys, conn, [{ requestPeer: 1 }]),
  "updateKeys({ request: true })": (conn) =>
    Reflect.apply(conn.updateKeys, conn, [{ request: true }]),
  "renegotiate({ clientAuth: true })": (conn) =>
    Reflect.apply(conn.renegotiate, conn, [{ clientAuth: true }]),
  "renegotiate({ client: 1 })": (conn) =>
    Reflect.apply(conn.renegotiate, conn, [{ client: 1 }]),
};

for (const [name, call] of Object.entries(mistakes)) {
  Deno.test(`TlsConn.${name} is a TypeError at once, and the connection continues`, async () => {
    await using ends = await connected();
    await assertRejects(async () => await call(ends.client), TypeError);
    await ends.server.write(utf8("still here"));
    assertEquals(await readBytes(ends.client, 10), utf8("still here"));
  });
}

Deno.test("TlsConn.detach() refuses a locked stream, and the connection continues", async () => {
  await using ends = await connected();
  const reader = ends.client.readable.getReader();
  await assertRejects(() => ends.client.detach(), TypeError, "locked");
  await ends.client.write(utf8("x"));
  assertEquals(await readBytes(ends.server, 1), utf8("x"));
  reader.releaseLock();
});

for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
  Deno.test(`exportKeyingMaterial() of ${version} refuses what it cannot be asked for`, async () => {
    await using ends = await connected({ maxVersion: version });
    const ask = (...args: unknown[]) => () =>
      Reflect.apply(ends.client.exportKeyingMaterial, ends.client, args);
    assertThrows(ask(5, undefined, 16), TypeError, "label");
    assertThrows(ask("EXPERIMENTAL", "text", 16), TypeError, "context");
    assertThrows(ask("EXPERIMENTAL", null, 16), TypeError, "context");
    assertThrows(ask("EXPERIMENTAL", undefined, "16"), TypeError, "length");
    if (version === "TLSv1.3") {
      assertThrows(ask("", undefined, 16), RangeError, "label");
    } else {
      assertEquals(
        ends.client.exportKeyingMaterial("", undefined, 16),
        ends.server.exportKeyingMaterial("", undefined, 16),
      );
    }
    const long = new Uint8Array(65_536);
    assertThrows(ask("EXPERIMENTAL", long, 16), RangeError, "65536");
    for (const length of [-1, 0, 1.5, NaN, 65_536, 1e9]) {
      assertThrows(ask("EXPERIMENTAL", undefined, length), RangeError);
    }
    const context = new Uint8Array(65_535);
    assertEquals(
      ends.client.exportKeyingMaterial("EXPERIMENTAL", context, 4096),
      ends.server.exportKeyingMaterial("EXPERIMENTAL", context, 4096),
    );
  });

  const calls: Record<string, Call> = {
    handshake: (conn) => conn.handshake(),
    read: (conn) => conn.read(new Uint8Array(1)),
    write: (conn) => conn.write(utf8("x")),
    closeWrite: (conn) => conn.closeWrite(),
    close: (conn) => conn.close(),
    updateKeys: (conn) => conn.updateKeys(),
    requestCertificate: (conn) => conn.requestCertificate(),
    renegotiate: (conn) => conn.renegotiate(),
    detach: (conn) => conn.detach(),
    readable: ({ readable }) => readable.locked || readable.getReader(),
    writable: ({ writable }) => writable.locked || writable.getWriter(),
  };

  for (const [name, call] of Object.entries(calls)) {
    Deno.test(`${name} of ${version} may be left unobserved, however the connection ends`, async () => {
      const unhandled = watchRejections();
      const refused = await pair({
        maxVersion: version,
        serverName: "elsewhere.test",
      });
      call(refused.client);
      refused.client.handshake();
      refused.server.handshake();
      await Promise.all([refused.client.closed, refused.server.closed]);

      const aborted = await connected({ maxVersion: version });
      call(aborted.client);
      aborted.client.abort(new Error("It has been enough"));
      aborted.server.abort(new Error("It has been enough"));
      call(aborted.client);
      await Promise.all([aborted.client.closed, aborted.server.closed]);

      const over = await connected({ maxVersion: version });
      call(over.client);
      await Promise.all([over.client.close(), over.server.close()]);
      call(over.client);
      assertEquals(await unhandled.seen(), []);
    });
  }
}

Deno.test("errors of TlsConn after close() name side and stage", async () => {
  const ends = await connected();
  await Promise.all([ends.client.close(), ends.server.close()]);
  for (
    const call of [
      () => ends.client.read(new Uint8Array(1)),
      () => ends.client.write(utf8("x")),
      () => ends.client.updateKeys(),
    ]
  ) {
    const error = await assertRejects(call, TlsError);
    assertEquals(
      [error.code, error.side, error.stage],
      ["closed", "client", "data"],
    );
  }
  const half = await connected();
  await half.client.closeWrite();
  const error = await assertRejects(() => half.client.write(utf8("x")));
  assert(error instanceof TlsError);
  assertEquals([error.side, error.stage], ["client", "data"]);
  await Promise.all([half.client.close(), half.server.close()]);
});

/** Rejections that nobody observes, from now on until they are asked for. */
function watchRejections() {
  const found: unknown[] = [];
  const take = (event: PromiseRejectionEvent) => {
    event.preventDefault();
    found.push(event.reason);
  };
  globalThis.addEventListener("unhandledrejection", take);
  return {
    async seen() {
      // The runtime reports them when the microtasks have run dry.
      await new Promise((resolve) => setTimeout(resolve));
      await new Promise((resolve) => setTimeout(resolve));
      globalThis.removeEventListener("unhandledrejection", take);
      return found;
    },
  };
}

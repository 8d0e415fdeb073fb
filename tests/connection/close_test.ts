/**
 * How connections end.
 *
 * @module
 */

import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertRejects,
  assertStrictEquals,
} from "@std/assert";
import { toBytes, toText } from "@std/streams";
import {
  TlsAlertError,
  TlsError,
  TlsProtocolError,
  TlsTruncatedError,
} from "../../errors.ts";
import { tls13 } from "../../handshake/kinds.ts";
import { ContentType } from "../../registry.ts";
import { hostileServer } from "../_hostile_peer.ts";
import {
  connected,
  crossed,
  pair,
  pattern,
  pipe,
  readBytes,
  settled,
  tlsError,
  unbuffered,
  utf8,
} from "../_pair.ts";

Deno.test("TlsConn.closeWrite() ends the peer's reading and leaves ours open", async () => {
  await using ends = await connected();
  await ends.client.write(utf8("question"));
  await ends.client.closeWrite();
  assertEquals(await readBytes(ends.server, 100), utf8("question"));
  assertEquals(await ends.server.read(new Uint8Array(1)), null);
  assertEquals(await ends.server.read(new Uint8Array(1)), null);
  await ends.server.write(utf8("answer"));
  assertEquals(await readBytes(ends.client, 6), utf8("answer"));
});

Deno.test("TlsConn.closeWrite() ends with what was written before", async () => {
  await using ends = await connected();
  const bytes = pattern(300_000);
  const reading = toBytes(ends.server.readable);
  const writing = ends.client.write(bytes);
  await ends.client.closeWrite();
  await writing;
  assertEquals((await reading).length, bytes.length);
});

Deno.test("TlsConn.write() after closeWrite() is refused", async () => {
  await using ends = await connected();
  await ends.client.closeWrite();
  await ends.client.closeWrite();
  const error = await assertRejects(
    () => ends.client.write(utf8("x")),
    TlsError,
  );
  assertEquals(error.code, "closed");
});

Deno.test("TlsConn.writable.close() is closeWrite()", async () => {
  await using ends = await connected();
  const writer = ends.client.writable.getWriter();
  writer.write(utf8("all of it"));
  await writer.close();
  assertEquals(await toText(ends.server.readable), "all of it");
});

Deno.test("TlsConn closes the transport when both directions have ended", async () => {
  const ends = await connected();
  await Promise.all([ends.client.closeWrite(), ends.server.closeWrite()]);
  assertEquals(await ends.client.read(new Uint8Array(1)), null);
  assertEquals(await ends.server.read(new Uint8Array(1)), null);
  assertEquals(await ends.client.closed, { clean: true });
  assertEquals(await ends.server.closed, { clean: true });
  assertEquals(await ends.client.read(new Uint8Array(1)), null);
});

Deno.test("TlsConn closes the transport when the one that ended first hears the end", async () => {
  const ends = await connected();
  await ends.client.closeWrite();
  assertEquals(await ends.server.read(new Uint8Array(1)), null);
  await ends.server.closeWrite();
  assertEquals(await ends.server.closed, { clean: true });
  assertEquals(await ends.client.read(new Uint8Array(1)), null);
  assertEquals(await ends.client.closed, { clean: true });
});

Deno.test("TlsConn.close() of both ends at once is clean, also over pipes that hold nothing", async () => {
  for (const wires of [crossed(), unbuffered()]) {
    const ends = await connected({}, {}, wires);
    const start = performance.now();
    await Promise.all([ends.client.close(), ends.server.close()]);
    assert(performance.now() - start < 4000);
    assertEquals(await ends.client.closed, { clean: true });
    assertEquals(await ends.server.closed, { clean: true });
  }
});

Deno.test("TlsConn.close() closes while both streams are locked", async () => {
  const ends = await connected();
  const reader = ends.client.readable.getReader();
  const writer = ends.client.writable.getWriter();
  const waiting = reader.read();
  waiting.catch(() => {});
  writer.closed.catch(() => {});
  reader.closed.catch(() => {});
  await ends.client.close();
  await waiting.catch(() => {});
  assertEquals(await ends.server.read(new Uint8Array(1)), null);
  assertEquals(await ends.client.closed, { clean: true });
  await ends.server.close();
});

Deno.test("TlsConn.close() lets what was written leave", async () => {
  const ends = await connected();
  const bytes = pattern(400_000);
  const reading = toBytes(ends.server.readable);
  const writing = ends.client.write(bytes);
  writing.catch(() => {});
  await ends.client.close();
  assertEquals((await reading).length, bytes.length);
  await writing;
  await ends.server.close();
});

Deno.test("TlsConn.close() may be called again and again, and by await using", async () => {
  const ends = await connected();
  {
    await using _ = ends.client;
  }
  await ends.client.close();
  await ends.client.close();
  assertEquals(await ends.client.closed, { clean: true });
  await ends.server.close();
});

Deno.test("TlsConn.close() without a handshake closes the transport and sends nothing", async () => {
  const { forClient, forServer } = crossed();
  const ends = await pair({}, {}, { forClient, forServer });
  await ends.client.close();
  const read = ends.server.read(new Uint8Array(1));
  await assertRejects(() => read);
  await assertRejects(() => ends.client.handshake(), TlsError, "closed");
});

Deno.test("TlsConn.close() in the middle of the handshake ends it", async () => {
  const ends = await pair();
  const shaking = ends.client.handshake();
  shaking.catch(() => {});
  await settled();
  await ends.client.close();
  const error = await assertRejects(() => shaking, TlsError);
  assertEquals(error.code, "closed");
  assertEquals(error.stage, "handshake");
  assertEquals((await ends.client.closed).clean, false);
  await ends.server.close();
});

Deno.test("TlsConn.read() and write() after close() are refused with code closed", async () => {
  const ends = await connected();
  await ends.client.close();
  for (
    const call of [
      () => ends.client.write(utf8("x")),
      () => ends.client.read(new Uint8Array(1)),
    ]
  ) {
    assertEquals((await assertRejects(call, TlsError)).code, "closed");
  }
  await ends.server.close();
});

Deno.test("TlsConn.read() that waits when close() comes ends with code closed", async () => {
  const ends = await connected();
  const waiting = ends.client.read(new Uint8Array(1));
  waiting.catch(() => {});
  await ends.client.close();
  const result = await waiting.catch((error) => tlsError(error).code);
  assertEquals(result, "closed");
  await ends.server.close();
});

Deno.test("TlsConn.abort() rejects what is pending, and all that follows, with the reason", async () => {
  const ends = await connected();
  const reason = new Error("enough");
  const reading = ends.client.read(new Uint8Array(1));
  reading.catch(() => {});
  const writing = ends.client.write(new Uint8Array(8 * 2 ** 20));
  writing.catch(() => {});
  await settled();
  ends.client.abort(reason);
  ends.client.abort(new Error("second"));
  assertStrictEquals(await assertRejects(() => reading), reason);
  assertStrictEquals(await assertRejects(() => writing), reason);
  assertStrictEquals(
    await assertRejects(() => ends.client.write(utf8("x"))),
    reason,
  );
  assertStrictEquals(
    await assertRejects(() => ends.client.read(new Uint8Array(1))),
    reason,
  );
  assertStrictEquals(
    await assertRejects(() => toBytes(ends.client.readable)),
    reason,
  );
  assertEquals(await ends.client.closed, { clean: false, error: reason });
  await ends.client.close();
  await ends.server.close();
});

Deno.test("TlsConn.abort() tells the peer of the alert that its reason names, and of no other", async () => {
  for (const reason of [new TypeError("mine"), new Error("mine"), "mine"]) {
    const ends = await connected();
    ends.client.abort(reason);
    await assertRejects(
      () =>
        ends.server.read(new Uint8Array(1)).catch((error) => {
          throw error instanceof TlsAlertError ? error : new DOMException();
        }),
      DOMException,
    );
  }
  const ends = await connected();
  ends.client.abort(new TlsProtocolError("access_denied", "Not you"));
  const told = await assertRejects(
    () => ends.server.read(new Uint8Array(1)),
    TlsAlertError,
  );
  assertEquals(told.alert, "access_denied");
});

Deno.test("TlsConn.abort() without a reason gives an AbortError", async () => {
  const ends = await connected();
  ends.client.abort();
  const error = await assertRejects(
    () => ends.client.read(new Uint8Array(1)),
    DOMException,
  );
  assertEquals(error.name, "AbortError");
  await ends.server.close();
});

Deno.test("TlsConn.abort() before the handshake has it fail", async () => {
  const ends = await pair();
  const reason = new Error("never mind");
  ends.client.abort(reason);
  assertStrictEquals(
    await assertRejects(() => ends.client.handshake()),
    reason,
  );
  await ends.server.close();
});

Deno.test("TlsConn.readable gives all that came before it tells of a truncation", async () => {
  for (const wide of [false, true]) {
    const { peer, conn, flow } = await hostileServer({});
    await Promise.all([conn.handshake(), flow()]);
    await peer.sendRecord(
      ContentType.application_data,
      utf8("all but the end"),
    );
    await peer.end();
    let got = "";
    const error = await (wide
      ? assertRejects(async () => {
        for await (const chunk of conn.readable) {
          got += new TextDecoder().decode(chunk);
        }
      }, TlsTruncatedError)
      : assertRejects(async () => {
        for (;;) {
          const into = new Uint8Array(4);
          const count = await conn.read(into);
          if (count === null) break;
          got += new TextDecoder().decode(into.subarray(0, count));
        }
      }, TlsTruncatedError));
    assertEquals(got, "all but the end");
    assertEquals(error.code, "truncated");
    assertEquals(error.stage, "data");
    assertEquals(error.side, "client");
    assertEquals(await conn.closed, { clean: false, error });
  }
});

Deno.test("TlsConn.read() tells of a transport that ends in the middle of a record", async () => {
  const cut = pipe();
  const wires = crossed();
  const ends = await pair({}, {}, {
    forClient: { readable: cut.readable, writable: wires.forClient.writable },
    forServer: wires.forServer,
  });
  // Whatever the server sends, but for the last byte of its application data.
  const writer = cut.writable.getWriter();
  const relay = (async () => {
    const reader = wires.forClient.readable.getReader();
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      if (value.length === 5 + 50 + 1 + 16) {
        await writer.write(value.subarray(0, -1));
        await writer.close();
        await reader.cancel();
        return;
      }
      await writer.write(value);
    }
  })();
  await Promise.all([ends.client.handshake(), ends.server.handshake()]);
  const reading = ends.client.read(new Uint8Array(100));
  reading.catch(() => {});
  await settled();
  await ends.server.write(new Uint8Array(50));
  const error = await assertRejects(() => reading, TlsTruncatedError);
  assertEquals(error.message, "The transport ended in the middle of a record");
  assertEquals(error.stage, "data");
  await relay;
  ends.server.abort();
});

Deno.test("TlsConn gives a transport's own error as it is", async () => {
  const reason = new Error("the line is dead");
  const toClient = pipe();
  const ends = await connected({}, {}, crossed({ toClient }));
  await toClient.writable.abort(reason).catch(() => {});
  ends.server.abort(reason);
  const error = await assertRejects(() => ends.client.read(new Uint8Array(1)));
  assertStrictEquals(error, reason);
  assertEquals(await ends.client.closed, { clean: false, error: reason });
});

Deno.test("TlsConn.handshake() tells of a transport that ends", async () => {
  for (const side of ["client", "server"] as const) {
    const wires = crossed();
    const ends = await pair({}, {}, {
      ...wires,
      ...(side === "client"
        ? { forServer: crossed().forServer }
        : { forClient: crossed().forClient }),
    });
    const other = side === "client" ? wires.forServer : wires.forClient;
    const shaking = ends[side].handshake();
    shaking.catch(() => {});
    await other.writable.close();
    const error = await assertRejects(() => shaking, TlsTruncatedError);
    assertEquals(error.stage, "handshake");
    assertEquals(error.side, side);
    assertEquals(await ends[side].closed, { clean: false, error });
    await Promise.all([ends.client.close(), ends.server.close()]);
  }
});

Deno.test("client() with allowHalfOpen: false ends when the peer does", async () => {
  const ends = await connected({ allowHalfOpen: false });
  await ends.server.closeWrite();
  assertEquals(await ends.client.read(new Uint8Array(1)), null);
  assertEquals(await ends.client.closed, { clean: true });
  assertEquals(
    (await assertRejects(() => ends.client.write(utf8("x")), TlsError)).code,
    "closed",
  );
  assertEquals(await ends.server.read(new Uint8Array(1)), null);
  assertEquals(await ends.server.closed, { clean: true });
});

Deno.test("client() with allowHalfOpen: false sends what was written before the end came", async () => {
  const ends = await connected({ allowHalfOpen: false });
  await ends.client.write(utf8("before"));
  await ends.server.closeWrite();
  assertEquals(await ends.client.read(new Uint8Array(1)), null);
  assertEquals(await toText(ends.server.readable), "before");
});

Deno.test("TlsConn ignores what follows the peer's close_notify", async () => {
  const { peer, conn, flow } = await hostileServer({});
  await Promise.all([conn.handshake(), flow()]);
  await peer.sendRecord(ContentType.alert, Uint8Array.of(1, 0));
  await peer.sendRecord(ContentType.application_data, utf8("too late"));
  assertEquals(await conn.read(new Uint8Array(10)), null);
  assertEquals(await conn.read(new Uint8Array(10)), null);
  peer.cut();
  await conn.close();
});

Deno.test("TlsConn tells of a fatal alert by its name, and answers with none", async () => {
  const { peer, conn, flow } = await hostileServer({});
  await Promise.all([conn.handshake(), flow()]);
  await peer.sendRecord(ContentType.alert, Uint8Array.of(2, 80));
  const error = await assertRejects(
    () => conn.read(new Uint8Array(1)),
    TlsAlertError,
  );
  assertEquals(error.alert, "internal_error");
  assertEquals(error.code, "alert_received");
  assertEquals(error.description, 80);
  assertEquals(await conn.closed, { clean: false, error });
  // What is read is the client's flight, and then the transport's end.
  assertEquals(await peer.readAlert().catch(() => "end"), "end");
  const again = await assertRejects(() => conn.write(utf8("x")));
  assertStrictEquals(again, error);
});

Deno.test("TlsConn takes every alert of TLS 1.3 for fatal but two (RFC 8446 section 6)", async () => {
  const { peer, conn, flow } = await hostileServer({});
  await Promise.all([conn.handshake(), flow()]);
  // user_canceled as a warning says nothing yet.
  await peer.sendRecord(ContentType.alert, Uint8Array.of(1, 90));
  await peer.sendRecord(ContentType.application_data, utf8("on"));
  assertEquals(await readBytes(conn, 2), utf8("on"));
  await peer.sendRecord(ContentType.alert, Uint8Array.of(1, 40));
  const error = await assertRejects(
    () => conn.read(new Uint8Array(1)),
    TlsAlertError,
  );
  assertEquals(error.alert, "handshake_failure");
  peer.cut();
});

Deno.test("TlsConn names an alert that is not registered by its number", async () => {
  const { peer, conn, flow } = await hostileServer({});
  await Promise.all([conn.handshake(), flow()]);
  await peer.sendRecord(ContentType.alert, Uint8Array.of(2, 222));
  const error = await assertRejects(
    () => conn.read(new Uint8Array(1)),
    TlsAlertError,
  );
  assertEquals(error.description, 222);
  assertEquals(String(error.alert), "0xde");
  peer.cut();
});

Deno.test("TlsConn gives the first error again, whoever asks", async () => {
  const { peer, conn, flow } = await hostileServer({});
  await Promise.all([conn.handshake(), flow()]);
  await peer.sendRecord(ContentType.application_data, new Uint8Array(0));
  await peer.send(tls13.finished, { verifyData: new Uint8Array(32) });
  const error = await assertRejects(
    () => conn.read(new Uint8Array(1)),
    TlsProtocolError,
  );
  assertEquals(error.alert, "unexpected_message");
  for (
    const call of [
      () => conn.read(new Uint8Array(1)),
      () => conn.write(utf8("x")),
      () => toBytes(conn.readable),
      () => conn.updateKeys(),
    ]
  ) assertStrictEquals(await assertRejects(call), error);
  peer.cut();
});

Deno.test("TlsConn.detach() gives the transport back after close_notify both ways", async () => {
  const wires = crossed();
  const ends = await connected({}, {}, wires);
  const [client, server] = await Promise.all([
    ends.client.detach(),
    ends.server.detach(),
  ]);
  assertEquals(await ends.client.closed, { clean: true });
  const writer = client.writable.getWriter();
  const reader = server.readable.getReader();
  writer.write(utf8("in the clear"));
  assertEquals((await reader.read()).value, utf8("in the clear"));
  await writer.close();
  assertEquals((await reader.read()).done, true);
  await assertRejects(() => ends.client.write(utf8("x")));
});

Deno.test("TlsConn.detach() leaves the transport alone, whatever becomes of the connection", async () => {
  const wires = crossed();
  const ends = await connected({}, {}, wires);
  const [client, server] = await Promise.all([
    ends.client.detach(),
    ends.server.detach(),
  ]);
  await ends.client.close();
  ends.client.abort();
  ends.server.abort();
  await ends.server.close();
  const writer = client.writable.getWriter();
  const reader = server.readable.getReader();
  writer.write(utf8("in the clear"));
  assertEquals((await reader.read()).value, utf8("in the clear"));
  await writer.close();
});

Deno.test("TlsConn.detach() gives what came behind the peer's close_notify", async () => {
  const ends = await connected();
  const server = await Promise.race([ends.server.detach(), settled()]);
  assertEquals(server, undefined);
  const client = await ends.client.detach();
  const writer = client.writable.getWriter();
  await writer.write(utf8("220 again"));
  await writer.close();
  const detached = await ends.server.detach().catch((error) => error);
  if (detached instanceof Error) {
    // The first call is the one that got the transport.
    assertInstanceOf(detached, TlsError);
  }
});

Deno.test("TlsConn.detach() refuses while data of the peer are unread, and the connection goes on", async () => {
  await using ends = await connected();
  await ends.server.write(utf8("unread"));
  await assertRejects(
    () => ends.client.detach(),
    TypeError,
    "has not been read",
  );
  assertEquals(await readBytes(ends.client, 6), utf8("unread"));
});

Deno.test("TlsConn.detach() refuses while a part of what came is unread", async () => {
  await using ends = await connected();
  await ends.server.write(utf8("unread"));
  assertEquals(await ends.client.read(new Uint8Array(2)), 2);
  await assertRejects(
    () => ends.client.detach(),
    TypeError,
    "has not been read",
  );
  assertEquals(await readBytes(ends.client, 4), utf8("read"));
});

Deno.test("client() reads initialData before the transport", async () => {
  const wires = crossed();
  const ends = await pair({}, {}, wires);
  // The ClientHello is taken off the transport by somebody else.
  const shaking = ends.client.handshake();
  await ends.server.close();
  await shaking.catch(() => {});
  const again = crossed();
  const eavesdrop = pipe();
  const client = (await pair({}, {}, {
    forClient: {
      readable: again.forClient.readable,
      writable: eavesdrop.writable,
    },
    forServer: crossed().forServer,
  })).client;
  const done = client.handshake();
  const reader = eavesdrop.readable.getReader();
  const { value: hello } = await reader.read();
  reader.releaseLock();
  assert(hello !== undefined);
  const { server } = await pair({}, { initialData: hello }, {
    forClient: crossed().forClient,
    forServer: {
      readable: eavesdrop.readable,
      writable: again.forServer.writable,
    },
  });
  await Promise.all([done, server.handshake()]);
  assertEquals(server.stats.bytesRead, client.stats.bytesWritten);
  await Promise.all([client.close(), server.close()]);
});

Deno.test("TlsAlertError says what peers usually mean", () => {
  const error = new TlsAlertError(48);
  assertEquals(error.alert, "unknown_ca");
  assert(error.hint?.includes("does not trust the issuer"));
  assertEquals(
    error.message,
    `Received a fatal alert from the peer: unknown_ca. ${error.hint}`,
  );
  assertEquals(new TlsAlertError(48, "In other words").hint, undefined);
  assertEquals(new TlsAlertError(10).hint, undefined);
});

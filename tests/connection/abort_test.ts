/**
 * Ends of a TlsConn that are not clean: abort(), a transport that ends or
 * fails, a fatal alert.
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
import { toBytes } from "@std/streams";
import type { TlsConn } from "../../connection/conn.ts";
import {
  TlsAlertError,
  TlsProtocolError,
  TlsTruncatedError,
} from "../../errors.ts";
import { tls13 } from "../../handshake/messages/message_kinds.ts";
import { ContentType } from "../../registry.ts";
import { TlsCertificateError } from "../../x509/certificate/errors.ts";
import { issueCertificate } from "../../x509/issue/issue.ts";
import { hostileServer } from "../_hostile_peer.ts";
import {
  connected,
  crossed,
  pair,
  pipe,
  readBytes,
  settled,
  utf8,
} from "../_pair.ts";

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

Deno.test("TlsConn.abort() sends the alert that its reason names, and no other", async () => {
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

Deno.test("TlsConn.abort() without a reason rejects calls with an AbortError", async () => {
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

Deno.test("TlsConn.readable returns all that came before it reports a truncation", async () => {
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

Deno.test("TlsConn.read() reports a transport that ends in the middle of a record", async () => {
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

Deno.test("TlsConn.handshake() reports a transport that ends", async () => {
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

Deno.test("TlsConn reports a fatal alert by its name, and answers with no alert", async () => {
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

Deno.test("TlsConn treats every alert of TLS 1.3 but two as fatal (RFC 9846 section 6)", async () => {
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

Deno.test("TlsConn rejects every later call with the first error", async () => {
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

Deno.test("TlsConn.abort() ends a close() that waits for a transport that has stalled", async () => {
  let isStalled = false;
  const wires = crossed({
    toServer: pipe({
      async transform(chunk, controller) {
        if (isStalled) await new Promise<never>(() => {});
        controller.enqueue(chunk);
      },
    }),
  });
  const ends = await connected({}, {}, wires);
  isStalled = true;
  const writing = ends.client.write(new Uint8Array(2 ** 20));
  const closing = ends.client.close();
  await settled();
  ends.client.abort(new Error("enough"));
  // It would wait for 30 s.
  await closing;
  await assertRejects(() => writing, Error, "enough");
  assert(!(await ends.client.closed).clean);
  ends.server.abort(new Error("enough"));
});

// The alert is the connection's: a caller that ends the connection as soon as
// one of its calls rejects does not take it away.

for (
  const [name, call] of [
    ["handshake()", (conn) => conn.handshake()],
    ["read()", (conn) => conn.read(new Uint8Array(1))],
    ["write()", (conn) => conn.write(utf8("x"))],
  ] satisfies [string, (conn: TlsConn) => Promise<unknown>][]
) {
  Deno.test(`TlsConn.abort() behind a ${name} of a handshake that is refused leaves the alert alone`, async () => {
    const { peer, conn, flow } = await hostileServer({
      message: ({ name, raw }) =>
        name === "finished" ? flipped(raw) : undefined,
    });
    using _ = peer;
    const ended = call(conn).catch(() => conn.abort());
    const [told] = await Promise.allSettled([
      flow().then(() => peer.readAlert()),
      ended,
    ]);
    assertEquals(
      told.status === "fulfilled" ? told.value : told.reason.alert,
      "decrypt_error",
    );
  });
}

for (const reads of [false, true]) {
  const how = reads ? "that reads as well" : "that does not read";
  Deno.test(`TlsConn.abort() behind a requestCertificate() that is refused leaves the alert alone, at a server ${how}`, async () => {
    const stranger = await issueCertificate({ names: ["stranger"] });
    const ends = await connected(
      { cert: stranger.cert, key: stranger.key },
      { tickets: 0 },
    );
    const { client, server } = ends;
    if (reads) server.read(new Uint8Array(1)).catch(() => server.abort());
    const asked = server.requestCertificate().catch((error) => {
      server.abort();
      return error;
    });
    const told = await assertRejects(
      () => client.read(new Uint8Array(1)),
      TlsAlertError,
    );
    assertEquals(told.alert, "unknown_ca");
    assertInstanceOf(await asked, TlsCertificateError);
  });
}

Deno.test("TlsConn.abort() behind a renegotiate() that is refused leaves the alert alone", async () => {
  const stranger = await issueCertificate({ names: ["stranger"] });
  const tls12 = { minVersion: "TLSv1.2", maxVersion: "TLSv1.2" } as const;
  const { client, server } = await connected(
    {
      ...tls12,
      cert: stranger.cert,
      key: stranger.key,
      renegotiation: "freely",
    },
    tls12,
  );
  const asked = server.renegotiate({ clientAuth: "require" }).catch((error) => {
    server.abort();
    return error;
  });
  const told = await assertRejects(
    () => client.read(new Uint8Array(1)),
    TlsAlertError,
  );
  assertEquals(told.alert, "unknown_ca");
  assertInstanceOf(await asked, TlsCertificateError);
});

function flipped(raw: Uint8Array): Uint8Array {
  const wrong = raw.slice();
  wrong[wrong.length - 1] = (wrong[wrong.length - 1] ?? 0) ^ 1;
  return wrong;
}

/**
 * What close() waits for, and for how long; what becomes of a connection that
 * nobody reads.
 *
 * @module
 */

import {
  assert,
  assertEquals,
  assertRejects,
  assertStrictEquals,
} from "@std/assert";
import { toText } from "@std/streams";
import { Duplex } from "node:stream";
import type { ReadableWritablePair } from "node:stream/web";
import type { TlsConn } from "../../../connection/conn.ts";
import {
  TlsAlertError,
  TlsTimeoutError,
  TlsTruncatedError,
} from "../../../errors.ts";
import { ContentType } from "../../../registry.ts";
import { hostileClient, hostileServer } from "../../_hostile_peer.ts";
import {
  certificate,
  connected,
  crossed,
  pair,
  pattern,
  readBytes,
  settled,
  tlsError,
  unbuffered,
  utf8,
} from "../../_pair.ts";
import { Timers } from "../_timers.ts";

const { alert, application_data } = ContentType;
const CLOSE_NOTIFY = Uint8Array.of(1, 0);

Deno.test("TlsConn.close() reads what the peer still sends, so that neither waits for the other", async () => {
  const ends = await connected({}, {}, unbuffered());
  const written = [
    ends.client.write(pattern(1_000_000)),
    ends.server.write(pattern(1_000_000)),
  ];
  // Neither reads: without it both would wait for ever.
  await Promise.all([ends.client.close(), ends.server.close(), ...written]);
  assertEquals(await ends.client.closed, { clean: true });
  assertEquals(await ends.server.closed, { clean: true });
});

Deno.test("TlsConn.close() ends our direction before the peer has ended its own", async () => {
  const { peer, conn, flow } = await hostileServer({});
  await Promise.all([conn.handshake(), flow()]);
  const closing = conn.close();
  assertEquals((await peer.records.reader.read())?.type, alert);
  assertEquals(await peer.records.reader.read(), undefined);
  await peer.sendRecord(application_data, utf8("too late"));
  await peer.sendRecord(alert, CLOSE_NOTIFY);
  await closing;
  assertEquals(await conn.closed, { clean: true });
  peer.cut();
});

Deno.test("TlsConn.close() waits for nothing more once the peer has ended", async () => {
  using silence = new Timers(5000);
  const ends = await connected();
  await ends.server.closeWrite();
  assertEquals(await ends.client.read(new Uint8Array(1)), null);
  await ends.client.close();
  assertEquals(await ends.client.closed, { clean: true });
  assertEquals(silence.count, 0);
  await ends.server.close();
});

Deno.test("TlsConn.close() treats the end of the transport as the peer's end", async () => {
  const { peer, conn, flow } = await hostileServer({});
  await Promise.all([conn.handshake(), flow()]);
  const closing = conn.close();
  await peer.end();
  await closing;
  assertEquals(await conn.closed, { clean: true });
});

for (const limit of [5000, 30_000]) {
  Deno.test(`TlsConn.close() waits ${limit} ms for a peer that does not end, and says so`, async () => {
    using timers = new Timers(5000);
    const { peer, conn, flow } = await hostileServer({});
    await Promise.all([conn.handshake(), flow()]);
    const closing = conn.close();
    while (await peer.records.reader.read() !== undefined);
    // A byte starts the silence anew, and not the limit of all.
    for (let passed = 0; passed < limit; passed += 5000) {
      await peer.sendRecord(application_data, utf8("on and on"));
      await settled();
      assertEquals(timers.count, 1);
      timers.fire();
    }
    if (limit === 5000) timers.fire();
    await closing;
    const result = await conn.closed;
    assert(!result.clean && result.error instanceof TlsTimeoutError);
    assertEquals(result.error.code, "close_timeout");
    assertEquals(result.error.message.includes(`within ${limit} ms`), true);
    assertEquals(result.error.side, "client");
    assertEquals(timers.count, 0);
    peer.cut();
  });
}

Deno.test("TlsConn.close() gives up a peer that does not stop sending", async () => {
  const ends = await connected();
  const closing = ends.client.close();
  const bytes = pattern(100_000);
  const sending = assertRejects(async () => {
    for (;;) await ends.server.write(bytes);
  });
  await closing;
  const result = await ends.client.closed;
  assertEquals(!result.clean && tlsError(result.error).code, "close_overrun");
  await sending;
  await ends.server.close();
});

Deno.test("TlsConn.close() says so if a write before it was not taken", async () => {
  const { forClient, forServer } = crossed();
  const ends = await connected({}, {}, { forClient, forServer });
  const reason = new Error("nothing more is taken");
  ends.client.write(pattern(1_000_000)).catch(() => {});
  const closing = ends.client.close();
  ends.server.abort(reason);
  await closing;
  assertEquals((await ends.client.closed).clean, false);
});

Deno.test("TlsConn.close() reports an alert that comes instead of close_notify", async () => {
  const { peer, conn, flow } = await hostileServer({});
  await Promise.all([conn.handshake(), flow()]);
  const closing = conn.close();
  await peer.sendRecord(alert, Uint8Array.of(2, 49));
  await closing;
  const result = await conn.closed;
  assert(!result.clean && result.error instanceof TlsAlertError);
  assertEquals(result.error.alert, "access_denied");
  peer.cut();
});

Deno.test("TlsConn.abort() does not wait for the peer", async () => {
  using silence = new Timers(5000);
  const ends = await connected();
  const closing = ends.client.close();
  await settled();
  const reason = new Error("enough");
  ends.client.abort(reason);
  await closing;
  assertEquals(await ends.client.closed, { clean: false, error: reason });
  assertEquals(silence.count, 0);
  ends.server.abort();
});

Deno.test("TlsConn.closed settles when a write has failed and nobody reads", async () => {
  const reason = new Error("the line is dead");
  const { forClient, forServer } = crossed();
  let isDead = false;
  const writer = forClient.writable.getWriter();
  const ends = await connected({}, {}, {
    forServer,
    forClient: {
      readable: forClient.readable,
      writable: new WritableStream({
        write(bytes) {
          if (isDead) throw reason;
          return writer.write(bytes);
        },
      }),
    },
  });
  isDead = true;
  await assertRejects(async () => {
    for (;;) await ends.client.write(utf8("lost"));
  });
  assertEquals(await ends.client.closed, { clean: false, error: reason });
  ends.server.abort();
});

Deno.test("a client that only writes learns why it was refused", async () => {
  const ends = await pair({}, { clientAuth: "require" });
  const refused = assertRejects(() => ends.server.handshake());
  await ends.client.handshake();
  const error = await assertRejects(async () => {
    for (;;) await ends.client.write(pattern(100_000));
  }, TlsAlertError);
  assertEquals(error.code, "client_certificate_refused");
  assertEquals(await ends.client.closed, { clean: false, error });
  await refused;
});

Deno.test("a pool's client notices that the server has closed", async () => {
  const ends = await connected();
  await ends.client.write(utf8("question"));
  await readBytes(ends.server, 8);
  await ends.server.write(utf8("answer"));
  assertEquals(await readBytes(ends.client, 6), utf8("answer"));
  await ends.server.close();
  assertEquals(await ends.server.closed, { clean: true });
  assertEquals(await ends.client.closed, { clean: true });
});

Deno.test("an idle end notices a transport that is cut off, or an alert", async () => {
  for (const wrong of ["end", "alert"] as const) {
    const { peer, conn, flow } = await hostileClient({});
    await Promise.all([conn.handshake(), flow()]);
    if (wrong === "end") await peer.end();
    else await peer.sendRecord(alert, Uint8Array.of(2, 80));
    const result = await conn.closed;
    assert(!result.clean);
    assert(
      wrong === "end"
        ? result.error instanceof TlsTruncatedError
        : result.error instanceof TlsAlertError,
    );
    peer.cut();
  }
});

Deno.test("an idle client continues writing after the server's close_notify", async () => {
  const ends = await connected();
  await ends.server.closeWrite();
  await settled();
  await ends.client.write(utf8("more"));
  assertEquals(await readBytes(ends.server, 4), utf8("more"));
  await Promise.all([ends.client.close(), ends.server.close()]);
});

for (const reads of [true, false]) {
  Deno.test(
    `a client that ${
      reads ? "has read the end continues" : "neither reads nor writes closes"
    } once the server has ended its direction of the transport`,
    async () => {
      using unused = new Timers(500);
      const { forClient, forServer } = crossed();
      const writer = forServer.writable.getWriter();
      const writable = new WritableStream<Uint8Array>({
        write: (bytes) => writer.write(bytes),
      });
      const ends = await connected({}, {}, {
        forClient,
        forServer: { readable: forServer.readable, writable },
      });
      const reading = reads ? ends.client.read(new Uint8Array(1)) : null;
      await ends.server.closeWrite();
      assertEquals(await reading, null);
      await writer.close();
      for (let turn = 0; turn < 10; turn++) await settled();
      assertEquals(unused.count, reads ? 0 : 1);
      unused.fire();
      if (reads) {
        await ends.client.write(utf8("more"));
        assertEquals(await readBytes(ends.server, 4), utf8("more"));
        await ends.client.close();
      }
      assertEquals(await ends.client.closed, { clean: true });
      await ends.server.close();
    },
  );
}

Deno.test("an idle server answers a client that has ended its direction of the transport", async () => {
  const { forClient, forServer } = crossed();
  const writer = forClient.writable.getWriter();
  const writable = new WritableStream<Uint8Array>({
    write: (bytes) => writer.write(bytes),
  });
  const ends = await connected({}, {}, {
    forServer,
    forClient: { readable: forClient.readable, writable },
  });
  await ends.client.closeWrite();
  await writer.close();
  for (let turn = 0; turn < 10; turn++) await settled();
  await ends.server.write(utf8("answer"));
  assertEquals(await readBytes(ends.client, 6), utf8("answer"));
  await Promise.all([ends.client.close(), ends.server.close()]);
  assertEquals(await ends.server.closed, { clean: true });
});

Deno.test("an idle end reads one record and no more", async () => {
  const ends = await connected();
  const writing = ends.server.write(pattern(2_000_000));
  writing.catch(() => {});
  for (let turn = 0; turn < 100; turn++) await settled();
  // One record, and one buffer of the record layer.
  assert(ends.client.stats.bytesRead < 100_000);
  const reading = readBytes(ends.client, 2_000_000);
  await writing;
  assertEquals(await reading, pattern(2_000_000));
  await Promise.all([ends.client.close(), ends.server.close()]);
});

Deno.test("readTimeout is not for an idle connection", async () => {
  using timers = new Timers(LIMIT);
  const ends = await connected({ readTimeout: LIMIT });
  for (let turn = 0; turn < 10; turn++) await settled();
  assertEquals(timers.count, 0);
  const reading = ends.client.read(new Uint8Array(1));
  await settled();
  assertEquals(timers.count, 1);
  timers.fire();
  const error = await assertRejects(() => reading, TlsTimeoutError);
  assertEquals(error.code, "read_timeout");
  ends.server.abort();
});

Deno.test("Duplex.fromWeb(conn).destroy() sets an error in closed", async () => {
  for (const reason of [undefined, new Error("enough")]) {
    const ends = await connected();
    const duplex = Duplex.fromWeb(
      ends.client as unknown as ReadableWritablePair,
    );
    duplex.on("error", () => {});
    duplex.destroy(reason);
    const result = await ends.client.closed;
    assert(!result.clean && result.error instanceof Error);
    if (reason) assertStrictEquals(result.error, reason);
    ends.server.abort();
  }
});

Deno.test("TlsConn.detach() hands over what comes after a close_notify that was noticed before", async () => {
  const ends = await connected();
  const [, plain] = await Promise.all([
    settled().then(() => settled()),
    ends.server.closeWrite().then(() => ends.server),
  ]);
  const [ours, theirs] = await Promise.all([
    settled().then(() => ends.client.detach()),
    plain.detach(),
  ]);
  const bytes = pattern(20_000);
  const writer = theirs.writable.getWriter();
  writer.write(bytes);
  writer.close();
  assertEquals(
    await new Response(ours.readable).bytes(),
    bytes,
  );
});

Deno.test("TlsConn.requestCertificate() reads without the application", async () => {
  const ends = await withCertificate();
  const reading = toText(ends.client.readable);
  const writing = ends.client.write(utf8("before it"));
  const { certificates } = await ends.server.requestCertificate();
  assertEquals(certificates[0]?.subject, "CN=client.test");
  await writing;
  assertEquals(await readBytes(ends.server, 9), utf8("before it"));
  const closing = ends.server.close();
  assertEquals(await reading, "");
  await Promise.all([closing, ends.client.close()]);
});

Deno.test("TlsConn.requestCertificate() works while the answer to another one is judged", async () => {
  const judging = Promise.withResolvers<void>();
  const judged = Promise.withResolvers<boolean>();
  const ends = await withCertificate(() => {
    judging.resolve();
    return judged.promise;
  });
  const first = ends.server.requestCertificate();
  await judging.promise;
  const second = ends.server.requestCertificate();
  await settled();
  judged.resolve(true);
  for (const { certificates } of await Promise.all([first, second])) {
    assertEquals(certificates[0]?.subject, "CN=client.test");
  }
  await Promise.all([ends.client.close(), ends.server.close()]);
});

Deno.test("TlsConn.requestCertificate() is bounded by handshakeTimeout", async () => {
  using timers = new Timers(LIMIT);
  const { client: options } = await clientCertificate();
  const ends = await connected(
    { onCertificateRequest: () => new Promise<never>(() => {}), ...options },
    { handshakeTimeout: LIMIT },
  );
  const asked = ends.server.requestCertificate();
  await settled();
  assertEquals(timers.count, 1);
  timers.fire();
  const error = await assertRejects(() => asked, TlsTimeoutError);
  assertEquals(error.code, "handshake_timeout");
  assertEquals(timers.count, 0);
  ends.client.abort();
});

Deno.test("TlsConn.requestCertificate() settles when the peer has gone", async () => {
  for (const leave of ["abort", "closeWrite"] as const) {
    const ends = await connected({
      onCertificateRequest: () => new Promise<never>(() => {}),
      ...(await clientCertificate()).client,
    });
    const refused = assertRejects(() => ends.server.requestCertificate());
    await settled();
    await ends.client[leave]();
    await refused;
    ends.client.abort();
    ends.server.abort();
  }
});

async function clientCertificate() {
  const { cert, key } = await certificate({ names: ["client.test"] });
  return { client: { cert, key } };
}

/** A client that can be asked, and a server with the given `verify`. */
async function withCertificate(
  verify?: () => Promise<boolean>,
): Promise<{ client: TlsConn; server: TlsConn }> {
  const { client } = await clientCertificate();
  return await connected(client, verify === undefined ? {} : { verify });
}

/** Of no other timer. */
const LIMIT = 54_321;

/**
 * What a renegotiation means for a connection: its time, its events, and who
 * waits for it.
 *
 * @module
 */

import { assert, assertEquals, assertRejects } from "@std/assert";
import type { TlsConn } from "../../connection/conn.ts";
import type { ClientOptions } from "../../connection/options/options.ts";
import { TlsError, TlsTimeoutError } from "../../errors.ts";
import type { HandshakeEvent } from "../../handshake/io/events.ts";
import { makeClientHello } from "../../handshake/common/client_hello.ts";
import {
  clientKeyExchange,
  tls12,
} from "../../handshake/messages/message_kinds_tls12.ts";
import { ContentType } from "../../registry.ts";
import {
  renegotiateAsClient,
  renegotiateAsServer,
} from "../handshake/_renegotiation.ts";
import { optionsFor, suite } from "../handshake/_tls12.ts";
import {
  clientConfig,
  hostileClient,
  hostileServer,
  type Peer,
} from "../_hostile_peer.ts";
import { pattern, readBytes, settled, utf8 } from "../_pair.ts";
import {
  CLIENT_EVENTS,
  FREELY,
  milestones,
  readText,
  readToEnd,
  renegotiable,
} from "./_renegotiation.ts";
import { Timers } from "./_timers.ts";
import { asTls12 } from "../_established.ts";

/** Of no other timer. */
const LIMIT = 54_321;

/** Waits until a peer was sent `count` more records. */
async function records(peer: Peer, count: number): Promise<void> {
  for (; count > 0; count--) await peer.records.reader.read();
}

interface Waiting {
  readonly peer: Peer;
  readonly conn: TlsConn;
  /** Our reads that are under way. */
  readonly end: Promise<unknown>;
  /** What we asked for ourselves. */
  readonly asked?: Promise<unknown>;
}

/** Renegotiations whose peer says nothing more. */
const unanswered: Record<
  string,
  (options: { onEvent?: ClientOptions["onEvent"] }) => Promise<Waiting>
> = {
  async "that a client asks for"(more) {
    const { peer, conn, flow } = await hostileServer(
      {},
      await optionsFor(suite.ecdhe, {
        client: { ...more, handshakeTimeout: LIMIT },
      }),
    );
    await Promise.all([conn.handshake(), flow()]);
    const end = readToEnd(conn);
    const asked = conn.renegotiate();
    await records(peer, 1);
    return { peer, conn, end, asked };
  },
  async "that a server asks for"(more) {
    const { peer, conn, flow } = await hostileClient(
      {},
      await optionsFor(suite.ecdhe, {
        server: { ...more, handshakeTimeout: LIMIT },
      }),
    );
    await Promise.all([conn.handshake(), flow()]);
    const end = readToEnd(conn);
    const asked = conn.renegotiate();
    await records(peer, 1);
    return { peer, conn, end, asked };
  },
  async "that a client is asked for"(more) {
    const { peer, conn, flow } = await hostileServer(
      {},
      await optionsFor(suite.ecdhe, {
        client: { ...FREELY, ...more, handshakeTimeout: LIMIT },
      }),
    );
    await Promise.all([conn.handshake(), flow()]);
    const end = readToEnd(conn);
    await peer.send(tls12.helloRequest, {});
    await records(peer, 1);
    return { peer, conn, end };
  },
  async "that a client begins"(more) {
    const options = await optionsFor(suite.ecdhe, {
      server: { ...FREELY, ...more, handshakeTimeout: LIMIT },
    });
    const { peer, conn, flow } = await hostileClient({}, options);
    const [, previous] = await Promise.all([conn.handshake(), flow()]);
    const end = readToEnd(conn);
    const config = await clientConfig(options.client);
    const { client } = asTls12(previous).verifyData;
    const { raw } = await makeClientHello(config, undefined, [], client);
    await peer.sendRecord(ContentType.handshake, raw);
    // The flight from ServerHello to ServerHelloDone.
    await peer.io.read(tls12.serverHello);
    return { peer, conn, end };
  },
};

for (const [what, begin] of Object.entries(unanswered)) {
  Deno.test(`handshakeTimeout covers a renegotiation ${what}`, async () => {
    using timers = new Timers(LIMIT);
    const { peer, conn, end, asked } = await begin({});
    using _ = peer;
    // A server's HelloRequest does not hold up what it writes.
    const writes = what !== "that a server asks for";
    const writing = writes ? conn.write(utf8("held up")) : undefined;
    const ends = [asked, writing].map((wait) => wait?.catch((error) => error));
    assertEquals(timers.count, 1);
    timers.fire();
    const error = await end;
    assert(error instanceof TlsTimeoutError);
    assertEquals(error.code, "handshake_timeout");
    assertEquals(error.stage, "data");
    for (const told of ends) {
      if (told !== undefined) assertEquals(await told, error);
    }
    assertEquals(await conn.closed, { clean: false, error });
    await conn.close();
  });

  Deno.test(`close() does not wait for the answer to a renegotiation ${what}`, async () => {
    using timers = new Timers(LIMIT);
    const { peer, conn, end, asked } = await begin({});
    using _ = peer;
    const refused = asked?.catch((error) => error);
    const closing = conn.close();
    await peer.end();
    await closing;
    assertEquals(timers.count, 0);
    for (const told of [await refused ?? await end, await end]) {
      assert(told instanceof TlsError);
      assertEquals(told.code, "closed");
    }
  });
}

Deno.test("the clock stops when a renegotiation is over, and when it is refused", async () => {
  using timers = new Timers(LIMIT);
  const limit = { handshakeTimeout: LIMIT };
  for (const who of ["client", "server"] as const) {
    for (const other of [FREELY, {}]) {
      await using ends = await renegotiable(
        { ...limit, ...who === "server" && other },
        { ...limit, ...who === "client" && other },
      );
      const reads = [readToEnd(ends.client), readToEnd(ends.server)];
      const asked = ends[who].renegotiate();
      const refused = await asked.then(() => false, () => true);
      assertEquals(refused, other !== FREELY);
      await Promise.all([ends.client.closeWrite(), ends.server.closeWrite()]);
      assertEquals(await Promise.all(reads), [undefined, undefined]);
      assertEquals(timers.count, 0);
    }
  }
});

const SERVER_EVENTS = ["handshake_start", "read client_hello"];

for (const who of ["client", "server"] as const) {
  Deno.test(`onEvent gets the events of a renegotiation that a ${who} asks for, as of the first handshake`, async () => {
    const ofClient: HandshakeEvent[] = [];
    const ofServer: HandshakeEvent[] = [];
    await using ends = await renegotiable(
      { ...FREELY, onEvent: (event) => ofClient.push(event) },
      { ...FREELY, onEvent: (event) => ofServer.push(event) },
    );
    const first = [milestones(ofClient), milestones(ofServer)];
    assertEquals(first[0]?.slice(0, 2), CLIENT_EVENTS);
    assertEquals(first[1]?.slice(0, 2), SERVER_EVENTS);
    for (const told of first) assertEquals(told.at(-1), "handshake_done");
    ofClient.length = ofServer.length = 0;
    const reads = [readToEnd(ends.client), readToEnd(ends.server)];
    await ends[who].renegotiate();
    await Promise.all([ends.client.closeWrite(), ends.server.closeWrite()]);
    await Promise.all(reads);
    const request = who === "server" ? ["hello_request"] : [];
    assertEquals(
      milestones(ofClient).filter((told) => !told.includes("session_ticket")),
      [
        ...request.map((name) => `read ${name}`),
        ...(first[0] ?? []).filter((told) => !told.includes("session_ticket")),
      ],
    );
    assertEquals(
      milestones(ofServer).filter((told) => !told.includes("session_ticket")),
      [
        ...request.map((name) => `write ${name}`),
        ...(first[1] ?? []).filter((told) => !told.includes("session_ticket")),
      ],
    );
  });
}

Deno.test("onEvent gets the beginning of a refused renegotiation, and its failure", async () => {
  const events: HandshakeEvent[] = [];
  await using ends = await renegotiable({ onEvent: (e) => events.push(e) });
  const reads = [readToEnd(ends.client), readToEnd(ends.server)];
  events.length = 0;
  const refused = await assertRejects(
    () => ends.client.renegotiate(),
    TlsError,
  );
  assertEquals(milestones(events), [...CLIENT_EVENTS, "handshake_failed"]);
  const failed = events.findLast(({ type }) => type === "handshake_failed");
  assert(failed?.type === "handshake_failed");
  assertEquals(failed.error, refused);
  await Promise.all([ends.client.closeWrite(), ends.server.closeWrite()]);
  assertEquals(await Promise.all(reads), [undefined, undefined]);
});

for (const who of ["client", "server"] as const) {
  for (const canceller of ["client", "server"] as const) {
    Deno.test(`readable.cancel() of the ${canceller} does not stall a renegotiation that the ${who} has asked for`, async () => {
      const begun = Promise.withResolvers<void>();
      let starts = 0;
      const onEvent = ({ type }: HandshakeEvent) => {
        if (type === "handshake_start" && ++starts === 2) begun.resolve();
      };
      const observed = { ...FREELY, onEvent };
      await using ends = await renegotiable(
        canceller === "client" ? observed : FREELY,
        canceller === "server" ? observed : FREELY,
      );
      const other = canceller === "client" ? "server" : "client";
      const reading = readText(ends[other]);
      const reader = ends[canceller].readable.getReader();
      const read = (async () => {
        while (!(await reader.read()).done);
      })();
      const asked = ends[who].renegotiate();
      // Some of it comes before the handshake or in the middle of it.
      const unwanted = [1, 2].map(() => ends[other].write(utf8("unwanted")));
      await begun.promise;
      const cancelled = reader.cancel();
      const wanted = ends[canceller].write(utf8("but this"));
      await Promise.all([asked, cancelled, wanted, read, ...unwanted]);
      const error = await assertRejects(
        () => ends[canceller].renegotiate(),
        TlsError,
      );
      assertEquals(error.code, "closed");
      const closing = ends[canceller].close();
      assertEquals(await reading, "but this");
      await Promise.all([closing, ends[other].close()]);
    });
  }
}

Deno.test("readable.cancel() of a server does not stall the handshake that it has asked for", async () => {
  await using ends = await renegotiable(FREELY);
  const reading = readText(ends.client);
  const { recordsWritten } = ends.server.stats;
  const asked = ends.server.renegotiate();
  while (ends.server.stats.recordsWritten === recordsWritten) await settled();
  const unwanted = ends.client.write(utf8("unwanted"));
  await ends.server.readable.cancel();
  const [info] = await Promise.all([asked, unwanted]);
  assertEquals(info.version, "TLSv1.2");
  await ends.server.write(utf8("but this"));
  const closing = ends.server.close();
  assertEquals(await reading, "but this");
  await Promise.all([closing, ends.client.close()]);
});

Deno.test("readable.cancel() leaves the clock of a renegotiation running", async () => {
  for (const begin of Object.values(unanswered)) {
    using timers = new Timers(LIMIT);
    const { peer, conn, end, asked } = await begin({});
    using _ = peer;
    const refused = asked?.catch((error) => error);
    await conn.readable.cancel();
    assertEquals(timers.count, 1);
    timers.fire();
    const error = await end;
    assert(error instanceof TlsTimeoutError);
    if (asked !== undefined) assertEquals(await refused, error);
    assertEquals(await conn.closed, { clean: false, error });
  }
});

Deno.test("a client that refuses and begins a renegotiation has begun one", async () => {
  const options = await optionsFor(suite.ecdhe, { server: {} });
  let isSecond = false;
  const { peer, conn, flow } = await hostileClient({
    record: (type, bytes) =>
      isSecond && type === ContentType.handshake &&
        bytes[0] === clientKeyExchange.ecdhe.type
        ? [[ContentType.alert, Uint8Array.of(1, 100)], [type, bytes]]
        : undefined,
  }, options);
  using _ = peer;
  const [, previous] = await Promise.all([conn.handshake(), flow()]);
  isSecond = true;
  const end = readToEnd(conn);
  const asked = conn.renegotiate();
  await peer.records.reader.read();
  const config = await clientConfig(options.client);
  const [info] = await Promise.all([
    asked,
    renegotiateAsClient(peer, previous, config),
  ]);
  assertEquals(info.version, "TLSv1.2");
  await peer.sendRecord(ContentType.alert, Uint8Array.of(1, 0));
  assertEquals(await end, undefined);
  await settled();
});

for (const who of ["client", "server"] as const) {
  Deno.test(`a ${who} may wait for a renegotiation and read what came before it later`, async () => {
    await using ends = await renegotiable(FREELY, FREELY);
    const other = who === "client" ? "server" : "client";
    const reading = readText(ends[other]);
    await ends[other].write(utf8("before "));
    await ends[who].renegotiate();
    await ends[who].write(utf8("answer"));
    await ends[other].write(utf8("behind"));
    await ends[other].closeWrite();
    assertEquals(await readText(ends[who]), "before behind");
    await ends[who].close();
    assertEquals(await reading, "answer");
  });
}

Deno.test("a client that only writes has the renegotiation run that it is asked for", async () => {
  await using ends = await renegotiable(FREELY);
  const reading = readText(ends.server);
  const { recordsWritten } = ends.server.stats;
  const asked = ends.server.renegotiate();
  while (ends.server.stats.recordsWritten === recordsWritten) await settled();
  // One read sees the request, and gets the data behind it.
  const [count] = await Promise.all([
    ends.client.read(new Uint8Array(100)),
    ends.server.write(utf8("data")),
  ]);
  assertEquals(count, 4);
  await ends.client.write(utf8("answer"));
  await Promise.all([asked, ends.server.write(utf8("more"))]);
  await ends.client.closeWrite();
  assertEquals(await reading, "answer");
  await ends.server.close();
  assertEquals(await readText(ends.client), "more");
});

Deno.test("more data than there is room for wait for reads, and so does a renegotiation", async () => {
  const options = await optionsFor(suite.ecdhe);
  const { peer, conn, flow } = await hostileServer({}, options);
  using _ = peer;
  const [, previous] = await Promise.all([conn.handshake(), flow()]);
  const asked = conn.renegotiate();
  let isOver = false;
  asked.then(() => isOver = true);
  const data = pattern(300_000);
  const sending = peer.sendRecord(ContentType.application_data, data);
  const serving = sending.then(async () =>
    await renegotiateAsServer(peer, previous, options.server)
  );
  // What is taken of the transport tells when no more is.
  let taken = -1;
  while (conn.stats.bytesRead !== taken) {
    taken = conn.stats.bytesRead;
    for (let turn = 0; turn < 20; turn++) await settled();
  }
  assertEquals(isOver, false);
  assertEquals(await readBytes(conn, data.length), data);
  await Promise.all([asked, serving]);
});

Deno.test("no data leave in the middle of a renegotiation", async () => {
  const options = await optionsFor(suite.ecdhe);
  const { peer, conn, flow } = await hostileServer({}, options);
  using _ = peer;
  const [, previous] = await Promise.all([conn.handshake(), flow()]);
  const { recordsWritten } = conn.stats;
  const asked = conn.renegotiate();
  while (conn.stats.recordsWritten === recordsWritten) await settled();
  const writing = conn.write(utf8("behind"));
  // The peer takes no data in its handshake.
  const serving = renegotiateAsServer(peer, previous, options.server);
  await Promise.all([serving, asked, writing]);
  const fragment = await peer.records.reader.read();
  assertEquals(fragment?.type, ContentType.application_data);
  assertEquals(fragment?.bytes, utf8("behind"));
});

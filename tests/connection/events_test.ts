/**
 * The events of connections and listeners from their beginning to their end.
 *
 * @module
 */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { listen } from "../../connection/listen.ts";
import type { ListenerEvent } from "../../connection/options/listen_options.ts";
import { connect } from "../../connection/connect.ts";
import { server } from "../../connection/wrap.ts";
import { TlsError } from "../../errors.ts";
import type { HandshakeEvent } from "../../handshake/io/events.ts";
import {
  clientOptions,
  connected,
  crossed,
  outcomes,
  pair,
  serverOptions,
} from "../_pair.ts";

/** The events of the states, and the last one of each type. */
function recorder() {
  const events: HandshakeEvent[] = [];
  return {
    onEvent: (event: HandshakeEvent) => void events.push(event),
    states: () =>
      events.map(({ type }) => type).filter((type) =>
        type.startsWith("handshake") || type === "closed"
      ),
    failed: () => {
      const found = events.find((event) => event.type === "handshake_failed");
      assert(found?.type === "handshake_failed");
      return found;
    },
    closed: () => {
      const found = events.at(-1);
      assert(found?.type === "closed");
      return found;
    },
    events,
  };
}

Deno.test("onEvent gets each state of a connection with its time", async () => {
  const [ofClient, ofServer] = [recorder(), recorder()];
  const ends = await connected(
    { onEvent: ofClient.onEvent },
    { onEvent: ofServer.onEvent },
  );
  await ends[Symbol.asyncDispose]();
  for (const { states, closed, events } of [ofClient, ofServer]) {
    assertEquals(states(), ["handshake_start", "handshake_done", "closed"]);
    assertEquals(closed().clean, true);
    assert(!("error" in closed()));
    const times = events.map(({ time }) => time);
    assertEquals(times, times.toSorted((a, b) => a - b));
    assert(times.every((time) => time > 0 && time <= performance.now()));
  }
});

Deno.test("onEvent gets the failure of a handshake at both ends, and the end of the connection", async () => {
  const [ofClient, ofServer] = [recorder(), recorder()];
  await using ends = await pair(
    { onEvent: ofClient.onEvent, minVersion: "TLSv1.3" },
    { onEvent: ofServer.onEvent, maxVersion: "TLSv1.2" },
  );
  const told = await outcomes(ends);
  await Promise.all([ends.client.closed, ends.server.closed]);
  const ways = [
    ["client", ofClient, told.client],
    ["server", ofServer, told.server],
  ] as const;
  for (const [side, { states, failed, closed }, error] of ways) {
    assertEquals(states(), ["handshake_start", "handshake_failed", "closed"]);
    assertEquals(failed().side, side);
    assert(error instanceof TlsError);
    assertEquals(failed().error, error);
    assertEquals(closed().clean, false);
    assertEquals(closed().error, error);
  }
});

Deno.test("onEvent gets a handshake that took too long or was aborted", async () => {
  const late = recorder();
  const slow = server(
    crossed().forServer,
    await serverOptions({ onEvent: late.onEvent, handshakeTimeout: 1 }),
  );
  const timeout = await assertRejects(() => slow.handshake(), TlsError);
  await slow.closed;
  assertEquals(late.states(), [
    "handshake_start",
    "handshake_failed",
    "closed",
  ]);
  assertEquals(timeout.code, "handshake_timeout");
  assertEquals(late.failed().error, timeout);

  const gone = recorder();
  const aborted = server(
    crossed().forServer,
    await serverOptions({ onEvent: gone.onEvent }),
  );
  const handshake = aborted.handshake();
  const reason = new Error("no more");
  aborted.abort(reason);
  assertEquals(await handshake.catch((error) => error), reason);
  await aborted.closed;
  assertEquals(gone.states(), [
    "handshake_start",
    "handshake_failed",
    "closed",
  ]);
  assertEquals(gone.failed().error, reason);
});

Deno.test("onEvent gets a handshake that a callback holds up until the timeout", async () => {
  const { onEvent, states, failed } = recorder();
  const never = new Promise<boolean>(() => {});
  await using ends = await pair({
    onEvent,
    handshakeTimeout: 50,
    verify: () => never,
  });
  const told = await outcomes(ends);
  await ends.client.closed;
  assertEquals(states(), ["handshake_start", "handshake_failed", "closed"]);
  assertEquals(failed().error, told.client);
});

Deno.test("onListenerEvent gets what becomes of a listener", async () => {
  const events: ListenerEvent[] = [];
  const paused = Promise.withResolvers<void>();
  const listener = listen({
    hostname: "127.0.0.1",
    port: 0,
    ...await serverOptions(),
    maxConnections: 1,
    onListenerEvent: (event) => {
      events.push(event);
      if (event.type === "paused") paused.resolve();
      throw new Error("a fault of the caller's");
    },
  });
  await listener.ready;
  const { port } = listener.addr as Deno.NetAddr;
  const options = await clientOptions({});
  const [first, there] = await Promise.all([
    connect({ ...options, hostname: "127.0.0.1", port }),
    listener.accept(),
  ]);
  const second = listener.accept();
  await paused.promise;
  await Promise.all([first.close(), there.close()]);
  await using other = await connect({
    ...options,
    hostname: "127.0.0.1",
    port,
  });
  await using _ = await second;
  assertEquals(other.info.version, "TLSv1.3");
  listener.close();
  assertEquals(
    events.map(({ time: _, ...event }) =>
      event.type === "closed" ? { type: event.type } : event
    ),
    [
      { type: "listening", addr: listener.addr },
      { type: "paused", reason: "maxConnections" },
      { type: "resumed" },
      { type: "paused", reason: "maxConnections" },
      { type: "closed" },
    ],
  );
  const last = events.at(-1);
  assert(last?.type === "closed");
  assert(last.error instanceof Deno.errors.BadResource);
  const times = events.map(({ time }) => time);
  assertEquals(times, times.toSorted((a, b) => a - b));
});

Deno.test("onListenerEvent gets no listening from a listener that cannot serve", async () => {
  const events: string[] = [];
  const { cert } = await serverOptions();
  const { key } = await serverOptions(await otherKey());
  const listener = listen({
    hostname: "127.0.0.1",
    port: 0,
    cert,
    key,
    onListenerEvent: ({ type }) => void events.push(type),
  });
  await assertRejects(() => listener.ready, TlsError);
  assertEquals(events, ["closed"]);
});

async function otherKey() {
  const { issueCertificate } = await import("../../x509/issue/issue.ts");
  const { key } = await issueCertificate({ names: ["other.test"] });
  return { key };
}

/**
 * What a handshake reports: events and the trace.
 *
 * @module
 */

import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import type { HandshakeEvent } from "../../../handshake/io/events.ts";
import { connected, pair, readBytes, utf8 } from "../../_pair.ts";

Deno.test("onEvent is called for every message and alert, in order", async () => {
  const events: HandshakeEvent[] = [];
  const ends = await connected({ onEvent: (event) => events.push(event) }, {
    tickets: 0,
  });
  await ends[Symbol.asyncDispose]();
  const told = events.map((event) =>
    event.type === "message"
      ? `${event.direction} ${event.name}`
      : event.type === "alert"
      ? `${event.direction} ${event.alert}`
      : event.type
  ).filter((line) => line !== "key_change" && line !== "change_cipher_spec");
  assertEquals(told.slice(0, 9), [
    "handshake_start",
    "write client_hello",
    "read server_hello",
    "read encrypted_extensions",
    "read certificate",
    "read certificate_verify",
    "read finished",
    "write finished",
    "handshake_done",
  ]);
  assert(told.includes("write close_notify"));
  for (const event of events) {
    if (event.type === "message") assert(event.bytes.length >= 4);
  }
});

Deno.test("trace writes readable lines without secrets or content", async () => {
  const lines: string[] = [];
  const ends = await connected({ trace: (line) => lines.push(line) });
  await ends.client.write(utf8("top secret"));
  await readBytes(ends.server, 10);
  await ends[Symbol.asyncDispose]();
  const all = lines.join("\n");
  assertStringIncludes(all, "client_hello");
  assertStringIncludes(all, "server_hello");
  assertStringIncludes(all, "close_notify");
  assert(!all.includes("top secret"));
  for (const line of lines) assertMatch(line, /^client (->|<-|--) /);
});

Deno.test("onEvent may wait for the handshake that it is called for, and write after it", async () => {
  for (const side of ["client", "server"] as const) {
    const sent: string[] = [];
    const asked: Promise<unknown>[] = [];
    const onEvent = (event: HandshakeEvent) => {
      if (event.type === "handshake_start") {
        asked.push(ends[side].handshake(), ends[side].write(utf8("first")));
      }
      if (event.type === "message" && event.direction === "write") {
        sent.push(event.name);
      }
    };
    await using ends = await pair(
      side === "client" ? { onEvent } : {},
      side === "server" ? { onEvent } : {},
    );
    const other = side === "client" ? "server" : "client";
    const [bytes] = await Promise.all([
      readBytes(ends[other], 5),
      ends[side].handshake(),
    ]);
    assertEquals(bytes, utf8("first"));
    await Promise.all(asked);
    assertEquals(asked.length, 2);
    assertEquals(sent.filter((name) => name === sent[0]).length, 1);
  }
});

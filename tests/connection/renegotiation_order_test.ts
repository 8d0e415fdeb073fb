/**
 * What goes on at an end of its own while a renegotiation is begun or under way.
 *
 * @module
 */

import { assert, assertEquals, assertRejects } from "@std/assert";
import type { HandshakeEvent } from "../../handshake/io/events.ts";
import { pattern, readBytes, settled, utf8 } from "../_pair.ts";
import {
  CLIENT_EVENTS,
  FREELY,
  milestones,
  readText,
  readToEnd,
  renegotiable,
} from "./_renegotiation.ts";

Deno.test("a client that asks for a renegotiation while it begins one has begun one", async () => {
  const events: HandshakeEvent[] = [];
  const asking = Promise.withResolvers<unknown>();
  let starts = 0;
  await using ends = await renegotiable({
    ...FREELY,
    onEvent(event) {
      events.push(event);
      if (event.type === "handshake_start" && ++starts === 2) {
        ends.client.renegotiate().catch(asking.resolve);
      }
    },
  });
  events.length = 0;
  const reads = [readToEnd(ends.client), readToEnd(ends.server)];
  const [, refused] = await Promise.all([
    ends.server.renegotiate(),
    asking.promise,
  ]);
  assert(refused instanceof TypeError);
  assertEquals(
    milestones(events).filter((told) => CLIENT_EVENTS.includes(told)),
    CLIENT_EVENTS,
  );
  await Promise.all([ends.client.closeWrite(), ends.server.closeWrite()]);
  assertEquals(await Promise.all(reads), [undefined, undefined]);
});

for (const how of ["asked for", "answered"]) {
  Deno.test(`what a client writes when a renegotiation was ${how} follows it, close_notify too`, async () => {
    const lines: string[] = [];
    const writing: Promise<unknown>[] = [];
    const cue = how === "answered" ? "<- server_hello" : "-> client_hello";
    let isFirst = true;
    await using ends = await renegotiable({
      trace(line) {
        lines.push(line.replace(/^client |, \d+ bytes$/g, ""));
        if (isFirst || !line.includes(cue)) return;
        isFirst = true;
        writing.push(ends.client.write(utf8("data")), ends.client.closeWrite());
      },
    }, FREELY);
    isFirst = false;
    lines.length = 0;
    const data = readText(ends.server);
    const end = readToEnd(ends.client);
    await ends.client.renegotiate();
    await Promise.all(writing);
    assertEquals(await data, "data");
    assertEquals(
      lines.filter((line) => /handshake_done|-> record (app|alert)/.test(line)),
      ["-- handshake_done", "-> record application_data", "-> record alert"],
    );
    await ends.server.closeWrite();
    assertEquals(await end, undefined);
  });
}

Deno.test("closeWrite() leaves a renegotiation that has begun to its end", async () => {
  for (const who of ["client", "server"] as const) {
    const begun = Promise.withResolvers<void>();
    let starts = 0;
    const onEvent = ({ type }: HandshakeEvent) => {
      if (type === "handshake_start" && ++starts === 2) begun.resolve();
    };
    await using ends = await renegotiable(
      { ...FREELY, ...who === "client" && { onEvent } },
      { ...FREELY, ...who === "server" && { onEvent } },
    );
    const reads = [readToEnd(ends.client), readToEnd(ends.server)];
    const asked = ends.client.renegotiate();
    await begun.promise;
    await ends[who].closeWrite();
    assertEquals((await asked).version, "TLSv1.2");
    await Promise.all([ends.client.closeWrite(), ends.server.closeWrite()]);
    assertEquals(await Promise.all(reads), [undefined, undefined]);
  }
});

Deno.test("closeWrite() leaves a renegotiation that the server asks for before the last data has gone", async () => {
  await using ends = await renegotiable(FREELY);
  const end = readToEnd(ends.client);
  const bytes = pattern(400_000);
  // More than the transport takes, so that close_notify waits behind it.
  await ends.client.write(bytes);
  const closing = ends.client.closeWrite();
  await settled();
  const asked = ends.server.renegotiate();
  await settled();
  assertEquals(await readBytes(ends.server, bytes.length), bytes);
  assertEquals((await asked).version, "TLSv1.2");
  await closing;
  assertEquals(await readToEnd(ends.server), undefined);
  await ends.server.closeWrite();
  assertEquals(await end, undefined);
});

Deno.test("a client that is aborted while it begins a renegotiation sends no ClientHello", async () => {
  const events: HandshakeEvent[] = [];
  let starts = 0;
  const ends = await renegotiable({
    onEvent(event) {
      events.push(event);
      if (event.type === "handshake_start" && ++starts === 2) {
        ends.client.abort();
      }
    },
  });
  events.length = 0;
  await assertRejects(() => ends.client.renegotiate(), DOMException);
  await settled();
  assertEquals(milestones(events), ["handshake_start", "handshake_failed"]);
  await ends.server.close();
});

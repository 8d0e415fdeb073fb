/**
 * Two duplexes joined.
 *
 * @module
 */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { type Duplex, pipeDuplex } from "../../mod.ts";
import {
  connected,
  crossed,
  pattern,
  readBytes,
  settled,
  utf8,
} from "../_pair.ts";

Deno.test("pipeDuplex() joins two connections, with half-close", async () => {
  const [front, back] = [await connected(), await connected()];
  const piping = pipeDuplex(front.server, back.client);
  const bytes = pattern(500_000);
  const [read] = await Promise.all([
    readBytes(back.server, bytes.length),
    front.client.write(bytes).then(() => front.client.closeWrite()),
  ]);
  assertEquals(read, bytes);
  assertEquals(await back.server.read(new Uint8Array(1)), null);
  // One direction has ended, and the other goes on.
  await back.server.write(utf8("answer"));
  assertEquals(await readBytes(front.client, 6), utf8("answer"));
  await back.server.closeWrite();
  assertEquals(await front.client.read(new Uint8Array(1)), null);
  await piping;
  assertEquals(
    await Promise.all(
      [front.client, front.server, back.client, back.server]
        .map(({ closed }) => closed),
    ),
    Array.from({ length: 4 }, () => ({ clean: true })),
  );
});

Deno.test("pipeDuplex() passes a half-close on to a plain socket", async () => {
  const { near, far } = await tcp();
  const ends = await connected();
  const piping = pipeDuplex(ends.server, near);
  await ends.client.write(utf8("question"));
  await ends.client.closeWrite();
  assertEquals(await readBytes(far, 8), utf8("question"));
  assertEquals(await far.read(new Uint8Array(1)), null);
  await far.write(utf8("answer"));
  await far.closeWrite();
  assertEquals(await readBytes(ends.client, 6), utf8("answer"));
  await piping;
  far.close();
  await ends.client.close();
});

Deno.test("pipeDuplex() aborts the other when one fails", async () => {
  const [front, back] = [await connected(), await connected()];
  const piping = pipeDuplex(front.server, back.client);
  const reading = back.server.read(new Uint8Array(1));
  const reason = new Error("gone");
  front.client.abort(reason);
  await assertRejects(() => piping);
  await assertRejects(() => reading);
});

Deno.test("pipeDuplex() aborts both when a write fails", async () => {
  const { forClient, forServer } = crossed();
  const reason = new Error("no more");
  const failing: Duplex = {
    readable: new ReadableStream(),
    writable: new WritableStream({
      write() {
        throw reason;
      },
    }),
  };
  const piping = pipeDuplex(forServer, failing);
  const writer = forClient.writable.getWriter();
  writer.closed.catch(() => {});
  await writer.write(utf8("x"));
  assertEquals(await assertRejects(() => piping), reason);
  await assertRejects(() => forClient.readable.getReader().read());
});

Deno.test("pipeDuplex() has back-pressure", async () => {
  const front = crossed();
  let pulled = 0;
  const source: Duplex = {
    readable: new ReadableStream({
      pull(controller) {
        pulled++;
        controller.enqueue(new Uint8Array(65_536));
      },
    }, { highWaterMark: 0 }),
    writable: new WritableStream(),
  };
  const controller = new AbortController();
  const piping = pipeDuplex(source, front.forServer, controller);
  for (let turn = 0; turn < 20; turn++) await settled();
  assert(pulled < 20, `${pulled} chunks were read that nobody takes`);
  controller.abort(new Error("enough"));
  await assertRejects(() => piping, Error, "enough");
});

Deno.test("pipeDuplex() ends with its signal", async () => {
  const [a, b] = [crossed(), crossed()];
  const reason = new Error("over");
  const signal = AbortSignal.abort(reason);
  const error = await assertRejects(() =>
    pipeDuplex(a.forServer, b.forServer, { signal })
  );
  assertEquals(error, reason);
  await assertRejects(() => b.forClient.readable.getReader().read());
});

Deno.test("pipeDuplex() aborts the one that it has taken if the other is locked", async () => {
  const [a, b] = [crossed(), crossed()];
  b.forServer.readable.getReader();
  await assertRejects(() => pipeDuplex(a.forServer, b.forServer), TypeError);
  await assertRejects(
    () => a.forClient.readable.getReader().read(),
    TypeError,
    "is locked",
  );
});

Deno.test("pipeDuplex() refuses what is locked", async () => {
  const [a, b] = [crossed(), crossed()];
  b.forServer.writable.getWriter();
  await assertRejects(
    () => pipeDuplex(a.forServer, b.forServer),
    TypeError,
    "writable is locked",
  );
});

async function tcp(): Promise<{ near: Deno.TcpConn; far: Deno.TcpConn }> {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  const [near, far] = await Promise.all([
    listener.accept(),
    Deno.connect({ hostname: "127.0.0.1", port }),
  ]);
  return { near, far };
}

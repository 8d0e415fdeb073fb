import { assertEquals, assertRejects } from "@std/assert";
import { NodeBufferReader } from "../../platform/node_buffer_reader.ts";
import type { NodeStream } from "../../platform/node_modules.ts";

/** A reader, and the socket that it reads. */
function reading() {
  const listeners = new Map<string, (error?: Error) => void>();
  let resumed = 0;
  const socket: Pick<NodeStream, "on" | "resume"> = {
    on: (event, listener) => listeners.set(event, listener),
    resume: () => resumed++,
  };
  const reader = new NodeBufferReader();
  reader.attach(socket as NodeStream);
  return {
    reader,
    resumed: () => resumed,
    emit: (event: string, error?: Error) => listeners.get(event)?.(error),
    /** Has the runtime read bytes; says whether it is to go on. */
    give(...bytes: number[]): boolean {
      const buffer = reader.onread.buffer();
      buffer.set(bytes);
      return reader.onread.callback(bytes.length, buffer);
    },
  };
}

Deno.test("NodeBufferReader passes bytes to the read that waits", async () => {
  const { reader, give } = reading();
  const into = new Uint8Array(4);
  const length = reader.read(into);
  assertEquals(give(1, 2, 3), true);
  assertEquals(await length, 3);
  assertEquals(into, Uint8Array.of(1, 2, 3, 0));
});

Deno.test("NodeBufferReader keeps what finds no room, and reads on when that is gone", async () => {
  const { reader, give, resumed } = reading();
  const into = new Uint8Array(2);
  const length = reader.read(into);
  assertEquals(give(1, 2, 3), false);
  assertEquals(await length, 2);
  assertEquals(await reader.read(into), 1);
  assertEquals(into[0], 3);
  assertEquals(resumed(), 0);
  const next = reader.read(into);
  assertEquals(resumed(), 1);
  assertEquals(give(4), true);
  assertEquals(await next, 1);
});

Deno.test("NodeBufferReader gives what came before the end, and before an error", async () => {
  for (const error of [undefined, new Error("reset")]) {
    const { reader, give, emit } = reading();
    const into = new Uint8Array(2);
    give(1);
    emit(error === undefined ? "end" : "error", error);
    assertEquals(await reader.read(into), 1);
    if (error === undefined) assertEquals(await reader.read(into), null);
    else await assertRejects(() => reader.read(into), Error, "reset");
  }
});

Deno.test("NodeBufferReader reads much at once from streams, and from 64 of them at most", () => {
  const { length } = new NodeBufferReader().onread.buffer();
  const streams = Array.from({ length: 80 }, reading);
  const sizes = () =>
    streams.map(({ reader }) => reader.onread.buffer().length);
  const stream = ({ reader: { onread } }: ReturnType<typeof reading>) => {
    const buffer = onread.buffer();
    onread.callback(buffer.length, buffer);
  };
  assertEquals(new Set(sizes()), new Set([length]));
  for (const each of streams) stream(each);
  const much = () => sizes().filter((size) => size > length).length;
  assertEquals(much(), 64);
  // One of them reads little again, one is closed: two others take their turns.
  streams[0]?.give(1);
  streams[1]?.emit("close");
  assertEquals(much(), 62);
  for (const each of streams.slice(2)) stream(each);
  assertEquals(much(), 64);
  for (const { emit } of streams) emit("close");
  assertEquals(much(), 0);
});

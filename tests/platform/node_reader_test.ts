import { assertEquals } from "@std/assert";
import type { NodeStream } from "../../platform/node_modules.ts";
import { NodeReader } from "../../platform/node_reader.ts";

/** A stream that has some chunks, and ends behind them. */
function streamOf(...chunks: Uint8Array[]): NodeStream {
  const stream: Pick<NodeStream, "on" | "read" | "readableEnded"> = {
    on: (event, listener) => {
      if (event === "end") queueMicrotask(listener);
    },
    read: () => chunks.shift() ?? null,
    readableEnded: false,
  };
  return stream as NodeStream;
}

/** Reads all, three bytes at a time. */
async function readAll(reader: NodeReader): Promise<number[]> {
  const all: number[] = [];
  const into = new Uint8Array(3);
  for (;;) {
    const length = await reader.read(into);
    if (length === null) return all;
    all.push(...into.subarray(0, length));
  }
}

Deno.test("NodeReader frees chunks of its own, once all of each was read", async () => {
  const [first, second] = [Uint8Array.of(1, 2, 3, 4), Uint8Array.of(5)];
  const reader = new NodeReader(streamOf(first, second), true);
  const into = new Uint8Array(3);
  assertEquals(await reader.read(into), 3);
  assertEquals(first.buffer.detached, false);
  assertEquals(await reader.read(into), 1);
  assertEquals(first.buffer.detached, true);
  assertEquals(await readAll(reader), [5]);
  assertEquals(second.buffer.detached, true);
});

Deno.test("NodeReader frees no memory that others have a part of", async () => {
  const pool = Uint8Array.of(1, 2, 3, 4);
  const reader = new NodeReader(
    streamOf(pool.subarray(0, 2), pool.subarray(2)),
    true,
  );
  assertEquals(await readAll(reader), [1, 2, 3, 4]);
  assertEquals(pool.buffer.detached, false);
});

Deno.test("NodeReader leaves the chunks of a stream that it was given", async () => {
  const chunk = Uint8Array.of(1, 2, 3, 4);
  assertEquals(await readAll(new NodeReader(streamOf(chunk))), [1, 2, 3, 4]);
  assertEquals(chunk.buffer.detached, false);
});

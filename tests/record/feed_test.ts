import { assertEquals } from "@std/assert";
import { RecordFeed } from "../../record/feed.ts";
import { RecordInput } from "../../record/input.ts";
import { Pipe, settled } from "./_ends.ts";

/** A feed whose calls back are counted. */
function feedOf(source: ConstructorParameters<typeof RecordFeed>[0]) {
  const input = new RecordInput();
  const calls = { more: 0 };
  const feed = new RecordFeed(source, input, { onMore: () => calls.more++ });
  return { feed, input, calls };
}

Deno.test("RecordFeed reads once at a time, and not after the end", async () => {
  let reads = 0;
  const pipe = new Pipe();
  const { feed, calls } = feedOf({
    read(into) {
      reads++;
      return pipe.read(into);
    },
  });
  feed.read(5);
  feed.read(5);
  assertEquals(reads, 1);
  pipe.write(Uint8Array.of(1));
  await settled();
  assertEquals([feed.bytes, calls.more], [1, 1]);
  feed.read(5);
  pipe.close();
  await settled();
  assertEquals([reads, calls.more, feed.ended], [2, 2, {}]);
  feed.read(5);
  assertEquals(reads, 2);
});

Deno.test("RecordFeed stop() keeps what comes later out of the input", async () => {
  const pipe = new Pipe();
  const { feed, input, calls } = feedOf(pipe);
  feed.read(5);
  const rest = feed.stop();
  pipe.write(Uint8Array.of(1, 2, 3));
  assertEquals(await rest, Uint8Array.of(1, 2, 3));
  await settled();
  assertEquals([feed.bytes, input.length, calls.more], [0, 0, 0]);
});

Deno.test("RecordFeed stop() calls nobody back at the end", async () => {
  const pipe = new Pipe();
  const { feed, calls } = feedOf(pipe);
  feed.read(5);
  const rest = feed.stop();
  pipe.close();
  assertEquals(await rest, null);
  await settled();
  assertEquals(calls.more, 0);
});

Deno.test("RecordFeed takes a read that fills all of the room", async () => {
  const { feed, input, calls } = feedOf({
    read: (into) => Promise.resolve(into.length),
  });
  feed.read(5);
  await settled();
  // As many bytes as there is room for are not too many.
  assertEquals([feed.ended, input.length > 5, calls.more], [
    undefined,
    true,
    1,
  ]);
});

import { assertEquals } from "@std/assert";
import { EarlyDataSkip } from "../../record/early_data.ts";
import { noProtection } from "../../record/protection.ts";
import type { QueuedRecord } from "../../record/queued_record.ts";
import { ContentType } from "../../registry.ts";
import { rejectsWith } from "./_ends.ts";

const { application_data, change_cipher_spec, handshake } = ContentType;

/** A record of `content` bytes, in which there is a type and a tag as well. */
function record(content: number, type: number = application_data) {
  const header = { type, version: 0x0303, length: content + 17 };
  // What is asked of a record here.
  return { header, protection: noProtection } as unknown as QueuedRecord;
}

// RFC 9846 section 4.3.10: "discarding records which fail deprotection (up to
// the configured max_early_data_size)".
Deno.test("EarlyDataSkip drops as many bytes as it may, and no more", async () => {
  const skip = new EarlyDataSkip(100);
  assertEquals(skip.drops(record(60)), true);
  assertEquals(skip.drops(record(0, change_cipher_spec)), false);
  assertEquals(skip.drops(record(40)), true);
  await rejectsWith("unexpected_message", () => skip.drops(record(1)));
});

Deno.test("EarlyDataSkip drops 1024 records without content, and no more", async () => {
  const skip = new EarlyDataSkip(100);
  for (let count = 0; count < 1024; count++) {
    assertEquals(skip.drops(record(count % 2 === 0 ? 0 : -5)), true);
  }
  await rejectsWith("unexpected_message", () => skip.drops(record(0)));
});

Deno.test("EarlyDataSkip is over at the first record of another kind", () => {
  const skip = new EarlyDataSkip(100);
  assertEquals(skip.isOver, false);
  assertEquals(skip.drops(record(60)), true);
  assertEquals(skip.drops(record(5, handshake)), false);
  assertEquals(skip.isOver, true);
  assertEquals(skip.drops(record(60)), false);
});

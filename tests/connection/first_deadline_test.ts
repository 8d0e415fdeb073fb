/**
 * The first deadline of a process, whose module is not loaded yet: it needs a
 * file of its own.
 *
 * @module
 */

import { assertEquals, assertRejects } from "@std/assert";
import { TlsTimeoutError } from "../../mod.ts";
import { connected, readBytes, utf8 } from "../_pair.ts";

Deno.test("the first deadline of writes counts for the write that follows at once", async () => {
  await using ends = await connected();
  const { client: c, server: s } = ends;
  const { recordsWritten } = c.stats;
  c.setWriteDeadline(new Date(0));
  await assertRejects(() => c.write(utf8("lost")), TlsTimeoutError);
  assertEquals(c.stats.recordsWritten, recordsWritten);
  c.setWriteDeadline(undefined);
  await c.write(utf8("kept"));
  assertEquals(await readBytes(s, 4), utf8("kept"));
});

import { assert, assertEquals, assertRejects } from "@std/assert";
import { Share } from "../../record/share.ts";
import { RecordWriter } from "../../record/writer.ts";
import { ContentType } from "../../registry.ts";
import { until } from "./_ends.ts";
import { bytesOf, StalledSink } from "./_writer.ts";

const { alert, application_data } = ContentType;

function stalledWriter() {
  const sink = new StalledSink();
  const writer = new RecordWriter(sink, { writeShare: new Share() });
  return { sink, writer };
}

Deno.test("RecordWriter hasUnsentData holds from a write of data until it was taken", async () => {
  const { sink, writer } = stalledWriter();
  assertEquals(writer.hasUnsentData, false);
  writer.write(application_data, bytesOf(10));
  assertEquals(writer.hasUnsentData, true);
  const flushed = writer.flush();
  await until(() => sink.writes.length === 1);
  assertEquals(writer.hasUnsentData, true);
  sink.writes.shift()?.end();
  await flushed;
  assertEquals(writer.hasUnsentData, false);
});

Deno.test("RecordWriter hasUnsentData does not hold for what follows the data", async () => {
  const { sink, writer } = stalledWriter();
  writer.write(application_data, bytesOf(10));
  await until(() => sink.writes.length === 1);
  writer.write(alert, Uint8Array.of(1, 0));
  const flushed = writer.flush();
  sink.writes.shift()?.end();
  await until(() => sink.writes.length === 1);
  assertEquals(writer.hasUnsentData, false);
  await sink.drain(flushed);
});

Deno.test("RecordWriter hasUnsentData holds for data that waits behind a full queue", async () => {
  const { sink, writer } = stalledWriter();
  for (let count = 0; count < 2000; count++) {
    writer.write(alert, bytesOf(1000));
  }
  const writing = writer.write(application_data, bytesOf(10));
  assert(writing !== undefined);
  assertEquals(writer.hasUnsentData, true);
  await sink.drain(Promise.all([writing, writer.flush()]));
  assertEquals(writer.hasUnsentData, false);
});

for (const type of [alert, application_data]) {
  Deno.test(
    `RecordWriter hasUnsentData ${
      type === alert ? "does not hold" : "holds"
    } once a write of type ${type} has followed an error`,
    async () => {
      const { writer } = stalledWriter();
      const reason = new Error("the line is dead");
      writer.abort(reason);
      assertEquals(writer.hasUnsentData, false);
      await assertRejects(async () => await writer.write(type, bytesOf(2)));
      assertEquals(writer.hasUnsentData, type === application_data);
    },
  );
}

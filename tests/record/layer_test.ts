import { assert, assertEquals, assertRejects } from "@std/assert";
import { concat } from "@std/bytes";
import type { AeadAlgorithm } from "../../crypto/primitives/provider.ts";
import { RecordLayer } from "../../record/layer.ts";
import { ContentType, ProtocolVersion } from "../../registry.ts";
import { aes128gcm, chacha20poly1305, Pipe, settled, tls13 } from "./_ends.ts";

const { application_data, handshake } = ContentType;

/** Two ends in memory, without keys. */
function pair() {
  const toServer = new Pipe();
  const toClient = new Pipe();
  const client = new RecordLayer({ source: toClient, sink: toServer });
  const server = new RecordLayer({ source: toServer, sink: toClient });
  const close = () => {
    toServer.close();
    toClient.close();
  };
  return { client, server, close };
}

/** Sets the keys of an epoch at both ends. */
async function setKeys(
  { client, server }: ReturnType<typeof pair>,
  algorithm: AeadAlgorithm,
) {
  for (
    const [number, from, to] of [[1, client, server], [
      2,
      server,
      client,
    ]] as const
  ) {
    from.writer.setProtection(await tls13(number, algorithm));
    to.reader.setProtection(await tls13(number, algorithm));
  }
  for (const end of [client, server]) {
    end.setVersion(ProtocolVersion["TLSv1.3"]);
    end.reader.startReadAhead();
  }
}

async function readBytes(layer: RecordLayer, length: number) {
  const parts: Uint8Array[] = [];
  for (let read = 0; read < length;) {
    const fragment = layer.reader.tryRead() ?? await layer.reader.read();
    assert(fragment !== undefined);
    parts.push(fragment.bytes);
    read += fragment.bytes.length;
  }
  return concat(parts);
}

Deno.test("RecordLayer carries messages before there are keys, then under keys", async () => {
  const ends = pair();
  const { client, server, close } = ends;
  client.writer.setVersion(ProtocolVersion["TLSv1"]);
  client.writer.write(handshake, Uint8Array.of(1));
  client.writer.flush();
  assertEquals(await server.reader.read(), {
    type: handshake,
    bytes: Uint8Array.of(1),
  });
  await setKeys(ends, chacha20poly1305);
  server.writer.write(handshake, Uint8Array.of(8));
  server.writer.write(application_data, Uint8Array.of(9));
  assertEquals((await client.reader.read())?.type, handshake);
  assertEquals(await client.reader.read(), {
    type: application_data,
    bytes: Uint8Array.of(9),
  });
  close();
  assertEquals(await client.reader.read(), undefined);
});

for (const algorithm of [aes128gcm, chacha20poly1305]) {
  Deno.test(`RecordLayer carries MiB both ways at once, with ${algorithm.name}`, async () => {
    const ends = pair();
    await setKeys(ends, algorithm);
    const { client, server, close } = ends;
    const content = Uint8Array.from(
      { length: 3_000_000 },
      (_, at) => at * 31 + (at >> 9),
    );
    const send = async (layer: RecordLayer, size: number) => {
      for (let at = 0; at < content.length; at += size) {
        await layer.writer.write(
          application_data,
          content.subarray(at, at + size),
        );
      }
      await layer.writer.flush();
    };
    const [, , up, down] = await Promise.all([
      send(client, 65536),
      send(server, 9999),
      readBytes(server, content.length),
      readBytes(client, content.length),
    ]);
    assertEquals(up, content);
    assertEquals(down, content);
    const { bytesRead, bytesWritten, recordsRead, recordsWritten } =
      client.stats;
    assertEquals(server.stats, {
      bytesRead: bytesWritten,
      bytesWritten: bytesRead,
      recordsRead: recordsWritten,
      recordsWritten: recordsRead,
    });
    close();
  });

  Deno.test(`RecordLayer carries on over changes of keys, with ${algorithm.name}`, async () => {
    const ends = pair();
    await setKeys(ends, algorithm);
    const { client, server, close } = ends;
    const send = async () => {
      for (let epoch = 10; epoch < 30; epoch++) {
        for (let count = 0; count < 7; count++) {
          await client.writer.write(
            application_data,
            new Uint8Array(5000).fill(epoch),
          );
        }
        client.writer.write(handshake, Uint8Array.of(24, epoch));
        client.writer.setProtection(await tls13(epoch, algorithm));
      }
      await client.writer.flush();
      close();
    };
    const sent = send();
    let read = 0;
    for (;;) {
      const fragment = await server.reader.read();
      if (fragment === undefined) break;
      if (fragment.type === handshake) {
        const [, epoch = 0] = fragment.bytes;
        server.reader.setProtection(await tls13(epoch, algorithm));
      } else {
        read += fragment.bytes.length;
      }
    }
    await sent;
    assertEquals(read, 20 * 7 * 5000);
  });
}

Deno.test("RecordLayer abort() ends both directions", async () => {
  const { client } = pair();
  const reading = client.reader.read();
  const reason = new TypeError("enough");
  client.abort(reason);
  await assertRejects(async () => await reading, TypeError, "enough");
  await assertRejects(
    async () => await client.reader.read(),
    TypeError,
    "enough",
  );
  await assertRejects(() => client.writer.flush(), TypeError, "enough");
  await settled();
});

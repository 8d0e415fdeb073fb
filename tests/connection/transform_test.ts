/**
 * The pair of transforms, over whatever carries bytes.
 *
 * @module
 */

import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { toBytes, toText } from "@std/streams";
import {
  createTransform,
  type TlsTransform,
} from "../../connection/transform.ts";
import { client } from "../../connection/wrap.ts";
import { TlsError, TlsTruncatedError } from "../../errors.ts";
import {
  clientOptions,
  connected,
  crossed,
  pattern,
  pipe,
  serverOptions,
  tlsError,
  utf8,
} from "../_pair.ts";

async function transforms(): Promise<
  { client: TlsTransform; server: TlsTransform }
> {
  return {
    client: createTransform("client", await clientOptions()),
    server: createTransform("server", await serverOptions()),
  };
}

Deno.test("createTransform() works with pipeThrough alone, in both roles", async () => {
  const { client, server } = await transforms();
  const up = pattern(700_001, 5);
  const down = pattern(500_003, 6);
  // plaintext → records → plaintext, in one chain each way.
  const atServer = toBytes(
    new Blob([up]).stream()
      .pipeThrough(client.encrypt)
      .pipeThrough(server.decrypt),
  );
  const atClient = toBytes(
    new Blob([down]).stream()
      .pipeThrough(server.encrypt)
      .pipeThrough(client.decrypt),
  );
  assert(equal(await atServer, up));
  assert(equal(await atClient, down));
  assertEquals(await client.closed, { clean: true });
  assertEquals(await server.closed, { clean: true });
  assertEquals(client.info.version, "TLSv1.3");
  assertEquals(server.info.serverName, "localhost");
  assertEquals(client.info.authorization.status, "verified");
});

Deno.test("createTransform() puts out nothing but records of TLS", async () => {
  const { client, server } = await transforms();
  const seen: number[] = [];
  const watch = () =>
    new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        for (let at = 0; at + 5 <= chunk.length;) {
          seen.push(chunk[at] as number);
          at += 5 +
            ((chunk[at + 3] as number) << 8 | (chunk[at + 4] as number));
        }
        controller.enqueue(chunk);
      },
    });
  const [got] = await Promise.all([
    toText(
      new Blob(["secret"]).stream().pipeThrough(client.encrypt)
        .pipeThrough(watch()).pipeThrough(server.decrypt),
    ),
    toText(
      new Blob([]).stream().pipeThrough(server.encrypt)
        .pipeThrough(watch()).pipeThrough(client.decrypt),
    ),
  ]);
  assertEquals(got, "secret");
  assert(seen.every((type) => type >= 20 && type <= 23));
});

Deno.test("createTransform() runs its handshake at handshake()", async () => {
  const { client, server } = await transforms();
  const wires = Promise.all([
    client.encrypt.readable.pipeTo(server.decrypt.writable),
    server.encrypt.readable.pipeTo(client.decrypt.writable),
  ]);
  const [info] = await Promise.all([client.handshake(), server.handshake()]);
  assertEquals(info.version, "TLSv1.3");
  await Promise.all([
    client.encrypt.writable.close(),
    server.encrypt.writable.close(),
    toBytes(client.decrypt.readable),
    toBytes(server.decrypt.readable),
  ]);
  await wires;
});

Deno.test("createTransform() ends encrypt.readable after close_notify, and reading continues", async () => {
  const { client, server } = await transforms();
  const up = toText(
    new Blob(["question"]).stream().pipeThrough(client.encrypt)
      .pipeThrough(server.decrypt),
  );
  const { readable, writable } = pipe();
  const down = toText(
    readable.pipeThrough(server.encrypt).pipeThrough(client.decrypt),
  );
  assertEquals(await up, "question");
  const writer = writable.getWriter();
  await writer.write(utf8("answer"));
  await writer.close();
  assertEquals(await down, "answer");
});

Deno.test("createTransform() accepts chunks of any size", async () => {
  for (const size of [1, 7, 1000]) {
    const { client, server } = await transforms();
    const cut = () =>
      new TransformStream<Uint8Array, Uint8Array>({
        transform(chunk, controller) {
          for (let at = 0; at < chunk.length; at += size) {
            controller.enqueue(chunk.slice(at, at + size));
          }
        },
      });
    const bytes = pattern(5000);
    const [got] = await Promise.all([
      toBytes(
        new Blob([bytes]).stream().pipeThrough(client.encrypt)
          .pipeThrough(cut()).pipeThrough(server.decrypt),
      ),
      toBytes(
        new Blob([]).stream().pipeThrough(server.encrypt)
          .pipeThrough(cut()).pipeThrough(client.decrypt),
      ),
    ]);
    assertEquals(got, bytes);
  }
});

Deno.test("createTransform() passes an error to both readables", async () => {
  const { client } = await transforms();
  const records = toBytes(client.encrypt.readable);
  records.catch(() => {});
  const plain = toBytes(client.decrypt.readable);
  plain.catch(() => {});
  const writer = client.decrypt.writable.getWriter();
  writer.write(utf8("HTTP/1.1 400 Bad Request\r\n\r\n")).catch(() => {});
  writer.closed.catch(() => {});
  for (const readable of [plain, records]) {
    const error = await assertRejects(() => readable, TlsError);
    assertEquals(error.code, "not_tls");
  }
  const closed = await client.closed;
  assert(!closed.clean);
  assertEquals(tlsError(closed.error).code, "not_tls");
  await assertRejects(() => client.handshake(), TlsError);
  // What follows is not dropped in silence, as it is behind a clean end.
  await assertRejects(() => writer.write(utf8("more")), TlsError);
});

for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
  Deno.test(`createTransform() passes an error of ${version} to both readables, after its alert`, async () => {
    const client = createTransform(
      "client",
      await clientOptions({ serverName: "elsewhere", maxVersion: version }),
    );
    const server = createTransform("server", await serverOptions());
    const passing = [
      client.encrypt.readable.pipeTo(server.decrypt.writable),
      server.encrypt.readable.pipeTo(client.decrypt.writable),
    ];
    const plain = [client, server].map(({ decrypt }) =>
      toBytes(decrypt.readable)
    );
    const [ours, theirs] = await Promise.allSettled(passing);
    const [own, others] = await Promise.allSettled(plain);
    assert(ours?.status === "rejected" && own?.status === "rejected");
    assertEquals(ours.reason, own.reason);
    assertEquals(tlsError(own.reason).code, "hostname_mismatch");
    assert(theirs?.status === "rejected" && others?.status === "rejected");
    assertEquals(theirs.reason, others.reason);
    assertEquals(tlsError(others.reason).code, "alert_received");
    assertEquals(tlsError(others.reason).alert, "bad_certificate");
  });
}

Deno.test("createTransform() reports records that end without close_notify", async () => {
  const { client, server } = await transforms();
  const relay = pipe();
  const done = server.encrypt.readable.pipeTo(relay.writable, {
    preventAbort: true,
    preventClose: true,
  });
  done.catch(() => {});
  const reading = toBytes(client.decrypt.readable);
  reading.catch(() => {});
  const ends = Promise.allSettled([
    client.encrypt.readable.pipeTo(server.decrypt.writable),
    relay.readable.pipeTo(client.decrypt.writable),
  ]);
  await Promise.all([client.handshake(), server.handshake()]);
  server.conn.abort(new Error("gone"));
  await done.catch(() => {});
  await relay.writable.close().catch(() => {});
  await assertRejects(() => reading, TlsTruncatedError);
  await ends;
});

Deno.test("createTransform() carries TLS inside TLS", async () => {
  await using outer = await connected();
  const inner = await transforms();
  const bytes = pattern(200_000);
  const down = new Blob([bytes]).stream().pipeThrough(inner.server.encrypt)
    .pipeTo(outer.server.writable);
  const up = new Blob([utf8("hello")]).stream().pipeThrough(
    inner.client.encrypt,
  )
    .pipeTo(outer.client.writable);
  const [atServer, atClient] = await Promise.all([
    toText(outer.server.readable.pipeThrough(inner.server.decrypt)),
    toBytes(outer.client.readable.pipeThrough(inner.client.decrypt)),
    up,
    down,
  ]);
  assertEquals(atServer, "hello");
  assert(equal(atClient, bytes));
});

Deno.test("client() runs over another TlsConn", async () => {
  await using outer = await connected();
  const inner = client(outer.client, await clientOptions());
  const { decrypt, encrypt } = createTransform("server", await serverOptions());
  const serving = Promise.all([
    outer.server.readable.pipeTo(decrypt.writable),
    encrypt.readable.pipeTo(outer.server.writable),
    // Echo.
    decrypt.readable.pipeTo(encrypt.writable),
  ]);
  await inner.write(utf8("twice wrapped"));
  await inner.closeWrite();
  assertEquals(await toText(inner.readable), "twice wrapped");
  await serving;
});

Deno.test("createTransform() works over a child process's pipes", async () => {
  const { client, server } = await transforms();
  const cats = [0, 1].map(() =>
    new Deno.Command("cat", { stdin: "piped", stdout: "piped" }).spawn()
  );
  const [up, down] = cats as [Deno.ChildProcess, Deno.ChildProcess];
  const bytes = pattern(150_000);
  const [atServer, atClient] = await Promise.all([
    toBytes(up.stdout.pipeThrough(server.decrypt)),
    toText(down.stdout.pipeThrough(client.decrypt)),
    new Blob([bytes]).stream().pipeThrough(client.encrypt).pipeTo(up.stdin),
    new Blob(["fine"]).stream().pipeThrough(server.encrypt).pipeTo(down.stdin),
  ]);
  assert(equal(atServer, bytes));
  assertEquals(atClient, "fine");
  for (const cat of cats) assert((await cat.status).success);
});

Deno.test("createTransform() works over message streams such as WebSocketStream's", async () => {
  // A message a chunk, each a view into a larger buffer.
  const messages = () =>
    new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        const padded = new Uint8Array(chunk.length + 20);
        padded.set(chunk, 10);
        controller.enqueue(padded.subarray(10, 10 + chunk.length));
      },
    });
  const { client, server } = await transforms();
  const wires = crossed({ toServer: messages(), toClient: messages() });
  const [got] = await Promise.all([
    toText(wires.forServer.readable.pipeThrough(server.decrypt)),
    toText(wires.forClient.readable.pipeThrough(client.decrypt)),
    new Blob(["over messages"]).stream().pipeThrough(client.encrypt)
      .pipeTo(wires.forClient.writable),
    new Blob(["back"]).stream().pipeThrough(server.encrypt)
      .pipeTo(wires.forServer.writable),
  ]);
  assertEquals(got, "over messages");
});

Deno.test("createTransform() stalls its input when nobody reads the output", async () => {
  const { client, server } = await transforms();
  const wires = Promise.allSettled([
    client.encrypt.readable.pipeTo(server.decrypt.writable),
    server.encrypt.readable.pipeTo(client.decrypt.writable),
  ]);
  await Promise.all([client.handshake(), server.handshake()]);
  const writer = client.encrypt.writable.getWriter();
  writer.closed.catch(() => {});
  let taken = 0;
  const writing = (async () => {
    for (;;) {
      await writer.write(new Uint8Array(65_536));
      taken += 65_536;
    }
  })();
  writing.catch(() => {});
  let last = -1;
  while (taken !== last) {
    last = taken;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assert(taken < 2 * 2 ** 20, `${taken} bytes were taken`);
  client.conn.abort(new Error("stop"));
  server.conn.abort(new Error("stop"));
  await assertRejects(() => writing, Error, "stop");
  await wires;
});

Deno.test("createTransform() refuses another side, and the options of one", async () => {
  assertThrows(
    () => createTransform("peer" as "client", {}),
    TypeError,
    `side is "client" or "server"`,
  );
  assertThrows(
    () => createTransform("client", { clientAuth: "none" } as object),
    TypeError,
    "only a server takes it",
  );
  assertThrows(() => createTransform("client", {}), TypeError, "serverName");
  assertThrows(
    () => createTransform("server", {}),
    TypeError,
    "no certificate",
  );
  const { client: unused } = await transforms();
  await unused.conn.close();
});

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}

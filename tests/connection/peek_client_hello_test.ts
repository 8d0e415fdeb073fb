/**
 * A ClientHello that is seen and passed on.
 *
 * @module
 */

import {
  assertEquals,
  assertInstanceOf,
  assertRejects,
  assertThrows,
} from "@std/assert";
import {
  client,
  type Duplex,
  peekClientHello,
  server,
  TlsError,
  TlsTruncatedError,
} from "../../mod.ts";
import {
  clientOptions,
  crossed,
  pair,
  readBytes,
  serverOptions,
  tlsError,
  utf8,
} from "../_pair.ts";

Deno.test("peekClientHello() gives what the client offers, and loses nothing", async () => {
  const { forClient, forServer } = crossed();
  const here = client(forClient, await clientOptions({ alpnProtocols: ["a"] }));
  const handshake = here.handshake();
  const { info, bytes, duplex } = await peekClientHello(forServer);
  assertEquals(info.serverName, "localhost");
  assertEquals(info.alpnProtocols, ["a"]);
  // A reserved value comes first (RFC 8701).
  assertEquals(info.versions.slice(1), ["TLSv1.3", "TLSv1.2"]);
  assertEquals(bytes.subarray(5, 5 + info.raw.length), info.raw);
  const there = server(duplex, await serverOptions());
  await Promise.all([handshake, there.handshake()]);
  await there.write(utf8("hello"));
  assertEquals(await readBytes(here, 5), utf8("hello"));
  await Promise.all([here.close(), there.close()]);
});

Deno.test("peekClientHello() gives bytes for initialData, too", async () => {
  const { forClient, forServer } = crossed();
  const here = client(forClient, await clientOptions());
  const handshake = here.handshake();
  const { bytes: initialData } = await peekClientHello(forServer);
  const there = server(forServer, { ...await serverOptions(), initialData });
  await Promise.all([handshake, there.handshake()]);
  await Promise.all([here.close(), there.close()]);
});

Deno.test("peekClientHello() reads a socket, byte by byte if it comes so", async () => {
  const hello = await helloOf();
  const { near, far } = await tcp();
  const peeking = peekClientHello(near);
  for (const byte of hello) await far.write(new Uint8Array([byte]));
  await far.write(utf8("behind"));
  const { info, duplex } = await peeking;
  assertEquals(info.serverName, "localhost");
  assertEquals(Reflect.get(Object(info.remoteAddr), "hostname"), "127.0.0.1");
  await far.closeWrite();
  const all = new Uint8Array(
    await new Response(duplex.readable).arrayBuffer(),
  );
  assertEquals(all, new Uint8Array([...hello, ...utf8("behind")]));
  far.close();
});

for (
  const [name, sent, code] of [
    ["HTTP", utf8("GET / HTTP/1.1\r\n\r\n"), "not_tls"],
    ["another message", record(22, [2, 0, 0, 0]), "unexpected_message"],
    ["a hello of no fields", record(22, [1, 0, 0, 0]), "decode_error"],
    ["application data", record(23, [1]), "unexpected_message"],
    ["a hello of 16 MB", record(22, [1, 255, 255, 255]), "decode_error"],
  ] as const
) {
  Deno.test(`peekClientHello() refuses ${name}`, async () => {
    const { forClient, forServer } = crossed();
    const writer = forClient.writable.getWriter();
    writer.closed.catch(() => {});
    await writer.write(sent);
    const error = tlsError(
      await assertRejects(() => peekClientHello(forServer)),
    );
    assertEquals(
      error.code === code || error.alert === code,
      true,
      String(error),
    );
    // The duplex is over: nobody else can read what was lost.
    await assertRejects(() => writer.write(sent));
  });
}

Deno.test("peekClientHello() tells that the client has ended", async () => {
  const hello = await helloOf();
  for (const length of [0, 3, 20, hello.length - 1]) {
    const { forClient, forServer } = crossed();
    const writer = forClient.writable.getWriter();
    await writer.write(hello.subarray(0, length));
    await writer.close();
    const error = await assertRejects(() => peekClientHello(forServer));
    assertInstanceOf(error, TlsError);
    assertInstanceOf(error, TlsTruncatedError, `${length}`);
  }
});

Deno.test("peekClientHello() ends with its signal", async () => {
  const { forClient, forServer } = crossed();
  const controller = new AbortController();
  const peeking = peekClientHello(forServer, { signal: controller.signal });
  const reason = new Error("too slow");
  controller.abort(reason);
  assertEquals(await assertRejects(() => peeking), reason);
  const ended = forClient.readable.getReader().read();
  await assertRejects(() => ended);

  const other = crossed();
  await assertRejects(() =>
    peekClientHello(other.forServer, { signal: AbortSignal.abort(reason) })
  );
});

Deno.test("peekClientHello() refuses what is locked", async () => {
  const { forServer } = crossed();
  forServer.readable.getReader();
  await assertRejects(() => peekClientHello(forServer), TypeError, "locked");
  assertThrows(() => server(forServer, {}), TypeError);
});

/** One record of TLS 1.2. */
function record(type: number, content: readonly number[]) {
  return new Uint8Array([type, 3, 3, 0, content.length, ...content]);
}

/** A ClientHello, as a client sends it. */
async function helloOf(): Promise<Uint8Array<ArrayBuffer>> {
  const ends = await pair();
  const { forClient, forServer } = crossed();
  const here = client(forClient, await clientOptions());
  here.handshake();
  const { bytes } = await peekClientHello(forServer);
  here.abort();
  await ends[Symbol.asyncDispose]();
  return new Uint8Array(bytes);
}

async function tcp(): Promise<{ near: Duplex; far: Deno.TcpConn }> {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  const [near, far] = await Promise.all([
    listener.accept(),
    Deno.connect({ hostname: "127.0.0.1", port }),
  ]);
  return { near, far };
}

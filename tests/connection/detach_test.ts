/**
 * Taking the transport back from a TlsConn, and giving it bytes that were read
 * before.
 *
 * @module
 */

import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertRejects,
} from "@std/assert";
import { TlsError, TlsProtocolError } from "../../errors.ts";
import {
  connected,
  crossed,
  pair,
  pipe,
  readBytes,
  settled,
  utf8,
} from "../_pair.ts";

Deno.test("TlsConn.detach() returns the transport after close_notify both ways", async () => {
  const wires = crossed();
  const ends = await connected({}, {}, wires);
  const [client, server] = await Promise.all([
    ends.client.detach(),
    ends.server.detach(),
  ]);
  assertEquals(await ends.client.closed, { clean: true });
  const writer = client.writable.getWriter();
  const reader = server.readable.getReader();
  writer.write(utf8("in the clear"));
  assertEquals((await reader.read()).value, utf8("in the clear"));
  await writer.close();
  assertEquals((await reader.read()).done, true);
  await assertRejects(() => ends.client.write(utf8("x")));
});

Deno.test("TlsConn.detach() leaves the transport alone, even if the connection is closed later", async () => {
  const wires = crossed();
  const ends = await connected({}, {}, wires);
  const [client, server] = await Promise.all([
    ends.client.detach(),
    ends.server.detach(),
  ]);
  await ends.client.close();
  // No alert reports it.
  ends.client.abort(new TlsProtocolError("internal_error", "Too late"));
  ends.server.abort();
  await settled();
  await ends.server.close();
  const writer = client.writable.getWriter();
  const reader = server.readable.getReader();
  writer.write(utf8("in the clear"));
  assertEquals((await reader.read()).value, utf8("in the clear"));
  await writer.close();
});

Deno.test("TlsConn.close() leaves a socket open that was handed back", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  const [forClient, forServer] = await Promise.all([
    Deno.connect({ hostname: "127.0.0.1", port }),
    listener.accept(),
  ]);
  const ends = await connected({}, {}, { forClient, forServer });
  await Promise.all([ends.client.detach(), ends.server.detach()]);
  await Promise.all([ends.client.close(), ends.server.close()]);
  await forClient.write(utf8("in the clear"));
  const read = new Uint8Array(12);
  assertEquals(await forServer.read(read), 12);
  assertEquals(read, utf8("in the clear"));
  forClient.close();
  forServer.close();
});

Deno.test("TlsConn.detach() returns what came after the peer's close_notify", async () => {
  const ends = await connected();
  const server = await Promise.race([ends.server.detach(), settled()]);
  assertEquals(server, undefined);
  const client = await ends.client.detach();
  const writer = client.writable.getWriter();
  await writer.write(utf8("220 again"));
  await writer.close();
  const detached = await ends.server.detach().catch((error) => error);
  if (detached instanceof Error) {
    // The first call is the one that got the transport.
    assertInstanceOf(detached, TlsError);
  }
});

Deno.test("TlsConn.detach() refuses while data from the peer is unread, and the connection continues", async () => {
  await using ends = await connected();
  await ends.server.write(utf8("unread"));
  await assertRejects(
    () => ends.client.detach(),
    TypeError,
    "has not been read",
  );
  assertEquals(await readBytes(ends.client, 6), utf8("unread"));
});

Deno.test("TlsConn.detach() refuses while a part of what came is unread", async () => {
  await using ends = await connected();
  await ends.server.write(utf8("unread"));
  assertEquals(await ends.client.read(new Uint8Array(2)), 2);
  await assertRejects(
    () => ends.client.detach(),
    TypeError,
    "has not been read",
  );
  assertEquals(await readBytes(ends.client, 4), utf8("read"));
});

Deno.test("client() reads initialData before the transport", async () => {
  const wires = crossed();
  const ends = await pair({}, {}, wires);
  // The ClientHello is taken off the transport by somebody else.
  const shaking = ends.client.handshake();
  await ends.server.close();
  await shaking.catch(() => {});
  const again = crossed();
  const eavesdrop = pipe();
  const client = (await pair({}, {}, {
    forClient: {
      readable: again.forClient.readable,
      writable: eavesdrop.writable,
    },
    forServer: crossed().forServer,
  })).client;
  const done = client.handshake();
  const reader = eavesdrop.readable.getReader();
  const { value: hello } = await reader.read();
  reader.releaseLock();
  assert(hello !== undefined);
  const { server } = await pair({}, { initialData: hello }, {
    forClient: crossed().forClient,
    forServer: {
      readable: eavesdrop.readable,
      writable: again.forServer.writable,
    },
  });
  await Promise.all([done, server.handshake()]);
  assertEquals(server.stats.bytesRead, client.stats.bytesWritten);
  await Promise.all([client.close(), server.close()]);
});

/**
 * How many functions a write passes through.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import type { Duplex } from "../../../connection/transport/transport.ts";
import { nobleChaCha20Poly1305Key } from "../../../crypto/primitives/aead_noble.ts";
import { connected, crossed, readBytes, utf8 } from "../../_pair.ts";

/** Makes a socket of a duplex. `stacks` gets the call stack of each write. */
function socketOver({ readable, writable }: Duplex) {
  const stacks: string[] = [];
  const writer = writable.getWriter();
  const reader = readable.getReader({ mode: "byob" });
  const addr = { transport: "tcp", hostname: "127.0.0.1", port: 1 } as const;
  const socket = {
    readable: new ReadableStream<Uint8Array<ArrayBuffer>>(),
    writable: new WritableStream<Uint8Array>(),
    localAddr: addr,
    remoteAddr: addr,
    async read(into: Uint8Array): Promise<number | null> {
      const { value } = await reader.read(new Uint8Array(into.length));
      if (value === undefined || value.length === 0) return null;
      into.set(value);
      return value.length;
    },
    write(bytes: Uint8Array): Promise<number> {
      stacks.push(new Error().stack ?? "");
      return writer.write(bytes.slice()).then(() => bytes.length);
    },
    closeWrite: () => writer.close(),
    close: () => {},
  };
  return { socket, stacks };
}

/** A pipe of bytes, which BYOB readers can read. */
function bytePipe(): TransformStream<Uint8Array, Uint8Array> {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>(
    {},
    { highWaterMark: 16 },
    { highWaterMark: 16 },
  );
  const reader = readable.getReader();
  return {
    writable,
    readable: new ReadableStream({
      type: "bytes",
      async pull(controller) {
        const { value, done } = await reader.read();
        if (!done) return controller.enqueue(value.slice());
        controller.close();
        controller.byobRequest?.respond(0);
      },
    }),
  };
}

Deno.test("TlsConn.write() has at most 9 of our frames up to the transport", async () => {
  const wires = crossed({ toClient: bytePipe() });
  const { socket, stacks } = socketOver(wires.forClient);
  // Small records under this cipher are sealed before the call returns, once a
  // process has sent enough of them to have noble loaded.
  await nobleChaCha20Poly1305Key(new Uint8Array(32));
  const cipherSuites = ["TLS_CHACHA20_POLY1305_SHA256"];
  const ends = await connected({ cipherSuites }, {}, {
    ...wires,
    forClient: socket,
  });
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = Infinity;
  try {
    stacks.length = 0;
    await ends.client.write(utf8("short"));
  } finally {
    Error.stackTraceLimit = limit;
  }
  assertEquals(await readBytes(ends.server, 5), utf8("short"));
  const [stack = ""] = stacks;
  assert(stack.includes("TlsConn.write"), stack);
  const root = import.meta.resolve("../../../");
  const frames = stack.split("\n").filter((line) =>
    line.includes(root) && !line.includes(`${root}tests/`)
  );
  assert(frames.length <= 9, frames.join("\n"));
  ends.client.abort();
  ends.server.abort();
});

import { assert, assertEquals } from "@std/assert";
import { concat } from "@std/bytes";
import {
  releasing,
  type SocketConn,
  transportOf,
} from "../../../connection/transport/transport.ts";
import { crossed, pattern, settled } from "../../_pair.ts";

/** A socket that gives these lengths of bytes, one a read, then its end. */
function socketOf(lengths: number[], addr: object = {}) {
  const calls: string[] = [];
  const socket = {
    ...crossed().forClient,
    localAddr: addr as Deno.NetAddr,
    remoteAddr: addr as Deno.NetAddr,
    read: () => {
      calls.push("read");
      return Promise.resolve(lengths.shift() ?? null);
    },
    write: (bytes: Uint8Array) => Promise.resolve(bytes.length),
    closeWrite: () => {
      calls.push("closeWrite");
      return Promise.resolve();
    },
    close: () => {
      calls.push("close");
    },
  } satisfies SocketConn;
  return { socket, calls };
}

Deno.test("transportOf() uses a duplex as a socket where it has all of one", () => {
  assert(transportOf(socketOf([]).socket).socket !== undefined);
  for (
    const name of ["read", "write", "closeWrite", "close", "localAddr"] as const
  ) {
    const { socket } = socketOf([]);
    const { [name]: _, ...without } = socket;
    assertEquals(transportOf(without).socket, undefined, name);
    if (name !== "read" && name !== "write") continue;
    const { forClient } = crossed();
    const other = { ...socket, ...forClient, [name]: "not a function" };
    assertEquals(transportOf(other as never).socket, undefined, name);
  }
});

Deno.test("a socket keeps the process alive while a read is awaited, and ref() wants it", () => {
  const { socket } = socketOf([]);
  const calls: string[] = [];
  const transport = transportOf({
    ...socket,
    ref: () => calls.push("ref"),
    unref: () => calls.push("unref"),
  } as SocketConn);
  const last = (change: () => void) => {
    calls.length = 0;
    change();
    return calls.join();
  };
  assertEquals(last(() => transport.awaitRead?.(true)), "");
  assertEquals(last(() => transport.awaitRead?.(false)), "unref");
  assertEquals(last(() => transport.awaitRead?.(false)), "");
  assertEquals(last(() => transport.setRef?.(false)), "unref");
  assertEquals(last(() => transport.awaitRead?.(true)), "");
  assertEquals(last(() => transport.setRef?.(true)), "ref");
  assertEquals(last(() => transport.awaitRead?.(false)), "unref");
  assertEquals(last(() => transport.setRef?.(true)), "unref");
  assertEquals(last(() => transport.awaitRead?.(true)), "ref");
});

Deno.test("a socket is closed once", async () => {
  const { socket, calls } = socketOf([]);
  const transport = transportOf(socket);
  await transport.close();
  assertEquals(calls, ["close"]);
  await transport.close();
  transport.abort(undefined);
  assertEquals(calls, ["close"]);
});

Deno.test("a socket lingers until the peer ends, and is closed once", async () => {
  const { socket, calls } = socketOf([5, 1]);
  const transport = transportOf(socket);
  await transport.linger();
  transport.abort(undefined);
  assertEquals(calls, ["closeWrite", "read", "read", "read", "close"]);
});

Deno.test("a socket lingers for no more than 1 MiB", async () => {
  const { socket, calls } = socketOf(Array(1000).fill(4096));
  await transportOf(socket).linger();
  assertEquals(calls.filter((call) => call === "read").length, 256);
  assertEquals(calls.at(-1), "close");
});

Deno.test("a stream that is handed back begins with what is left of its last chunk", async () => {
  for (const ahead of [new Uint8Array(0), Uint8Array.of(1, 2)]) {
    const { forClient, forServer } = crossed();
    const transport = transportOf(forClient);
    const bytes = pattern(10);
    const writer = forServer.writable.getWriter();
    writer.write(bytes);
    assertEquals(await transport.read(new Uint8Array(4)), 4);
    const { readable } = transport.release({
      bytes: ahead,
      pending: undefined,
    }, await releasing.load());
    await settled();
    const reader = readable.getReader();
    const { value } = await reader.read();
    assertEquals(value, concat([ahead, bytes.subarray(4)]));
    await writer.close();
    assertEquals((await reader.read()).done, true);
  }
});

Deno.test("a stream that is handed back goes on behind a read that is under way", async () => {
  const { forClient, forServer } = crossed();
  const transport = transportOf(forClient);
  const into = new Uint8Array(4);
  const pending = transport.read(into)
    .then((length) => into.slice(0, length ?? 0));
  const ahead = { bytes: Uint8Array.of(1), pending };
  const { readable } = transport.release(ahead, await releasing.load());
  const writer = forServer.writable.getWriter();
  const bytes = pattern(10);
  writer.write(bytes);
  writer.write(bytes);
  writer.close();
  assertEquals(
    await Array.fromAsync(readable),
    [Uint8Array.of(1), bytes.slice(0, 4), bytes.slice(4), bytes],
  );
});

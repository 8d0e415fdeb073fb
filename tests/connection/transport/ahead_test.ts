import { assertEquals, assertStrictEquals } from "@std/assert";
import { AheadSocket } from "../../../connection/transport/ahead.ts";
import type {
  ReadAhead,
  SocketConn,
} from "../../../connection/transport/duplex.ts";

/** A socket that gives chunks, and what was called of it. */
function socketOf(...chunks: readonly Uint8Array[]) {
  const rest = [...chunks];
  const calls: unknown[] = [];
  const addr = { transport: "tcp", hostname: "127.0.0.1", port: 1 } as const;
  const socket: SocketConn = {
    readable: ReadableStream.from(chunks),
    writable: new WritableStream(),
    localAddr: addr,
    remoteAddr: addr,
    read(into) {
      const chunk = rest.shift();
      if (chunk === undefined) return Promise.resolve(null);
      into.set(chunk);
      return Promise.resolve(chunk.length);
    },
    write: (bytes) => Promise.resolve(bytes.length),
    closeWrite: () => Promise.resolve(),
    close: () => void calls.push("close"),
  };
  return { socket, calls };
}

async function readAll(socket: SocketConn): Promise<number[][]> {
  const read: number[][] = [];
  const into = new Uint8Array(2);
  for (;;) {
    const length = await socket.read(into);
    if (length === null) return read;
    read.push([...into.subarray(0, length)]);
  }
}

const pending = (bytes: Uint8Array | null) => Promise.resolve(bytes);
const none = new Uint8Array();

const cases: readonly {
  readonly name: string;
  readonly ahead: ReadAhead;
  readonly expected: number[][];
}[] = [
  {
    name: "what was read, what is being read, and the rest",
    ahead: {
      bytes: Uint8Array.of(1, 2, 3),
      pending: pending(Uint8Array.of(4, 5, 6)),
    },
    expected: [[1, 2], [3], [4, 5], [6], [7]],
  },
  {
    name: "what is being read, and the rest",
    ahead: { bytes: none, pending: pending(Uint8Array.of(4)) },
    expected: [[4], [7]],
  },
  {
    name: "the end that is being read",
    ahead: { bytes: Uint8Array.of(1), pending: pending(null) },
    expected: [[1]],
  },
  {
    name: "the rest alone",
    ahead: { bytes: none, pending: undefined },
    expected: [[7]],
  },
];

for (const { name, ahead, expected } of cases) {
  Deno.test(`AheadSocket read() gives ${name}`, async () => {
    const { socket } = socketOf(Uint8Array.of(7));
    assertEquals(await readAll(new AheadSocket(socket, ahead)), expected);
  });

  Deno.test(`AheadSocket readable gives ${name}`, async () => {
    const { socket } = socketOf(Uint8Array.of(7));
    const { readable } = new AheadSocket(socket, ahead);
    const chunks = await Array.fromAsync(readable);
    assertEquals(chunks.flatMap((chunk) => [...chunk]), expected.flat());
  });
}

Deno.test("AheadSocket abort() gives the reason to a socket that takes one, and closes others", () => {
  const ahead: ReadAhead = { bytes: none, pending: undefined };
  const reason = new Error("enough");
  const { socket, calls } = socketOf();
  new AheadSocket(socket, ahead).abort(reason);
  assertEquals(calls, ["close"]);
  const abort = (reason: unknown) => void calls.push(reason);
  new AheadSocket({ ...socket, abort }, ahead).abort(reason);
  assertEquals(calls.length, 2);
  assertStrictEquals(calls[1], reason);
});

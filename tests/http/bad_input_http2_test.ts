/**
 * What clients of HTTP/2 do wrong: the engine judges it, and nothing is added or
 * dropped on the way there.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { concat } from "@std/bytes";
import type { FailedInfo } from "../../mod.ts";
import { dial, start } from "./_server.ts";

/** A frame (RFC 9113 section 4.1). */
function frame(
  type: keyof typeof TYPES,
  flags: number,
  stream: number,
  payload: Uint8Array = new Uint8Array(),
): Uint8Array {
  const { length } = payload;
  return Uint8Array.of(
    ...[length >> 16, length >> 8 & 0xff, length & 0xff],
    ...[TYPES[type], flags, 0, 0, 0, stream],
    ...payload,
  );
}

const TYPES = { DATA: 0, HEADERS: 1, RST_STREAM: 3, SETTINGS: 4, GOAWAY: 7 };
const [END_STREAM, END_HEADERS] = [1, 4];

/** Fields as they are (RFC 7541 section 6.2.2), without any compression. */
function fields(...list: readonly (readonly [string, string])[]): Uint8Array {
  const latin1 = (text: string) =>
    Array.from(text, (letter) => letter.charCodeAt(0));
  return Uint8Array.from(list.flatMap(([name, value]) => [
    ...[0, name.length, ...latin1(name)],
    ...[value.length, ...latin1(value)],
  ]));
}

const GOOD = [
  [":method", "POST"],
  [":scheme", "https"],
  [":authority", "localhost"],
  [":path", "/a"],
] as const;

/** The preface, and one request with a body. */
function request(
  list: readonly (readonly [string, string])[],
  body = "body",
): Uint8Array[] {
  return [
    new TextEncoder().encode("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    frame("SETTINGS", 0, 0),
    frame("HEADERS", END_HEADERS, 1, fields(...list)),
    frame("DATA", END_STREAM, 1, new TextEncoder().encode(body)),
  ];
}

interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly payload: readonly number[];
}

interface Wire {
  read(into: Uint8Array): Promise<number | null>;
  write(bytes: Uint8Array): Promise<number>;
}

async function send(wire: Wire, parts: readonly Uint8Array[]): Promise<void> {
  const all = concat(parts);
  for (let at = 0; at < all.length;) at += await wire.write(all.subarray(at));
}

/** The frames that come, up to the end of stream 1 or of the connection. */
async function* frames(
  wire: Wire,
): AsyncGenerator<Frame, void> {
  let buffer: number[] = [];
  const into = new Uint8Array(4096);
  for (;;) {
    const length = await wire.read(into).catch(() => null);
    if (length === null) return;
    buffer = [...buffer, ...into.subarray(0, length)];
    for (;;) {
      const [a = 0, b = 0, c = 0, type = 0, flags = 0, , , , stream] = buffer;
      const end = 9 + (a << 16 | b << 8 | c);
      if (stream === undefined || buffer.length < end) break;
      const payload = buffer.slice(9, end);
      buffer = buffer.slice(end);
      yield { type, flags, payload };
    }
  }
}

/** Reads on up to a frame that is as asked for, or the end. */
async function until(
  all: AsyncGenerator<Frame, void>,
  isIt: (frame: Frame) => boolean,
): Promise<void> {
  for (;;) {
    const { value } = await all.next();
    if (value === undefined || isIt(value)) return;
  }
}

/** How a request has ended: its last frame, and the code in it. */
async function outcome(wire: Wire): Promise<string> {
  for await (const { type, flags, payload } of frames(wire)) {
    if (type === TYPES.RST_STREAM) return `RST_STREAM ${payload.at(-1)}`;
    if (type === TYPES.GOAWAY) return `GOAWAY ${payload[7]}`;
    const isOver = type === TYPES.HEADERS || type === TYPES.DATA;
    if (isOver && (flags & END_STREAM) !== 0) return "a response";
  }
  return "the end";
}

Deno.test("what smuggles requests of HTTP/2 comes through as it came to the engine without TLS", async () => {
  const seen: string[] = [];
  const handler = async (request: Request) => {
    const { method, url, headers } = request;
    seen.push(JSON.stringify([method, new URL(url).pathname, ...headers]));
    return new Response(await request.text().catch(() => "broken"));
  };
  const onError = () => new Response(null, { status: 500 });
  await using server = start(handler, { onError });
  const plain = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {}, onError },
    handler,
  );
  const [method, scheme, authority, path] = GOOD;
  let refused = 0;
  for (
    const list of [
      GOOD,
      [method, scheme, authority],
      [scheme, authority, path],
      [method, method, scheme, authority, path],
      [...GOOD, [":path", "/b"]],
      [...GOOD, [":unknown", "x"]],
      [["x", "y"], ...GOOD],
      [...GOOD, ["X-Upper", "y"]],
      [...GOOD, ["connection", "keep-alive"]],
      [...GOOD, ["transfer-encoding", "chunked"]],
      [...GOOD, ["te", "gzip"]],
      [...GOOD, ["upgrade", "websocket"]],
      [...GOOD, ["host", "other.test"]],
      [...GOOD, ["content-length", "3"]],
      [...GOOD, ["content-length", "5"]],
      [...GOOD, ["content-length", "4"], ["content-length", "3"]],
      [...GOOD, ["x", "a\r\nx-smuggled: b"]],
      [...GOOD, ["x", "a\0b"]],
      [...GOOD, ["x\r\ny", "a"]],
      [...GOOD, ["", "a"]],
      [method, scheme, authority, [":path", ""]],
      [method, scheme, authority, [":path", "a"]],
      [method, scheme, authority, [":path", "/a HTTP/1.1\r\nx: y"]],
      [[":method", "GET / HTTP/1.1\r\nx:"], scheme, authority, path],
      [method, scheme, [":authority", "a\r\nx: y"], path],
    ] as const
  ) {
    const outcomes: string[] = [];
    const { port } = plain.addr;
    for (
      const open of [
        () => dial(server, { alpnProtocols: ["h2"] }),
        () => Deno.connect({ hostname: "127.0.0.1", port }),
      ]
    ) {
      seen.length = 0;
      const wire = await open();
      await send(wire, request(list));
      outcomes.push(`${await outcome(wire)} ${seen.join()}`);
      if ("abort" in wire) wire.abort();
      else wire.close();
    }
    assertEquals(outcomes[0], outcomes[1], JSON.stringify(list));
    if (!outcomes[0]?.startsWith("a response")) refused++;
  }
  assert(refused > 10, `only ${refused} were refused`);
  await plain.shutdown();
});

Deno.test("a client of HTTP/2 that leaves in the middle of its body is reported, and fails the read of it", async () => {
  const told = Promise.withResolvers<FailedInfo<Deno.NetAddr>>();
  const begun = Promise.withResolvers<void>();
  const failed = Promise.withResolvers<unknown>();
  await using server = start(async (request) => {
    begun.resolve();
    await request.text().catch(failed.resolve);
    return new Response();
  }, {
    onError: (_error, info) => {
      told.resolve(info);
      return new Response();
    },
  });
  const conn = await dial(server, { alpnProtocols: ["h2"] });
  await send(conn, request(GOOD).slice(0, 3));
  await begun.promise;
  const { port } = conn.localAddr as Deno.NetAddr;
  conn.abort();
  assertEquals((await told.promise).remoteAddr.port, port);
  assert(await failed.promise instanceof Error);
});

Deno.test("a client of HTTP/2 that resets one stream ends that and no other", async () => {
  const cancelled = Promise.withResolvers<void>();
  await using server = start(({ url }) =>
    new Response(
      url.endsWith("/a")
        ? new ReadableStream({
          pull: (controller) => controller.enqueue(new Uint8Array(16384)),
          cancel: () => cancelled.resolve(),
        })
        : null,
    )
  );
  const conn = await dial(server, { alpnProtocols: ["h2"] });
  await send(conn, request(GOOD));
  const all = frames(conn);
  await until(all, ({ type }) => type === TYPES.DATA);
  await send(conn, [frame("RST_STREAM", 0, 1, Uint8Array.of(0, 0, 0, 8))]);
  await cancelled.promise;
  const [method, scheme, authority] = GOOD;
  const next = fields(method, scheme, authority, [":path", "/b"]);
  await send(conn, [frame("HEADERS", END_HEADERS | END_STREAM, 3, next)]);
  let answered = false;
  await until(
    all,
    ({ type, flags }) =>
      answered = type === TYPES.HEADERS && (flags & END_STREAM) !== 0,
  );
  assert(answered);
  conn.abort();
});

Deno.test("a handler that throws over HTTP/2 is reported with its connection", async () => {
  const told: unknown[] = [];
  await using server = start(() => {
    throw new Error("thrown");
  }, {
    onError: (error, { remoteAddr, tls }) => {
      told.push([(error as Error).message, remoteAddr.port, tls.alpnProtocol]);
      return new Response(null, { status: 503 });
    },
  });
  const conn = await dial(server, { alpnProtocols: ["h2"] });
  await send(conn, request(GOOD));
  assertEquals(await outcome(conn), "a response");
  const { port } = conn.localAddr as Deno.NetAddr;
  assertEquals(told, [["thrown", port, "h2"]]);
  await conn.close();
});

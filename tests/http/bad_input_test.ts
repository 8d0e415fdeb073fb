import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { FailedInfo } from "../../mod.ts";
import {
  ask,
  bodyOf,
  dial,
  ENGINES,
  get,
  readUntil,
  say,
  start,
} from "./_server.ts";

/** Errors that a server reports, with the port of the client. */
class Told {
  readonly list: [unknown, number][] = [];
  readonly #first = Promise.withResolvers<void>();
  /** Resolves when there is one. */
  readonly any = this.#first.promise;

  readonly onError = (
    error: unknown,
    { remoteAddr }: FailedInfo<Deno.NetAddr>,
  ): Response => {
    this.list.push([error, remoteAddr.port]);
    this.#first.resolve();
    return new Response("told", { status: 500 });
  };
}

function portOf({ localAddr }: { localAddr: Deno.Addr | undefined }): number {
  return (localAddr as Deno.NetAddr).port;
}

for (const [engine, definition] of Object.entries(ENGINES)) {
  const test = (name: string, fn: () => Promise<void>) =>
    Deno.test({ name: `${engine}: ${name}`, ...definition, fn });

  test("a client that leaves in the middle of its body is reported, and fails the read of it", async () => {
    const told = new Told();
    const failed = Promise.withResolvers<unknown>();
    const begun = Promise.withResolvers<void>();
    await using server = start(async (request) => {
      begun.resolve();
      await request.text().catch(failed.resolve);
      return new Response();
    }, { onError: told.onError });
    const conn = await dial(server);
    await say(
      conn,
      "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1000\r\n\r\nhalf",
    );
    const port = portOf(conn);
    await begun.promise;
    conn.abort();
    await told.any;
    assert(await failed.promise instanceof Error);
    assertEquals(told.list[0]?.[1], port);
  });

  test("a client that leaves in the middle of the response is reported, and cancels it", async () => {
    const told = new Told();
    const cancelled = Promise.withResolvers<void>();
    await using server = start(() =>
      new Response(
        new ReadableStream({
          pull: (controller) => controller.enqueue(new Uint8Array(65536)),
          cancel: () => cancelled.resolve(),
        }),
      ), { onError: told.onError });
    const conn = await dial(server);
    await say(conn, get("/"));
    const port = portOf(conn);
    await conn.read(new Uint8Array(1000));
    conn.abort();
    await cancelled.promise;
    await told.any;
    assertEquals(told.list[0]?.[1], port);
  });

  test("a client that does not read holds the response back", async () => {
    let made = 0;
    const stalled = Promise.withResolvers<void>();
    await using server = start(() =>
      new Response(
        new ReadableStream({
          async pull(controller) {
            made++;
            controller.enqueue(new Uint8Array(65536));
            const { promise, resolve } = Promise.withResolvers<void>();
            setTimeout(resolve);
            await promise;
          },
        }),
      ), { onError: () => new Response() });
    const conn = await dial(server);
    await say(conn, get("/"));
    let before = -1;
    const timer = setInterval(() => {
      if (made === before) stalled.resolve();
      before = made;
    }, 300);
    await stalled.promise;
    clearInterval(timer);
    // 16 MiB are more than all buffers on the way have.
    assert(made < 1000, `${made} chunks were made`);
    conn.abort();
  });

  test("a handler that does not read holds the body back, and its early response arrives", async () => {
    await using server = start(() => new Response("enough", { status: 413 }), {
      onError: () => new Response(),
    });
    const conn = await dial(server);
    await say(
      conn,
      "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 100000000\r\n\r\n",
    );
    const sending = (async () => {
      const chunk = new Uint8Array(65536);
      let sent = 0;
      for (; sent < 100_000_000; sent += chunk.length) await conn.write(chunk);
      return sent;
    })().catch(() => 0);
    assertStringIncludes(await readUntil(conn, "enough"), "HTTP/1.1 413 ");
    conn.abort();
    assertEquals(await sending, 0);
  });

  test("bodies go both ways byte by byte, and slowly", async () => {
    await using server = start(({ body }) => new Response(body));
    const conn = await dial(server);
    await say(
      conn,
      "POST / HTTP/1.1\r\nhost: a\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n",
    );
    let echoed = "";
    for (const letter of "slowly") {
      for (const byte of `1\r\n${letter}\r\n`) await say(conn, byte);
      echoed += await readUntil(conn, letter);
    }
    await say(conn, "0\r\n\r\n");
    echoed += await readUntil(conn, "\0");
    assertEquals(
      bodyOf(echoed).replace(/1\r\n(.)\r\n/g, "$1"),
      "slowly0\r\n\r\n",
    );
    await conn.close();
  });

  test("pipelined requests get their responses in order", async () => {
    await using server = start(({ url }) =>
      new Response(new URL(url).pathname)
    );
    const text = await ask(
      server,
      ["/1", "/2", "/3"].map((path) =>
        `GET ${path} HTTP/1.1\r\nhost: a\r\n\r\n`
      ).join("") + get("/4"),
    );
    assertEquals(text.match(/\/\d$|\/\d(?=HTTP)/g), ["/1", "/2", "/3", "/4"]);
  });
}

Deno.test("what smuggles requests comes through as it came to the engine without TLS", async () => {
  const seen: string[] = [];
  const handler = async (request: Request) => {
    const { pathname } = new URL(request.url);
    const fields = [...request.headers].filter(([name]) => name !== "date");
    seen.push(JSON.stringify([request.method, pathname, fields]));
    return new Response(await request.text());
  };
  const onError = () => new Response(null, { status: 500 });
  await using server = start(handler, { onError });
  const plain = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {}, onError },
    handler,
  );
  const head = "POST /a HTTP/1.1\r\nhost: a\r\nconnection: close\r\n";
  for (
    const request of [
      `${head}content-length: 6\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\nG`,
      `${head}content-length: 1\r\ncontent-length: 2\r\n\r\nab`,
      `${head}content-length: 1, 1\r\n\r\na`,
      `${head}content-length: +1\r\n\r\na`,
      `${head}transfer-encoding: chunked\r\ntransfer-encoding: identity\r\n\r\n0\r\n\r\n`,
      `${head}transfer-encoding: xchunked\r\n\r\n0\r\n\r\n`,
      `${head}transfer-encoding : chunked\r\n\r\n0\r\n\r\n`,
      `${head}x: a\rb\r\ncontent-length: 0\r\n\r\n`,
      `${head}x: a\nb: c\ncontent-length: 0\n\n`,
      `${head}x: a\0b\r\ncontent-length: 0\r\n\r\n`,
      `${head}x: 1\r\n folded: 2\r\ncontent-length: 0\r\n\r\n`,
      `${head}transfer-encoding: chunked\r\n\r\n1;\n=x\r\na\r\n0\r\n\r\n`,
      `${head}transfer-encoding: chunked\r\n\r\n0x1\r\na\r\n0\r\n\r\n`,
      "GET /b HTTP/1.1\r\nhost: a\r\nhost: b\r\nconnection: close\r\n\r\n",
      "GET http://x/ HTTP/1.1 HTTP/1.1\r\nhost: a\r\n\r\n",
      "\r\n\r\nGET /c HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n",
    ]
  ) {
    const outcomes: string[] = [];
    const dateless = (text: string) => text.replace(/^date: .*\r\n/mi, "");
    for (const send of [() => ask(server, request), () => askPlain(request)]) {
      seen.length = 0;
      outcomes.push(`${dateless(await send())} ${seen.join()}`);
    }
    assertEquals(outcomes[0], outcomes[1], JSON.stringify(request));
  }
  await plain.shutdown();

  async function askPlain(request: string): Promise<string> {
    const { port } = plain.addr;
    using conn = await Deno.connect({ hostname: "127.0.0.1", port });
    await conn.write(new TextEncoder().encode(request));
    return await new Response(conn.readable).text();
  }
});

Deno.test("a header cannot say whose request it is", async () => {
  await using server = start((_request, { remoteAddr, tls }) =>
    Response.json([remoteAddr.port, tls.peerCertificates.length])
  );
  const conn = await dial(server);
  const forged = [
    "forwarded: for=192.0.2.1:1",
    "x-forwarded-for: 192.0.2.1",
    "x-real-ip: 192.0.2.1",
    "x-client-cert: forged",
  ].join("\r\n");
  await say(
    conn,
    `GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n${forged}\r\n\r\n`,
  );
  assertEquals(
    JSON.parse(bodyOf(await readUntil(conn, "\0"))),
    [portOf(conn), 0],
  );
  await conn.close();
});

Deno.test("clients are served among idle connections and bad handshakes", async () => {
  const errors: unknown[] = [];
  await using server = start(() => new Response("x"), {
    onHandshakeError: (error) => errors.push(error),
    onError: (error) => (errors.push(error), new Response()),
  });
  const { port } = server.addr;
  const idle = await Promise.all(
    Array.from({ length: 50 }, () => dial(server)),
  );
  const flood = Array.from({ length: 50 }, async () => {
    using conn = await Deno.connect({ hostname: "127.0.0.1", port });
    await conn.write(new Uint8Array(100));
    await conn.read(new Uint8Array(1)).catch(() => {});
  });
  const texts = await Promise.all(
    Array.from({ length: 20 }, () => ask(server, get("/"))),
  );
  await Promise.all(flood);
  assertEquals(texts.filter((text) => bodyOf(text) === "x").length, 20);
  assertEquals(errors.length, 50);
  await Promise.all(idle.map((conn) => conn.close()));
});

Deno.test("clients that leave without a request under way are nobody's error", async () => {
  const told = new Told();
  await using server = start(() => new Response("x"), {
    onError: told.onError,
  });
  for (const request of ["", "GET / HTTP/1.1\r\nhost: a\r\n\r\n"]) {
    const conn = await dial(server);
    await say(conn, request);
    if (request !== "") await readUntil(conn, "\r\n\r\nx");
    conn.abort();
  }
  assertStringIncludes(await ask(server, get("/")), "200 OK");
  assertEquals(told.list, []);
});

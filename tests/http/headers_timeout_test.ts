/**
 * `headersTimeout`: the time that the head of a request may take.
 *
 * @module
 */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { dial, ENGINES, leaf, readUntil, say, start } from "./_server.ts";

const TIMEOUT = 800;

const SLOW_HEAD = "GET / HTTP/1.1\r\nhost: localhost\r\nx-a: ";

for (const [engine, definition] of Object.entries(ENGINES)) {
  const test = (name: string, fn: () => Promise<void>) =>
    Deno.test({ name: `${engine}: ${name}`, ...definition, fn });

  test("headersTimeout answers a head that comes too slowly with 408, and tells", async () => {
    const told = Promise.withResolvers<unknown>();
    await using server = start(() => new Response("hello"), {
      headersTimeout: TIMEOUT,
      onError: (error) => {
        told.resolve(error);
        return new Response();
      },
    });
    const conn = await dial(server);
    await say(conn, SLOW_HEAD);
    const answer = await readUntil(conn, "never");
    assert(answer.startsWith("HTTP/1.1 408 "), answer);
    const error = await told.promise;
    assert(error instanceof DOMException);
    assertEquals(error.name, "TimeoutError");
    await conn.close();
  });

  test("headersTimeout counts a later request from its first byte", async () => {
    await using server = start(() => new Response("hello"), {
      headersTimeout: TIMEOUT,
    });
    const conn = await dial(server);
    await say(conn, "GET / HTTP/1.1\r\nhost: localhost\r\n\r\n");
    await readUntil(conn, "hello");
    await pause(1.5 * TIMEOUT);
    await say(conn, "GET / HTTP/1.1\r\nhost: localhost\r\n\r\n");
    assertStringIncludes(await readUntil(conn, "hello"), "HTTP/1.1 200 OK");
    await say(conn, SLOW_HEAD);
    const answer = await readUntil(conn, "never");
    assert(answer.startsWith("HTTP/1.1 408 "), answer);
    await conn.close();
  });

  test("headersTimeout closes a connection on which nothing comes, without an answer", async () => {
    await using server = start(() => new Response("hello"), {
      headersTimeout: TIMEOUT,
    });
    const conn = await dial(server);
    assertEquals(await readUntil(conn, "never"), "");
    await conn.close();
  });

  test("headersTimeout lets bodies and responses take their time", async () => {
    await using server = start(async (request) => {
      const text = await request.text();
      await pause(1.5 * TIMEOUT);
      return new Response(text.toUpperCase());
    }, { headersTimeout: TIMEOUT });
    const conn = await dial(server);
    await say(
      conn,
      "POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 4\r\n\r\nbo",
    );
    await pause(1.5 * TIMEOUT);
    await say(conn, "dy");
    assertStringIncludes(await readUntil(conn, "BODY"), "BODY");
    await conn.close();
  });

  test("headersTimeout does not end a WebSocket", async () => {
    await using server = start((request) => {
      const { socket, response } = Deno.upgradeWebSocket(request);
      socket.onmessage = ({ data }) => socket.send(data);
      return response;
    }, { headersTimeout: TIMEOUT });
    const conn = await dial(server);
    await say(
      conn,
      [
        ...["GET / HTTP/1.1", "host: localhost", "upgrade: websocket"],
        ...["connection: upgrade", "sec-websocket-version: 13"],
        ...["sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==", "", ""],
      ].join("\r\n"),
    );
    await readUntil(conn, "\r\n\r\n");
    for (const letter of "ab") {
      // A text frame with one letter, under a mask of zeros.
      const frame = [0x81, 0x81, 0, 0, 0, 0, letter.charCodeAt(0)];
      await conn.write(new Uint8Array(frame));
      assertStringIncludes(await readUntil(conn, letter), letter);
      await pause(1.5 * TIMEOUT);
    }
    conn.abort();
  });
}

Deno.test("headersTimeout is at least 0", () => {
  const options = { cert: leaf.cert, key: leaf.key, headersTimeout: -1 };
  let error: unknown;
  try {
    start(() => new Response(), options);
  } catch (thrown) {
    error = thrown;
  }
  assert(error instanceof RangeError);
  assertStringIncludes(error.message, '"headersTimeout"');
});

function pause(time: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, time));
}

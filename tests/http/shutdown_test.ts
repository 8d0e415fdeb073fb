/**
 * shutdown() of serve(), and requests that have just come.
 *
 * @module
 */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { dial, ENGINES, readUntil, say, start } from "./_server.ts";

for (const [name, options] of Object.entries(ENGINES)) {
  const test = (title: string, fn: () => Promise<void>) =>
    Deno.test({ name: `${name}: ${title}`, ...options, fn });

  test("shutdown() waits for the engine to read the requests that have come", async () => {
    const server = start(() => new Response("after all"));
    const conns = await Promise.all([dial(server), dial(server)]);
    const connect = Deno.connect;
    const dialling = Promise.withResolvers<void>();
    const go = Promise.withResolvers<void>();
    let count = 0;
    const late = async (options: Deno.ConnectOptions) => {
      const dialled = connect(options);
      if (++count === conns.length) dialling.resolve();
      await go.promise;
      return await dialled;
    };
    Deno.connect = late as typeof Deno.connect;
    try {
      const request = "GET / HTTP/1.1\r\nhost: localhost\r\n\r\n";
      for (const conn of conns) await say(conn, request);
      await dialling.promise;
      const ending = server.shutdown();
      go.resolve();
      for (const conn of conns) {
        assertStringIncludes(await readUntil(conn, "\0 the end"), "after all");
        await conn.close();
      }
      await ending;
    } finally {
      Deno.connect = connect;
    }
  });

  test("shutdown() does not wait for the rest of a request", async () => {
    const server = start(() => new Response("hello"));
    const used = await dial(server);
    const conns = [used, await dial(server)];
    await say(used, "GET / HTTP/1.1\r\nhost: localhost\r\n\r\n");
    await readUntil(used, "hello");
    for (const conn of conns) await say(conn, "GET / HTTP/1.1\r\n");
    const ending = server.shutdown();
    for (const conn of conns) {
      assertEquals(await readUntil(conn, "\0 the end"), "");
      await conn.close();
    }
    await ending;
  });
}

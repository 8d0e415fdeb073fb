/**
 * serve() without descriptors: clients are turned away, and later ones served.
 *
 * @module
 */

import { assertEquals, assertMatch } from "@std/assert";
import type { TlsConn } from "../../mod.ts";
import { ServerProgram } from "./_program.ts";

for (const engine of ["unix sockets", "loopback"] as const) {
  Deno.test({
    name: `${engine}: serve() outlives a lack of descriptors`,
    ignore: Deno.build.os === "windows",
    fn: async () => {
      await using server = await ServerProgram.start(engine, 128);
      const dial = () => server.dial();
      // More than there are descriptors for, and these the first that it sees.
      const answers = await Promise.all(
        Array.from({ length: 200 }, () => answerOf(dial)),
      );
      const served = answers.filter(({ text }) => text.includes(" end"));
      for (const { conn } of answers) conn?.abort();
      let last = "";
      for (let nth = 0; nth < 100 && !last.includes(" end"); nth++) {
        const { conn, text } = await answerOf(dial);
        conn?.abort();
        last = text;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      assertEquals(server.ended, undefined);
      assertMatch(last, /^HTTP\/1.1 200 /);
      assertEquals(served.length < answers.length, true);
    },
  });
}

/** A connection that stays open, and what came on it. */
async function answerOf(
  dial: () => Promise<TlsConn>,
): Promise<{ conn?: TlsConn; text: string }> {
  let conn: TlsConn | undefined;
  try {
    conn = await dial();
    const request = "GET / HTTP/1.1\r\nhost: localhost\r\n\r\n";
    await conn.write(new TextEncoder().encode(request));
    const into = new Uint8Array(4096);
    const signal = Promise.withResolvers<null>();
    const timer = setTimeout(() => signal.resolve(null), 2000);
    const length = await Promise.race([conn.read(into), signal.promise])
      .finally(() => clearTimeout(timer));
    const text = new TextDecoder().decode(into.subarray(0, length ?? 0));
    return { conn, text };
  } catch {
    return conn === undefined ? { text: "" } : { conn, text: "" };
  }
}

/**
 * serve() without descriptors: clients are turned away, and later ones served.
 *
 * @module
 */

import { assertEquals, assertMatch } from "@std/assert";
import { connect, type TlsConn } from "../../mod.ts";
import { issueCertificate, TrustStore } from "../../x509/mod.ts";

const program = `
  import { serve } from "${new URL("../../mod.ts", import.meta.url)}";
  // Half a second after its start, Deno opens what it needs for this, and ends
  // if it cannot: now it can.
  Deno.addSignalListener("SIGHUP", () => {});
  const [cert, key] = Deno.args;
  const server = serve({
    hostname: "127.0.0.1", port: 0, cert, key,
    onError: () => new Response(),
    onHandshakeError: () => {},
  }, () => new Response("hello"));
  console.log(server.addr.port);
  await server.finished;
`;

for (
  const [engine, permissions] of [
    ["unix sockets", ["-A"]],
    ["loopback", ["--allow-net", "--allow-read"]],
  ] as const
) {
  Deno.test({
    name: `${engine}: serve() outlives a lack of descriptors`,
    ignore: Deno.build.os === "windows",
    fn: async () => {
      const { cert, key } = await issueCertificate({ names: ["localhost"] });
      const config = new URL("../../deno.json", import.meta.url).pathname;
      const options = [
        ...["run", "--no-check", "--no-lock", `--config=${config}`],
        ...[...permissions, "--ext=ts", "-"],
      ];
      const child = new Deno.Command("sh", {
        args: [
          ...["-c", 'ulimit -n 128; exec "$@"', "sh", Deno.execPath()],
          ...[...options, cert, key],
        ],
        // Deno's own look for a newer version ends the process without them.
        env: { DENO_NO_UPDATE_CHECK: "1" },
        stdin: "piped",
        stdout: "piped",
      }).spawn();
      const input = child.stdin.getWriter();
      await input.write(new TextEncoder().encode(program));
      await input.close();
      let ended: Deno.CommandStatus | undefined;
      const status = child.status.then((status) => ended = status);
      const reader = child.stdout.getReader();
      const { value } = await reader.read();
      const port = Number(new TextDecoder().decode(value));
      const dial = () =>
        connect({
          hostname: "127.0.0.1",
          port,
          serverName: "localhost",
          trust: TrustStore.of(cert),
        });
      // More than there are descriptors for, and these the first that it sees.
      const answers = await Promise.all(
        Array.from({ length: 200 }, () => answerOf(dial)),
      );
      const served = answers.filter(({ text }) => text.includes("hello"));
      for (const { conn } of answers) conn?.abort();
      let last = "";
      for (let nth = 0; nth < 100 && !last.includes("hello"); nth++) {
        const { conn, text } = await answerOf(dial);
        conn?.abort();
        last = text;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      assertEquals(ended, undefined);
      assertMatch(last, /^HTTP\/1.1 200 /);
      assertEquals(served.length < answers.length, true);
      child.kill();
      await reader.cancel();
      await status;
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

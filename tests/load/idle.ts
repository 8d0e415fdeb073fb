/**
 * Idle keep-alive connections to `serve()`, with what they take of memory, beside
 * `Deno.serve` with its own TLS:
 *
 * ```sh
 * ulimit -n 65536
 * deno run -A tests/load/idle.ts
 * deno run -A tests/load/idle.ts 1000
 * ```
 *
 * @module
 */

import { serve } from "../../mod.ts";
import { issueCertificate } from "../../x509/mod.ts";
import { memory } from "../fuzz/_heap.ts";

/** Connections that are opened, or asked, at once. */
const AT_ONCE = 32;

/** Milliseconds in which idle connections come to rest. */
const PATIENCE = 20_000;

const [count = "10000", role = "both", ...rest] = Deno.args;
const total = Number(count);

if (role === "clients") await runClients(Number(rest[0]), rest[1] ?? "");
else if (role === "both") {
  // Each alone: what one leaves would count for the other.
  for (const each of ["ours", "native"]) await runChild([count, each]);
} else await runServer(role === "native");

/** Serves, and says what the connections take once all are idle. */
async function runServer(isNative: boolean): Promise<void> {
  const { cert, key } = await issueCertificate({ names: ["localhost"] });
  let answered = 0;
  const options = { hostname: "127.0.0.1", port: 0, cert, key };
  const handler = () => (answered++, new Response("hello"));
  const server = isNative
    ? Deno.serve({ ...options, onListen: () => {} }, handler)
    : serve(options, handler);
  const { port } = server.addr as Deno.NetAddr;
  // What the first connection loads is no part of the others.
  await runChild(["1", "clients", String(port), cert]);
  const before = memory();
  const clients = new Deno.Command(Deno.execPath(), {
    args: commandOf([count, "clients", String(port), cert]),
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const said = clients.stdout.getReader();
  const opened = performance.now();
  await said.read();
  const seconds = (performance.now() - opened) / 1000;
  const open = { ...memory(), descriptors: descriptors() };
  // Our connections give up the engine's end of them after a moment.
  const rest = performance.now();
  while (descriptors() > total + 200 && performance.now() - rest < PATIENCE) {
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  const idle = memory();
  const input = clients.stdin.getWriter();
  await input.write(new Uint8Array(1));
  await said.read();
  await input.close();
  await clients.status;
  await server.shutdown();
  const perConnection = (name: "heap" | "rss", now = idle) =>
    ((now[name] - before[name]) / total / 1024).toFixed(1);
  say(
    `${
      isNative ? "Deno.serve" : "serve()"
    }: ${total} idle connections, opened in ${seconds.toFixed(1)} s; ${
      perConnection("heap")
    } KiB of heap and ${perConnection("rss")} KiB of RSS each (${
      perConnection("rss", open)
    } and ${open.descriptors} descriptors when they were open); ${
      answered - 2
    } of ${2 * total} requests answered`,
  );
}

/** How many the process has open, on Linux. */
function descriptors(): number {
  try {
    return [...Deno.readDirSync("/proc/self/fd")].length;
  } catch {
    return 0;
  }
}

/** Opens connections, asks once on each; and once more on a signal. */
async function runClients(port: number, cert: string): Promise<void> {
  const connections: Deno.TlsConn[] = [];
  const open = async () => {
    while (connections.length < total) {
      const slot = connections.push(undefined as never) - 1;
      const conn = await Deno.connectTls({
        hostname: "localhost",
        port,
        caCerts: [cert],
      });
      connections[slot] = conn;
      await ask(conn);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, open));
  say("open");
  if (total > 1) await Deno.stdin.read(new Uint8Array(1));
  for (let at = 0; at < total; at += AT_ONCE) {
    await Promise.all(connections.slice(at, at + AT_ONCE).map(ask));
  }
  say("asked again");
  for (const conn of connections) conn.close();
}

async function ask(conn: Deno.TlsConn): Promise<void> {
  await conn.write(
    new TextEncoder().encode("GET / HTTP/1.1\r\nhost: localhost\r\n\r\n"),
  );
  const into = new Uint8Array(1024);
  let text = "";
  while (!text.endsWith("hello")) {
    const length = await conn.read(into);
    if (length === null) throw new Error("The server has gone");
    text += new TextDecoder().decode(into.subarray(0, length));
  }
}

async function runChild(args: readonly string[]): Promise<void> {
  const child = new Deno.Command(Deno.execPath(), {
    args: commandOf(args),
    stdout: args.includes("clients") ? "null" : "inherit",
    stderr: "inherit",
  });
  const { success } = await child.output();
  if (!success) throw new Error(`${args[1]} failed`);
}

function commandOf(args: readonly string[]): string[] {
  return ["run", "-A", "--no-check", import.meta.filename ?? "", ...args];
}

function say(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}

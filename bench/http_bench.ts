/**
 * `serve()` and `Deno.serve` with the runtime's own TLS side by side: rounds in
 * turns, medians, ratios. Each server is a process of its own; this one is the
 * client, by the runtime's TLS for HTTP/1.1 and by `node:http2`.
 *
 * ```sh
 * deno task bench http              # all of it, about two minutes
 * deno task bench http memory       # rows whose name has one of these words
 * deno task bench http --rounds=3
 * ```
 *
 * What counts is the processor time of the server for each request: it moves
 * less than the rate on a machine that does other things as well. The table is
 * written as JSON to `bench/results/http.json`, with both.
 *
 * @module
 */

import { connect as connectHttp2 } from "node:http2";
import { issueCertificate } from "../x509/mod.ts";
import { PATHS } from "./http_server.ts";

/** Whose server; the last one speaks plain HTTP, see `http_floor.ts`. */
type Kind = "ours" | "native" | "floor";

/** A server in a process of its own. */
interface Running {
  readonly child: Deno.ChildProcess;
  readonly port: number;
}

/** What one measurement gave. */
interface Figure {
  /** In a second. */
  readonly rate: number;
  /** Of the server for each, in microseconds. */
  readonly cpu: number;
}

const folder = await Deno.makeTempDir();
const ca = await issueCertificate({ names: ["Bench CA"], ca: true });
const leaf = await issueCertificate({ names: ["localhost"], issuer: ca });
await Deno.writeTextFile(`${folder}/cert.pem`, leaf.cert);
await Deno.writeTextFile(`${folder}/key.pem`, leaf.key);

async function startServer(kind: Kind, ...flags: string[]): Promise<Running> {
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--quiet",
      `--v8-flags=${["--expose-gc", ...flags].join()}`,
      new URL("./http_server.ts", import.meta.url).href,
      kind,
      folder,
    ],
    stdout: "piped",
  }).spawn();
  const reader = child.stdout.getReader();
  const { value } = await reader.read();
  reader.releaseLock();
  return { child, port: Number(new TextDecoder().decode(value)) };
}

/** A connection, by the runtime's own TLS where the server has any. */
async function dial(port: number, kind: Kind): Promise<Deno.Conn> {
  const tcp = await Deno.connect({ hostname: "127.0.0.1", port });
  tcp.setNoDelay(true);
  if (kind === "floor") return tcp;
  return await Deno.startTls(tcp, {
    hostname: "localhost",
    caCerts: [ca.cert],
    alpnProtocols: ["http/1.1"],
  });
}

/** A client of HTTP/1.1 that reads no more of a response than its length. */
class Client {
  readonly #conn: Deno.Conn;
  readonly #into = new Uint8Array(65536);

  constructor(conn: Deno.Conn) {
    this.#conn = conn;
  }

  async get(path: string): Promise<string> {
    await this.#conn.write(
      new TextEncoder().encode(
        `GET ${path} HTTP/1.1\r\nhost: localhost\r\n\r\n`,
      ),
    );
    let total = 0;
    let length = Infinity;
    let head = "";
    while (total < length) {
      const count = await this.#conn.read(this.#into);
      if (count === null) throw new Error("The server has closed");
      if (head === "") {
        head = new TextDecoder("latin1").decode(this.#into.subarray(0, 1024));
        const end = head.indexOf("\r\n\r\n") + 4;
        length = end + Number(/content-length: (\d+)/i.exec(head)?.[1]);
      }
      total += count;
    }
    return head;
  }

  close(): void {
    this.#conn.close();
  }
}

/** The processor time and the memory that the server has used. */
async function usage(
  port: number,
  kind: Kind,
): Promise<{ cpu: number; rss: number }> {
  const client = new Client(await dial(port, kind));
  const head = await client.get(PATHS.usage);
  client.close();
  const [, cpu, rss] = /x-usage: (\d+) (\d+)/i.exec(head) ?? [];
  return { cpu: Number(cpu), rss: Number(rss) };
}

/** Does something for a while, `at` many times at once. */
async function repeat(
  { port, kind, at }: { port: number; kind: Kind; at: number },
  work: (worker: number) => Promise<void>,
): Promise<Figure> {
  const before = await usage(port, kind);
  const start = performance.now();
  let count = 0;
  await Promise.all(
    Array.from({ length: at }, async (_, worker) => {
      while (performance.now() - start < DURATION) {
        await work(worker);
        count++;
      }
    }),
  );
  const seconds = (performance.now() - start) / 1000;
  const after = await usage(port, kind);
  return { rate: count / seconds, cpu: (after.cpu - before.cpu) / count };
}

async function keepAlive(
  port: number,
  kind: Kind,
  path: string,
): Promise<Figure> {
  const clients = await Promise.all(
    Array.from({ length: 16 }, async () => new Client(await dial(port, kind))),
  );
  const figure = await repeat({ port, kind, at: 16 }, async (worker) => {
    await clients[worker]?.get(path);
  });
  for (const client of clients) client.close();
  return figure;
}

async function newConnections(port: number, kind: Kind): Promise<Figure> {
  return await repeat({ port, kind, at: 8 }, async () => {
    const client = new Client(await dial(port, kind));
    await client.get(PATHS.small);
    client.close();
  });
}

async function streams(port: number, kind: Kind): Promise<Figure> {
  const session = connectHttp2(`https://localhost:${port}`, { ca: ca.cert });
  const get = () =>
    new Promise<void>((resolve, reject) => {
      const stream = session.request({ ":path": PATHS.small });
      stream.on("end", resolve).on("error", reject).resume();
    });
  await get();
  const figure = await repeat({ port, kind, at: 100 }, get);
  session.close();
  return figure;
}

/** KiB of a new server for each connection that has had a request. */
async function idleMemory(_port: number, kind: Kind): Promise<Figure> {
  // As in `_rows.ts`: garbage does not count for connections.
  const { child, port } = await startServer(
    kind,
    "--min-semi-space-size=1",
    "--max-semi-space-size=1",
  );
  const open = async (count: number) => {
    const clients: Client[] = [];
    for (let at = 0; at < count; at++) {
      const client = new Client(await dial(port, kind));
      await client.get(PATHS.small);
      clients.push(client);
    }
    return clients;
  };
  // What the server needs once is not for the others.
  const first = await open(IDLE);
  const before = await usage(port, kind);
  const clients = await open(IDLE);
  const after = await usage(port, kind);
  for (const client of [...first, ...clients]) client.close();
  child.kill();
  await child.status;
  return { rate: (after.rss - before.rss) / 1024 / IDLE, cpu: 0 };
}

const DURATION = 2000;
const IDLE = 400;

const rows = [
  {
    name: "keep-alive requests",
    unit: "/s",
    goal: "≥ 0.6 ×",
    measure: (port: number, kind: Kind) => keepAlive(port, kind, PATHS.small),
    hasFloor: true,
  },
  {
    name: "responses of 100 kB",
    unit: "/s",
    goal: "≥ 0.6 ×",
    measure: (port: number, kind: Kind) => keepAlive(port, kind, PATHS.large),
    hasFloor: false,
  },
  {
    name: "a new connection each",
    unit: "/s",
    goal: "≥ 0.6 ×",
    measure: newConnections,
    hasFloor: true,
  },
  {
    name: "HTTP/2, 100 streams",
    unit: "/s",
    goal: "≥ 0.5 ×",
    measure: streams,
    hasFloor: false,
  },
  {
    name: "memory of an idle connection",
    unit: "KiB",
    goal: "≤ 1.0 ×",
    measure: idleMemory,
    hasFloor: false,
  },
];

const rounds = Number(
  Deno.args.find((arg) => arg.startsWith("--rounds="))?.slice(9) ?? 3,
);
const servers = {
  ours: await startServer("ours"),
  native: await startServer("native"),
  floor: await startServer("floor"),
};
const words = Deno.args.filter((arg) =>
  !arg.startsWith("--") && arg !== "http"
);
const chosen = rows.filter(({ name }) =>
  words.length === 0 || words.some((word) => name.includes(word))
);
const results = [];
console.log(
  `${
    "".padEnd(30)
  }     ours   native        ratio   µs of CPU      ratio  goal     floor`,
);
for (const { name, unit, goal, measure, hasFloor } of chosen) {
  const figures: Record<Kind, Figure[]> = { ours: [], native: [], floor: [] };
  // The first round warms up.
  for (let round = 0; round <= rounds; round++) {
    if (round === 0 && measure === idleMemory) continue;
    for (const kind of ["ours", "native", "floor"] as const) {
      if (kind === "floor" && !hasFloor) continue;
      const figure = await measure(servers[kind].port, kind);
      if (round > 0) figures[kind].push(figure);
    }
  }
  const median = (kind: Kind, of: keyof Figure) => {
    const sorted = figures[kind].map((figure) => figure[of])
      .sort((a, b) => a - b);
    return sorted[Math.floor(sorted.length / 2)] ?? NaN;
  };
  const rate = [median("ours", "rate"), median("native", "rate")] as const;
  const cpu = [median("ours", "cpu"), median("native", "cpu")] as const;
  const ratios = {
    rate: rate[0] / rate[1],
    cpu: cpu[1] / cpu[0],
  };
  // The best ratio that there can be.
  const floor = hasFloor ? cpu[1] / median("floor", "cpu") : undefined;
  results.push({ name, unit, goal, rate, cpu, ratios, floor });
  console.log([
    name.padEnd(30),
    ...rate.map((value) => value.toFixed(0).padStart(8)),
    unit.padEnd(5),
    ratios.rate.toFixed(2).padStart(6),
    ...cpu.map((value) => value.toFixed(0).padStart(7)),
    ratios.cpu.toFixed(2).padStart(8),
    `  ${goal}`,
    floor === undefined ? "" : floor.toFixed(2).padStart(8),
  ].join(" "));
}
for (const { child } of Object.values(servers)) {
  child.kill();
  await child.status;
}
const output = new URL("./results/", import.meta.url);
await Deno.mkdir(output, { recursive: true });
await Deno.writeTextFile(
  new URL("http.json", output),
  JSON.stringify({ deno: Deno.version, rounds, results }, null, 2),
);
await Deno.remove(folder, { recursive: true });
Deno.exit(0);

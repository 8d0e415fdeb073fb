/**
 * Peers that only read, and count what comes: whether close() loses anything.
 *
 * @module
 */

import { buildGo } from "./build.ts";
import { goMissing } from "./go.ts";
import { serverIdentity, trust } from "./material.ts";
import { nodeMissing } from "./node.ts";
import { opensslMissing } from "./openssl.ts";
import { ownFile } from "./path.ts";
import { missing } from "./peer.ts";
import { PeerProcess } from "./process.ts";
import { python } from "./python.ts";
import type { Command } from "./script.ts";
import { Spawned } from "./spawned.ts";

/** The versions that are tried. */
export type SinkVersion = "TLSv1.2" | "TLSv1.3";

/** A number of connections that follow one another. */
export interface Sinking extends AsyncDisposable {
  /** Where to connect to, if it is a server. */
  readonly port: number;
  /** How many bytes came on each of them, or on all if it cannot tell. */
  received(): Promise<readonly unknown[]>;
}

/** How many connections there are, and how many bytes come on each. */
export interface Load {
  readonly version: SinkVersion;
  readonly count: number;
  readonly size: number;
}

/** A program that reads. */
export interface Sink {
  readonly name: string;
  readonly missing: string | undefined;
  /** Whether it counts the bytes of all connections together. */
  readonly countsAll?: boolean;
  serve(load: Load): Promise<Sinking>;
  connect(load: Load, port: number): Promise<Sinking>;
}

/** All of them. */
export const sinks: readonly Sink[] = [
  scriptSink(
    "Python",
    missing(python, ["-c", "import ssl"]),
    () => [python, [ownFile("sink_peer.py")]],
  ),
  scriptSink(
    "Node.js",
    nodeMissing,
    () => ["node", [ownFile("sink_peer.cjs")]],
  ),
  scriptSink(
    "Go",
    goMissing,
    async () => [await (goBinary ??= buildGo("sink-go", "./sink")), []],
  ),
  {
    name: "OpenSSL",
    missing: opensslMissing,
    countsAll: true,
    serve: serveOpenssl,
    connect: connectOpenssl,
  },
  {
    name: "Deno",
    missing: undefined,
    serve: serveDeno,
    connect: connectDeno,
  },
];

function scriptSink(
  name: string,
  reason: string | undefined,
  command: () => Command | Promise<Command>,
): Sink {
  const start = async (
    { version, count }: Load,
    more: Record<string, unknown>,
  ) => {
    const [program, args] = await command();
    const own = Object.entries({ version, count, ...more })
      .map(([name, value]) => `${name}=${value}`);
    return new PeerProcess(program, [...args, ...own]);
  };
  return {
    name,
    missing: reason,
    async serve(load) {
      const { certFile: cert, keyFile: key } = await serverIdentity();
      const process = await start(load, { role: "server", cert, key });
      const [, port] = await process.said(/"port":\s*(\d+)/g);
      return new SinkProcess(process, Number(port), load);
    },
    async connect(load, port) {
      const { file: ca } = await trust();
      const process = await start(load, { role: "client", ca, port });
      return new SinkProcess(process, port, load);
    },
  };
}

/** A program that says what came. */
class SinkProcess extends Spawned implements Sinking {
  readonly #count: number;

  constructor(program: PeerProcess, port: number, { count }: Load) {
    super(program, port);
    this.#count = count;
  }

  async received(): Promise<unknown[]> {
    const all: unknown[] = [];
    for (let nth = 0; nth < this.#count; nth++) {
      const [line] = await this.program.said(/^{"bytes".*}$/gm, nth);
      all.push(JSON.parse(line));
    }
    return all;
  }
}

/** `s_server`, which prints what comes on all connections. */
async function serveOpenssl(load: Load): Promise<Sinking> {
  const { certFile, keyFile } = await serverIdentity();
  const process = new PeerProcess("openssl", [
    ...["s_server", "-accept", "127.0.0.1:0", "-naccept", `${load.count}`],
    ...["-cert", certFile, "-key", keyFile, flag(load.version)],
  ]);
  const [, port] = await process.said(/^ACCEPT .*:(\d+)$/gm);
  return new OpensslSink(process, Number(port), load);
}

class OpensslSink extends Spawned implements Sinking {
  readonly #expected: number;

  constructor(program: PeerProcess, port: number, { count, size }: Load) {
    super(program, port);
    this.#expected = count * size;
  }

  async received(): Promise<unknown[]> {
    const { length } = await this.program.receive(this.#expected, NEVER);
    return [{ bytes: length }];
  }
}

/** One `s_client` after the other. */
async function connectOpenssl(load: Load, port: number): Promise<Sinking> {
  const { file } = await trust();
  let bytes = 0;
  const run = async () => {
    for (let nth = 0; nth < load.count; nth++) {
      await using process = new PeerProcess("openssl", [
        ...["s_client", "-connect", `127.0.0.1:${port}`, "-quiet"],
        ...["-CAfile", file, "-servername", "localhost", flag(load.version)],
      ]);
      bytes += (await process.receive(load.size, NEVER)).length;
      await process.exit();
    }
    return [{ bytes }];
  };
  return underWay(port, run());
}

/** What counts in this process, until it is done. */
function underWay(
  port: number,
  running: Promise<unknown[]>,
  stop = () => {},
): Sinking {
  // It rejects where it is asked for.
  running.catch(() => {});
  return {
    port,
    received: () => running,
    async [Symbol.asyncDispose]() {
      stop();
      await running.catch(() => {});
    },
  };
}

function flag(version: SinkVersion): string {
  return version === "TLSv1.3" ? "-tls1_3" : "-tls1_2";
}

async function serveDeno(load: Load): Promise<Sinking> {
  const { cert, key } = await serverIdentity();
  const listener = Deno.listenTls({
    hostname: "127.0.0.1",
    port: 0,
    cert,
    key,
  });
  const run = async () => {
    const all: unknown[] = [];
    for (let nth = 0; nth < load.count; nth++) {
      all.push(await countBytes(await listener.accept()));
    }
    return all;
  };
  return underWay(listener.addr.port, run(), () => listener.close());
}

async function connectDeno(load: Load, port: number): Promise<Sinking> {
  const { pem } = await trust();
  const run = async () => {
    const all: unknown[] = [];
    for (let nth = 0; nth < load.count; nth++) {
      const conn = await Deno.connectTls({
        hostname: "localhost",
        port,
        caCerts: [pem],
      });
      all.push(await countBytes(conn));
    }
    return all;
  };
  return underWay(port, run());
}

async function countBytes(conn: Deno.TlsConn): Promise<unknown> {
  let bytes = 0;
  try {
    for await (const chunk of conn.readable) bytes += chunk.length;
    return { bytes };
  } catch (error) {
    return { bytes, error: String(error) };
  }
}

let goBinary: Promise<string> | undefined;

const NEVER = /(?!)/g;

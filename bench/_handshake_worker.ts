/**
 * Handshakes of one build, in a process of its own: CPU and garbage of each.
 *
 * ```sh
 * deno run -A bench/_handshake_worker.ts ROOT KIND COUNT FOLDER PORT OWN_PORT RSA_PORT
 * ```
 *
 * @module
 */

import process from "node:process";

/** What is measured. */
export type HandshakeKind =
  | "client, caCerts each time"
  | "client, a context"
  | "client, RSA-2048 chain"
  | "client, resumed"
  | "server";

/** What a worker prints: of one handshake, its close included. */
export interface HandshakeCost {
  /** Milliseconds of CPU, all threads together. */
  readonly cpu: number;
  /** The part of it that is the main thread's; 0 where nothing tells. */
  readonly main: number;
  /** KiB of garbage. */
  readonly garbage: number;
}

/** Handshakes that do not count. */
export const WARM_UP = 60;

if (import.meta.main) {
  const [root = "", kind = "", count = "", folder = "", ...ports] = Deno.args;
  const [port, ownPort, rsaPort] = ports.map(Number);
  // One build or the other: the types are those of this one.
  const { connect, createContext, listen } = await import(
    `${root}/mod.ts`
  ) as typeof import("../mod.ts");
  const { TrustStore } = await import(
    `${root}/x509/mod.ts`
  ) as typeof import("../x509/mod.ts");
  const ca = await Deno.readTextFile(`${folder}/ca.pem`);
  const address = { hostname: "127.0.0.1", serverName: "localhost" };
  if (kind === "server") {
    const [cert, key] = await Promise.all([
      Deno.readTextFile(`${folder}/cert.pem`),
      Deno.readTextFile(`${folder}/key.pem`),
    ]);
    const listener = listen({ port: 0, hostname: "127.0.0.1", cert, key });
    (async () => {
      for await (const conn of listener) {
        conn.read(new Uint8Array(1)).then(() => conn.close()).catch(() => {});
      }
    })();
    console.log((listener.addr as Deno.NetAddr).port);
    const orders = Deno.stdin.readable.getReader();
    await orders.read();
    const finish = start(Number(count));
    await orders.read();
    finish();
  } else {
    const context = createContext({ trust: TrustStore.of(ca) });
    const rsa = createContext({
      trust: TrustStore.of(await Deno.readTextFile(`${folder}/rsa_ca.pem`)),
    });
    let session: Parameters<typeof connect>[0]["session"];
    const run = {
      "client, caCerts each time": async () => {
        const conn = await connect({ ...address, port, caCerts: [ca] });
        await conn.close();
      },
      "client, a context": async () => {
        const conn = await connect({ ...address, port, context });
        await conn.close();
      },
      "client, RSA-2048 chain": async () => {
        const conn = await connect({ ...address, port: rsaPort, context: rsa });
        await conn.close();
      },
      "client, resumed": async () => {
        const conn = await connect({
          ...address,
          port: ownPort,
          context,
          session,
          onSession: (given) => session = given,
        });
        // The tickets come before what is echoed.
        await conn.write(new Uint8Array(64).fill("E".charCodeAt(0)));
        await conn.read(new Uint8Array(64));
        await conn.close();
      },
    }[kind];
    if (run === undefined) throw new TypeError(`There is no kind ${kind}`);
    for (let i = 0; i < WARM_UP; i++) await run();
    const finish = start(Number(count));
    for (let i = 0; i < Number(count); i++) await run();
    finish();
  }
  Deno.exit(0);
}

/** Starts to measure; the function that it returns prints what came out. */
function start(count: number): () => void {
  (globalThis as { gc?: () => void }).gc?.();
  const used = () => {
    const { heapUsed, external } = Deno.memoryUsage();
    return heapUsed + external;
  };
  const cpu = () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1000;
  };
  const before = { cpu: cpu(), main: mainThread(), used: used() };
  return () => {
    const cost: HandshakeCost = {
      cpu: (cpu() - before.cpu) / count,
      main: (mainThread() - before.main) / count,
      garbage: (used() - before.used) / 1024 / count,
    };
    console.log(JSON.stringify(cost));
  };
}

/** Milliseconds of CPU of the main thread so far, as Linux tells them. */
function mainThread(): number {
  try {
    const path = `/proc/self/task/${Deno.pid}/schedstat`;
    return Number(Deno.readTextFileSync(path).split(" ")[0]) / 1e6;
  } catch {
    return 0;
  }
}

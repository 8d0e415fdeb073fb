/**
 * A listener under load: many clients at once, half of them hostile.
 *
 * @module
 */

import { listen } from "../../connection/listen.ts";
import type { SocketListener } from "../../connection/options/listen_options.ts";
import type { TlsConn } from "../../connection/conn.ts";
import { issueCertificate } from "../../x509/issue/issue.ts";
import { memory } from "../fuzz/_heap.ts";
import type { ClientOrder, ClientReport } from "./_clients.ts";

/** How much. */
export interface LoadOptions {
  /** Connections at once. */
  readonly count: number;
  readonly maxPendingHandshakes: number;
  /** In milliseconds. @default {20000} */
  readonly handshakeTimeout?: number;
}

/** Memory in use, in bytes. */
export interface Memory {
  readonly heap: number;
  readonly rss: number;
}

/** What came of it. */
export interface LoadReport extends ClientReport {
  /** The most handshakes that were under way. */
  readonly mostPending: number;
  /** The most sockets that had no connection: with those that hear an alert. */
  readonly mostSockets: number;
  /** The most connections that were open after their handshake. */
  readonly mostOpen: number;
  /** Handshakes that failed, by the code of the error. */
  readonly refused: Record<string, number>;
  /** Sockets that are still open at the end: none should be. */
  readonly left: number;
  readonly before: Memory;
  readonly after: Memory;
  readonly milliseconds: number;
}

/** Counts sockets between `accept()` and `close()`. */
class CountingListener implements SocketListener {
  readonly #listener = Deno.listen({
    hostname: "127.0.0.1",
    port: 0,
    tcpBacklog: 4096,
  });
  readonly addr: Deno.NetAddr = this.#listener.addr;
  /** Accepted, and not closed. */
  open = 0;
  /** Accepted at all. */
  accepted = 0;
  onAccept: () => void = () => {};

  async accept(): Promise<Deno.TcpConn> {
    const socket = await this.#listener.accept();
    this.open++;
    this.accepted++;
    this.onAccept();
    const close = socket.close.bind(socket);
    socket.close = () => {
      this.open--;
      close();
    };
    return socket;
  }

  close(): void {
    this.#listener.close();
  }
}

/** Has a listener serve, and be attacked, once. */
export async function runLoad(options: LoadOptions): Promise<LoadReport> {
  const issued = await issueCertificate({ names: ["localhost"] });
  const before = memory();
  const started = performance.now();
  const sockets = new CountingListener();
  const refused: Record<string, number> = {};
  const listener = listen({
    listener: sockets,
    cert: issued.cert,
    key: issued.key,
    maxPendingHandshakes: options.maxPendingHandshakes,
    handshakeTimeout: options.handshakeTimeout ?? 20_000,
    onHandshakeError(error) {
      over++;
      const code = String(Object(error).code ?? error);
      refused[code] = (refused[code] ?? 0) + 1;
    },
  });
  const most = { mostPending: 0, mostSockets: 0, mostOpen: 0 };
  let over = 0;
  const open = new Set<TlsConn>();
  sockets.onAccept = () => {
    const pending = sockets.accepted - over;
    most.mostPending = Math.max(most.mostPending, pending);
    const unused = sockets.open - open.size;
    most.mostSockets = Math.max(most.mostSockets, unused);
  };
  const serving = (async () => {
    for await (const conn of listener) {
      over++;
      open.add(conn);
      most.mostOpen = Math.max(most.mostOpen, open.size);
      serve(conn).finally(() => open.delete(conn));
    }
  })();
  const report = await runClients({
    port: sockets.addr.port,
    count: options.count,
    caCert: issued.cert,
    echo: 2000,
  });
  await until(() => sockets.open === 0 && open.size === 0);
  listener.close();
  await serving;
  const left = sockets.open;
  const milliseconds = performance.now() - started;
  const after = memory();
  return { ...report, ...most, refused, left, before, after, milliseconds };
}

/** Echoes what comes. */
async function serve(conn: TlsConn): Promise<void> {
  await conn.readable.pipeTo(conn.writable).catch(() => {});
  await conn.close();
}

async function runClients(order: ClientOrder): Promise<ClientReport> {
  const { stdout, success } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--no-check",
      new URL("./_clients.ts", import.meta.url).href,
      JSON.stringify(order),
    ],
    stderr: "inherit",
  }).output();
  if (!success) throw new Error("The clients have failed");
  return JSON.parse(new TextDecoder().decode(stdout));
}

async function until(isSo: () => boolean): Promise<void> {
  for (let left = 200; left > 0 && !isSo(); left--) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/**
 * Data at close(): what was written before it arrives, whatever the peer.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { connect } from "../../connection/connect.ts";
import { listen } from "../../connection/listen.ts";
import type { TlsConn } from "../../connection/conn.ts";
import { TrustStore } from "../../x509/trust/trust_store.ts";
import { serverIdentity, trust } from "./_peers/material.ts";
import { absent, attempt, UNSANITIZED } from "./_peers/matrix.ts";
import { payload } from "./_peers/peer.ts";
import { type Load, type Sink, type Sinking, sinks } from "./_peers/sinks.ts";

for (const sink of sinks) {
  if (sink.missing !== undefined) {
    absent(sink.name, sink.missing);
    continue;
  }
  for (const load of loads()) {
    const what = `${load.size / 1000} kB, ${load.version}`;
    Deno.test(
      `a client's close() loses nothing of ${what}: ${sink.name}`,
      UNSANITIZED,
      async () => {
        await attempt(() => uploads(sink, load));
      },
    );
    Deno.test(
      `a server's close() loses nothing of ${what}: ${sink.name}`,
      UNSANITIZED,
      async () => {
        await attempt(() => downloads(sink, load));
      },
    );
  }
}

function* loads(): Generator<Load> {
  for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
    for (const size of [200_000, 1_000_000]) yield { version, size, count: 20 };
  }
}

/** Our connections that write and never read. */
async function uploads(sink: Sink, load: Load): Promise<void> {
  const store = TrustStore.of((await trust()).pem);
  await using server = await sink.serve(load);
  for (let nth = 0; nth < load.count; nth++) {
    const conn = await connect({
      hostname: "127.0.0.1",
      port: server.port,
      serverName: "localhost",
      trust: store,
      maxVersion: load.version,
    });
    await writeAndClose(conn, load);
  }
  await assertReceived(sink, load, server);
}

/** Connections that our server accepts, writes to, and never reads. */
async function downloads(sink: Sink, load: Load): Promise<void> {
  const { cert, key } = await serverIdentity();
  const listener = listen({
    hostname: "127.0.0.1",
    port: 0,
    cert,
    key,
    maxVersion: load.version,
  });
  const addr = listener.addr as Deno.NetAddr;
  try {
    await using client = await sink.connect(load, addr.port);
    for (let nth = 0; nth < load.count; nth++) {
      await writeAndClose(await listener.accept(), load);
    }
    await assertReceived(sink, load, client);
  } finally {
    listener.close();
  }
}

async function writeAndClose(conn: TlsConn, { size }: Load): Promise<void> {
  await conn.write(payload(size));
  await conn.close();
  assertEquals(await conn.closed, { clean: true });
}

async function assertReceived(
  { countsAll }: Sink,
  { size, count }: Load,
  sinking: Sinking,
): Promise<void> {
  const expected = countsAll
    ? [{ bytes: size * count }]
    : Array.from({ length: count }, () => ({ bytes: size }));
  assertEquals([...await sinking.received()], expected);
}

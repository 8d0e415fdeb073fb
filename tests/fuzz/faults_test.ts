/**
 * Every read and write of both ends, in the handshake and after it, fails,
 * stalls, ends or comes in pieces, one at a time.
 *
 * @module
 */

import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import type { TlsConn } from "../../connection/conn.ts";
import type { TlsVersion } from "../../connection/options/negotiation_options.ts";
import { client, server } from "../../connection/wrap.ts";
import { TlsAlertError, TlsError, TlsTruncatedError } from "../../errors.ts";
import { clientOptions, pattern, serverOptions } from "../_pair.ts";
import {
  type Carrier,
  type Fault,
  type FaultKind,
  faultyWires,
  InjectedFault,
  PipeReset,
} from "./_faulty_wires.ts";
import { countOperations, quiet } from "./_quiet.ts";

countOperations();

/** What carries which version. */
interface Ground {
  readonly version: TlsVersion;
  readonly carrier: Carrier;
}

/** What each end sends: several records, and less at the end. */
const sent = {
  client: [pattern(20_000, 1), pattern(300, 2), pattern(5, 3)],
  server: [pattern(100, 4), pattern(40_000, 5), pattern(1, 6)],
};

/** One end at work: all that it sends, and all that it gets. */
class Worker {
  readonly conn: TlsConn;
  readonly received: Uint8Array[] = [];
  handshakeError: unknown;
  readError: unknown;
  writeError: unknown;
  isRead = false;
  isWritten = false;

  constructor(conn: TlsConn, side: "client" | "server") {
    this.conn = conn;
    this.#read();
    this.#write(sent[side]);
  }

  async #read(): Promise<void> {
    try {
      for await (const chunk of this.conn.readable) this.received.push(chunk);
    } catch (error) {
      this.readError = error;
    }
    this.isRead = true;
  }

  async #write(chunks: readonly Uint8Array[]): Promise<void> {
    try {
      await this.conn.handshake();
    } catch (error) {
      this.handshakeError = error;
    }
    try {
      for (const chunk of chunks) await this.conn.write(chunk);
      await this.conn.closeWrite();
    } catch (error) {
      this.writeError = error;
    }
    this.isWritten = true;
  }

  get isSettled(): boolean {
    return this.isRead && this.isWritten;
  }

  get errors(): unknown[] {
    return [this.handshakeError, this.readError, this.writeError]
      .filter((error) => error !== undefined);
  }

  get bytes(): Uint8Array {
    return joined(this.received);
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** Both ends over wires with a fault, run until nothing moves. */
async function run({ version, carrier }: Ground, fault?: Fault) {
  const wires = faultyWires(fault, carrier);
  const versions = {
    minVersion: version,
    maxVersion: version,
    handshakeTimeout: 0,
  };
  const ends = {
    client: new Worker(
      client(wires.forClient, await clientOptions(versions)),
      "client",
    ),
    server: new Worker(
      server(wires.forServer, await serverOptions(versions)),
      "server",
    ),
  };
  await quiet(wires.moves);
  assertPrefix(ends.client, "server");
  assertPrefix(ends.server, "client");
  return { ...ends, wires };
}

/** What an end got is what the other one sent, up to some point. */
function assertPrefix({ bytes }: Worker, sender: "client" | "server"): void {
  const all = joined(sent[sender]);
  assert(bytes.length <= all.length);
  assertEquals(bytes, all.subarray(0, bytes.length));
}

/** An end may have failed as the wire has, or learnt it from the other end. */
function assertNoOtherErrors({ errors }: Worker): void {
  for (const error of errors) {
    const isExpected = error instanceof PipeReset ||
      error instanceof InjectedFault || error instanceof TlsTruncatedError ||
      error instanceof TlsAlertError ||
      error instanceof TlsError && error.code === "closed";
    if (!isExpected) throw error;
  }
}

async function assertEnds(...workers: Worker[]): Promise<void> {
  await Promise.all(workers.map(async ({ conn }) => {
    await conn.close();
    await conn.closed;
  }));
}

/** All faults of a kind that there may be. */
async function faultsOf(ground: Ground, kind: FaultKind): Promise<Fault[]> {
  const { wires, ...ends } = await run(ground);
  assert(ends.client.isSettled && ends.server.isSettled);
  assertEquals([...ends.client.errors, ...ends.server.errors], []);
  await assertEnds(ends.client, ends.server);
  const faults: Fault[] = [];
  for (const side of ["client", "server"] as const) {
    for (const operation of ["read", "write"] as const) {
      const count = wires.steps[side][operation];
      assert(count > 3, `${count} steps of ${operation} at the ${side}`);
      for (let step = 0; step < count; step++) {
        faults.push({ side, operation, step, kind });
      }
    }
  }
  return faults;
}

function describe({ side, operation, step, kind }: Fault): string {
  return `${kind} of ${operation} ${step} at the ${side}`;
}

async function forAll(
  ground: Ground,
  kind: FaultKind,
  check: (fault: Fault) => Promise<void>,
): Promise<void> {
  for (const fault of await faultsOf(ground, kind)) {
    try {
      await check(fault);
    } catch (cause) {
      throw new Error(describe(fault), { cause });
    }
  }
}

const grounds: readonly Ground[] = [
  { version: "TLSv1.3", carrier: "streams" },
  { version: "TLSv1.2", carrier: "streams" },
  { version: "TLSv1.3", carrier: "sockets" },
  { version: "TLSv1.2", carrier: "sockets" },
];

for (const ground of grounds) {
  const where = `${ground.version} over ${ground.carrier}`;

  Deno.test(`TlsConn with ${where} rejects with the transport's own error for every read and write that fails`, async () => {
    using _ = fasterClock();
    let told = 0;
    await forAll(ground, "fail", async (fault) => {
      const { wires, client, server } = await run(ground, fault);
      const [hit, other] = fault.side === "client"
        ? [client, server]
        : [server, client];
      assertNoOtherErrors(client);
      assertNoOtherErrors(server);
      // The one that it happened to has that very error, and no other.
      for (const error of hit.errors) assertStrictEquals(error, wires.error);
      if (hit.errors.length > 0) told++;
      assert(!other.errors.includes(wires.error));
      await assertEnds(client, server);
    });
    assert(told > 10, `${told} faults were reported`);
  });

  Deno.test(`TlsConn with ${where} reports a transport that ends after every read and write, and returns what came before`, async () => {
    using _ = fasterClock();
    let truncated = 0;
    const most = { client: 0, server: 0 };
    await forAll(ground, "end", async (fault) => {
      const { client, server } = await run(ground, fault);
      assertNoOtherErrors(client);
      assertNoOtherErrors(server);
      // A write that is cut short is the other end's truncation.
      const cut = (fault.side === "client") === (fault.operation === "read")
        ? { client }
        : { server };
      for (const [side, { readError, bytes }] of Object.entries(cut)) {
        if (readError instanceof TlsTruncatedError) truncated++;
        if (fault.operation === "read") {
          // The later the end, the more has come.
          const before = fault.step === 0 ? 0 : most[side as "client"];
          assert(bytes.length >= before);
          most[side as "client"] = bytes.length;
        }
      }
      await assertEnds(client, server);
    });
    assert(truncated > 10, `${truncated} were truncated`);
  });

  Deno.test(`TlsConn with ${where} is ended by abort() whichever read or write stalls`, async () => {
    using _ = fasterClock();
    let stalled = 0;
    await forAll(ground, "stall", async (fault) => {
      const { wires, client, server } = await run(ground, fault);
      const reason = new Error("Enough");
      for (const worker of [client, server]) {
        // One that has all its data may still be closing its transport.
        const wasSettled = worker.isSettled;
        worker.conn.abort(reason);
        if (wasSettled) continue;
        stalled++;
        const closed = await worker.conn.closed;
        // Streams that take a last chunk and let it lie are closed as well.
        if (closed.clean) assertEquals(worker.errors, []);
        else assertStrictEquals(closed.error, reason);
      }
      await quiet(wires.moves);
      for (const worker of [client, server]) {
        assert(worker.isSettled, "It waits on");
        for (const error of worker.errors) {
          if (error !== reason) assertNoOtherErrors(worker);
        }
      }
    });
    assert(stalled > 20, `${stalled} were stalled`);
  });

  Deno.test(`TlsConn with ${where} is ended by close() whichever read or write stalls`, async () => {
    using _ = fasterClock();
    await forAll(ground, "stall", async (fault) => {
      const { wires, client, server } = await run(ground, fault);
      await Promise.all([client.conn.close(), server.conn.close()]);
      await Promise.all([client.conn.closed, server.conn.closed]);
      await quiet(wires.moves);
      assert(client.isSettled && server.isSettled, "It waits on");
      assertNoOtherErrors(client);
      assertNoOtherErrors(server);
    });
  });

  Deno.test(`TlsConn with ${where} returns the same whichever reads and writes come in pieces`, async () => {
    await forAll(ground, "trickle", async (fault) => {
      const { client, server } = await run(ground, fault);
      assertEquals([...client.errors, ...server.errors], []);
      assertEquals(client.bytes, joined(sent.server));
      assertEquals(server.bytes, joined(sent.client));
      await assertEnds(client, server);
      assertEquals(await client.conn.closed, { clean: true });
      assertEquals(await server.conn.closed, { clean: true });
    });
  });
}

/** A clock on which seconds are hundredths. */
function fasterClock(): Disposable {
  const { setTimeout } = globalThis;
  globalThis.setTimeout =
    ((callback: () => void, delay = 0) =>
      setTimeout(callback, delay / 100)) as typeof globalThis.setTimeout;
  return {
    [Symbol.dispose]() {
      globalThis.setTimeout = setTimeout;
    },
  };
}

/**
 * What handshakes, records and closes may cost: counts, which do not depend on
 * the machine. A count that grows fails here, and one that falls is written down.
 *
 * Both ends of a connection run in one process over streams in memory, whose own
 * promises count too. Not counted, as no hook shows it: objects and closures, and
 * what WebCrypto and `node:crypto` allocate below JavaScript.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { client, createContext, server, SessionCache } from "../../mod.ts";
import {
  clientOptions,
  crossed,
  type Pair,
  pattern,
  serverOptions,
} from "../_pair.ts";
import { counted, type Counts, countsPromises } from "./_counts.ts";

/**
 * The most of each that a piece of work may take, at both ends together. A few
 * more than was counted, as records may come in one piece or two.
 */
const LIMITS = {
  // Timers: the handshake's clock at each end. WebCrypto: an ML-KEM key pair, its
  // public key, import and encapsulation, decapsulation; signature, verification.
  // Arrays: most are of the key schedule. Promises: one for each step that waits
  // and those of the streams: 423 to 428, from run to run.
  "full handshake": row(2, 7, 232, 208, 432),
  // Without certificates and signatures. A ticket is opened and two are sealed:
  // a session that is decoded, and one that is encoded once, a key for each.
  "resumed handshake": row(2, 5, 298, 244, 432),
  // The content, and the opened plaintext. Small records stay on this thread.
  "record of 100 bytes": row(0, 0, 2, 18, 48),
  // WebCrypto seals and opens it.
  "record of 16384 bytes": row(0, 2, 2, 16, 58),
  // One watch at each end.
  "close": row(2, 0, 6, 29, 147),
} as const satisfies Record<string, Counts>;

function row(
  timers: number,
  webCrypto: number,
  arrays: number,
  views: number,
  promises: number,
): Counts {
  return { timers, webCrypto, arrays, views, promises };
}

const cipherSuites = ["TLS_AES_128_GCM_SHA256" as const];
const { serverName, handshakeTimeout: _, ...ofClient } = await clientOptions();
const { handshakeTimeout: __, ...ofServer } = await serverOptions();

/** Contexts, as programs with many connections have them. */
const contexts = {
  client: createContext({ ...ofClient, cipherSuites }),
  resuming: createContext({
    ...ofClient,
    cipherSuites,
    sessionCache: new SessionCache(),
  }),
  server: createContext({ ...ofServer, cipherSuites }),
};

Deno.test("a full handshake, records and a close cost no more than the table says", async () => {
  await warmUp("client");
  const ends = open("client");
  await assertCosts("full handshake", () => shake(ends));
  const into = new Uint8Array(20_000);
  for (const size of [100, 16_384] as const) {
    const move = async () => {
      await ends.client.write(pattern(size));
      for (let read = 0; read < size;) {
        read += await ends.server.read(into) ?? Infinity;
      }
    };
    // The first ones import keys and make buffers, which are used again.
    for (let count = 0; count < 3; count++) await move();
    await assertCosts(`record of ${size} bytes`, move);
  }
  await assertCosts(
    "close",
    () => Promise.all([ends.client.close(), ends.server.close()]),
  );
});

Deno.test("a resumed handshake costs no more than the table says", async () => {
  await warmUp("resuming");
  const ends = open("resuming");
  await assertCosts("resumed handshake", () => shake(ends));
  assertEquals(ends.client.info.resumed, true);
  await Promise.all([ends.client.close(), ends.server.close()]);
});

async function assertCosts(
  name: keyof typeof LIMITS,
  work: () => Promise<unknown>,
): Promise<void> {
  const counts = await counted(work);
  for (const what of Object.keys(counts) as (keyof Counts)[]) {
    if (what === "promises" && !countsPromises) continue;
    const limit = LIMITS[name][what];
    assert(
      counts[what] <= limit,
      `${name}: ${counts[what]} ${what}, expected at most ${limit}; all: ${
        JSON.stringify(counts)
      }`,
    );
  }
}

/** Both ends over streams in memory. */
function open(kind: "client" | "resuming"): Pair {
  const wires = crossed();
  const ends = {
    client: client(wires.forClient, { context: contexts[kind], serverName }),
    server: server(wires.forServer, { context: contexts.server }),
  };
  return {
    ...ends,
    async [Symbol.asyncDispose]() {
      await Promise.all([ends.client.close(), ends.server.close()]);
    },
  };
}

async function shake({ client, server }: Pair): Promise<void> {
  await Promise.all([client.handshake(), server.handshake()]);
}

/** What is done once for a process, or by the first connections, is done. */
async function warmUp(kind: "client" | "resuming"): Promise<void> {
  for (let count = 0; count < 12; count++) {
    await using ends = open(kind);
    await shake(ends);
    // Tickets come with data.
    await ends.server.write(pattern(1));
    await ends.client.read(new Uint8Array(1));
  }
}

import { assert, assertEquals } from "@std/assert";
import { runLoad } from "./_load.ts";

/** `TLS_LOAD=2000` for the load in full. */
const COUNT = Number(Deno.env.get("TLS_LOAD") ?? 200);

Deno.test(`listen() serves the good half of ${COUNT} connections at once and keeps nothing of the others`, async () => {
  const options = {
    count: COUNT,
    maxPendingHandshakes: Math.ceil(COUNT / 8),
    handshakeTimeout: 8000,
  };
  // The first round leaves what stays: code, pools, tables.
  const first = await runLoad({ ...options, count: 40 });
  assertEquals(first.failures, []);
  const report = await runLoad(options);
  assertEquals(report.failures, []);
  assertEquals(report.served, COUNT / 2);
  assertEquals(report.mostOpen, COUNT / 2);
  assertEquals(report.ended, COUNT / 2, "hostile clients that were let go");
  assertEquals(report.left, 0, "sockets that are still open");
  // It was full, and not more than full.
  assertEquals(report.mostPending, options.maxPendingHandshakes);
  assert((report.refused.too_many_pending_handshakes ?? 0) > 0);
  const grown = report.after.heap - report.before.heap;
  assert(grown < MAX_GROWTH, `the heap grew by ${grown} bytes`);
});

/** In bytes: less than a kilobyte for each of the 2,000 of the full load. */
const MAX_GROWTH = 2 * 1024 * 1024;

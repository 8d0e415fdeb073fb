import { assertEquals, assertInstanceOf } from "@std/assert";
import type { TlsConn } from "../../connection/conn.ts";
import { PendingHandshakes } from "../../connection/pending_handshakes.ts";
import { TlsError } from "../../errors.ts";
import { Timers } from "./_timers.ts";

/** Says what time it is, until it is disposed. */
class Clock implements Disposable {
  readonly #now = performance.now;
  time = 0;

  constructor() {
    performance.now = () => this.time;
  }

  [Symbol.dispose](): void {
    performance.now = this.#now;
  }
}

/** A handshake: when it began, what it has read and written. */
interface Handshake {
  readonly since: number;
  readonly bytesRead: number;
  readonly bytesWritten?: number;
}

/** Which handshakes are aborted at a time, by their places. */
async function aborted(
  handshakes: readonly Handshake[],
  time: number,
): Promise<number[]> {
  using clock = new Clock();
  using timers = new Timers(50);
  const pending = new PendingHandshakes();
  const places: number[] = [];
  for (
    const [at, { since, bytesRead, bytesWritten = 0 }] of handshakes.entries()
  ) {
    clock.time = since;
    // All that is asked of a connection here.
    const conn = {
      stats: { bytesRead, bytesWritten },
      abort: () => places.push(at),
    } as unknown as TlsConn;
    pending.add(conn);
  }
  clock.time = time;
  const waited = pending.waitOutShortage();
  timers.fire();
  await waited;
  return places;
}

const silent = (since: number, bytesRead = 0) => ({ since, bytesRead });
const answered = (since: number) => ({ since, bytesRead: 0, bytesWritten: 1 });

for (
  const [title, handshakes, time, expected] of [
    ["none that has time left", [silent(0)], 999, []],
    ["one that has used up its time", [silent(0)], 1000, [0]],
    ["none that was answered and has time left", [answered(0)], 3999, []],
    ["one that was answered and has used up its time", [answered(0)], 4000, [
      0,
    ]],
    [
      "the one that has sent least",
      [silent(0, 5), silent(1, 2), silent(2, 7)],
      9000,
      [1],
    ],
    [
      "the oldest of those that have sent as little",
      [silent(0, 2), silent(1, 2)],
      9000,
      [0],
    ],
    ["one that was answered last", [answered(0), silent(1, 900)], 9000, [1]],
    [
      "the oldest of those that were answered",
      [answered(0), answered(1)],
      9000,
      [0],
    ],
  ] as const
) {
  Deno.test(`PendingHandshakes waitOutShortage() aborts ${title}`, async () => {
    assertEquals(await aborted(handshakes, time), [...expected]);
  });
}

Deno.test("PendingHandshakes waitForSlot() aborts none while the process itself is late", async () => {
  using clock = new Clock();
  using first = new Timers(1);
  using later = new Timers(20);
  const pending = new PendingHandshakes();
  const reasons: unknown[] = [];
  // All that is asked of a connection here.
  const conn = {
    stats: { bytesRead: 0, bytesWritten: 0 },
    abort: (reason: unknown) => reasons.push(reason),
  } as unknown as TlsConn;
  pending.add(conn);
  const waited = pending.waitForSlot();
  clock.time = 5000;
  first.fire();
  assertEquals(reasons, []);
  // Expected at 5020: 20 milliseconds late is not busy.
  clock.time = 5040;
  later.fire();
  assertEquals(reasons.length, 1);
  assertInstanceOf(reasons[0], TlsError);
  assertEquals(reasons[0].code, "too_many_pending_handshakes");
  assertEquals(pending.size, 1);
  pending.delete(conn);
  await waited;
  assertEquals([pending.size, later.count], [0, 0]);
});

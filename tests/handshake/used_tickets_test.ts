import { assertEquals } from "@std/assert";
import { USED, UsedTickets } from "../../handshake/tls13/used_tickets.ts";

const START = 1_000_000_000;
const TOO_OLD = "the ticket is older than the record of early data";

/** Both clocks, `uptime` milliseconds after the start of the process. */
function after(uptime: number) {
  return { uptime, now: START + uptime };
}

Deno.test("a ticket is recorded as long as a ClientHello with it is fresh", () => {
  const tickets = new UsedTickets();
  const [window, early] = [1000, 50_000];
  const use = (uptime: number) =>
    tickets.use("a", window, START + 1, after(uptime));
  // It may be used a window before the expected time, and a window behind it.
  assertEquals(use(early), undefined);
  assertEquals(use(early + 2 * window - 1), USED);
  assertEquals(use(early + 2 * window), USED);
  assertEquals(use(early + 2 * window + 1), undefined);
});

Deno.test("a ticket is recorded until both clocks have gone on", () => {
  const tickets = new UsedTickets();
  const use = (uptime: number, now: number) =>
    tickets.use("a", 1000, START + 1, { uptime, now: START + now });
  assertEquals(use(50_000, 50_000), undefined);
  assertEquals(use(60_000, 50_000), USED);
  assertEquals(use(50_000, 60_000), USED);
  assertEquals(use(60_000, 60_000), undefined);
});

Deno.test("a ticket from before the process waits for two windows", () => {
  const old = START - 1;
  const at = (uptime: number) =>
    new UsedTickets().use("a", 1000, old, after(uptime));
  assertEquals(at(0), TOO_OLD);
  assertEquals(at(1999), TOO_OLD);
  assertEquals(at(2000), undefined);
});

Deno.test("a larger window does not bring back what a smaller one forgot", () => {
  const tickets = new UsedTickets();
  const use = (window: number, createdAt: number, uptime: number) =>
    tickets.use("a", window, START + createdAt, after(uptime));
  assertEquals(use(1000, 50_000, 50_000), undefined);
  // The record of it was dropped, but here it is still fresh.
  assertEquals(use(60_000, 50_000, 55_000), TOO_OLD);
  assertEquals(use(60_000, 50_000, 55_000 + 119_999), TOO_OLD);
  // A ticket that was made since then is recorded for the larger one.
  assertEquals(use(1000, 55_001, 55_002), undefined);
  assertEquals(use(60_000, 55_001, 100_000), USED);
});

Deno.test("no more tickets are recorded than there is room for", () => {
  const tickets = new UsedTickets();
  let count = 0;
  let refusal: string | undefined;
  while (refusal === undefined && count < 200_000) {
    refusal = tickets.use(`${++count}`, 1000, START + 1, after(50_000));
  }
  assertEquals(refusal, "too many tickets are recorded");
  assertEquals(count, 100_001);
  // The first that is forgotten makes room.
  assertEquals(tickets.use("a", 1000, START + 1, after(60_000)), undefined);
});

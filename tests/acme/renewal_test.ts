import { assert, assertEquals } from "@std/assert";
import { challengeName } from "../../acme/challenge.ts";
import {
  backOff,
  certificateId,
  planByLifetime,
  planByWindow,
} from "../../acme/renewal.ts";
import type { Certificate } from "../../x509/mod.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const NOW = Date.UTC(2026, 0, 1);

/** The members of a certificate that matter here. */
function certificate(members: object): Certificate {
  return members as Certificate;
}

Deno.test("certificateId() is the example of RFC 9773 section 4.1", () => {
  const keyIdentifier = Uint8Array.fromHex(
    "69885b6b87464041e1b37b847ba0ae2cde01c8d4",
  );
  assertEquals(
    certificateId(certificate({
      extensionValues: { authorityKeyIdentifier: { keyIdentifier } },
      serialNumberBytes: Uint8Array.fromHex("0087654321"),
    })),
    "aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE",
  );
  assertEquals(certificateId(certificate({ extensionValues: {} })), undefined);
});

Deno.test("planByLifetime() renews when a third of the lifetime is left", () => {
  const notBefore = new Date(NOW);
  const notAfter = new Date(NOW + 90 * DAY);
  assertEquals(planByLifetime(certificate({ notBefore, notAfter }), NOW), {
    renewAt: NOW + 60 * DAY,
    askAt: NOW + 6 * HOUR,
  });
});

Deno.test("planByWindow() takes a moment of the window and keeps to it", () => {
  const suggestedWindow = {
    start: "2026-01-02T00:00:00Z",
    end: "2026-01-04T00:00:00Z",
  };
  const plan = (random: number, retryAfter?: number) =>
    planByWindow({ suggestedWindow }, { random, now: NOW, retryAfter });
  assertEquals(plan(0)?.renewAt, NOW + DAY);
  assertEquals(plan(0.5)?.renewAt, NOW + 2 * DAY);
  assertEquals(plan(1)?.renewAt, NOW + 3 * DAY);
  // RFC 9773 section 4.3.2: from a minute to a day.
  assertEquals(plan(0)?.askAt, NOW + 6 * HOUR);
  assertEquals(plan(0, NOW + HOUR)?.askAt, NOW + HOUR);
  assertEquals(plan(0, NOW + 1000)?.askAt, NOW + 60_000);
  assertEquals(plan(0, NOW + 30 * DAY)?.askAt, NOW + DAY);
});

Deno.test("planByWindow() ignores a window that is none (RFC 9773 section 4.2)", () => {
  const options = { random: 0, now: NOW, retryAfter: undefined };
  for (
    const [start, end] of [
      ["2026-01-02T00:00:00Z", "2026-01-01T00:00:00Z"],
      ["2026-01-02T00:00:00Z", "2026-01-02T00:00:00Z"],
      ["tomorrow", "2026-01-02T00:00:00Z"],
    ] as const
  ) {
    assertEquals(
      planByWindow({ suggestedWindow: { start, end } }, options),
      undefined,
    );
  }
  // As a server could answer that knows nothing of it.
  assertEquals(planByWindow({} as never, options), undefined);
});

Deno.test("backOff() doubles up to a day, unless the CA says when", () => {
  const wait = (failures: number, retryAfter?: number) =>
    backOff(failures, { now: NOW, retryAfter, random: 1 });
  assertEquals([1, 2, 3, 30].map((n) => wait(n)), [
    60_000,
    120_000,
    240_000,
    DAY,
  ]);
  assertEquals(
    backOff(1, { now: NOW, retryAfter: undefined, random: 0 }),
    45_000,
  );
  assertEquals(wait(1, NOW + 3 * DAY), 3 * DAY);
  assertEquals(wait(9, NOW + 1000), 1000);
  assertEquals(wait(1, NOW - 1), 60_000);
  assertEquals(wait(1, NOW + 400 * DAY), 8 * DAY);
  const random = backOff(1, { now: NOW, retryAfter: undefined });
  assert(random >= 45_000 && random <= 60_000);
});

Deno.test("challengeName() is the reverse name of an address (RFC 8738 section 6)", () => {
  assertEquals(challengeName({ type: "dns", value: "a.example" }), "a.example");
  assertEquals(
    challengeName({ type: "ip", value: "192.0.2.1" }),
    "1.2.0.192.in-addr.arpa",
  );
  assertEquals(
    challengeName({ type: "ip", value: "2001:db8::1" }),
    "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa",
  );
});

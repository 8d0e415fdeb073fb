/** What a certificate authority, or a store, may do wrong. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { FakeCa, located, problem } from "./_ca.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const CLEAR_SCREEN = "\u001b[2J\u009b2J\u202e";

Deno.test("acme() obtains a certificate, and follows no redirect of the CA", async () => {
  await using ca = new FakeCa();
  await ca.start().ready;
  await ca.idle();
  assertEquals(ca.events.map(({ type }) => type), [
    "account",
    "order",
    "issued",
    "scheduled",
  ]);
  assert(ca.asked.every(({ init }) => init.redirect === "error"));
});

Deno.test("acme() orders once an hour at most, though the CA calls each certificate due", async () => {
  await using ca = new FakeCa();
  ca.directory.renewalInfo = "https://ca.test/renewal";
  ca.replies["/renewal"] = () =>
    Response.json({
      suggestedWindow: {
        start: "2020-01-01T00:00:00Z",
        end: "2020-01-02T00:00:00Z",
      },
    });
  const { ready } = ca.start();
  await ready;
  await ca.idle();
  assertEquals(ca.count("/order"), 1);
  for (let passed = 0; passed < HOUR; passed += HOUR / 6) {
    const { length } = ca.clock.waits;
    ca.clock.advance(HOUR / 6 + 1000);
    await ca.idle(length + 1);
  }
  assertEquals(ca.count("/order"), 2);
});

Deno.test("acme() renews by the lifetime when renewal information is nonsense", async () => {
  await using ca = new FakeCa();
  ca.directory.renewalInfo = "https://ca.test/renewal";
  ca.replies["/renewal"] = () => problem({ subproblems: 5, detail: [] }, 500);
  await ca.start().ready;
  await ca.idle();
  assertEquals(ca.count("/order"), 1);
  const { length } = ca.clock.waits;
  ca.clock.advance(61 * DAY);
  await ca.idle(length + 1);
  assertEquals(ca.of("issued").length, 2);
});

Deno.test("acme() escapes what the CA writes in all of its events", async () => {
  await using ca = new FakeCa();
  ca.directory.renewalInfo = "https://ca.test/renewal";
  ca.directory.meta = { termsOfService: `https://ca.test/${CLEAR_SCREEN}` };
  ca.replies["/account"] = () => located(`account/\u009b2J`);
  ca.replies["/renewal"] = () =>
    Response.json({
      suggestedWindow: {
        start: new Date(ca.clock.now() + 50 * DAY).toISOString(),
        end: new Date(ca.clock.now() + 51 * DAY).toISOString(),
      },
      explanationURL: `https://ca.test/${CLEAR_SCREEN}`,
    });
  ca.replies["/order"] = () =>
    problem({
      type: `urn:ietf:params:acme:error:${CLEAR_SCREEN}`,
      detail: CLEAR_SCREEN,
      subproblems: [{
        type: CLEAR_SCREEN,
        identifier: { value: CLEAR_SCREEN },
      }],
    });
  ca.start();
  await ca.idle();
  delete ca.replies["/order"];
  ca.replies["/authorization"] = () =>
    Response.json({
      status: "pending",
      identifier: { type: "dns", value: `b.test${CLEAR_SCREEN}` },
      challenges: [{ type: "tls-alpn-01", token: "t" }],
    });
  ca.clock.advance(HOUR);
  await ca.idle(2);
  ca.replies["/authorization"] = () =>
    Response.json({
      status: "pending",
      identifier: { type: "dns", value: "a.test" },
      challenges: [{ type: CLEAR_SCREEN }],
    });
  ca.clock.advance(HOUR);
  await ca.idle(3);
  delete ca.replies["/authorization"];
  ca.clock.advance(HOUR);
  await ca.idle(4);
  assertEquals(ca.of("failed").length, 3);
  assertEquals(ca.of("issued").length, 1);
  assertMatch(ca.of("scheduled")[0]?.explanationUrl ?? "", /^https:.*%1B/);
  for (const text of ca.events.flatMap(textsOf)) {
    // deno-lint-ignore no-control-regex -- that is what must not be there
    assertEquals(/[\x00-\x1f\x7f-\x9f\u202e]/.test(text), false, text);
  }
});

Deno.test("acme() shows and keeps nothing for a name that it did not order", async () => {
  await using ca = new FakeCa();
  ca.replies["/authorization"] = () =>
    Response.json({
      status: "pending",
      identifier: { type: "dns", value: "b.test" },
      challenges: [{
        type: "tls-alpn-01",
        status: "pending",
        url: "https://ca.test/challenge",
        token: "t",
      }],
    });
  const set: string[] = [];
  const { store } = ca;
  const own = store.set.bind(store);
  store.set = (key, value) => {
    set.push(key);
    own(key, value);
  };
  ca.start();
  await ca.idle();
  assertMatch(`${ca.of("failed")[0]?.error}`, /Cannot prove b\.test.*not for/);
  assertEquals(set.filter((key) => key.startsWith("challenge-")), []);
  assertEquals(ca.count("/challenge"), 0);
});

Deno.test("acme() makes another order when the certificate of one is nonsense", async () => {
  await using ca = new FakeCa();
  ca.replies["/certificate"] = () => new Response("<html>");
  const { ready } = ca.start();
  await ca.idle();
  assertMatch(
    `${ca.of("failed")[0]?.error}`,
    /AcmeError: Cannot use the certificate of the CA/,
  );
  delete ca.replies["/certificate"];
  ca.clock.advance(HOUR);
  await ready;
  assertEquals(ca.of("order").map(({ resumed }) => resumed), [false, false]);
});

for (
  const [what, document] of Object.entries({
    "null": null,
    "numbers": { type: 1, detail: 2, subproblems: 3 },
    "a list": [1],
    "subproblems of null": { type: "urn:x", subproblems: [null, 5, "x"] },
    "a very long text": { detail: "x".repeat(500_000) },
    "a megabyte of lists": "[".repeat(100_000),
  })
) {
  Deno.test(`acme() tells a refusal of ${what} with its status`, async () => {
    await using ca = new FakeCa();
    ca.replies["/order"] = () => problem(document, 418);
    ca.start();
    await ca.idle();
    const [failed] = ca.of("failed");
    assertEquals(Object(failed?.error).status, 418);
    assert((failed?.error.message.length ?? 0) < 3000);
  });
}

Deno.test("acme() tells a URL that is none", async () => {
  await using ca = new FakeCa();
  ca.directory.newOrder = `https://${CLEAR_SCREEN}`;
  ca.start();
  await ca.idle();
  assertMatch(
    `${ca.of("failed")[0]?.error}`,
    /AcmeError: Cannot ask the CA: https:\/\/\\x1b.* is not an https URL/,
  );
});

Deno.test("acme() waits as long as the CA asks for, though its lock cannot be released", async () => {
  await using ca = new FakeCa();
  ca.replies["/order"] = () =>
    Response.json({ type: "urn:ietf:params:acme:error:rateLimited" }, {
      status: 429,
      headers: { "retry-after": "259200" },
    });
  const { store } = ca;
  const own = store.compareAndSet.bind(store);
  store.compareAndSet = (key, expected, value) => {
    if (new TextDecoder().decode(value).includes('"owner": ""')) {
      throw new Error("disk full");
    }
    return own(key, expected, value);
  };
  ca.start();
  await ca.idle();
  const [failed] = ca.of("failed");
  assertEquals(Object(failed?.error).type, "rateLimited");
  const wait = (failed?.nextAttempt.getTime() ?? 0) - ca.clock.now();
  assert(wait > 3 * DAY - HOUR, `${wait}`);
});

Deno.test("acme() goes on when onEvent rejects", async () => {
  await using ca = new FakeCa();
  await ca.start({
    onEvent: async () => {
      await Promise.resolve();
      throw new Error("no disk for the log");
    },
  }).ready;
});

Deno.test("acme() outlives a store that throws", async () => {
  await using ca = new FakeCa();
  const { store } = ca;
  const get = store.get.bind(store);
  store.get = () => {
    throw new Error("no network");
  };
  const { ready } = ca.start();
  await ca.idle();
  assertEquals(ca.of("failed")[0]?.error.message, "no network");
  store.get = get;
  ca.clock.advance(HOUR);
  await ready;
});

for (
  const path of [
    "/",
    "/nonce",
    "/account",
    "/order",
    "/order/1",
    "/authorization",
    "/finalize",
    "/certificate",
    "/renewal",
  ]
) {
  Deno.test(`acme().close() ends while ${path} is asked`, async () => {
    await using ca = new FakeCa();
    ca.directory.renewalInfo = "https://ca.test/renewal";
    const begun = Promise.withResolvers<void>();
    ca.replies[path] = (signal) => {
      begun.resolve();
      return new Promise((_, reject) =>
        signal.addEventListener("abort", () => reject(signal.reason))
      );
    };
    const certificates = ca.start();
    await begun.promise;
    await certificates.close();
    assertEquals(ca.of("failed"), []);
    const { length } = ca.asked;
    await new Promise((resolve) => setTimeout(resolve, 20));
    assertEquals(ca.asked.length, length);
  });
}

/** All texts in a value. */
function textsOf(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (value instanceof Error) {
    return [value.message, ...textsOf({ ...value })];
  }
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap(textsOf);
}

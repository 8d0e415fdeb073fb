/**
 * HTTPS records over HTTPS (RFC 8484, RFC 9460, RFC 9848).
 *
 * @module
 */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { lookupHttps, type LookupHttpsOptions } from "../../ech/mod.ts";
import { connect, createFetch, listen, serve } from "../../mod.ts";
import { TrustStore } from "../../x509/mod.ts";
import {
  authority,
  certificate,
  clientOptions,
  serverOptions,
  tlsError,
} from "../_pair.ts";
import { current, facing, SECRET } from "../handshake/ech/_ends.ts";
import { answerOf, dnsResponse, questionOf, type Row } from "./_dns.ts";

const resolver = "https://dns.example/dns-query";

/** Looks up with answers by name. */
async function lookUp(
  zone: Record<string, readonly Row[]>,
  { name = "a.example", ...more }: Partial<LookupHttpsOptions> & {
    name?: string;
  } = {},
) {
  const asked: string[] = [];
  const found = await lookupHttps(name, {
    resolver,
    fetch: (_url, { body }) => {
      assert(body instanceof Uint8Array);
      // RFC 8467 section 4.1.
      assertEquals(body.length % 128, 0);
      const question = questionOf(body);
      asked.push(question);
      return Promise.resolve(dnsResponse(answerOf(zone[question] ?? [])));
    },
    ...more,
  });
  return { asked, found };
}

const https = (name: string, value: string, ttl = 300): Row => ({
  name,
  type: "HTTPS",
  value,
  ttl,
});
const cname = (name: string, value: string, ttl = 300): Row => ({
  name,
  type: "CNAME",
  value,
  ttl,
});

Deno.test("lookupHttps() gives services, the best first", async () => {
  const { found } = await lookUp({
    "a.example": [
      https("a.example", "3 . alpn=h2", 60),
      https("a.example", `1 b.example. port=8443 ech=${current.svcParam}`),
      https("a.example", "2 c.example."),
      https("other.example", "1 d.example."),
    ],
  }, { name: "A.example." });
  assertEquals(found.map(({ targetName, ttl }) => [targetName, ttl]), [
    ["b.example", 300],
    ["c.example", 300],
    ["a.example", 60],
  ]);
  assertEquals(found[0]?.params.ech, current.configList);
  assertEquals(found[0]?.params.port, 8443);
});

Deno.test("lookupHttps() follows aliases and CNAMEs", async () => {
  const { asked, found } = await lookUp({
    "a.example": [
      https("a.example", "1 ignored.example."),
      https("a.example", "0 b.example."),
    ],
    "b.example": [
      cname("b.example", "c.example", 7),
      https("c.example", "1 ."),
    ],
  });
  assertEquals(asked, ["a.example", "b.example"]);
  assertEquals(found.map(({ targetName, ttl }) => [targetName, ttl]), [
    ["c.example", 7],
    ["b.example", 300],
  ]);
});

/** RFC 9460 section 3, and RFC 9848 section 5.1. */
Deno.test("lookupHttps() keeps the target of an alias that has no records", async () => {
  const alias = https("a.example", "0 b.example.", 60);
  const { asked, found } = await lookUp({ "a.example": [alias] });
  assertEquals(asked, ["a.example", "b.example"]);
  assertEquals(found, [
    { priority: 65_535, targetName: "b.example", params: {}, ttl: 60 },
  ]);
  const targets = async (...records: string[]) => {
    const { found } = await lookUp({
      "a.example": [alias],
      "b.example": records.map((record) => https("b.example", record)),
    });
    assertEquals(found.every(({ ttl }) => ttl === 60), true);
    return found.map(({ targetName }) => targetName);
  };
  const ech = `ech=${current.svcParam}`;
  assertEquals(await targets("1 c.example."), ["c.example", "b.example"]);
  assertEquals(await targets(`1 c.example. ${ech}`), ["c.example"]);
  assertEquals(
    await targets(`1 c.example. ${ech}`, "2 d.example."),
    ["c.example", "d.example", "b.example"],
  );
});

Deno.test("lookupHttps() asks for another port by its prefix", async () => {
  const { asked, found } = await lookUp({
    "_8443._https.a.example": [
      https("_8443._https.a.example", "1 b.example."),
    ],
  }, { port: 8443 });
  assertEquals(asked, ["_8443._https.a.example"]);
  assertEquals(found.length, 1);
});

Deno.test("lookupHttps() returns an empty list if there are no records", async () => {
  assertEquals((await lookUp({})).found, []);
  const gone = { "a.example": [https("a.example", "0 .")] };
  assertEquals((await lookUp(gone)).found, []);
  const nameError = await lookupHttps("a.example", {
    resolver,
    fetch: () => Promise.resolve(dnsResponse(answerOf([], { flags: 0x8183 }))),
  });
  assertEquals(nameError, []);
});

/** RFC 9460 section 8. */
Deno.test("lookupHttps() leaves out records that cannot be used", async () => {
  const { found } = await lookUp({
    "a.example": [
      https("a.example", "1 b.example. mandatory=key60000 key60000=x"),
      https("a.example", "2 c.example. mandatory=port port=1 key60000=x"),
    ],
  });
  assertEquals(found.map(({ targetName }) => targetName), ["c.example"]);
});

/** RFC 9460 section 2.2. */
Deno.test("lookupHttps() uses no record of a name that has a malformed one", async () => {
  const malformed = {
    "a port of one octet": "000100" + "0003000135",
    "parameters out of order": "000100" + "000300020001" + "000300020001",
    "no end of a parameter": "000100" + "00030003" + "0001",
    "no end of the name": "00010161",
  };
  for (const [what, data] of Object.entries(malformed)) {
    const row = (name: string): Row => ({
      name,
      type: "HTTPS",
      value: Uint8Array.fromHex(data),
    });
    const good = https("a.example", "1 b.example.");
    const alias = https("a.example", "0 b.example.");
    for (const other of [good, alias]) {
      const zone = { "a.example": [other, row("a.example")] };
      assertEquals((await lookUp(zone)).found, [], what);
    }
    // Of another name it does not matter.
    const zone = { "a.example": [good, row("other.example")] };
    assertEquals((await lookUp(zone)).found.length, 1, what);
  }
});

/** RFC 9460 section 3.1. */
Deno.test("lookupHttps() gives up in a circle of aliases", async () => {
  const circle = await lookUp({
    "a.example": [https("a.example", "0 b.example.")],
    "b.example": [https("b.example", "0 a.example.")],
  });
  assertEquals(circle.found, []);
  assertEquals(circle.asked.length, 9);
  // CNAMEs of one answer.
  const { found } = await lookUp({
    "a.example": [
      cname("a.example", "b.example"),
      cname("b.example", "a.example"),
    ],
  });
  assertEquals(found, []);
});

const whole = answerOf([https("a.example", "1 .")]);

/** RFC 9460 section 3.1: what fails is not taken for an answer. */
const failures: Record<string, [code: string, () => Response]> = {
  "a status of 404": ["fetch_failed", () => new Response("", { status: 404 })],
  "another type": ["fetch_failed", () => new Response("{}")],
  "SERVFAIL": [
    "fetch_failed",
    () => dnsResponse(answerOf([], { flags: 0x8182 })),
  ],
  "a question": [
    "decode_error",
    () => dnsResponse(answerOf([], { flags: 0x0100 })),
  ],
  "a CNAME that ends before its name": [
    "decode_error",
    () =>
      dnsResponse(
        answerOf([{ ...cname("a.example", ""), value: Uint8Array.of(1) }]),
      ),
  ],
  "a CNAME with something behind its name": [
    "decode_error",
    () =>
      dnsResponse(
        answerOf([{ ...cname("a.example", ""), value: new Uint8Array(2) }]),
      ),
  ],
  "a truncated answer": [
    "decode_error",
    () => dnsResponse(answerOf([], { flags: 0x8380 })),
  ],
  "an answer cut short": [
    "decode_error",
    () => dnsResponse(whole.slice(0, -1)),
  ],
  "an empty answer": ["decode_error", () => dnsResponse(new Uint8Array())],
  "too long an answer": [
    "fetch_failed",
    () => dnsResponse(new Uint8Array(65_536)),
  ],
};

for (const [name, [code, answer]] of Object.entries(failures)) {
  Deno.test(`lookupHttps() fails for ${name}`, async () => {
    const error = await assertRejects(() =>
      lookupHttps("a.example", {
        resolver,
        fetch: () => Promise.resolve(answer()),
      })
    );
    assertEquals(tlsError(error).code, code);
  });
}

/** The same record with its name written as octets of the test. */
function withName(octets: string): Uint8Array<ArrayBuffer> {
  const head = answerOf([]).slice();
  head[7] = 1;
  const row = Uint8Array.fromHex(
    octets + "0041" + "0001" + "0000012c" + "0003" + "000100",
  );
  const message = new Uint8Array(head.length + row.length);
  message.set(head);
  message.set(row, head.length);
  return message;
}

Deno.test("lookupHttps() reads compressed names, and refuses circles of them", async () => {
  const found = async (octets: string) =>
    await lookupHttps("a.example", {
      resolver,
      fetch: () => Promise.resolve(dnsResponse(withName(octets))),
    });
  assertEquals((await found("c00c")).length, 1);
  assertEquals((await found("0161c00e")).length, 1);
  const at = answerOf([]).length;
  for (
    const octets of [
      `c0${at.toString(16)}`, // to itself
      "c0ff", // forwards
      `0161c0${at.toString(16)}`, // to where it begins
      "8001", // another type of label
    ]
  ) {
    const error = tlsError(await assertRejects(() => found(octets)));
    assertEquals(error.code, "decode_error");
  }
});

Deno.test("lookupHttps() tells what the network said, and ends with its signal", async () => {
  const cause = new TypeError("no route");
  const error = tlsError(
    await assertRejects(() =>
      lookupHttps("a.example", {
        resolver,
        fetch: () => Promise.reject(cause),
      })
    ),
  );
  assertEquals([error.code, error.cause], ["fetch_failed", cause]);
  const reason = new Error("too slow");
  const controller = new AbortController();
  const looking = lookupHttps("a.example", {
    resolver,
    signal: controller.signal,
    fetch: (_url, { signal }) =>
      new Promise((_, reject) =>
        signal?.addEventListener("abort", () => reject(signal.reason))
      ),
  });
  controller.abort(reason);
  assertEquals(await assertRejects(() => looking), reason);
});

Deno.test("lookupHttps() refuses what is not a name or an option", async () => {
  const wrong: [string, unknown, new () => Error][] = [
    ["", { resolver }, TypeError],
    ["a b", { resolver }, TypeError],
    ["a..b", { resolver }, TypeError],
    ["a.example..", { resolver }, TypeError],
    [".", { resolver }, TypeError],
    ["192.0.2.1", { resolver }, TypeError],
    ["::1", { resolver }, TypeError],
    ["[::1]", { resolver }, TypeError],
    ["a.example", {}, TypeError],
    ["a.example", { resolver: "dns" }, TypeError],
    ["a.example", { resolver, port: "443" }, TypeError],
    ["a.example", { resolver, port: 0 }, RangeError],
    ["a.example", { resolver, fetch: 1 }, TypeError],
    ["a.example", { resolver, signal: 1 }, TypeError],
    ["a.example", { resolver, timeout: 1 }, TypeError],
  ];
  for (const [name, options, kind] of wrong) {
    await assertRejects(() => lookupHttps(name, options as never), kind);
  }
});

Deno.test("a client learns of Encrypted ClientHello by the DNS over our own HTTPS", async () => {
  const { cert, key } = await certificate();
  const server = listen({
    port: 0,
    hostname: "127.0.0.1",
    ...await serverOptions(facing()),
  });
  const port = server.addr.transport === "tcp" ? server.addr.port : 0;
  await using dns = serve(
    { port: 0, hostname: "127.0.0.1", cert, key, onListen: () => {} },
    async (request) => {
      const name = questionOf(await request.bytes());
      return dnsResponse(
        answerOf([
          https(name, `1 target.example. port=${port} ech=${current.svcParam}`),
        ]),
      );
    },
  );
  await using fetch = createFetch({
    trust: TrustStore.of((await authority).cert),
  });
  const [service] = await lookupHttps(SECRET, {
    resolver: `https://localhost:${dns.addr.port}/dns-query`,
    fetch,
  });
  assert(service?.params.ech !== undefined);
  const [conn, accepted] = await Promise.all([
    connect({
      ...await clientOptions(),
      hostname: service.targetName,
      port: service.params.port ?? 443,
      serverName: SECRET,
      ech: { configList: service.params.ech },
      lookup: () => ["127.0.0.1"],
    }),
    server.accept(),
  ]);
  assertEquals(conn.info.ech, "accepted");
  assertEquals(accepted.info.serverName, SECRET);
  await Promise.all([conn.close(), accepted.close()]);
  server.close();
});

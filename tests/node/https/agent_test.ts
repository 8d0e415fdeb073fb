/**
 * `https.Agent`, `https.request` and `https.get`: names, sessions, arguments.
 *
 * @module
 */

import {
  assert,
  assertEquals,
  assertNotEquals,
  assertRejects,
  assertThrows,
} from "@std/assert";
import { Buffer } from "node:buffer";
import { once } from "node:events";
import { Agent as HttpAgent } from "node:http";
import nodeHttps from "node:https";
import { text } from "node:stream/consumers";
import https, {
  Agent,
  get,
  type HttpsRequestOptions,
  type SessionCache,
} from "../../../node/https/mod.ts";
import { certificateFor } from "../tls/_ends.ts";
import { answer, serving, socketOf, test } from "./_https.ts";

const identity = await certificateFor("localhost");

/** Says whether the session was resumed. */
const sayResumed = (
  incoming: { readonly socket: unknown },
  response: { end(text: string): void },
) => response.end(String(socketOf(incoming).isSessionReused()));

/** Bytes in a view whose text says nothing of them. */
const view = (text: string) =>
  new DataView(new TextEncoder().encode(text).buffer);

Deno.test("Agent.getName() gives Node's names", () => {
  const cases: HttpsRequestOptions[] = [
    {},
    { host: "0.0.0.0", port: 443, localAddress: "192.168.1.1", family: 6 },
    {
      host: "a",
      ca: "ca",
      cert: Buffer.from("cert"),
      ciphers: "ciphers",
      key: "key",
      pfx: "pfx",
      rejectUnauthorized: false,
      servername: "b",
      minVersion: "TLSv1.2",
      maxVersion: "TLSv1.3",
      crl: ["crl"],
      honorCipherOrder: false,
      ecdhCurve: "x25519",
      dhparam: "dhparam",
      secureOptions: 0,
      sessionIdContext: "context",
      sigalgs: "ed25519",
    },
    { secureProtocol: "TLSv1_2_method", privateKeyIdentifier: "a" },
    { host: "a", servername: "a", rejectUnauthorized: true },
    { pfx: [{ buf: "x", passphrase: "y" }, "z"], passphrase: "p" },
  ];
  for (const options of cases) {
    const theirs = Reflect.apply(
      nodeHttps.Agent.prototype.getName,
      new nodeHttps.Agent(),
      [options],
    );
    assertEquals(new Agent().getName(options), theirs);
  }
});

Deno.test("Agent.getName() tells what Node's names do not", () => {
  const agent = new Agent();
  const check = () => undefined;
  const cases: HttpsRequestOptions[] = [
    {},
    { checkServerIdentity: check },
    { checkServerIdentity: () => undefined },
    { allowPartialTrustChain: true },
    { ALPNProtocols: ["a"] },
    { ALPNProtocols: ["b"] },
    { ALPNProtocols: ["a", "b"] },
    { ALPNProtocols: ["a,b"] },
    { minDHSize: 2048 },
    { certificateCompression: ["zlib"] },
    { host: "a", servername: "a" },
    { host: "a", servername: "" },
    { cert: view("a") },
    { cert: view("b") },
    { ca: [view("a")] },
    { ca: [view("b")] },
    { pfx: Buffer.of(0xfe) },
    { pfx: Buffer.of(0xff) },
    { pfx: [{ buf: Buffer.of(0xfe) }] },
    { pfx: [{ buf: Buffer.of(0xff) }] },
    { key: [{ pem: "a" }] },
    { key: [{ pem: "b" }] },
    { key: [{ pem: "b", passphrase: "a" }] },
    { key: "a", passphrase: "a" },
    { key: "a", passphrase: "b" },
    { pfx: "a", passphrase: "a" },
    { pfx: "a", passphrase: "b" },
  ];
  const names = cases.map((options) => agent.getName(options));
  assertEquals(new Set(names).size, cases.length);
  assertEquals(agent.getName({ checkServerIdentity: check }), names[1]);
});

test("Agent keeps connections, and its requests wait for them", async () => {
  await using there = await serving(identity, sayResumed);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const answers = await Promise.all(
    Array.from({ length: 4 }, () => answer({ ...there.to, agent })),
  );
  assertEquals(answers.map(({ text }) => text), Array(4).fill("false"));
  assertEquals(there.sockets.length, 1);
  agent.destroy();
});

for (const maxVersion of ["TLSv1.3", "TLSv1.2"]) {
  test(`Agent resumes sessions, as many as it may keep: ${maxVersion}`, async () => {
    await using there = await serving({ ...identity, maxVersion }, sayResumed);
    const ask = async (agent: Agent, servername = "localhost") => {
      const response = await answer({ ...there.to, servername, agent });
      // The tickets of TLS 1.3 come before the end.
      if (!response.socket.closed) await once(response.socket, "close");
      return response.text;
    };
    const agent = new Agent({
      maxCachedSessions: 1,
      rejectUnauthorized: false,
    });
    assertEquals(await ask(agent), "false");
    assertEquals(await ask(agent), "true");
    assertEquals(await ask(agent, "b.test"), "false");
    assertEquals(agent._sessionCache.list.length, 1);
    assertEquals(await ask(agent), "false");
    const without = new Agent({ maxCachedSessions: 0 });
    assertEquals(await ask(without), "false");
    assertEquals(await ask(without), "false");
  });
}

test("Agent forgets a session whose connection fails", async () => {
  await using there = await serving(identity, (_, response) => {
    response.socket?.destroy();
  });
  const agent = new Agent();
  const key = agent.getName({ ...there.to, agent: undefined });
  const socket = agent.createConnection({
    ...there.to,
    agent: undefined,
    _agentKey: key,
  });
  await once(socket, "session");
  assert(agent._getSession(key));
  const closed = once(socket, "close").catch(() => {});
  socket.on("error", () => {});
  socket.destroy(new Error("on purpose"));
  await closed;
  assertEquals(agent._getSession(key), undefined);
});

test("requests that verify differently share no connection", async () => {
  await using there = await serving(identity, sayResumed);
  const agent = new Agent({ keepAlive: true });
  const to = { ...there.to, agent };
  const lenient = { ...to, checkServerIdentity: () => undefined };
  await answer(lenient);
  await answer(to);
  assertEquals(there.sockets.length, 2);
  const strict = { ...to, checkServerIdentity: () => new Error("no") };
  await assertRejects(() => answer(strict), Error, "no");
  agent.destroy();
});

test("requests with certificates in views share no connection", async () => {
  await using there = await serving({
    ...identity,
    requestCert: true,
    rejectUnauthorized: false,
  }, (incoming, response) => {
    response.end(socketOf(incoming).getPeerCertificate().subjectaltname);
  });
  const agent = new Agent({ keepAlive: true });
  for (const name of ["a.test", "b.test"]) {
    const { cert, key } = await certificateFor(name);
    const shown = { cert: view(cert), key: view(key) };
    const { text } = await answer({ ...there.to, ...shown, agent });
    assertEquals(text, `DNS:${name}`);
  }
  agent.destroy();
});

test("an agent of another kind may borrow the methods", async () => {
  await using there = await serving(identity, sayResumed);
  class Borrower extends HttpAgent {
    maxCachedSessions = 10;
    _sessionCache: SessionCache = { map: {}, list: [] };
    protocol = "https:";
    defaultPort = 443;
  }
  const { createConnection, getName, _getSession, _cacheSession } =
    https.Agent.prototype;
  const { _evictSession } = https.Agent.prototype;
  Object.assign(Borrower.prototype, {
    createConnection,
    getName,
    _getSession,
    _cacheSession,
    _evictSession,
  });
  const agent = new Borrower();
  const first = await answer({ ...there.to, agent });
  if (!first.socket.closed) await once(first.socket, "close");
  assertEquals((await answer({ ...there.to, agent })).text, "true");
});

test("get() and request() take a URL, options and a listener", async () => {
  await using there = await serving(identity, (incoming, response) => {
    response.end(`${incoming.method} ${incoming.url} ${incoming.headers.a}`);
  });
  const { port, host: _, ...rest } = there.to;
  const url = `https://127.0.0.1:${port}/x?y=1`;
  const options = { ...rest, headers: { a: "b" } };
  const expected = "GET /x?y=1 b";
  for (const target of [url, new URL(url)]) {
    const response = await new Promise<Parameters<typeof text>[0]>((resolve) =>
      get(target, options, resolve)
    );
    assertEquals(await text(response), expected);
  }
  const before = https.globalAgent;
  const used = new Agent({ ca: rest.ca, servername: "localhost" });
  https.globalAgent = used;
  try {
    const outgoing = https.get(url);
    assertEquals(Reflect.get(outgoing, "agent"), used);
    const [response] = await once(outgoing, "response");
    assertEquals(await text(response), "GET /x?y=1 undefined");
  } finally {
    https.globalAgent = before;
  }
});

Deno.test("requests and agents refuse what they cannot do", () => {
  const codes = [
    () => get("http://localhost/"),
    () => get("not a URL"),
    () => new Agent({ proxyEnv: { https_proxy: "http://a" } } as object),
  ].map((call) => (assertThrows(call) as { code?: string }).code);
  assertEquals(codes, [
    "ERR_INVALID_PROTOCOL",
    "ERR_INVALID_URL",
    "ERR_FEATURE_UNAVAILABLE_ON_PLATFORM",
  ]);
  assertNotEquals(https.Agent, Agent);
  assert((https.Agent as unknown as () => Agent)() instanceof Agent);
});

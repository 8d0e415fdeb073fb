/**
 * createFetch(): proxies.
 *
 * @module
 */

import {
  assertEquals,
  assertInstanceOf,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { createFetch, listen, ProxyError, TlsError } from "../../mod.ts";
import { issueCertificate, TrustStore } from "../../x509/mod.ts";
import { fetchOf, test, urlOf } from "./_fetch.ts";
import { ca, leaf, start, trust } from "./_server.ts";

const { cert, key } = leaf;

const stranger = await issueCertificate({ names: ["Other CA"], ca: true });

/** A proxy: what it was asked, and where it listens. */
interface TestProxy extends Disposable {
  readonly asked: string[];
  readonly port: number;
}

/** Reads one head, and answers; an answer of 200 makes the tunnel. */
function startProxy(answer: string, isTls = false): TestProxy {
  const where = { hostname: "127.0.0.1", port: 0 };
  const listener = isTls ? listen({ ...where, cert, key }) : Deno.listen(where);
  const asked: string[] = [];
  const serveOne = async (conn: Deno.Conn): Promise<void> => {
    const buffer = new Uint8Array(4096);
    const length = await conn.read(buffer) ?? 0;
    const head = new TextDecoder().decode(buffer.subarray(0, length));
    asked.push(head);
    if (answer === "") return;
    await conn.write(new TextEncoder().encode(answer));
    if (!answer.startsWith("HTTP/1.1 200")) return conn.close();
    const [, port] = /^CONNECT \S+:(\d+) HTTP/.exec(head) ?? [];
    const onward = await Deno.connect({ port: Number(port) });
    await Promise.allSettled([
      conn.readable.pipeTo(onward.writable),
      onward.readable.pipeTo(conn.writable),
    ]);
  };
  (async () => {
    for await (const conn of listener as AsyncIterable<Deno.Conn>) {
      serveOne(conn).catch(() => {});
    }
  })();
  const { port } = listener.addr as Deno.NetAddr;
  return { asked, port, [Symbol.dispose]: () => listener.close() };
}

const OK = "HTTP/1.1 200 Connection established\r\n\r\n";

test("a proxy is asked with the name and the password, and sees TLS only", async () => {
  await using server = start(() => new Response("through"));
  using proxy = startProxy(OK);
  await using fetch = fetchOf({
    proxy: {
      url: `http://us%20er:p%C3%A4ss@127.0.0.1:${proxy.port}`,
      headers: { "x-more": "yes" },
    },
  });
  assertEquals(await (await fetch(urlOf(server))).text(), "through");
  const [head = ""] = proxy.asked;
  const { port } = server.addr;
  assertStringIncludes(head, `CONNECT localhost:${port} HTTP/1.1\r\n`);
  assertStringIncludes(head, `host: localhost:${port}\r\n`);
  assertStringIncludes(head, "x-more: yes\r\n");
  const secret = btoa("us er:p\u00c3\u00a4ss");
  assertStringIncludes(head, `proxy-authorization: Basic ${secret}\r\n`);
  assertEquals(head.endsWith("\r\n\r\n"), true);
});

test("a proxy over TLS has options of its own", async () => {
  await using server = start(() => new Response("through"));
  using proxy = startProxy(OK, true);
  const url = `https://localhost:${proxy.port}`;
  await using fetch = fetchOf({ proxy: { url, tls: { trust } } });
  assertEquals(await (await fetch(urlOf(server))).text(), "through");
  for (const tls of [{}, { trust: TrustStore.of(stranger.cert) }]) {
    await using other = fetchOf({ proxy: { url, tls } });
    const error = await assertRejects(() => other(urlOf(server)), TypeError);
    assertInstanceOf(error.cause, TlsError);
    assertEquals(error.cause.code, "unknown_issuer");
  }
});

test("the error for a proxy that makes no connection has its status", async () => {
  for (
    const [answer, status, text] of [
      ["HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", 407, "407 Proxy"],
      ["HTTP/1.1 502 Bad\r\n\r\n", 502, "502 Bad"],
      ["SSH-2.0-x\r\n\r\n", undefined, "not HTTP/1.1"],
      ["x".repeat(20_000), undefined, "longer than 16384"],
    ] as const
  ) {
    using proxy = startProxy(answer);
    await using fetch = fetchOf({ proxy: `http://127.0.0.1:${proxy.port}` });
    const error = await assertRejects(
      () => fetch("https://a.test/"),
      TypeError,
    );
    assertInstanceOf(error.cause, ProxyError);
    assertEquals(error.cause.status, status);
    assertStringIncludes(error.cause.message, text);
  }
});

test("a silent proxy is given up after handshakeTimeout, and with dispose", async () => {
  using proxy = startProxy("");
  const url = `http://127.0.0.1:${proxy.port}`;
  const hasty = createFetch({
    proxy: url,
    caCerts: [ca.cert],
    handshakeTimeout: 100,
  });
  const error = await assertRejects(() => hasty("https://a.test/"), TypeError);
  assertInstanceOf(error.cause, TlsError);
  assertEquals(error.cause.code, "handshake_timeout");
  const patient = createFetch({ proxy: url });
  const waiting = assertRejects(() => patient("https://a.test/"), TypeError);
  await new Promise((resolve) => setTimeout(resolve, 50));
  await patient[Symbol.asyncDispose]();
  await waiting;
});

test("sessions are resumed through a proxy", async () => {
  const resumed: boolean[] = [];
  await using server = start((_request, { tls }) => {
    resumed.push(tls.resumed);
    return new Response("x", { headers: { connection: "close" } });
  });
  using proxy = startProxy(OK);
  await using fetch = fetchOf({
    alpnProtocols: ["http/1.1"],
    proxy: `http://127.0.0.1:${proxy.port}`,
  });
  for (let nth = 0; nth < 3; nth++) {
    assertEquals(await (await fetch(urlOf(server))).text(), "x");
  }
  assertEquals(resumed, [false, true, true]);
  assertEquals(proxy.asked.length, 3);
});

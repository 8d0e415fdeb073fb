/**
 * createFetch(): the semantics of `fetch`, over both protocols.
 *
 * @module
 */

import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { createFetch, type ServeHandler } from "../../mod.ts";
import { fetchOf, PROTOCOLS, test, urlOf } from "./_fetch.ts";
import { ca, start } from "./_server.ts";

const options = { clientAuth: "verify-if-given" as const, caCerts: [ca.cert] };

/** Says what came, and goes where the path says. */
const echo: ServeHandler<Deno.NetAddr> = async (request, { tls }) => {
  const { pathname, searchParams } = new URL(request.url);
  const to = searchParams.get("to");
  if (to !== null) {
    const status = Number(pathname.slice(1));
    return new Response(null, { status, headers: { location: to } });
  }
  if (pathname === "/back") return new Response(request.body);
  const { method, headers } = request;
  return Response.json({
    method,
    protocol: tls.alpnProtocol,
    client: tls.peerCertificates[0]?.subject,
    headers: Object.fromEntries(headers),
    body: await request.text(),
  });
};

for (const protocol of PROTOCOLS) {
  const name = `${protocol}: `;
  const alpnProtocols = [protocol];

  test(
    name + "a response has what fetch() gives, and the server our certificate",
    async () => {
      await using server = start(echo, options);
      await using fetch = fetchOf({ alpnProtocols });
      const response = await fetch(new URL(urlOf(server, "/a?b#c")));
      assert(response instanceof Response);
      assertEquals(response.url, urlOf(server, "/a?b"));
      assertEquals(
        [response.status, response.ok, response.redirected],
        [200, true, false],
      );
      const copy = response.clone();
      assertEquals(copy.url, response.url);
      const said = await copy.json();
      assertEquals(said, await response.json());
      assertEquals(said.protocol, protocol);
      assertEquals(said.client, "CN=alice");
    },
  );

  test(
    name + "bodies of all kinds arrive with their type and length",
    async () => {
      await using server = start(echo, options);
      await using fetch = fetchOf({ alpnProtocols });
      const form = new FormData();
      form.append("file", new File(["content"], "name.txt"));
      const bodies: [BodyInit, string | undefined, string][] = [
        ["text", "text/plain;charset=UTF-8", "text"],
        [new TextEncoder().encode("bytes"), undefined, "bytes"],
        [new Blob(["blob"], { type: "a/b" }), "a/b", "blob"],
        [
          new URLSearchParams({ a: "b" }),
          "application/x-www-form-urlencoded;charset=UTF-8",
          "a=b",
        ],
        [form, "multipart/form-data; boundary=", "content"],
      ];
      for (const [body, type, text] of bodies) {
        const url = urlOf(server);
        for (
          const [input, init] of [
            [url, { method: "POST", body }],
            [new Request(url, { method: "POST", body }), undefined],
          ] as const
        ) {
          const said = await (await fetch(input, init)).json();
          assertStringIncludes(said.body, text);
          assert(said.headers["content-type"]?.startsWith(type ?? "") ?? !type);
          assertEquals(
            Number(said.headers["content-length"]),
            new TextEncoder().encode(said.body).length,
          );
        }
      }
    },
  );

  test(name + "bodies stream both ways at once", async () => {
    await using server = start(echo, options);
    await using fetch = fetchOf({ alpnProtocols });
    const { readable, writable } = new TransformStream<Uint8Array>();
    const writer = writable.getWriter();
    const fetching = fetch(urlOf(server, "/back"), {
      method: "POST",
      body: readable,
    });
    await writer.write(new Uint8Array([1]));
    const response = await fetching;
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    for (const byte of [1, 2, 3]) {
      if (byte > 1) await writer.write(new Uint8Array([byte]));
      assertEquals((await reader.read()).value, new Uint8Array([byte]));
    }
    await writer.close();
    assertEquals((await reader.read()).done, true);
  });

  test(name + "a body of some megabytes comes back unchanged", async () => {
    await using server = start(echo, options);
    await using fetch = fetchOf({ alpnProtocols });
    const sent = crypto.getRandomValues(new Uint8Array(65_536));
    let left = 80;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (left-- > 0) controller.enqueue(sent.slice());
        else controller.close();
      },
    });
    const response = await fetch(urlOf(server, "/back"), {
      method: "PUT",
      body,
    });
    const bytes = new Uint8Array(await response.arrayBuffer());
    assertEquals(bytes.length, 80 * sent.length);
    assertEquals(bytes.subarray(79 * sent.length), sent);
  });

  test(name + "redirects are followed, given back or refused", async () => {
    await using server = start(echo, options);
    await using fetch = fetchOf({ alpnProtocols });
    const post = { method: "POST", body: "x" };
    const follow = async (status: number, input?: Request) => {
      const url = urlOf(server, `/${status}?to=/there`);
      const response = await (input ? fetch(input) : fetch(url, post));
      const { method, body } = await response.json();
      return [response.url, response.redirected, method, body];
    };
    const there = urlOf(server, "/there");
    assertEquals(await follow(303), [there, true, "GET", ""]);
    assertEquals(await follow(307), [there, true, "POST", "x"]);
    const request = new Request(urlOf(server, "/308?to=/there"), post);
    assertEquals(await follow(308, request), [there, true, "POST", "x"]);
    const url = urlOf(server, "/302?to=/there");
    const manual = await fetch(url, { redirect: "manual" });
    assertEquals(manual.status, 302);
    await manual.body?.cancel();
    await assertRejects(() => fetch(url, { redirect: "error" }), TypeError);
    const circle = urlOf(server, "/302?to=/302?to=/");
    assert((await fetch(circle)).ok);
  });

  test(
    name +
      "another origin gets no Authorization, no Cookie, but our certificate",
    async () => {
      await using other = start(echo, options);
      await using server = start(echo, options);
      await using fetch = fetchOf({ alpnProtocols });
      const headers = { authorization: "secret", cookie: "a=b", "x-kept": "c" };
      const seen = async (to: string) => {
        const url = urlOf(server, `/302?to=${encodeURIComponent(to)}`);
        const response = await fetch(url, { headers });
        const said = await response.json();
        const { authorization, cookie } = said.headers;
        return [said.client, authorization, cookie, said.headers["x-kept"]];
      };
      assertEquals(await seen("/here"), ["CN=alice", "secret", "a=b", "c"]);
      assertEquals(await seen(urlOf(other)), [
        "CN=alice",
        undefined,
        undefined,
        "c",
      ]);
    },
  );

  test(
    name + "an aborted fetch rejects with the reason, at any time",
    async () => {
      const late = Promise.withResolvers<Response>();
      await using server = start((request) => {
        if (request.url.endsWith("/never")) return late.promise;
        return new Response(
          new ReadableStream({
            start: (controller) => controller.enqueue(new Uint8Array(3)),
          }),
        );
      });
      await using fetch = fetchOf({ alpnProtocols });
      const reason = new Error("the reason");
      const signal = AbortSignal.abort(reason);
      assertEquals(
        await assertRejects(() => fetch(urlOf(server), { signal })),
        reason,
      );
      const before = new AbortController();
      const waiting = fetch(urlOf(server, "/never"), { signal: before.signal });
      setTimeout(() => before.abort(reason), 50);
      assertEquals(await assertRejects(() => waiting), reason);
      late.resolve(new Response());
      const behind = new AbortController();
      const response = await fetch(
        new Request(urlOf(server), { signal: behind.signal }),
      );
      const reader = (response.body as ReadableStream<Uint8Array>).getReader();
      assertEquals((await reader.read()).value?.length, 3);
      behind.abort(reason);
      assertEquals(await assertRejects(() => reader.read()), reason);
      assertEquals(
        await (await fetch(urlOf(server))).body?.cancel(),
        undefined,
      );
    },
  );

  test(name + "coded bodies are decoded", async () => {
    const plain = "the text ".repeat(1000);
    await using server = start((request) => {
      const coding = new URL(request.url).pathname.slice(1);
      const packed = new Blob([plain]).stream().pipeThrough(
        new CompressionStream(coding === "deflate" ? "deflate" : "gzip"),
      );
      return new Response(packed, { headers: { "content-encoding": coding } });
    });
    await using fetch = fetchOf({ alpnProtocols });
    for (const coding of ["gzip", "deflate"]) {
      const response = await fetch(urlOf(server, `/${coding}`));
      assertEquals(await response.text(), plain);
      assertEquals(response.headers.get("content-encoding"), null);
    }
    const response = await fetch(urlOf(server, "/unknown"));
    assertEquals(response.headers.get("content-encoding"), "unknown");
    assert((await response.arrayBuffer()).byteLength < 1000);
  });
}

test("both protocols: h2 is preferred", async () => {
  await using server = start(echo, options);
  await using fetch = fetchOf();
  assertEquals((await (await fetch(urlOf(server))).json()).protocol, "h2");
});

test("a handler of serve() may answer with the response of a fetch", async () => {
  await using behind = start(echo, options);
  await using fetch = fetchOf();
  await using front = start(() => fetch(urlOf(behind)));
  const said = await (await fetch(urlOf(front))).json();
  assertEquals(said.client, "CN=alice");
});

test("a fetch refuses what it does not do", async () => {
  await using server = start(echo, options);
  await using fetch = fetchOf();
  using client = Deno.createHttpClient({});
  const url = urlOf(server);
  const used = new Request(url, { method: "POST", body: "x" });
  await used.text();
  for (
    const [text, input, init] of [
      ["https: URLs only", "http://localhost/"],
      ["https: URLs only", "data:,x"],
      ["Invalid URL", "/relative"],
      [`"client"`, url, { client } as RequestInit],
      ["has been used", used],
    ] as [string, string | Request, RequestInit?][]
  ) {
    await assertRejects(() => fetch(input, init), TypeError, text);
  }
  const to = urlOf(server, "/302?to=http://localhost/");
  const error = await assertRejects(() => fetch(to), TypeError);
  assertStringIncludes(String(error.cause), "https: URLs only");
});

Deno.test("createFetch() refuses options that do not fit", () => {
  const create = createFetch as (options: unknown) => unknown;
  for (
    const [options, text] of [
      [{ hostname: "a.test" }, "hostname"],
      [{ session: {} }, "single connection"],
      [{ signal: AbortSignal.timeout(0) }, "single connection"],
      [{ alpnProtocols: ["h3"] }, `got "h3"`],
      [{ sni: {} }, `"sni"`],
      [{ path: "/x", proxy: "http://a.test" }, "two ways"],
      [{ proxy: "socks5://a.test" }, "http: or https:"],
      [{ proxy: { url: "http://a.test", tls: {} } }, `"tls"`],
      [{ proxy: { url: "http://a.test/path" } }, "without a path"],
      [{ proxy: { url: "https://a.test", tls: { nonsense: 1 } } }, "nonsense"],
      [{ proxy: { href: "http://a.test" } }, "href"],
      [{ proxy: { url: "http://a%3Ab:c@a.test" } }, "colon"],
      [{ cert: 1 }, `"cert"`],
    ] as [unknown, string][]
  ) {
    assertThrows(() => create(options), TypeError, text);
  }
  assertThrows(() => create({ handshakeTimeout: -1 }), RangeError);
});

import { assertEquals, assertStringIncludes } from "@std/assert";
import type { TlsError } from "../../mod.ts";
import { ask, get, start } from "./_server.ts";

/** What a client gets that sends parts without TLS. */
async function plain(port: number, ...parts: string[]): Promise<string> {
  using conn = await Deno.connect({ hostname: "127.0.0.1", port });
  for (const part of parts) {
    await conn.write(new TextEncoder().encode(part));
    // So that the parts are read apart from one another.
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  let text = "";
  const into = new Uint8Array(4096);
  for (;;) {
    const length = await conn.read(into).catch(() => null);
    if (length === null) return text;
    text += new TextDecoder().decode(into.subarray(0, length));
  }
}

Deno.test("plain HTTP on the port for TLS is 400, and told", async () => {
  const errors: unknown[] = [];
  await using server = start(() => new Response("x"), {
    onHandshakeError: (error) => errors.push(error),
  });
  const { port } = server.addr;
  const text = await plain(port, get("/"));
  assertStringIncludes(text, "HTTP/1.1 400 Bad Request\r\n");
  assertStringIncludes(text, "This port speaks HTTPS");
  const [error] = errors;
  assertEquals((error as TlsError).code, "not_tls");
  assertStringIncludes(await ask(server, get("/")), "HTTP/1.1 200 ");
});

Deno.test("plain HTTP with HEAD gets no content (RFC 9110 section 9.3.2)", async () => {
  await using server = start(() => new Response("x"));
  const text = await plain(server.addr.port, "HEAD / HTTP/1.1\r\n\r\n");
  assertStringIncludes(text, "HTTP/1.1 400 Bad Request\r\n");
  assertEquals(text.endsWith("\r\n\r\n"), true, text);
});

Deno.test("a method that comes in pieces is seen", async () => {
  await using server = start(() => new Response("x"));
  const text = await plain(server.addr.port, "P", "OS", "T / HTTP/1.1\r\n\r\n");
  assertStringIncludes(text, "HTTP/1.1 400 Bad Request\r\n");
});

Deno.test("redirectHttp sends clients to https:", async () => {
  await using server = start(() => new Response("x"), { redirectHttp: true });
  const { port } = server.addr;
  const location = async (...parts: string[]) =>
    /^location: (.*)\r$/m.exec(await plain(port, ...parts))?.[1];
  assertEquals(
    await location("GET /a?b HTTP/1.1\r\nhost: a.test:81\r\n\r\n"),
    "https://a.test:81/a?b",
  );
  assertEquals(
    await location("GET /a HTTP/1.1\r\nx: y\r\n", "Host: [::1]:81\r\n\r\n"),
    "https://[::1]:81/a",
  );
  assertEquals(
    await location("GET http://a.test/b HTTP/1.1\r\nhost: c.test\r\n\r\n"),
    "https://a.test/b",
  );
});

Deno.test("redirectHttp answers 400 where the request says no place", async () => {
  await using server = start(() => new Response("x"), { redirectHttp: true });
  const { port } = server.addr;
  for (
    const request of [
      "GET / HTTP/1.0\r\n\r\n",
      "GET / HTTP/1.1\r\nhost: a.test/evil\r\n\r\n",
      "GET / HTTP/1.1\r\nhost: x@a.test\r\n\r\n",
      "GET nothing HTTP/1.1\r\nhost: a.test\r\n\r\n",
      "OPTIONS * HTTP/1.1\r\nhost: a.test\r\n\r\n",
      `GET / HTTP/1.1\r\nx: ${"y".repeat(9000)}\r\n\r\n`,
    ]
  ) {
    assertStringIncludes(await plain(port, request), "HTTP/1.1 400 ", request);
  }
});

Deno.test("other protocols get no HTTP", async () => {
  await using server = start(() => new Response("x"), { redirectHttp: true });
  for (
    const text of ["SSH-2.0-x\r\n", "GETTING / HTTP/1.1\r\n", "EHLO a\r\n"]
  ) {
    assertEquals(await plain(server.addr.port, text), "");
  }
});

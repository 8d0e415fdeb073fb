import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import process from "node:process";
import { TlsError } from "../../../errors.ts";
import { isPublicAddress } from "../../../x509/fetch/address.ts";
import { fetchBytes, type FetchLimits } from "../../../x509/fetch/http.ts";
import { parseIpAddress } from "../../../x509/certificate/ip_address.ts";
import { fileServer, rawServer } from "../_http.ts";

const limits: FetchLimits = {
  timeout: 60_000,
  maxBytes: 10_000,
  allowPrivateAddresses: true,
};

async function refusal(url: string, more: Partial<FetchLimits> = {}) {
  const error = await assertRejects(
    () => fetchBytes(url, {}, { ...limits, ...more }),
    TlsError,
  );
  assertEquals(error.code, "fetch_failed");
  assertStringIncludes(error.message, `Cannot fetch ${url}: `);
  return error.message;
}

const body = new Uint8Array(5000).fill(7);

Deno.test("fetchBytes() gets what is there, with the host's name", async () => {
  let head = "";
  await using server = fileServer({
    "/a?b=c": (request) => {
      head = request.head;
      return body;
    },
  });
  assertEquals(await fetchBytes(`${server.url}/a?b=c`, {}, limits), body);
  assertStringIncludes(head.toLowerCase(), `host: 127.0.0.1:${server.port}`);
  const named = `http://localhost:${server.port}/a?b=c`;
  assertEquals(await fetchBytes(named, {}, limits), body);
  assertStringIncludes(head.toLowerCase(), `host: localhost:${server.port}`);
});

Deno.test("fetchBytes() posts a body", async () => {
  let seen: unknown;
  await using server = fileServer({
    "/": ({ method, head, body }) => {
      seen = [method, /content-type: (\S+)/i.exec(head)?.[1], [...body]];
      return Uint8Array.of(9);
    },
  });
  const request = { body: Uint8Array.of(1, 2), contentType: "a/b" };
  await fetchBytes(server.url, request, limits);
  assertEquals(seen, ["POST", "a/b", [1, 2]]);
});

Deno.test("fetchBytes() reads chunks, and answers without a length", async () => {
  await using server = rawServer(async ({ path }, write) => {
    if (path === "/chunked") {
      await write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
      await write("3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n");
    } else await write("HTTP/1.0 200 OK\r\n\r\nabcde");
  });
  for (const path of ["/chunked", "/plain"]) {
    const bytes = await fetchBytes(server.url + path, {}, limits);
    assertEquals(new TextDecoder().decode(bytes), "abcde");
  }
});

Deno.test("fetchBytes() goes no further than its limit of bytes", async () => {
  let written = 0;
  await using server = rawServer(async ({ path }, write) => {
    const head = {
      "/announced": "Content-Length: 10001\r\n",
      "/chunked": "Transfer-Encoding: chunked\r\n",
      "/endless": "",
    }[path];
    await write(`HTTP/1.1 200 OK\r\n${head}\r\n`);
    if (path === "/announced") return await write(new Uint8Array(10_001));
    const chunk = new Uint8Array(65_536);
    while (written < 1 << 30) {
      if (path === "/chunked") await write("10000\r\n");
      await write(chunk);
      if (path === "/chunked") await write("\r\n");
      written += chunk.length;
    }
  });
  for (const path of ["/announced", "/chunked", "/endless"]) {
    written = 0;
    assertStringIncludes(
      await refusal(server.url + path),
      'it has more than 10000 bytes ("maxBytes")',
    );
    // What the kernel holds, and no more.
    assert(written < 1 << 26, `${written}`);
  }
});

Deno.test("fetchBytes() waits no longer than its limit of time", async () => {
  const starts = {
    "/silent": "",
    "/head": "HTTP/1.1 200 OK\r\nX-",
    "/body": "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab",
  };
  await using server = rawServer(async ({ path }, write, signal) => {
    await write(starts[path as keyof typeof starts]);
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
  });
  for (const path of Object.keys(starts)) {
    assertStringIncludes(
      await refusal(server.url + path, { timeout: 50 }),
      "no answer within 50 ms",
    );
  }
});

Deno.test("fetchBytes() refuses what is cut short, or no good answer", async () => {
  const answers: Record<string, [answer: string, expected: string]> = {
    "/short": ["HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab", ""],
    "/cut": [
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
      "",
    ],
    "/none": ["", ""],
    "/other": ["SSH-2.0-OpenSSH_9.6\r\n", ""],
    "/error": [
      "HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n",
      "it answers 500",
    ],
    "/partial": [
      "HTTP/1.1 206 Partial\r\nContent-Length: 2\r\n\r\nab",
      "it answers 206",
    ],
    "/empty": ["HTTP/1.1 204 None\r\n\r\n", "it answers 204"],
    "/gzip": [
      "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\nab",
      "its content-encoding is gzip",
    ],
  };
  await using server = rawServer(async ({ path }, write) => {
    await write(answers[path]?.[0] ?? "");
  });
  for (const [path, [, expected]] of Object.entries(answers)) {
    assertStringIncludes(await refusal(server.url + path), expected);
  }
});

Deno.test("fetchBytes() follows few redirects, and to http alone", async () => {
  await using server = rawServer(async ({ path }, write) => {
    const to = {
      "/once": "/there",
      "/circle": "/circle",
      "/https": "https://example.com/",
      "/file": "file:///etc/passwd",
      "/bad": "http://[",
      "/private": "http://10.1.2.3/",
    }[path];
    await write(
      to === undefined
        ? "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
        : `HTTP/1.1 302 Found\r\nLocation: ${to}\r\nContent-Length: 0\r\n\r\n`,
    );
  });
  const bytes = await fetchBytes(`${server.url}/once`, {}, limits);
  assertEquals(new TextDecoder().decode(bytes), "ok");
  server.requests.length = 0;
  const circle = await refusal(`${server.url}/circle`);
  assertStringIncludes(circle, "more than 3 redirects");
  assertEquals(server.requests.length, 4);
  assertStringIncludes(
    await refusal(`${server.url}/https`),
    "https: is not http:, which alone is fetched",
  );
  assertStringIncludes(
    await refusal(`${server.url}/file`),
    "file: is not http:",
  );
  assertStringIncludes(await refusal(`${server.url}/bad`), "is not a URL");
});

Deno.test("fetchBytes() follows a location of redirects alone", async () => {
  await using server = rawServer(async ({ path }, write) => {
    const status = path === "/gone" ? "404 Gone" : "200 OK";
    await write(
      `HTTP/1.1 ${status}\r\nLocation: /other\r\nContent-Length: 2\r\n\r\nok`,
    );
  });
  const bytes = await fetchBytes(`${server.url}/here`, {}, limits);
  assertEquals(new TextDecoder().decode(bytes), "ok");
  assertStringIncludes(await refusal(`${server.url}/gone`), "it answers 404");
  assertEquals(server.requests.length, 2);
});

Deno.test("fetchBytes() asks no address that is not public unless it may", async () => {
  await using server = fileServer({ "*": body });
  const more = { allowPrivateAddresses: false };
  const { port } = server;
  for (
    const host of [
      "127.0.0.1",
      "localhost",
      "0x7f.1",
      "2130706433",
      "[::1]",
      "[::ffff:127.0.0.1]",
      "[64:ff9b::7f00:1]",
      "[2002:7f00:1::]",
      "169.254.169.254",
      "10.0.0.1",
      "0.0.0.0",
    ]
  ) {
    assertStringIncludes(
      await refusal(`http://${host}:${port}/`, more),
      'which is not a public address ("allowPrivateAddresses" allows it)',
    );
  }
  assertEquals(server.requests, []);
});

Deno.test("fetchBytes() refuses other URLs, and hosts that there are not", async () => {
  for (const url of ["https://a.example/", "ldap://a.example/", "ftp://a/"]) {
    assertStringIncludes(await refusal(url), "is not http:");
  }
  assertStringIncludes(await refusal("no URL"), "is not a URL");
  assertStringIncludes(await refusal("http://u:p@a.example/"), "a password");
  assertStringIncludes(await refusal("http://u@a.example/"), "a password");
  assertStringIncludes(await refusal("http://:p@a.example/"), "a password");
  await refusal("http://nobody.invalid/");
  // A port that nobody listens at.
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  listener.close();
  const url = `http://127.0.0.1:${port}/`;
  await refusal(url);
  // What the system says is the cause; what we refuse has none.
  for (const [at, hasCause] of [[url, true], ["no URL", false]] as const) {
    const error = await assertRejects(
      () => fetchBytes(at, {}, limits),
      TlsError,
    );
    assertEquals(error.cause instanceof Error, hasCause);
  }
});

Deno.test("fetchBytes() asks at port 80 where the URL has none, with node:http alone", async () => {
  const find = process.getBuiltinModule;
  const asked: unknown[] = [];
  const http = {
    request(options: { port: number; host: string }) {
      asked.push([options.host, options.port]);
      return {
        on(event: string, listener: (error: unknown) => void) {
          if (event === "error") listener(new Error("not today"));
        },
        end() {},
        destroy() {},
      };
    },
  };
  const replace = (module: object | undefined) => {
    Object.defineProperty(process, "getBuiltinModule", {
      value: () => module,
      configurable: true,
      writable: true,
    });
  };
  try {
    replace(http);
    for (const port of ["", ":80", ":8080"]) {
      assertStringIncludes(
        await refusal(`http://127.0.0.1${port}/`),
        "not today",
      );
    }
    // A public address needs no permission.
    assertStringIncludes(
      await refusal("http://8.8.8.8/", { allowPrivateAddresses: false }),
      "not today",
    );
    replace(undefined);
    assertStringIncludes(
      await refusal("http://127.0.0.1/"),
      "this runtime has no node:http",
    );
  } finally {
    replace(find);
    process.getBuiltinModule = find;
  }
  assertEquals(asked, [
    ["127.0.0.1", 80],
    ["127.0.0.1", 80],
    ["127.0.0.1", 8080],
    ["8.8.8.8", 80],
  ]);
});

Deno.test("isPublicAddress() knows the special ones (RFC 6890)", () => {
  const cases: Record<string, boolean> = {
    "1.1.1.1": true,
    "9.255.255.255": true,
    "10.0.0.0": false,
    "11.0.0.0": true,
    "100.63.255.255": true,
    "100.64.0.1": false,
    "100.128.0.0": true,
    "127.1.2.3": false,
    "169.254.169.254": false,
    "172.15.0.1": true,
    "172.31.255.255": false,
    "172.32.0.0": true,
    "192.0.0.8": false,
    "192.0.1.1": true,
    "192.168.1.1": false,
    "198.19.0.1": false,
    "198.20.0.1": true,
    "223.255.255.255": true,
    "224.0.0.1": false,
    "255.255.255.255": false,
    "0.1.2.3": false,
    "::": false,
    "::1": false,
    "::ffff:8.8.8.8": true,
    "::ffff:192.168.0.1": false,
    "64:ff9b::8.8.8.8": true,
    "64:ff9b::10.0.0.1": false,
    "2606:4700::1111": true,
    "2001::1": false,
    "2001:db8::1": false,
    "2001:4860::8888": true,
    "2002:a00:1::": false,
    "2002:808:808::": true,
    "3fff:1000::": true,
    "3fff::1": false,
    "4000::1": false,
    "fc00::1": false,
    "fd12::1": false,
    "fe80::1": false,
    "ff02::1": false,
  };
  for (const [text, expected] of Object.entries(cases)) {
    const address = parseIpAddress(text);
    assert(address !== undefined);
    assertEquals(isPublicAddress(address), expected, text);
  }
});

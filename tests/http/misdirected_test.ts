import { assertEquals, assertStringIncludes } from "@std/assert";
import type { ServeOptions } from "../../mod.ts";
import { createContext } from "../../mod.ts";
import { issueCertificate } from "../../x509/mod.ts";
import { alice, ask, ca, get, leaf, start } from "./_server.ts";

const strangers = await issueCertificate({ names: ["Other CA"], ca: true });
const { cert, key } = leaf;

/** The status for a request to `host` on a connection for `serverName`. */
async function status(
  options: ServeOptions<Deno.NetAddr>,
  serverName: string | false,
  host: string,
): Promise<number> {
  await using server = start(
    ({ url }, { tls }) => new Response(`${url} ${tls.authorization.status}`),
    options,
  );
  const text = await ask(server, get("/", host), {
    ...serverName === false
      ? { serverName, unsafelyDisableHostnameVerification: true }
      : { serverName },
    cert: alice.cert,
    key: alice.key,
  });
  return Number(text.split(" ")[1]);
}

const demands = {
  clientAuth: "require" as const,
  caCerts: [ca.cert],
};

const byName: Readonly<Record<string, ServeOptions<Deno.NetAddr>>> = {
  "sni, a table": { sni: { "a.test": demands, "localhost": {} } },
  "sni, a function": {
    sni: (name) =>
      name === "a.test" ? { ...demands, cert, key } : { cert, key },
  },
  "onClientHello": {
    onClientHello: ({ serverName }) =>
      serverName === "a.test" ? demands : undefined,
  },
  "other authorities": {
    ...demands,
    sni: { "b.test": { clientAuth: "request", caCerts: [strangers.cert] } },
  },
};

for (const [how, options] of Object.entries(byName)) {
  const [one, other] = how === "other authorities"
    ? ["localhost", "b.test"]
    : ["localhost", "a.test"];
  Deno.test(`${how}: a request for a name that judges clients otherwise is 421`, async () => {
    assertEquals(await status(options, one, other), 421);
    assertEquals(await status(options, other, one), 421);
  });

  Deno.test(`${how}: a request for the name of the handshake is served`, async () => {
    assertEquals(await status(options, other, other), 200);
    assertEquals(
      await status(options, other, `${other.toUpperCase()}.:99`),
      200,
    );
    assertEquals(await status(options, one, one), 200);
    assertEquals(await status(options, false, "127.0.0.1:80"), 200);
  });

  Deno.test(`${how}: unsafelyAllowMisdirectedRequests passes it on`, async () => {
    const open = { ...options, unsafelyAllowMisdirectedRequests: true };
    assertEquals(await status(open, one, other), 200);
  });
}

Deno.test("no name in the handshake is none of those by name", async () => {
  const options = byName["sni, a table"] ?? {};
  assertEquals(await status(options, false, "a.test"), 421);
});

Deno.test("names that judge clients alike share connections", async () => {
  const shared = { ...demands, sni: { "a.test": {}, "b.test": {} } };
  assertEquals(await status(shared, "a.test", "b.test"), 200);
  assertEquals(await status({}, "a.test", "b.test"), 200);
  const wild = { sni: { "*": {}, "*.test": demands } };
  assertEquals(await status(wild, "a.test", "b.test"), 200);
  assertEquals(await status(wild, "localhost", "b.test"), 421);
});

Deno.test("a host that is no name, and odd spellings, do not get around it", async () => {
  const options = byName["sni, a table"] ?? {};
  for (
    const host of ["A.test", "a.test.", "%61.test", "a%2etest", "x@a.test"]
  ) {
    const got = await status(options, "localhost", host);
    assertEquals(got === 421 || got === 400, true, `${host}: ${got}`);
  }
});

Deno.test("a target in absolute form does not hide the host of the request", async () => {
  const options = byName["sni, a table"] ?? {};
  await using server = start(() => new Response("served"), options);
  const fields = (host: string) =>
    ` HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`;
  for (
    const request of [
      `GET https://localhost/${fields("a.test")}`,
      `GET https://a.test/${fields("localhost")}`,
    ]
  ) {
    assertStringIncludes(await ask(server, request), "HTTP/1.1 421 ");
  }
  const alike = `GET https://localhost/${fields("b.test")}`;
  assertStringIncludes(await ask(server, alike), "HTTP/1.1 200 ");
});

Deno.test("addContext(): a connection goes by the options that it began with", async () => {
  await using server = start(({ url }) => new Response(url));
  await server.addContext("a.test", demands);
  const identity = { cert: alice.cert, key: alice.key };
  const to = (serverName: string, host: string) =>
    ask(server, get("/", host), { ...identity, serverName });
  assertStringIncludes(await to("localhost", "a.test"), "HTTP/1.1 421 ");
  assertStringIncludes(await to("a.test", "a.test"), "HTTP/1.1 200 ");
  assertStringIncludes(await to("localhost", "b.test"), "HTTP/1.1 200 ");
  const own = createContext({ cert, key, ...demands });
  await server.addContext("b.test", own);
  assertStringIncludes(await to("localhost", "b.test"), "HTTP/1.1 421 ");
});

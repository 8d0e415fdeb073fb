/**
 * `examples/browser/`: TLS in a tab, through a bridge that knows nothing of it.
 *
 * @module
 */

import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  type Bridge,
  parseTarget,
  startBridge,
} from "../../examples/browser/bridge.ts";
import { bundlePage } from "../../examples/browser/bundle.ts";
import { missing } from "./_package.ts";
import { chromium, inChromium, startOpenSsl } from "./_web.ts";

const reason = missing(chromium);

Deno.test({
  name: "a page speaks TLS 1.3 to OpenSSL through the bridge" +
    (reason === undefined ? "" : ` (ignored: ${reason})`),
  ignore: reason !== undefined,
  fn: async () => {
    const folder = await Deno.makeTempDir();
    try {
      await bundlePage(folder);
      await using peer = await startOpenSsl(folder);
      await using bridge = startBridge({
        targets: [parseTarget(`a.test:443=127.0.0.1:${peer.port}`)],
        folder,
      });
      const screenshot = Deno.env.get("X_TLS_SCREENSHOT") ??
        `${folder}/page.png`;
      // The roots of Mozilla first, which did not issue the certificate.
      const { refused, shown } = await inChromium(folder, {
        url: bridge.url,
        expression: `(${drive})(${JSON.stringify(peer.ca)})`,
        screenshot,
      }) as Record<"refused" | "shown", string>;
      for (const text of ["Refused, in this tab", "unknown_issuer"]) {
        assert(refused.includes(text), refused);
      }
      for (
        const text of [
          ...["TLSv1.3", "TLS_AES_256_GCM_SHA384", "Key exchange"],
          ...["verified in this tab", "CN=a.test", "CN=Test CA", "200 ok"],
        ]
      ) assert(shown.includes(text), `${text}: ${shown.slice(0, 900)}`);
      const { size } = await Deno.stat(screenshot);
      assert(size > 10_000, `a picture of ${size} bytes`);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

/** Runs in the page: connects twice, and gives what it shows. */
const drive = `async (ca) => {
  const at = (selector) => document.querySelector(selector);
  const connect = async () => {
    while (at("button").disabled) await new Promise((go) => setTimeout(go, 20));
    at("button").click();
    while (at("button").disabled) await new Promise((go) => setTimeout(go, 20));
    return at("#output").innerText;
  };
  const refused = await connect();
  at("#path").value = "/file";
  at("#roots").value = ca;
  return { refused, shown: await connect() };
}`;

Deno.test("the bridge answers its own page, and reaches its targets, alone", async () => {
  const folder = await Deno.makeTempDir();
  await Deno.writeTextFile(`${folder}/index.html`, "the page");
  await Deno.writeTextFile(`${folder}/secret.key`, "no file of a page");
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  const echoing = (async () => {
    for await (const conn of listener) {
      conn.readable.pipeTo(conn.writable).catch(() => {});
    }
  })();
  try {
    await using bridge = startBridge({
      targets: [{ name: "echo", hostname: "127.0.0.1", port }],
      folder,
    });
    const { host, origin } = new URL(bridge.url);
    const ask = (path: string, headers: Record<string, string>) =>
      request(bridge, path, { host, ...headers });
    assertEquals(await ask("/", {}), 200);
    assertEquals(await ask("/targets", {}), 200);
    assertEquals(await ask("/secret.key", {}), 404);
    assertEquals(await ask("/..%2fsecret.key", {}), 404);
    assertEquals(await ask("/", { host: "evil.test" }), 403);
    const upgrade = {
      ...{ connection: "upgrade", upgrade: "websocket" },
      ...{ "sec-websocket-version": "13" },
      "sec-websocket-key": "AAAAAAAAAAAAAAAAAAAAAA==",
    };
    const path = "/bridge?to=echo";
    assertEquals(await ask(path, { ...upgrade, origin }), 101);
    assertEquals(await ask(path, upgrade), 403);
    const others = ["http://evil.test", "null", origin.replace(/\d+$/, "1")];
    for (const other of others) {
      assertEquals(await ask(path, { ...upgrade, origin: other }), 403);
    }
    for (const to of ["other", "127.0.0.1", ""]) {
      const other = `/bridge?to=${to}`;
      assertEquals(await ask(other, { ...upgrade, origin }), 403);
    }
    assertEquals(await ask(path, { origin }), 426);
  } finally {
    listener.close();
    await echoing;
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("parseTarget() reads where to dial", () => {
  assertEquals(parseTarget("a.test:443"), {
    name: "a.test",
    hostname: "a.test",
    port: 443,
  });
  assertEquals(parseTarget("a.test:443=[::1]:8443"), {
    name: "a.test",
    hostname: "::1",
    port: 8443,
  });
  for (const text of ["a.test", "a.test:", ":443", "a.test:99999"]) {
    assertThrows(() => parseTarget(text), TypeError, "expected HOST:PORT");
  }
});

/** The status of a request with headers that fetch() would not send. */
async function request(
  bridge: Bridge,
  path: string,
  headers: Readonly<Record<string, string>>,
): Promise<number> {
  const { hostname, port } = new URL(bridge.url);
  using conn = await Deno.connect({ hostname, port: Number(port) });
  const lines = Object.entries(headers).map((pair) => pair.join(": "));
  await conn.write(
    new TextEncoder().encode(
      [`GET ${path} HTTP/1.1`, ...lines, "", ""].join("\r\n"),
    ),
  );
  const buffer = new Uint8Array(4096);
  const length = await conn.read(buffer) ?? 0;
  const text = new TextDecoder().decode(buffer.subarray(0, length));
  return Number(/^HTTP\/1.1 (\d+)/.exec(text)?.[1]);
}

/**
 * `serve`: an echo, files, a plain back end, certificates of its own.
 *
 * @module
 */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { createFetch } from "../../mod.ts";
import { issueCertificate, TrustStore } from "../../x509/mod.ts";
import { opensslTest, opensslText, withDirectory } from "../x509/_openssl.ts";
import { hasPebble, startPebble } from "../acme/_pebble.ts";
import { type Given, type Ran, run } from "./_run.ts";
import { authority, echo, files, plainServer } from "./_servers.ts";

/** A `serve` under way. */
interface Serving {
  readonly port: number;
  readonly at: string;
  /** Stops it, as SIGINT does. */
  stop(): Promise<Ran>;
}

/** Starts `serve`, and waits until it listens. */
async function start(
  args: readonly string[],
  given: Given = {},
): Promise<Serving> {
  const controller = new AbortController();
  const listening = Promise.withResolvers<string>();
  const running = run(["serve", "--port", "0", ...args], {
    files,
    stop: controller.signal,
    onOutput: (text) => listening.resolve(text),
    ...given,
  });
  running.then(({ err }) => listening.reject(new Error(err)));
  const text = await listening.promise;
  const [, port = ""] = /127\.0\.0\.1:(\d+)|"port":(\d+)/.exec(text) ?? [];
  return {
    port: Number(port),
    at: `127.0.0.1:${port}`,
    stop: () => {
      controller.abort();
      return running;
    },
  };
}

const OURS = ["--cert", "cert.pem", "--key", "key.pem"];

Deno.test("serve echoes, and says who came", async () => {
  const server = await start(OURS);
  const trust = ["--ca-file", "ca.pem"];
  const { code, out } = await run(["connect", server.at, ...trust], {
    files,
    stdin: "hello",
  });
  assertEquals([code, out], [0, "hello"]);
  // A client that refuses the certificate shows, and stops nothing.
  assertEquals((await run(["connect", server.at])).code, 5);
  const ended = await server.stop();
  assertEquals(ended.code, 0, ended.err);
  assertStringIncludes(ended.out, "Listening on 127.0.0.1:");
  assertStringIncludes(ended.err, "TLSv1.3 TLS_");
  assertStringIncludes(ended.err, "unknown_ca");
});

Deno.test("serve --json prints a line for each event, and --once ends", async () => {
  const lines: string[] = [];
  const listening = Promise.withResolvers<void>();
  const running = run(["serve", "--port", "0", "--json", "--once", ...OURS], {
    files,
    onOutput: (text) => {
      lines.push(...text.trim().split("\n"));
      listening.resolve();
    },
  });
  await listening.promise;
  const first = JSON.parse(lines[0] ?? "");
  assertEquals([first.event, first.hostname], ["listening", "127.0.0.1"]);
  const args = ["connect", `127.0.0.1:${first.port}`, "--ca-file", "ca.pem"];
  const once = await run([...args, "-q"], { files, stdin: "once" });
  assertEquals(once.out, "once");
  assertEquals((await running).code, 0);
  const [, second, last] = lines.map((line) => JSON.parse(line));
  assertEquals([second.event, second.version], ["connection", "TLSv1.3"]);
  assertEquals(last.result, { connections: 1, failedHandshakes: 0 });
});

Deno.test("serve demands client certificates of an authority", async () => {
  const server = await start([...OURS, "--client-ca", "ca.pem", "--alpn", "x"]);
  const args = ["connect", server.at, "--ca-file", "ca.pem", "-q"];
  const { cert, key } = await issueCertificate({
    names: ["me"],
    issuer: authority,
    extendedKeyUsage: ["clientAuth"],
  });
  const given = {
    files: { ...files, mine: cert, "mine.key": key },
    stdin: "hi",
  };
  const none = await run(args, given);
  assertEquals(none.code, 4);
  const ours = ["--cert", "mine", "--key", "mine.key", "--alpn", "x"];
  const known = await run([...args, ...ours], given);
  assertEquals([known.code, known.out], [0, "hi"]);
  const { err } = await server.stop();
  assertStringIncludes(err, " x CN=me");
});

Deno.test("serve --backend passes plain bytes on, both ways", async () => {
  await using backend = plainServer(async (socket) => {
    await socket.readable.pipeTo(socket.writable);
  });
  const server = await start([...OURS, "--backend", backend.at]);
  const args = ["connect", server.at, "--ca-file", "ca.pem", "-q"];
  const { code, out } = await run(args, { files, stdin: "through" });
  assertEquals([code, out], [0, "through"]);
  await server.stop();
  // A back end that is not there ends the connection, and not the server.
  const dead = await start([...OURS, "--backend", "127.0.0.1:1"]);
  const none = await run(args.with(1, dead.at), { files, stdin: "x" });
  assert(none.code !== 0);
  const ended = await dead.stop();
  assertEquals(ended.code, 0);
  assertStringIncludes(ended.err, "refused");
});

Deno.test("serve --files serves files, and nothing outside of the folder", async () => {
  await withDirectory(async (folder) => {
    const root = `${folder}/root`;
    await Deno.mkdir(`${root}/sub`, { recursive: true });
    await Deno.writeTextFile(`${root}/index.html`, "<p>hello</p>");
    await Deno.writeTextFile(`${root}/sub/a b.txt`, "text");
    await Deno.writeTextFile(`${root}/.hidden`, "secret");
    await Deno.writeTextFile(`${folder}/secret`, "secret");
    await Deno.symlink(`${folder}/secret`, `${root}/link`);
    const server = await start([...OURS, "--files", root]);
    await using fetch = createFetch({ trust: TrustStore.of(authority.cert) });
    const url = `https://${server.at}`;
    const index = await fetch(`${url}/`);
    assertEquals(index.headers.get("content-type"), "text/html; charset=utf-8");
    assertEquals(await index.text(), "<p>hello</p>");
    const head = await fetch(`${url}/sub/a%20b.txt?x`, { method: "HEAD" });
    assertEquals([head.status, head.headers.get("content-length")], [200, "4"]);
    await head.body?.cancel();
    for (
      const [path, status] of [
        ["/none", 404],
        ["/sub/", 404],
        ["/link", 404],
        ["/index.html/x", 404],
        ["/.hidden", 400],
        ["/%2e%2e/secret", 404],
        ["/..%2fsecret", 400],
        ["/sub/%2e%2e%2f%2e%2e%2fsecret", 400],
        ["/a%00b", 400],
        ["/%ff", 400],
        ["/sub%5c..%5cx", 400],
      ] as const
    ) {
      const response = await fetch(`${url}${path}`);
      assertEquals(response.status, status, path);
      assert(!(await response.text()).includes("secret"));
    }
    const post = await fetch(`${url}/`, { method: "POST", body: "x" });
    assertEquals(post.status, 405);
    await post.body?.cancel();
    await fetch.close();
    const { code, err } = await server.stop();
    assertEquals(code, 0);
    assertStringIncludes(err, "GET ");
  });
});

Deno.test("serve has a certificate of its own, or of the authority of ca init", async () => {
  const init = await run(["ca", "init", "--out", "d"]);
  const given = { files: { ...files, ...Object.fromEntries(init.files) } };
  const server = await start(["--ca", "d", "--name", "a.test"], given);
  const args = ["connect", server.at, "--server-name", "a.test", "-q"];
  const trusted = await run([...args, "--ca-file", "d/ca.pem"], {
    ...given,
    stdin: "x",
  });
  assertEquals([trusted.code, trusted.out], [0, "x"]);
  await server.stop();
  const own = await start([]);
  assertEquals((await run(["connect", own.at])).code, 5);
  const { err } = await own.stop();
  assertStringIncludes(err, "trusted by nobody; SHA-256");
});

Deno.test("serve refuses what contradicts itself, and a port that is taken", async () => {
  await using taken = echo();
  const cases: readonly (readonly [string[], number])[] = [
    [["--port", "x"], 2],
    [["--port", "70000"], 2],
    [["--echo", "--files", "."], 2],
    [["--files", ".", "--backend", "a:1"], 2],
    [["--unix", "s", "--hostname", "a"], 2],
    [["--cert", "cert.pem"], 2],
    [["--acme"], 2],
    [["--acme", "--name", "a.test"], 2],
    [["--acme", "--name", "*.a.test", "--agree"], 2],
    [["--min-version", "1.3", "--max-version", "1.2"], 2],
    [["--ca", "none"], 6],
    [["--port", String(taken.port)], 3],
  ];
  for (const [words, expected] of cases) {
    const { code, err } = await run(["serve", ...words], { files });
    assertEquals(code, expected, `${words.join(" ")}: ${err}`);
  }
});

Deno.test({
  name: `serve --acme gets a certificate${
    hasPebble() ? "" : " (ignored: no pebble)"
  }`,
  ignore: !hasPebble(),
  async fn() {
    await withDirectory(async (folder) => {
      // The challenge comes to a port that is known before the server listens.
      const path = `${folder}/socket`;
      await using door = plainServer(async (socket) => {
        const inner = await Deno.connect({ transport: "unix", path });
        await Promise.all([
          socket.readable.pipeTo(inner.writable),
          inner.readable.pipeTo(socket.writable),
        ]);
      });
      await using pebble = await startPebble({ tlsPort: door.port });
      const stop = new AbortController();
      const running = run([
        ...["serve", "--unix", path, "--acme", "--name", "a.example"],
        ...["--agree", "--acme-directory", pebble.directory],
        ...["--acme-ca-file", "pebble.pem", "--acme-store", `${folder}/store`],
      ], { files: { "pebble.pem": pebble.caCert }, stop: stop.signal });
      const seen = await certificateOf(path);
      stop.abort();
      const { code, err } = await running;
      assertEquals(code, 0, err);
      assertStringIncludes(err, "ACME: issued");
      assertEquals(seen, ["a.example"]);
    });
  },
});

/** Asks until there is a certificate, and gives its names. */
async function certificateOf(path: string): Promise<string[]> {
  const args = ["cert", "inspect", "a.example:443", "--unix", path, "--json"];
  for (let attempt = 0; attempt < 150; attempt++) {
    const { code, out } = await run(args);
    if (code === 0) return JSON.parse(out).result.certificates[0].names;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error("No certificate has come");
}

opensslTest("serve is understood by s_client", async () => {
  await withDirectory(async (folder) => {
    await Deno.writeTextFile(`${folder}/ca.pem`, authority.cert);
    const server = await start(OURS);
    const said = await opensslText([
      ...["s_client", "-connect", server.at, "-CAfile", `${folder}/ca.pem`],
      ...["-verify_return_error", "-brief"],
    ]).catch(String);
    const { err } = await server.stop();
    assertStringIncludes(err, "TLSv1.3");
    assert(!said.includes("verify error"), said);
  });
});

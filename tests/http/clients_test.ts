/**
 * Clients of others: curl, the runtime's fetch, Node.js and its WebSocket.
 *
 * @module
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import type { ServeHandler, TlsHttpServer } from "../../mod.ts";
import { curlMissing } from "../interop/_peers/curl.ts";
import { absent, UNSANITIZED } from "../interop/_peers/matrix.ts";
import { nodeMissing } from "../interop/_peers/node.ts";
import { alice, ca, start } from "./_server.ts";

type Server = TlsHttpServer<Deno.NetAddr>;

const handler: ServeHandler<Deno.NetAddr> = (request, { tls }) => {
  if (request.headers.get("upgrade") === "websocket") {
    const { socket, response } = Deno.upgradeWebSocket(request);
    socket.onmessage = ({ data }) => socket.send(data);
    return response;
  }
  if (request.method === "POST") return new Response(request.body);
  return Response.json([
    request.url,
    tls.alpnProtocol,
    tls.peerCertificates[0]?.subject ?? null,
  ]);
};

/** Runs with files of the authority and of a client's certificate. */
async function withFiles(
  run: (files: Record<"ca" | "cert" | "key" | "body", string>) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  const write = async (name: string, content: string | Uint8Array) => {
    const path = `${folder}/${name}`;
    await Deno.writeFile(
      path,
      typeof content === "string" ? new TextEncoder().encode(content) : content,
    );
    return path;
  };
  try {
    await run({
      ca: await write("ca.pem", ca.cert),
      cert: await write("cert.pem", alice.cert),
      key: await write("key.pem", alice.key),
      body: await write("body", body),
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function run(command: string, ...args: string[]): Promise<Uint8Array> {
  const { stdout, stderr, success } = await new Deno.Command(command, { args })
    .output();
  assert(success, new TextDecoder().decode(stderr));
  return stdout;
}

function urlOf({ addr }: Server): string {
  return `https://localhost:${addr.port}/`;
}

const body = new Uint8Array(3_000_000).map((_, at) => at % 251);
const askOnly = { clientAuth: "verify-if-given" as const, caCerts: [ca.cert] };

if (curlMissing !== undefined) {
  absent("curl", curlMissing);
} else {
  for (
    const [version, alpn] of [["--http1.1", "http/1.1"], ["--http2", "h2"]]
  ) {
    Deno.test(
      `curl ${version}: a client certificate, and 3 MB each way`,
      UNSANITIZED,
      async () => {
        await using server = start(handler, askOnly);
        await withFiles(async (files) => {
          const url = urlOf(server);
          const to = [
            ...["-sS", version ?? "", "--cacert", files.ca],
            ...["--resolve", `localhost:${server.addr.port}:127.0.0.1`, url],
          ];
          const identity = ["--cert", files.cert, "--key", files.key];
          const shown = await run("curl", ...to, ...identity);
          assertEquals(JSON.parse(new TextDecoder().decode(shown)), [
            url,
            alpn,
            "CN=alice",
          ]);
          const echoed = await run(
            "curl",
            ...to,
            "--data-binary",
            `@${files.body}`,
          );
          assertEquals(echoed.length, body.length);
          assert(echoed.every((byte, at) => byte === body[at]));
        });
      },
    );
  }
}

Deno.test("fetch: HTTP/2, a client certificate, streams both ways", async () => {
  await using server = start(handler, askOnly);
  using client = Deno.createHttpClient({
    caCerts: [ca.cert],
    cert: alice.cert,
    key: alice.key,
  });
  const url = urlOf(server);
  const response = await fetch(url, { client });
  assertEquals(await response.json(), [url, "h2", "CN=alice"]);
  const echoed = await fetch(url, {
    client,
    method: "POST",
    body: new Blob([body]).stream(),
  });
  assertEquals((await echoed.bytes()).length, body.length);
});

Deno.test("fetch: 100 requests at once on one connection of HTTP/2", async () => {
  await using server = start(
    ({ url }, { remoteAddr }) =>
      Response.json([new URL(url).pathname, remoteAddr.port]),
  );
  using client = Deno.createHttpClient({ caCerts: [ca.cert], http1: false });
  const url = urlOf(server);
  await (await fetch(url, { client })).body?.cancel();
  const answers = await Promise.all(
    Array.from(
      { length: 100 },
      async (_, at) => await (await fetch(`${url}${at}`, { client })).json(),
    ),
  );
  assertEquals(answers.map(([path]) => path), answers.map((_, at) => `/${at}`));
  assertEquals(new Set(answers.map(([, port]) => port)).size, 1);
});

Deno.test("requestCertificate() is refused on HTTP/2", async () => {
  await using server = start(async (_request, { tls }) => {
    const error = await tls.requestCertificate().catch((error) => error);
    return new Response(`${error}`);
  }, { caCerts: [ca.cert] });
  using client = Deno.createHttpClient({
    caCerts: [ca.cert],
    cert: alice.cert,
    key: alice.key,
  });
  const response = await fetch(urlOf(server), { client });
  assertMatch(await response.text(), /^TypeError: Cannot request.*HTTP\/2/);
});

if (nodeMissing !== undefined) {
  absent("Node.js", nodeMissing);
} else {
  const programs = {
    "node:https, keep-alive": `
      const https = require("node:https");
      const agent = new https.Agent({ keepAlive: true, maxSockets: 1, ALPNProtocols: ["http/1.1"], ca, cert, key });
      const get = () => new Promise((resolve, reject) =>
        https.get(url, { agent }, (response) => {
          let text = "";
          const { localPort } = response.socket;
          response.on("data", (data) => text += data);
          response.on("end", () => resolve([localPort, text]));
        }).on("error", reject));
      (async () => {
        const [[one, text], [two]] = [await get(), await get()];
        agent.destroy();
        console.log(one === two, text);
      })();`,
    "node:http2, 20 streams": `
      const session = require("node:http2").connect(url, { ca, cert, key });
      const get = (path) => new Promise((resolve, reject) => {
        let text = "";
        session.request({ ":path": path }).on("data", (data) => text += data)
          .on("end", () => resolve(text)).on("error", reject);
      });
      Promise.all(Array.from({ length: 20 }, () => get("/"))).then((texts) => {
        session.close();
        console.log(texts.every((text) => text === texts[0]), texts[0]);
      });`,
  };
  for (const [name, program] of Object.entries(programs)) {
    Deno.test(name, UNSANITIZED, async () => {
      await using server = start(handler, askOnly);
      await withFiles(async (files) => {
        const url = urlOf(server);
        const material = (["ca", "cert", "key"] as const).map((each) =>
          `const ${each} = require("node:fs").readFileSync("${files[each]}");`
        ).join("\n");
        const text = new TextDecoder().decode(
          await run(
            "node",
            "-e",
            `const url = "${url}";\n${material}\n${program}`,
          ),
        );
        const alpn = name.includes("http2") ? "h2" : "http/1.1";
        assertEquals(
          text.trim(),
          `true ${JSON.stringify([url, alpn, "CN=alice"])}`,
        );
      });
    });
  }
}

Deno.test("the runtime's WebSocket", async () => {
  await using server = start(handler);
  await withFiles(async (files) => {
    const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        "eval",
        `--cert=${files.ca}`,
        `const socket = new WebSocket("wss://localhost:${server.addr.port}/");
         socket.onopen = () => socket.send("x".repeat(200000));
         socket.onmessage = ({ data }) => { console.log(data.length); socket.close(); };
         socket.onerror = (error) => console.error(error);`,
      ],
    }).output();
    const text = new TextDecoder().decode(stdout).trim();
    assertEquals(text, "200000", new TextDecoder().decode(stderr));
  });
});

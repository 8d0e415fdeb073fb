/**
 * A whole program of Node that gets this module in the place of `node:tls` and
 * `node:https`: by the import map that the documentation has.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { ROOT } from "../../_tools/_files.ts";

Deno.test("the import map of the docs changes a whole program", async () => {
  const docs = await Deno.readTextFile(new URL("docs/node_tls.md", ROOT));
  const block = /```json\n([^]*?)```/.exec(docs)?.[1] ?? "";
  const { imports } = JSON.parse(block);
  const local = Object.entries(imports).map(([name, target]) => [
    name,
    String(target).replace(/^jsr:@x\/tls\/(.*)$/, `${ROOT}$1/mod.ts`),
  ]);
  const config = JSON.parse(
    await Deno.readTextFile(new URL("deno.json", ROOT)),
  );
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(
      `${folder}/deno.json`,
      JSON.stringify({
        imports: { ...config.imports, ...Object.fromEntries(local) },
        links: config.links.map((path: string) => new URL(path, ROOT).pathname),
      }),
    );
    await Deno.writeTextFile(`${folder}/program.mjs`, PROGRAM);
    const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-lock", `${folder}/program.mjs`],
      cwd: folder,
    }).output();
    const decoder = new TextDecoder();
    assertEquals(
      decoder.decode(stdout),
      "hello TLSv1.3 true\n",
      decoder.decode(stderr),
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

/** It knows nothing of this module: only our connections have `conn`. */
const PROGRAM = `
import https from "node:https";
import tls from "node:tls";
const ciphers = "PSK-AES128-GCM-SHA256";
const psk = Buffer.alloc(16, 7);
const options = { ciphers, maxVersion: "TLSv1.2" };
const server = https.createServer(
  { ...options, pskCallback: () => psk },
  (_, response) => response.end("hello"),
);
server.listen(0, "127.0.0.1", () => {
  const { port } = server.address();
  https.get({
    ...options,
    host: "127.0.0.1",
    port,
    agent: false,
    pskCallback: () => ({ psk, identity: "a" }),
    checkServerIdentity: () => undefined,
  }, (response) => {
    const { socket } = response;
    const isOurs = socket instanceof tls.TLSSocket && socket.conn !== undefined;
    response.on("data", (data) =>
      console.log(String(data), tls.DEFAULT_MAX_VERSION, isOurs)
    );
    server.close();
  });
});
`;

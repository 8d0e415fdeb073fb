/**
 * ML-DSA certificates and ML-KEM alone with OpenSSL, as Node.js 26 has it.
 */

import { assert, assertEquals } from "@std/assert";
import { connect } from "../../connection/connect.ts";
import { listen } from "../../connection/listen.ts";
import { issueCertificate } from "../../x509/issue/issue.ts";
import { TrustStore } from "../../x509/trust/trust_store.ts";
import { missing, runtimes } from "./_package.ts";

const node = runtimes.find(({ name }) => name === "Node.js 26");
const reason = node && missing(node);

const SERVER = `
  const server = require("node:tls").createServer(input, (socket) => {
    socket.end(socket.getCipher().version + " ");
    server.close();
  });
  server.listen(0, "127.0.0.1", () => console.log(server.address().port));
`;

const CLIENT = `
  const socket = require("node:tls").connect(input, () => {
    console.log(socket.authorized, socket.getEphemeralKeyInfo().name ?? "");
    socket.end();
  });
  socket.resume();
`;

/** Runs a program of Node.js, and gives what it writes. */
async function* nodes(program: string, input: unknown): AsyncGenerator<string> {
  const child = new Deno.Command(node?.path ?? "", {
    args: ["-e", `const input = ${JSON.stringify(input)};${program}`],
    stdout: "piped",
  }).spawn();
  const text = child.stdout.pipeThrough(new TextDecoderStream());
  yield* text.values();
  assert((await child.status).success);
}

async function chain(): Promise<{ ca: string; cert: string; key: string }> {
  const names = ["Root"];
  const root = await issueCertificate({
    ca: true,
    names,
    keyType: "ml-dsa-87",
  });
  const { cert, key } = await issueCertificate({
    names: ["localhost", "127.0.0.1"],
    keyType: "ml-dsa-65",
    issuer: root,
  });
  return { ca: root.cert, cert, key };
}

for (const group of ["MLKEM768", "MLKEM1024", "SecP384r1MLKEM1024"]) {
  Deno.test({
    name: `Node.js 26 serves an ML-DSA certificate over ${group} (${
      reason ?? "is there"
    })`,
    ignore: reason !== undefined,
    async fn() {
      const { ca, cert, key } = await chain();
      const input = { cert, key, ecdhCurve: group };
      const output = nodes(SERVER, input);
      const port = Number((await output.next()).value);
      await using conn = await connect({
        hostname: "127.0.0.1",
        port,
        trust: TrustStore.of(ca),
        groups: "pq",
      });
      assertEquals(conn.info.group, group);
      assertEquals(conn.info.signatureScheme, "mldsa65");
      assertEquals(await new Response(conn.readable).text(), "TLSv1.3 ");
      // Node's server ends with its last connection.
      await conn.close();
      assert((await output.next()).done);
    },
  });

  Deno.test({
    name: `Node.js 26 verifies an ML-DSA certificate over ${group} (${
      reason ?? "is there"
    })`,
    ignore: reason !== undefined,
    async fn() {
      const { ca, cert, key } = await chain();
      const hostname = "127.0.0.1";
      await using listener = listen({
        hostname,
        port: 0,
        cert,
        key,
        groups: [group],
      });
      const accepted = listener.accept();
      const { port } = listener.addr as Deno.NetAddr;
      const input = { host: hostname, port, ca, ecdhCurve: group };
      const output = nodes(CLIENT, input);
      const said = String((await output.next()).value);
      await using conn = await accepted;
      assert(said.startsWith("true"), said);
      assertEquals(conn.info.group, group);
      await conn.readable.pipeTo(new WritableStream());
      await conn.close();
      assert((await output.next()).done);
    },
  });
}

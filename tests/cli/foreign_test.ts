/**
 * The command line against the servers of OpenSSL and of Go.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { go, goMissing } from "../interop/_peers/go.ts";
import { serverIdentity, trust } from "../interop/_peers/material.ts";
import { opensslMissing } from "../interop/_peers/openssl.ts";
import { type End, payload, peersAreRequired } from "../interop/_peers/peer.ts";
import { PeerProcess } from "../interop/_peers/process.ts";
import { run, runJson } from "./_run.ts";

/** A test that needs a program. */
function peerTest(
  name: string,
  missing: string | undefined,
  fn: () => Promise<void>,
): void {
  const reason = missing === undefined ? "" : ` (ignored: ${missing})`;
  Deno.test({
    name: `${name}${reason}`,
    ignore: missing !== undefined && !peersAreRequired(),
    fn,
  });
}

peerTest(
  "connect talks to OpenSSL, and resumes there",
  opensslMissing,
  async () => {
    const { certFile, keyFile } = await serverIdentity("P-256");
    const { file } = await trust();
    await using server = new PeerProcess("openssl", [
      ...["s_server", "-accept", "127.0.0.1:0", "-rev"],
      ...["-cert", certFile, "-key", keyFile],
    ]);
    const [, port] = await server.said(/^ACCEPT .*:(\d+)$/gm);
    const args = ["connect", `127.0.0.1:${port}`, "--ca-file", file];
    const name = ["--server-name", "peer.test"];
    const piped = await run([...args, ...name, "-q"], { stdin: "hello\n" });
    assertEquals([piped.code, piped.out], [0, "olleh\n"], piped.err);

    const twice = [...args, ...name, "--resume"];
    for (const version of ["1.2", "1.3"]) {
      const { code, out, files } = await run([
        ...twice,
        ...["--max-version", version, "--page", "out.html", "--json"],
      ]);
      const json = JSON.parse(out);
      assertEquals(code, 0);
      const page = new TextDecoder().decode(files.get("out.html"));
      assert(page.includes("NewSessionTicket"));
      assert(!/No secret opens|not decoded/.test(page));
      assertEquals(json.result.connection.version, `TLSv${version}`);
      assertEquals(json.result.resumption, "resumed");
    }
  },
);

peerTest("connect talks to Go, and resumes there", goMissing, async () => {
  const identity = await serverIdentity("P-256");
  const { file } = await trust();
  await using server = await go.listen({ identity });
  const args = ["connect", `127.0.0.1:${server.port}`, "--ca-file", file];
  const name = ["--server-name", "peer.test"];
  const sent = payload(1000);
  const piping = run([...args, ...name, "-q"], { stdin: sent });
  await using end = await server.accept();
  await end.report();
  assertEquals(await end.receive(sent.length), sent);
  await end.close();
  assertEquals((await piping).code, 0);

  const twice = [...args, ...name, "--resume", "--max-version", "1.2"];
  const resuming = runJson(twice);
  await closeEach(server.accept(), server.accept());
  const { code, json } = await resuming;
  assertEquals(code, 0);
  assertEquals(json.result.connection.version, "TLSv1.2");
  assertEquals(json.result.resumption, "resumed");
});

/** Ends connections as the client has ended them. */
async function closeEach(...ends: Promise<End>[]): Promise<void> {
  for (const pending of ends) {
    await using end = await pending;
    await end.report();
    await end.close();
  }
}

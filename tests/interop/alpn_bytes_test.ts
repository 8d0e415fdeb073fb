/**
 * ALPN protocols that are not UTF-8, with Node.js at the other end.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { connect } from "../../mod.ts";
import { issueCertificate, TrustStore } from "../../x509/mod.ts";
import { absent } from "./_peers/matrix.ts";
import { nodeMissing } from "./_peers/node.ts";

/** Tells its port, and each client the bytes of their protocol. */
const SERVER = `
  const { cert, key } = JSON.parse(process.argv[1]);
  const names = [Buffer.from([0xff, 0xfe]), Buffer.from("\\ufeffh2")];
  const ALPNProtocols = Buffer.concat(
    names.flatMap((name) => [Buffer.from([name.length]), name]),
  );
  const server = require("node:tls").createServer({ cert, key, ALPNProtocols });
  server.on("secureConnection", (socket) => {
    socket.on("error", () => {});
    socket.write(socket.alpnProtocol, "latin1");
  });
  server.listen(0, "127.0.0.1", () => console.log(server.address().port));
`;

if (nodeMissing !== undefined) {
  absent("Node.js, ALPN protocols by their bytes", nodeMissing);
} else {
  Deno.test("Node.js agrees on ALPN protocols that are not UTF-8", async () => {
    const ca = await issueCertificate({ ca: true, names: ["Test CA"] });
    const { cert, key } = await issueCertificate({
      names: ["localhost"],
      issuer: ca,
    });
    await using program = new Deno.Command("node", {
      args: ["-e", SERVER, JSON.stringify({ cert, key })],
      stdout: "piped",
      stdin: "null",
    }).spawn();
    const reader = program.stdout.getReader();
    const { value } = await reader.read();
    const port = Number(new TextDecoder().decode(value));
    for (const protocol of [Uint8Array.of(0xff, 0xfe), "\ufeffh2"]) {
      await using conn = await connect({
        hostname: "127.0.0.1",
        port,
        serverName: "localhost",
        trust: TrustStore.of(ca.cert),
        alpnProtocols: [protocol, "h2"],
      });
      const bytes = typeof protocol === "string"
        ? new TextEncoder().encode(protocol)
        : protocol;
      assertEquals(conn.info.alpnProtocolBytes, bytes);
      const told = new Uint8Array(bytes.length);
      assertEquals(await conn.read(told), told.length);
      assertEquals(told, bytes);
    }
    await reader.cancel();
  });
}

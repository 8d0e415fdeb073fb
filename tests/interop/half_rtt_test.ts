/**
 * Data of our server behind its Finished, before the client's has come (RFC 9846
 * section 2), with the clients of OpenSSL and GnuTLS: what they send behind the
 * ClientHello is held back until they have shown it.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { server } from "../../mod.ts";
import { heldBehind, readBytes, utf8 } from "../_pair.ts";
import { gnutlsMissing } from "./_peers/gnutls.ts";
import { serverIdentity, trust } from "./_peers/material.ts";
import { absent, attempt, UNSANITIZED } from "./_peers/matrix.ts";
import { opensslMissing } from "./_peers/openssl.ts";
import { PeerProcess } from "./_peers/process.ts";

if (opensslMissing !== undefined) absent("half-RTT data", opensslMissing);
else {
  test("OpenSSL", (port) =>
    new PeerProcess("openssl", [
      ...["s_client", "-connect", `127.0.0.1:${port}`, "-tls1_3", "-quiet"],
    ]));
}

if (gnutlsMissing !== undefined) absent("half-RTT data", gnutlsMissing);
else {
  const { file } = await trust();
  test("GnuTLS", (port) =>
    new PeerProcess("gnutls-cli", [
      ...["--x509cafile", file, "--verify-hostname", "localhost"],
      ...["-p", `${port}`, "127.0.0.1"],
    ]));
}

function test(name: string, start: (port: number) => PeerProcess): void {
  Deno.test(
    `half-RTT data, ${name} → own`,
    UNSANITIZED,
    () =>
      attempt(async () => {
        using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
        await using client = start(listener.addr.port);
        const socket = await listener.accept();
        const { held, release } = heldBehind(1);
        const { cert, key } = await serverIdentity();
        await using conn = server({
          readable: socket.readable.pipeThrough(held),
          writable: socket.writable,
        }, { cert, key, halfRtt: true });
        await conn.write(utf8("220 ready\n"));
        await client.said(/^220 ready$/gm);
        assertEquals(conn.verifyData, undefined);
        release();
        await conn.handshake();
        await client.write("EHLO client\n");
        assertEquals(await readBytes(conn, 12), utf8("EHLO client\n"));
      }),
  );
}

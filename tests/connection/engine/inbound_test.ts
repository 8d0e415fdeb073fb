/**
 * How data gets from the record layer to a read.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { contextOf } from "../../../connection/options/create_context.ts";
import { entry, readGiven } from "../../../connection/options/read.ts";
import { transportOf } from "../../../connection/transport/transport.ts";
import { clientEngine, server } from "../../../connection/wrap.ts";
import { clientOptions, crossed, serverOptions, utf8 } from "../../_pair.ts";

for (const maxVersion of ["TLSv1.2", "TLSv1.3"] as const) {
  Deno.test(`Inbound next() gives data that is there without a promise, ${maxVersion}`, async () => {
    const wires = crossed();
    const given = readGiven(await clientOptions({ maxVersion }), TEST);
    const { context, own } = contextOf(given, TEST.name);
    const engine = clientEngine(
      transportOf(wires.forClient),
      context,
      context.connectionOptions(own),
    );
    // Keeps WebCrypto, which answers with promises, out of it.
    const conn = server(
      wires.forServer,
      await serverOptions({ cipherSuites: "CHACHA20" }),
    );
    await Promise.all([engine.handshakes.first(), conn.handshake()]);
    // The first few messages of a process have ChaCha20 loaded, in their own time.
    for (let nth = 0; nth < 20; nth++) {
      await conn.write(utf8("early"));
      assertEquals(await engine.inbound.next(), utf8("early"));
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    await conn.write(new Uint8Array(20_000));
    assertEquals((await engine.inbound.next())?.length, 16_384);
    // The second record comes meanwhile.
    await new Promise((resolve) => setTimeout(resolve, 1));
    assertEquals(engine.inbound.next(), new Uint8Array(20_000 - 16_384));
    await conn.write(utf8("more"));
    assertEquals(await engine.inbound.next(), utf8("more"));
    await Promise.all([engine.close(), conn.close()]);
  });
}

const TEST = entry("a test", "client");

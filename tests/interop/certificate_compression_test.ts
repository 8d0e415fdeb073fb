/**
 * Compressed certificates (RFC 8879) with Node.js, whose `tls` has the option
 * `certificateCompression` since version 26.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import type { HandshakeEvent } from "../../mod.ts";
import { missing, runtimes } from "../runtimes/_package.ts";
import { converse, type Pair } from "./_peers/conversation.ts";
import { clientIdentity } from "./_peers/material.ts";
import { absent, attempt, UNSANITIZED } from "./_peers/matrix.ts";
import { nodeAt } from "./_peers/node.ts";
import { own } from "./_peers/own.ts";
import type { Settings } from "./_peers/peer.ts";

const NAME = "Node.js 26";
const runtime = runtimes.find(({ name }) => name === NAME);
const without = runtime === undefined ? `no ${NAME}` : missing(runtime);

if (runtime === undefined || without !== undefined) {
  absent("compressed certificates", without ?? NAME);
} else {
  const node = nodeAt(NAME, runtime.path);
  for (const algorithm of ["zlib", "brotli", "zstd"]) {
    testCompression({ client: own, server: node }, algorithm);
    testCompression({ client: node, server: own }, algorithm);
  }
}

/** Both sides show a certificate, and compress it. */
function testCompression(pair: Pair, algorithm: string): void {
  Deno.test(
    `${pair.client.name} → ${pair.server.name}: certificates compressed with ${algorithm}`,
    UNSANITIZED,
    async () => {
      const messages: string[] = [];
      const here: Settings = {
        options: {
          certificateCompression: [algorithm],
          onEvent: (event: HandshakeEvent) => {
            if (event.type === "message") {
              messages.push(`${event.direction} ${event.name}`);
            }
          },
        },
      };
      const there: Settings = { extra: [`compression=${algorithm}`] };
      const [client, server] = pair.client === own
        ? [here, there]
        : [there, here];
      await attempt(async () =>
        await converse(pair, {
          client: { ...client, identity: await clientIdentity() },
          server: { ...server, clientAuth: "require" },
          expect: { version: "TLSv1.3" },
        })
      );
      assertEquals(
        messages.filter((name) => name.endsWith("certificate")).sort(),
        ["read compressed_certificate", "write compressed_certificate"],
      );
    },
  );
}

/**
 * Buffers that users give by Node's names are their own again when the call has
 * returned, as they are with `node:tls`.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { once } from "node:events";
import {
  connect,
  type ConnectionOptions,
  createSecureContext,
  type TlsServerOptions,
} from "../../../node/tls/mod.ts";
import { Lender } from "../../_lender.ts";
import { pattern, utf8 } from "../../_pair.ts";
import { certBag, derOf, keyBag, plainPfx } from "../../x509/_pfx.ts";
import { ca, certificateFor, running } from "./_ends.ts";

const { cert, key } = await certificateFor("localhost");

/** What both sides see of a connection. */
async function met(
  lender: Lender,
  forServer: TlsServerOptions,
  forClient: (lender: Lender) => ConnectionOptions = () => ({}),
) {
  await using run = await running(forServer, (socket) => socket.end("hello"));
  lender.reuse();
  const again = new Lender(lender.changes);
  const socket = connect({ ...run.dial, ...forClient(again) });
  again.reuse();
  await once(socket, "secureConnect");
  const { authorized, alpnProtocol } = socket;
  let text = "";
  for await (const chunk of socket) text += chunk;
  return [authorized, alpnProtocol, text];
}

const uses: Readonly<Record<string, (lender: Lender) => Promise<unknown>>> = {
  "cert, key, ca and ALPNProtocols": (lender) =>
    met(lender, {
      cert: lender.lend(utf8(cert)),
      key: lender.lend(utf8(key)),
      ALPNProtocols: lender.lend(utf8("\x03a/1\x03b/2")),
    }, (lender) => ({
      ca: lender.lend(utf8(ca.cert)),
      ALPNProtocols: lender.lend(utf8("\x03b/2")),
    })),
  "a list of keys": (lender) =>
    met(lender, {
      cert: [lender.lend(utf8(cert))],
      key: [{ pem: lender.lend(utf8(key)) }],
    }),
  "pfx": (lender) =>
    met(lender, {
      pfx: lender.lend(plainPfx([keyBag(derOf(key)), certBag(derOf(cert))])),
    }),
  "a secure context": (lender) =>
    met(lender, {
      cert,
      key,
      SNICallback: (_name, done) => {
        const lender = new Lender(true);
        const context = createSecureContext({
          cert: lender.lend(utf8(cert)),
          key: lender.lend(utf8(key)),
        });
        lender.reuse();
        done(null, context);
      },
    }),
  "ticketKeys": async (lender) => {
    const ticketKeys = lender.lend(pattern(48));
    await using run = await running({ cert, key, ticketKeys });
    lender.reuse();
    return [...run.server.getTicketKeys()];
  },
  "session": async (lender) => {
    await using run = await running({ cert, key }, (socket) => socket.end("x"));
    const first = connect(run.dial);
    first.resume();
    const [session] = await once(first, "session");
    await once(first, "close");
    const second = connect({ ...run.dial, session: lender.lend(session) });
    lender.reuse();
    second.resume();
    await once(second, "secureConnect");
    const reused = second.isSessionReused();
    await once(second, "close");
    return reused;
  },
  "setTicketKeys()": async (lender) => {
    await using run = await running({ cert, key });
    run.server.setTicketKeys(lender.lend(pattern(48)));
    lender.reuse();
    return [...run.server.getTicketKeys()];
  },
};

for (const [name, use] of Object.entries(uses)) {
  Deno.test(`node:tls: Buffers may be changed after the call: ${name}`, async () => {
    const right = await use(new Lender(false));
    assert(right !== undefined && right !== false);
    assertEquals(await use(new Lender(true)), right);
  });
}

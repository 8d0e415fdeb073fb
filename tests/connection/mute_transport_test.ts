/**
 * A transport that takes nothing, while it goes on giving.
 *
 * @module
 */

import { assertEquals, assertRejects } from "@std/assert";
import { TlsAlertError } from "../../errors.ts";
import { TlsCertificateError } from "../../x509/certificate/errors.ts";
import { crossed, pair, settled } from "../_pair.ts";
import { Timers } from "./_timers.ts";

const failure = new Error("Nothing is taken");

function mute(readable: ReadableStream<Uint8Array>) {
  const writable = new WritableStream<Uint8Array>({
    write() {
      throw failure;
    },
  });
  return { readable, writable };
}

for (const side of ["client", "server"] as const) {
  Deno.test(`${side}'s handshake() reports a transport that accepts nothing`, async () => {
    const wires = crossed();
    const ends = await pair({}, {}, {
      forClient: side === "client"
        ? mute(wires.forClient.readable)
        : wires.forClient,
      forServer: side === "server"
        ? mute(wires.forServer.readable)
        : wires.forServer,
    });
    ends.client.handshake();
    ends.server.handshake();
    const error = await assertRejects(() => ends[side].handshake());
    assertEquals(error, failure);
    assertEquals(await ends[side].closed, { clean: false, error: failure });
    ends.client.abort();
    ends.server.abort();
  });

  Deno.test(`${side}'s handshake() reads the peer's alert if the transport accepts nothing`, async () => {
    const alert = Uint8Array.of(21, 3, 3, 0, 2, 2, 40);
    const ends = await pair({}, {}, {
      forClient: mute(ReadableStream.from([alert])),
      forServer: mute(ReadableStream.from([alert])),
    });
    const error = await assertRejects(
      () => ends[side].handshake(),
      TlsAlertError,
    );
    assertEquals(error.alert, "handshake_failure");
  });
}

Deno.test("a handshake that has failed waits no more for a transport that accepts nothing", async () => {
  const wires = crossed();
  const writer = wires.forClient.writable.getWriter();
  let count = 0;
  // The ClientHello is taken, and the alert is not.
  const writable = new WritableStream<Uint8Array>({
    write(chunk) {
      if (++count > 1) throw failure;
      return writer.write(chunk);
    },
  });
  using timers = new Timers(500);
  const ends = await pair({ verify: () => false }, {}, {
    ...wires,
    forClient: { readable: wires.forClient.readable, writable },
  });
  ends.server.handshake();
  await assertRejects(() => ends.client.handshake(), TlsCertificateError);
  await ends.client.closed;
  ends.server.abort();
  await ends.server.closed;
  await settled();
  assertEquals(timers.count, 0);
});

/**
 * A transport that takes nothing, while it goes on giving.
 *
 * @module
 */

import { assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { TlsAlertError } from "../../errors.ts";
import { TlsCertificateError } from "../../x509/certificate/errors.ts";
import { contextOf } from "../../connection/options/create_context.ts";
import { entry, readGiven } from "../../connection/options/read.ts";
import {
  type Duplex,
  type SocketConn,
  transportOf,
} from "../../connection/transport/transport.ts";
import { clientEngine } from "../../connection/wrap.ts";
import { serverHandshake } from "../../handshake/server.ts";
import { ContentType } from "../../registry.ts";
import { noConnection } from "../_contexts.ts";
import { Peer, serverConfig } from "../_hostile_peer.ts";
import {
  clientOptions,
  connected,
  crossed,
  pair,
  pipe,
  settled,
} from "../_pair.ts";
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

Deno.test("TlsConn.updateKeys() fails with a transport that takes nothing more", async () => {
  let isMute = false;
  const toServer = pipe({
    transform(chunk, controller) {
      if (isMute) throw failure;
      controller.enqueue(chunk);
    },
  });
  const ends = await connected({}, {}, crossed({ toServer }));
  isMute = true;
  // The pipe takes the first one, and fails with it.
  await ends.client.updateKeys().catch(() => {});
  const error = await assertRejects(() => ends.client.updateKeys());
  assertEquals(error, failure);
  assertEquals(await ends.client.closed, { clean: false, error: failure });
  ends.server.abort();
});

/** A socket over a duplex, which takes one write and fails at the next. */
function socketOf({ readable, writable }: Duplex): SocketConn {
  const reader = readable.getReader();
  const writer = writable.getWriter();
  let writes = 0;
  return {
    readable,
    writable,
    localAddr: { transport: "tcp", hostname: "127.0.0.1", port: 1 },
    remoteAddr: { transport: "tcp", hostname: "127.0.0.1", port: 2 },
    async read(into) {
      const { value } = await reader.read();
      if (value === undefined) return null;
      into.set(value);
      return value.length;
    },
    async write(bytes) {
      if (writes++ > 0) {
        await writer.abort(failure).catch(() => {});
        throw failure;
      }
      await writer.write(bytes.slice());
      return bytes.length;
    },
    closeWrite: () => Promise.resolve(),
    close: () => reader.cancel(),
  };
}

/** How a client's handshake ends whose Finished is not taken. */
async function endBehind(last: Uint8Array): Promise<unknown> {
  const wires = crossed();
  using peer = new Peer(wires.forServer);
  const { context, own } = contextOf(
    readGiven(await clientOptions(), TEST),
    TEST.name,
  );
  const engine = clientEngine(
    transportOf(socketOf(wires.forClient)),
    context,
    context.connectionOptions(own),
  );
  const shaking = engine.handshakes.first();
  shaking.catch(() => {});
  await assertRejects(async () =>
    await serverHandshake(peer.io, await serverConfig(), noConnection)
  );
  // One that is no alert comes before it.
  await peer.sendRecord(ContentType.application_data, Uint8Array.of(1));
  await peer.sendRecord(ContentType.alert, last);
  const error = await assertRejects(() => shaking);
  await engine.closed;
  return error;
}

Deno.test("a client whose Finished is not taken gets the server's alert", async () => {
  const error = await endBehind(Uint8Array.of(2, 47));
  assertInstanceOf(error, TlsAlertError);
  assertEquals(error.alert, "illegal_parameter");
});

Deno.test("a client whose Finished is not taken gets that error rather than one of a malformed alert", async () => {
  assertEquals(await endBehind(Uint8Array.of(2, 47, 0)), failure);
});

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

const TEST = entry("a test", "client");

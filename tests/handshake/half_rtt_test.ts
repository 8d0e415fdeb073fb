/**
 * Data of a server behind its Finished, before the client's has come (RFC 9846
 * section 2, option `halfRtt`).
 *
 * @module
 */

import {
  assertEquals,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { createContext } from "../../connection/options/create_context.ts";
import { engineOf, type TlsConn } from "../../connection/conn.ts";
import { connect } from "../../connection/connect.ts";
import { listen } from "../../connection/listen.ts";
import type {
  ClientOptions,
  ServerOptions,
} from "../../connection/options/options.ts";
import { client } from "../../connection/wrap.ts";
import { TlsError } from "../../errors.ts";
import { serve } from "../../http/serve.ts";
import { serverHandshake } from "../../handshake/server.ts";
import { noConnection } from "../_contexts.ts";
import { hostileClient, Peer, serverConfig } from "../_hostile_peer.ts";
import {
  certificate,
  clientOptions,
  crossed,
  heldBehind,
  type Pair,
  pair,
  pattern,
  readBytes,
  tlsError,
  utf8,
} from "../_pair.ts";
import { earlySession, earlyText, REQUEST } from "./_early_data.ts";
import { passTickets, sessionsOf, ticketKeys } from "./_resumption.ts";

const { cert, key } = await certificate();
const GREETING = utf8("220 ready\r\n");

/** Both ends; what the client sends behind its first flights is held back. */
interface HeldPair extends Pair {
  /** Lets it pass. */
  release(): void;
}

async function heldPair(
  forClient: ClientOptions = {},
  forServer: ServerOptions = {},
  flights = 1,
): Promise<HeldPair> {
  const { held, release } = heldBehind(flights);
  const ends = await pair(
    forClient,
    { halfRtt: true, ...forServer },
    crossed({ toServer: held }),
  );
  return {
    ...ends,
    release,
    async [Symbol.asyncDispose]() {
      release();
      await ends[Symbol.asyncDispose]();
    },
  };
}

/** The client gets data; its Finished has not reached the server. */
async function getsGreeting({ client, server }: Pair): Promise<void> {
  const written = server.write(GREETING);
  await client.handshake();
  assertEquals(await readBytes(client, GREETING.length), GREETING);
  await written;
  await server.flush();
  assertEquals(server.verifyData, undefined);
}

/** Data flows both ways when the handshake is over. */
async function goesOn({ client, server, release }: HeldPair): Promise<void> {
  release();
  await server.handshake();
  await client.write(utf8("EHLO\r\n"));
  assertEquals(await readBytes(server, 6), utf8("EHLO\r\n"));
  await passTickets({ client, server });
  assertEquals(server.verifyData, client.verifyData);
}

Deno.test("server with halfRtt sends data before the client's Finished", async () => {
  const alpnProtocols = ["a"];
  await using ends = await heldPair({ alpnProtocols }, { alpnProtocols });
  await getsGreeting(ends);
  const { info } = ends.server;
  assertEquals([info.version, info.alpnProtocol], ["TLSv1.3", "a"]);
  assertEquals([info.serverName, info.earlyData], ["localhost", "none"]);
  assertEquals(info.authorization, { status: "none" });
  assertEquals(await earlyText(ends.server), "");
  await goesOn(ends);
  assertEquals(ends.server.info.authorization, { status: "none" });
});

const KEY = pattern(32, 9);

const kinds: readonly {
  name: string;
  client?: ClientOptions;
  server?: ServerOptions;
  flights?: number;
}[] = [
  {
    name: "behind a HelloRetryRequest",
    server: { helloRetry: "cookie" },
    flights: 2,
  },
  {
    name: "with a session that is resumed",
    client: { session: (await sessionsOf())[0] },
    server: { ticketKeys },
  },
  {
    name: "with an external PSK",
    client: { psk: { identity: utf8("one"), key: KEY } },
    server: { psk: () => ({ key: KEY }) },
  },
  {
    name: "with records of the size that the client asked for",
    client: { maxFragmentLength: 512 },
  },
];

for (const { name, client, server, flights } of kinds) {
  Deno.test(`halfRtt works ${name}`, async () => {
    await using ends = await heldPair(client, server, flights);
    await getsGreeting(ends);
    await goesOn(ends);
  });
}

Deno.test("halfRtt works with early data, accepted and rejected", async () => {
  for (const earlyData of [{}, undefined]) {
    await using ends = await heldPair(
      { session: await earlySession(), earlyData: REQUEST },
      { ticketKeys, earlyData },
    );
    await getsGreeting(ends);
    const { client, server } = ends;
    const is = earlyData ? "accepted" : "rejected";
    assertEquals([client.info.earlyData, server.info.earlyData], [is, is]);
    const early = earlyText(server);
    ends.release();
    assertEquals((await early).length, earlyData ? REQUEST.length : 0);
    await goesOn(ends);
  }
});

const waiting: readonly {
  name: string;
  client?: ClientOptions;
  server?: ServerOptions;
}[] = [
  { name: "without the option", server: { halfRtt: false } },
  { name: "in TLS 1.2", client: { maxVersion: "TLSv1.2" } },
  {
    name: "where onClientHello returns a context that asks for a certificate",
    server: {
      onClientHello: () => createContext({ cert, key, clientAuth: "request" }),
    },
  },
];

for (const { name, client, server } of waiting) {
  Deno.test(`server sends no data before the client's Finished ${name}`, async () => {
    let isWritten = false;
    await using ends = await heldPair(client, server);
    const { client: one, server: other, release } = ends;
    const written = other.write(GREETING).then(() => isWritten = true);
    const shaking = one.handshake();
    // All that can come without the client's answer has come.
    while (other.stats.bytesWritten === 0) await turns(1);
    await turns(20);
    assertEquals([isWritten, other.info.version], [false, undefined]);
    release();
    await Promise.all([written, shaking]);
    assertEquals(await readBytes(one, GREETING.length), GREETING);
  });
}

Deno.test("nothing is settled early where a certificate is asked for", async () => {
  const config = await serverConfig({ clientAuth: "request" });
  for (const clientAuth of ["none", "request"] as const) {
    const wires = crossed();
    using peer = new Peer(wires.forServer);
    await using conn = client(wires.forClient, await clientOptions());
    let count = 0;
    const connection = { ...noConnection, settle: () => void count++ };
    await Promise.all([
      serverHandshake(
        peer.io,
        { ...config, clientAuth, halfRtt: true },
        connection,
      ),
      conn.handshake(),
    ]);
    assertEquals(count, clientAuth === "none" ? 1 : 0);
    conn.abort();
  }
});

Deno.test("a wrong Finished of the client fails the connection behind half-RTT data", async () => {
  const { peer, conn, flow } = await hostileClient({
    message: ({ name, raw }) => {
      if (name !== "finished") return;
      const wrong = raw.slice();
      wrong[wrong.length - 1] = 1 ^ (raw.at(-1) ?? 0);
      return wrong;
    },
  }, { server: { halfRtt: true } });
  using _ = peer;
  const read = conn.read(new Uint8Array(1)).catch((error) => error);
  const written = conn.write(GREETING);
  await flow();
  await written;
  assertEquals((await peer.records.reader.read())?.bytes, GREETING);
  assertEquals(await peer.readAlert(), "decrypt_error");
  const error = await conn.handshake().catch((error) => error);
  assertEquals(tlsError(error).alert, "decrypt_error");
  assertEquals(tlsError(error).stage, "handshake");
  assertStrictEquals(await read, error);
  assertStrictEquals(await conn.write(GREETING).catch((e) => e), error);
  assertEquals(await conn.closed, { clean: false, error });
});

Deno.test("a client that sends no Finished is given up behind half-RTT data", async () => {
  await using ends = await heldPair({}, { handshakeTimeout: 2000 });
  const { client, server } = ends;
  const read = server.read(new Uint8Array(1)).catch((error) => error);
  await getsGreeting(ends);
  const error = await server.handshake().catch((error) => error);
  assertEquals(tlsError(error).code, "handshake_timeout");
  assertStrictEquals(await read, error);
  assertStrictEquals(await server.write(GREETING).catch((e) => e), error);
  await assertRejects(() => client.read(new Uint8Array(1)));
});

Deno.test("close() behind half-RTT data waits for the client's Finished", async () => {
  await using ends = await heldPair();
  const { client, server, release } = ends;
  await getsGreeting(ends);
  const closing = server.close();
  release();
  assertEquals(await client.read(new Uint8Array(1)), null);
  await Promise.all([closing, client.close()]);
  assertEquals(await server.closed, { clean: true });
});

Deno.test("half-RTT data that nobody reads is not kept without bound", async () => {
  await using ends = await heldPair();
  const { client, server } = ends;
  const bytes = pattern(2_000_000);
  let isWritten = false;
  const written = server.write(bytes).then(() => isWritten = true);
  await client.handshake();
  await turns(20);
  assertEquals(isWritten, false);
  assertEquals(await readBytes(client, bytes.length), bytes);
  await written;
  assertEquals(server.verifyData, undefined);
  await goesOn(ends);
});

Deno.test("a write waits for the client's Finished if the key is near its limit", async () => {
  await using ends = await heldPair();
  const { client, server, release } = ends;
  await getsGreeting(ends);
  const { writer } = engineOf(server).records;
  Object.defineProperty(writer, "keyUpdateDue", {
    configurable: true,
    get: () => true,
  });
  let isWritten = false;
  const written = server.write(GREETING).then(() => isWritten = true);
  await turns(20);
  assertEquals(isWritten, false);
  release();
  await written;
  assertEquals(await readBytes(client, GREETING.length), GREETING);
});

/** A client whose Finished is held back. */
async function dialHeld(port: number): Promise<{
  conn: TlsConn;
  release: () => void;
}> {
  const socket = await Deno.connect({ hostname: "127.0.0.1", port });
  const { held, release } = heldBehind(1);
  held.readable.pipeTo(socket.writable).catch(() => {});
  const duplex = { readable: socket.readable, writable: held.writable };
  return { conn: client(duplex, await clientOptions()), release };
}

Deno.test("listen() with halfRtt gives a connection before the client's Finished", async () => {
  const failures: unknown[] = [];
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => {});
  using listener = listen({
    hostname: "127.0.0.1",
    port: 0,
    cert,
    key,
    halfRtt: true,
    onHandshakeError: (error) => {
      failures.push(error);
      failed.reject(error);
    },
  });
  // A connection that is not given early waits for what is held until it fails.
  const accept = () => Promise.race([listener.accept(), failed.promise]);
  const { port } = listener.addr as Deno.NetAddr;
  const [{ conn, release }, there] = await Promise.all([
    dialHeld(port).then((dialled) => {
      dialled.conn.handshake().catch(() => {});
      return dialled;
    }),
    accept(),
  ]);
  await getsGreeting({ client: conn, server: there } as Pair);
  release();
  await goesOn({ client: conn, server: there, release } as HeldPair);
  await Promise.all([conn.close(), there.close()]);
  assertEquals(failures, []);

  const [second, gone] = await Promise.all([
    dialHeld(port).then((dialled) => {
      dialled.conn.handshake().catch(() => {});
      return dialled;
    }),
    accept(),
  ]);
  await gone.write(GREETING);
  second.conn.abort();
  second.release();
  const error = await gone.handshake().catch((error) => error);
  assertStrictEquals(failures[0], tlsError(error));
  assertEquals((await gone.closed).clean, false);
});

Deno.test("serve() refuses halfRtt: clients of HTTP speak first", async () => {
  const place = { hostname: "127.0.0.1", port: 0, cert, key };
  const answer = () => new Response();
  for (
    const options of [
      { ...place, halfRtt: true },
      { ...place, context: createContext({ halfRtt: true }) },
    ]
  ) assertThrows(() => serve(options, answer), TypeError, `"halfRtt"`);
  const context = createContext({ halfRtt: true });
  await using server = serve({ ...place, context, halfRtt: false }, answer);
  assertThrows(() => server.setContext(context), TypeError, `"halfRtt"`);
  const sni = { "localhost": { halfRtt: true } };
  assertThrows(
    () => serve({ ...place, sni }, answer),
    TypeError,
    `"halfRtt"`,
  );
  assertThrows(
    () => server.setContext({ cert, key, sni: { localhost: context } }),
    TypeError,
    `"halfRtt"`,
  );
  for (const named of [context, { halfRtt: true }, { context }]) {
    assertThrows(
      () => server.addContext("localhost", named),
      TypeError,
      `"halfRtt"`,
    );
  }
  const shown = createContext({ cert, key, halfRtt: true });
  await server.addContext("localhost", { context: shown, halfRtt: false });
});

Deno.test("serve() refuses halfRtt of what a callback chooses, and serves on", async () => {
  const errors: unknown[] = [];
  let halfRtt = true;
  const choosing = [
    { sni: () => ({ halfRtt }) },
    { onClientHello: () => ({ halfRtt }) },
  ];
  const place = {
    hostname: "127.0.0.1",
    port: 0,
    cert,
    key,
    onHandshakeError: (error: unknown) => void errors.push(error),
  };
  const answer = () => new Response("ok");
  await using server = serve({ ...place, ...choosing[0] }, answer);
  for (const [index, each] of choosing.entries()) {
    if (index > 0) await server.setContext({ cert, key, ...each });
    halfRtt = true;
    await assertRejects(() => get(server.addr.port), TlsError);
    assertEquals(errors.length, index + 1);
    halfRtt = false;
    assertEquals(await get(server.addr.port), "ok");
  }
});

/** What a server of HTTP/1.1 answers. */
async function get(port: number): Promise<string> {
  const { trust } = await clientOptions();
  await using conn = await connect({
    hostname: "127.0.0.1",
    port,
    serverName: "localhost",
    trust,
  });
  const request =
    "GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
  await conn.write(new TextEncoder().encode(request));
  const text = await new Response(conn.readable).text();
  return text.split("\r\n\r\n")[1] ?? "";
}

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) {
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
}

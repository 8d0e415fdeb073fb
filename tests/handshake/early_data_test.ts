/**
 * Early data (RFC 9846 section 2.3) between our own ends: accepted, refused, and
 * what either end learns of that.
 *
 * @module
 */

import {
  assert,
  assertEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { connect } from "../../connection/connect.ts";
import { listen } from "../../connection/listen.ts";
import type {
  ClientOptions,
  ServerOptions,
} from "../../connection/options/options.ts";
import { client, server } from "../../connection/wrap.ts";
import type { EarlyDataSession } from "../../handshake/common/callback_info.ts";
import { Session, SessionCache } from "../../handshake/session/session.ts";
import {
  certificate,
  clientOptions,
  connected,
  crossed,
  outcomes,
  pattern,
  pipe,
  readBytes,
  serverOptions,
  tlsError,
  unbuffered,
  utf8,
} from "../_pair.ts";
import {
  earlyPair,
  earlySession,
  earlyText,
  REQUEST,
  shakeEarly,
} from "./_early_data.ts";
import { passTickets, sessionsOf } from "./_resumption.ts";

const REQUEST_TEXT = new TextDecoder().decode(REQUEST);

Deno.test("early data arrives apart from what follows it", async () => {
  await using ends = await earlyPair({ session: await earlySession() });
  assertEquals(await shakeEarly(ends), REQUEST_TEXT);
  const { client, server, refusals } = ends;
  assertEquals(client.info.earlyData, "accepted");
  assertEquals(server.info.earlyData, "accepted");
  assertEquals(client.info.resumed, true);
  await client.write(utf8("later"));
  assertEquals(await readBytes(server, 5), utf8("later"));
  await passTickets(ends);
  await client.updateKeys({ requestPeer: true });
  await client.write(utf8("still"));
  assertEquals(await readBytes(server, 5), utf8("still"));
  assertEquals(refusals, { client: [], server: [] });
});

Deno.test("server reads early data and answers it before the client's Finished", async () => {
  const gate = Promise.withResolvers<void>();
  const toClient = pipe({
    transform: async (chunk, controller) => {
      await gate.promise;
      controller.enqueue(chunk);
    },
  });
  const alpnProtocols = ["h2"];
  const session = await earlySession({ alpnProtocols }, { alpnProtocols });
  await using ends = await earlyPair(
    { session, alpnProtocols },
    { alpnProtocols },
    crossed({ toClient }),
  );
  const { client, server } = ends;
  const shaking = Promise.all([client.handshake(), server.handshake()]);
  const reader = server.earlyData.getReader();
  assertEquals((await reader.read()).value, REQUEST);
  // The client has got nothing yet, not even ServerHello.
  assertEquals(client.info.version, undefined);
  const { info } = server;
  assertEquals(info.earlyData, "accepted");
  assertEquals([info.version, info.alpnProtocol], ["TLSv1.3", "h2"]);
  assertEquals([info.resumed, info.serverName], [true, "localhost"]);
  await server.write(utf8("at once"));
  await server.flush();
  const end = reader.read();
  // Not before the client's Finished.
  const closing = server.close();
  gate.resolve();
  await shaking;
  assertEquals(await readBytes(client, 10), utf8("at once"));
  await Promise.all([closing, client.close()]);
  assertEquals(await server.closed, { clean: true });
  assertEquals((await end).done, true);
});

Deno.test("listen() gives a connection when early data is accepted", async () => {
  const { cert, key } = await certificate();
  using listener = listen({
    hostname: "127.0.0.1",
    port: 0,
    cert,
    key,
    earlyData: {},
  });
  const { port } = listener.addr as Deno.NetAddr;
  const sessionCache = new SessionCache();
  const dial = async () => {
    const options = await clientOptions({ sessionCache, earlyData: REQUEST });
    return await connect({ ...options, hostname: "127.0.0.1", port });
  };
  const [first, there] = await Promise.all([dial(), listener.accept()]);
  assertEquals(first.info.earlyData, "none");
  await passTickets({ client: first, server: there });
  await Promise.all([first.close(), there.close()]);

  const [again, served] = await Promise.all([dial(), listener.accept()]);
  assertEquals(served.info.earlyData, "accepted");
  assertEquals(await earlyText(served), REQUEST_TEXT);
  await served.write(utf8("answer"));
  assertEquals(await readBytes(again, 6), utf8("answer"));
  await Promise.all([again.close(), served.close()]);
});

Deno.test("session says how much early data its ticket allows", async () => {
  const session = await earlySession({}, { earlyData: { maxSize: 99 } });
  assertEquals(session.maxEarlyData, 99);
  assertEquals(Session.import(session.export()).maxEarlyData, 99);
  const [other] = await sessionsOf();
  assertEquals(other?.maxEarlyData, 0);
});

Deno.test("earlyData of a client gets the session, and may give nothing", async () => {
  const alpnProtocols = ["h2"];
  const session = await earlySession({ alpnProtocols }, {
    alpnProtocols,
    earlyData: { maxSize: 99 },
  });
  const asked: EarlyDataSession[] = [];
  await using ends = await earlyPair(
    {
      session,
      alpnProtocols,
      earlyData: (session) => {
        asked.push(session);
        return undefined;
      },
    },
    { alpnProtocols },
  );
  assertEquals(await shakeEarly(ends), "");
  assertEquals(ends.client.info.earlyData, "none");
  assertEquals(ends.server.info.earlyData, "none");
  assertEquals(asked, [{
    maxSize: 99,
    alpnProtocol: "h2",
    cipherSuite: session.cipherSuite,
  }]);
});

/** Early data that is not offered, or not accepted, and a connection that goes on. */
const refused: readonly {
  name: string;
  first?: { client?: ClientOptions; server?: ServerOptions };
  client?: ClientOptions;
  server?: ServerOptions;
  /** What both ends' `info` says. */
  becomes: "none" | "rejected";
  /** What the events say, by side. */
  because: { client?: string; server?: string };
}[] = [
  {
    name: "without a session",
    client: { session: undefined },
    becomes: "none",
    because: { client: "there is no session to resume" },
  },
  {
    name: "with a ticket that does not allow it",
    first: { server: { earlyData: undefined } },
    becomes: "none",
    because: { client: "the ticket does not allow early data" },
  },
  {
    name: "with more bytes than the ticket allows",
    first: { server: { earlyData: { maxSize: 15 } } },
    becomes: "none",
    because: { client: "the ticket allows 15 bytes, there are 16" },
  },
  {
    name: "by a server whose option is off",
    server: { earlyData: undefined },
    becomes: "rejected",
    because: {
      client: "the server rejected it",
      server: 'option "earlyData" is not set',
    },
  },
  {
    name: "by a server that allows less now",
    server: { earlyData: { maxSize: 16 } },
    becomes: "rejected",
    because: {
      client: "the server rejected it",
      server: "the ticket allows 16384 bytes, more than now",
    },
  },
  {
    name: "by a HelloRetryRequest",
    server: { groups: ["secp384r1"] },
    becomes: "rejected",
    because: {
      client: "the server answered with a HelloRetryRequest",
      server: "a HelloRetryRequest was needed",
    },
  },
  {
    name: "by a server that chooses another ALPN protocol",
    first: {
      client: { alpnProtocols: ["a"] },
      server: { alpnProtocols: ["a"] },
    },
    client: { alpnProtocols: ["a", "b"] },
    server: { alpnProtocols: ["b"] },
    becomes: "rejected",
    because: {
      client: "the server rejected it",
      server: "no session was resumed by the first PSK",
    },
  },
  {
    name: "by a server that chooses another cipher suite of the same hash",
    first: { server: { cipherSuites: ["TLS_AES_128_GCM_SHA256"] } },
    server: {
      cipherSuites: ["TLS_CHACHA20_POLY1305_SHA256", "TLS_AES_128_GCM_SHA256"],
    },
    becomes: "rejected",
    because: {
      client: "the server rejected it",
      server: "another cipher suite was selected",
    },
  },
];

for (const { name, first, client, server, becomes, because } of refused) {
  Deno.test(`early data is not sent again that was not accepted ${name}`, async () => {
    const session = await earlySession(first?.client, first?.server);
    await using ends = await earlyPair({ session, ...client }, server);
    assertEquals(await shakeEarly(ends), "");
    assertEquals(ends.client.info.earlyData, becomes);
    assertEquals(ends.server.info.earlyData, becomes);
    assertEquals(ends.refusals, {
      client: because.client === undefined ? [] : [because.client],
      server: because.server === undefined ? [] : [because.server],
    });
    // The first that the server gets is what the client sends now.
    await ends.client.write(utf8("now"));
    assertEquals(await readBytes(ends.server, 3), utf8("now"));
    await passTickets(ends);
  });
}

Deno.test("early data that was rejected is dropped in the middle", async () => {
  // More than the pipe holds: the rest is on its way when ServerHello comes.
  const earlyData = { maxSize: 1_000_000 };
  const late = () => Date.now() + 60_000;
  const session = await earlySession({}, { earlyData });
  for (const groups of [["secp384r1"], undefined]) {
    await using ends = await earlyPair(
      { session, earlyData: pattern(500_000) },
      groups ? { groups, earlyData } : { earlyData, now: late },
      unbuffered(),
    );
    assertEquals(await shakeEarly(ends), "");
    assertEquals(ends.client.info.earlyData, "rejected");
    await ends.client.write(utf8("now"));
    assertEquals(await readBytes(ends.server, 3), utf8("now"));
  }
});

Deno.test("early data that an older ticket allows is skipped where less is allowed now", async () => {
  const maxSize = 100_000;
  for (const earlyData of [undefined, { maxSize: 16 }]) {
    const session = await earlySession({}, { earlyData: { maxSize } });
    await using ends = await earlyPair(
      { session, earlyData: pattern(maxSize) },
      { earlyData },
    );
    assertEquals(await shakeEarly(ends), "");
    assertEquals(ends.client.info.earlyData, "rejected");
    await ends.client.write(utf8("data"));
    assertEquals(await readBytes(ends.server, 4), utf8("data"));
  }
});

Deno.test("early data of many records arrives over a transport without room", async () => {
  const bytes = pattern(200_000);
  const session = await earlySession({}, { earlyData: { maxSize: 200_000 } });
  await using ends = await earlyPair(
    { session, earlyData: bytes },
    { earlyData: { maxSize: 200_000 } },
    unbuffered(),
  );
  const [got] = await Promise.all([
    new Response(ends.server.earlyData).bytes(),
    ends.client.handshake(),
  ]);
  assertEquals(got, bytes);
});

Deno.test("early data in no bytes is accepted as any", async () => {
  await using ends = await earlyPair({
    session: await earlySession(),
    earlyData: new Uint8Array(),
  });
  const [error] = await Promise.all([
    ends.client.handshake(),
    ends.server.handshake(),
  ]);
  assertEquals(error.earlyData, "accepted");
  // There is nothing that a reader could miss.
  await ends.client.write(utf8("data"));
  assertEquals(await readBytes(ends.server, 4), utf8("data"));
});

Deno.test("server does not read past early data in silence", async () => {
  await using ends = await earlyPair({ session: await earlySession() });
  const { client, server } = ends;
  await Promise.all([client.handshake(), server.handshake()]);
  await client.write(utf8("data"));
  const error = await server.read(new Uint8Array(4)).catch((error) => error);
  assert(error instanceof TypeError);
  assertEquals(
    error.message,
    "Cannot read: early data comes first; read earlyData of the connection, or cancel it",
  );
  await server.earlyData.cancel();
  assertEquals(await readBytes(server, 4), utf8("data"));
});

Deno.test("close() is clean at a server that has not read early data", async () => {
  await using ends = await earlyPair({ session: await earlySession() });
  const { client, server } = ends;
  await Promise.all([client.handshake(), server.handshake()]);
  await server.write(utf8("answer"));
  const closing = server.close();
  // What the client still sends is read and dropped, as always.
  await client.write(pattern(100_000));
  assertEquals(await readBytes(client, 6), utf8("answer"));
  await Promise.all([closing, client.close()]);
  assertEquals(await server.closed, { clean: true });
});

Deno.test("the end of a connection is noticed where early data is not read", async () => {
  await using ends = await earlyPair({ session: await earlySession() });
  const { client, server } = ends;
  await Promise.all([client.handshake(), server.handshake()]);
  await server.readable.cancel();
  client.abort();
  const { clean } = await server.closed;
  assertEquals(clean, false);
});

Deno.test("a client may show a certificate before early data is read", async () => {
  await using ends = await earlyPair(
    {
      session: await earlySession({}, { clientAuth: "request" }),
      postHandshakeAuth: true,
    },
    { clientAuth: "request" },
  );
  const { client, server } = ends;
  await Promise.all([client.handshake(), server.handshake()]);
  // It comes before the answer, and waits.
  await client.write(utf8("data"));
  client.read(new Uint8Array(1)).catch(() => {});
  const { certificates } = await server.requestCertificate();
  assertEquals(certificates, []);
  const error = await server.read(new Uint8Array(4)).catch((error) => error);
  assert(error instanceof TypeError, String(error));
  assertEquals(await earlyText(server), REQUEST_TEXT);
  assertEquals(await readBytes(server, 4), utf8("data"));
});

Deno.test("detach() does not pass over early data", async () => {
  await using ends = await earlyPair({ session: await earlySession() });
  const { client, server } = ends;
  await Promise.all([client.handshake(), server.handshake()]);
  const error = await server.detach().catch((error) => error);
  assert(error instanceof TypeError, String(error));
  assertStringIncludes(error.message, "has not been read");
  // It goes on.
  assertEquals(await earlyText(server), REQUEST_TEXT);
  await server.write(utf8("on"));
  assertEquals(await readBytes(client, 2), utf8("on"));
});

Deno.test("earlyData of a connection without any ends with the handshake", async () => {
  await using ends = await connected();
  for (const conn of [ends.client, ends.server]) {
    assertEquals(await earlyText(conn), "");
    assertEquals(conn.info.earlyData, "none");
  }
});

Deno.test("earlyData of a connection fails with it", async () => {
  await using ends = await earlyPair({ session: await earlySession() });
  const { client, server } = ends;
  const reader = server.earlyData.getReader();
  client.handshake().catch(() => {});
  await reader.read();
  const over = reader.read().catch((error) => error);
  server.abort(new Error("enough"));
  assertEquals((await over as Error).message, "enough");
});

Deno.test("records with early data keep to the limits of the session", async () => {
  for (
    const [client, server] of [
      [{ recordSizeLimit: 16_385 }, { recordSizeLimit: 64 }],
      [{ maxFragmentLength: 512 }, {}],
    ] as readonly [ClientOptions, ServerOptions][]
  ) {
    const session = await earlySession(client, server);
    const lengths: number[] = [];
    await using ends = await earlyPair({
      session,
      earlyData: pattern(2000),
      ...client,
      trace: (line) => {
        const found = /-> record application_data, (\d+) bytes/.exec(line);
        if (found) lengths.push(Number(found[1]));
      },
    }, server);
    assertEquals((await shakeEarly(ends)).length > 0, true);
    assertEquals(ends.client.info.earlyData, "accepted");
    const limit = server.recordSizeLimit ?? 512 + 1;
    const expansion = 16;
    assert(Math.max(...lengths) <= limit + expansion, `${lengths}`);
  }
});

Deno.test("a record_size_limit does not hold for the early data before it", async () => {
  const session = await earlySession();
  const recordSizeLimit = 64;
  await using ends = await earlyPair(
    { session, earlyData: pattern(2000), recordSizeLimit },
    { recordSizeLimit },
  );
  assertEquals((await shakeEarly(ends)).length > 0, true);
  assertEquals(ends.client.info.earlyData, "accepted");
});

Deno.test("client fails a connection of TLS 1.2 behind early data", async () => {
  await using ends = await earlyPair(
    { session: await earlySession() },
    { maxVersion: "TLSv1.2", earlyData: undefined },
  );
  const { client } = await outcomes(ends);
  const error = tlsError(client);
  // RFC 9846 appendix D.3.
  assertEquals(error.alert, "protocol_version");
  assertEquals(error.code, "no_common_version");
});

Deno.test("key logs of both ends have the secrets of early data", async () => {
  const logs = { client: [] as string[], server: [] as string[] };
  await using ends = await earlyPair(
    {
      session: await earlySession(),
      keyLog: (line) => void logs.client.push(line),
    },
    { keyLog: (line) => void logs.server.push(line) },
  );
  await shakeEarly(ends);
  assertEquals(logs.client.toSorted(), logs.server.toSorted());
  assertEquals(logs.client.map((line) => line.split(" ")[0]).slice(0, 2), [
    "CLIENT_EARLY_TRAFFIC_SECRET",
    "EARLY_EXPORTER_SECRET",
  ]);
});

for (
  const [side, options, why] of [
    ["client", { earlyData: {} }, "expected a Uint8Array or a function"],
    ["server", { earlyData: REQUEST }, "expected an object at a server"],
    ["client", { earlyData: REQUEST, maxVersion: "TLSv1.2" }, "needs TLSv1.3"],
    ["server", { earlyData: {}, tickets: 0 }, "needs tickets"],
    ["server", { earlyData: {}, helloRetry: "cookie" }, "HelloRetryRequest"],
    ["server", { earlyData: { size: 1 } }, 'there is no option "size"'],
    ["server", { earlyData: { replay: {} } }, "with compareAndSet"],
  ] as const
) {
  Deno.test(`${side} refuses ${Deno.inspect(options)}`, async () => {
    const duplex = crossed().forClient;
    const make = side === "client"
      ? async () => client(duplex, await clientOptions(options as never))
      : async () => server(duplex, await serverOptions(options as never));
    const error = await make().catch((error) => error);
    assert(error instanceof TypeError, String(error));
    assertStringIncludes(error.message, why);
  });
}

Deno.test("server refuses sizes and windows of early data out of range", async () => {
  for (
    const earlyData of [
      { maxSize: 0 },
      { maxSize: 2 ** 20 + 1 },
      { window: 0 },
      { window: 600_001 },
    ]
  ) {
    const options = await serverOptions({ earlyData });
    assertThrows(() => server(crossed().forServer, options), RangeError);
  }
});

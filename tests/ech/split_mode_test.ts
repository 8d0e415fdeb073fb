/**
 * Split mode (RFC 9849 section 7): a client-facing server that decrypts, and a
 * back end that answers.
 *
 * @module
 */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { openClientHello } from "../../ech/mod.ts";
import { ECHClientHello } from "../../handshake/messages/ech_client_hello.ts";
import { tls13 } from "../../handshake/messages/message_kinds.ts";
import { clientHandshake } from "../../handshake/client.ts";
import {
  client,
  type ClientOptions,
  connect,
  type Duplex,
  pipeDuplex,
  server,
  type ServerOptions,
  type Session,
  TlsEchRejectedError,
} from "../../mod.ts";
import { decode, encode } from "../../record/codec.ts";
import { ContentType, ExtensionType } from "../../registry.ts";
import { Lender } from "../_lender.ts";
import { clientConfig, edited, type Mischief, Peer } from "../_hostile_peer.ts";
import {
  clientOptions,
  connected,
  crossed,
  outcomes,
  pattern,
  pipe,
  readBytes,
  serverOptions,
  tlsError,
  utf8,
} from "../_pair.ts";
import {
  current,
  facing,
  PUBLIC,
  SECRET,
  secretly,
  stale,
} from "../handshake/ech/_ends.ts";
import { split } from "./_split.ts";

/** Hands bytes on one by one. */
function byteByByte(): TransformStream<Uint8Array, Uint8Array> {
  return pipe({
    transform(chunk, controller) {
      for (const byte of chunk) controller.enqueue(Uint8Array.of(byte));
    },
  });
}

const ways: {
  name: string;
  client?: ClientOptions;
  backend?: ServerOptions;
  wires?: () => { forClient: Duplex; forServer: Duplex };
  behind?: () => { forClient: Duplex; forServer: Duplex };
  retried?: boolean;
}[] = [
  { name: "at once" },
  {
    name: "with a retry for a group",
    backend: { groups: ["secp384r1"] },
    retried: true,
  },
  {
    name: "with a retry for a cookie",
    backend: { helloRetry: "cookie" },
    retried: true,
  },
  {
    name: "with SHA-384, and a retry for both",
    client: { cipherSuites: ["TLS_AES_256_GCM_SHA384"] },
    backend: { groups: ["secp384r1"], helloRetry: "cookie" },
    retried: true,
  },
  {
    name: "byte by byte, with a retry",
    backend: { groups: ["secp384r1"] },
    wires: () => crossed({ toServer: byteByByte(), toClient: byteByByte() }),
    behind: () => crossed({ toServer: byteByByte(), toClient: byteByByte() }),
    retried: true,
  },
  {
    name: "in small records, with a retry",
    client: { maxFragmentSize: 64 },
    backend: { groups: ["secp384r1"], maxFragmentSize: 64 },
    retried: true,
  },
];

for (const { name, client, backend, wires, behind, retried = false } of ways) {
  Deno.test(`a back end answers a ClientHello that was decrypted, ${name}`, async () => {
    await using ends = await split(secretly(current, client), backend, {
      ...wires && { wires: wires() },
      ...behind && { behind: behind() },
    });
    assertEquals(await outcomes(ends), {
      client: undefined,
      server: undefined,
    });
    const { ech, info, outer } = ends.opened;
    assertEquals(ech, "accepted");
    assertEquals(info.serverName, SECRET);
    assertEquals(outer.serverName, PUBLIC);
    assertEquals(ends.client.info.ech, "accepted");
    assertEquals(ends.server.info.ech, "accepted");
    assertEquals(ends.server.info.serverName, SECRET);
    assertEquals(ends.client.info.helloRetryRequest, retried);
    assertEquals(
      ends.client.exportKeyingMaterial("EXPERIMENTAL", undefined, 20),
      ends.server.exportKeyingMaterial("EXPERIMENTAL", undefined, 20),
    );
    const long = pattern(wires ? 500 : 200_000);
    const reading = readBytes(ends.server, long.length);
    await ends.client.write(long);
    assertEquals(await reading, long);
    await ends.server.write(utf8("answer"));
    assertEquals(await readBytes(ends.client, 6), utf8("answer"));
    await Promise.all([ends.client.close(), ends.server.close()]);
    await ends.forwarding;
  });
}

for (
  const [name, more] of [
    ["", {}],
    [", and a retry that rejects it", { groups: ["secp384r1"] }],
  ] as const
) {
  Deno.test(`a back end resumes, with early data${name}`, async () => {
    const sessions: Session[] = [];
    const ticketKeys = [new Uint8Array(48).fill(3)];
    const backend: ServerOptions = { ticketKeys, earlyData: {} };
    {
      await using ends = await split(
        secretly(current, {
          onSession: (session) => void sessions.push(session),
        }),
        backend,
      );
      await outcomes(ends);
      await ends.server.write(utf8("x"));
      await readBytes(ends.client, 1);
    }
    const session = sessions.at(-1);
    assert(session !== undefined);
    const early = utf8("early");
    await using ends = await split(
      secretly(current, { session, earlyData: early }),
      { ...backend, ...more },
    );
    const reading = new Response(ends.server.earlyData).text()
      .catch(() => "");
    assertEquals(await outcomes(ends), {
      client: undefined,
      server: undefined,
    });
    const accepted = !("groups" in more);
    assertEquals(ends.client.info.resumed, true);
    assertEquals(
      ends.client.info.earlyData,
      accepted ? "accepted" : "rejected",
    );
    assertEquals(await reading, accepted ? "early" : "");
  });
}

Deno.test("openClientHello() passes on what it cannot decrypt, as it was", async () => {
  for (
    const [options, state] of [
      [secretly(stale), "rejected"],
      [{ serverName: PUBLIC, ech: "grease" }, "rejected"],
      [{ serverName: PUBLIC }, "none"],
    ] as const
  ) {
    const wires = crossed();
    const here = client(wires.forClient, await clientOptions(options));
    const shaking = here.handshake().catch((error) => error);
    const { ech, info, outer, duplex } = await openClientHello(
      wires.forServer,
      { keys: current.pem },
    );
    assertEquals(ech, state);
    assertEquals(info, outer);
    assertEquals(info.serverName, PUBLIC);
    const there = server(duplex, await serverOptions(facing()));
    await there.handshake();
    assertEquals(there.info.ech, state);
    const outcome = await shaking;
    if (outcome instanceof TlsEchRejectedError) {
      assertEquals(outcome.retryConfigs, current.configList);
    } else assertEquals(here.info.serverName, PUBLIC);
    await Promise.all(
      [here.close(), there.close()].map((closing) => closing.catch(() => {})),
    );
  }
});

function portOf({ addr }: Deno.Listener): number {
  return addr.transport === "tcp" ? addr.port : 0;
}

Deno.test("openClientHello() has its own copy of keys that are given in bytes", async () => {
  const lender = new Lender(true);
  const wires = crossed();
  const here = client(wires.forClient, await clientOptions(secretly()));
  const shaking = here.handshake().catch(() => {});
  const opening = openClientHello(wires.forServer, {
    keys: [{ pem: lender.lend(utf8(current.pem)) }],
  });
  lender.reuse();
  const { ech, duplex } = await opening;
  assertEquals(ech, "accepted");
  here.abort();
  await Promise.allSettled([duplex.readable.cancel(), duplex.writable.abort()]);
  await shaking;
});

Deno.test("openClientHello() routes sockets", async () => {
  const back = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const front = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const routed = (async () => {
    const socket = await front.accept();
    const { info, duplex } = await openClientHello(socket, {
      keys: [current.pem],
    });
    assertEquals(Reflect.get(Object(info.remoteAddr), "hostname"), "127.0.0.1");
    await pipeDuplex(duplex, await Deno.connect({ port: portOf(back) }));
  })();
  const served = (async () => {
    const conn = server(
      await back.accept(),
      await serverOptions(facing({ ech: "backend", groups: ["secp384r1"] })),
    );
    await conn.readable.pipeTo(conn.writable);
    assertEquals(conn.info.ech, "accepted");
    await conn.close();
  })();
  const conn = await connect({
    ...await clientOptions(secretly()),
    hostname: "127.0.0.1",
    port: portOf(front),
  });
  await conn.write(utf8("there"));
  assertEquals(await readBytes(conn, 5), utf8("there"));
  await conn.close();
  await Promise.all([routed, served]);
  front.close();
  back.close();
});

Deno.test("a back end serves a client that comes without the extension", async () => {
  await using ends = await connected(
    { serverName: SECRET },
    facing({ ech: "backend" }),
  );
  assertEquals(ends.server.info.ech, "none");
});

/** RFC 9849 section 7. */
Deno.test("a back end refuses what was not decrypted", async () => {
  for (const options of [secretly(), { ech: "grease" } as const]) {
    const wires = crossed();
    const conn = server(
      wires.forServer,
      await serverOptions(facing({ ech: "backend" })),
    );
    using peer = new Peer(wires.forClient);
    const flow = clientHandshake(peer.io, await clientConfig(options))
      .catch(tlsError);
    const error = tlsError(await assertRejects(() => conn.handshake()));
    assertEquals(error.alert, "illegal_parameter");
    assert(error.message.includes("of type outer"), error.message);
    assertEquals(tlsErrorOf(await flow), "illegal_parameter");
  }
});

function tlsErrorOf(outcome: unknown): string | undefined {
  return tlsError(outcome).alert;
}

Deno.test("a back end refuses a ClientHelloInner that offers TLS 1.2", async () => {
  const wires = crossed();
  const conn = server(
    wires.forServer,
    await serverOptions(facing({ ech: "backend" })),
  );
  using peer = new Peer(wires.forClient, {
    message: ({ name, raw }) =>
      name === "client_hello"
        ? edited(tls13.clientHello, raw, (hello) => ({
          ...hello,
          extensions: {
            ...hello.extensions,
            encrypted_client_hello: Uint8Array.of(1),
          },
        }))
        : undefined,
  });
  const flow = clientHandshake(peer.io, await clientConfig()).catch(tlsError);
  const error = tlsError(await assertRejects(() => conn.handshake()));
  assertEquals(error.alert, "illegal_parameter");
  assert(error.message.includes("offers TLS 1.2"), error.message);
  assertEquals(tlsErrorOf(await flow), "illegal_parameter");
});

/** Changes the extension of the n-th ClientHello. */
function editingHello(
  index: number,
  edit: (ech: Uint8Array) => Uint8Array | undefined,
): Mischief {
  let hellos = 0;
  return {
    message: ({ name, raw }) =>
      name === "client_hello" && hellos++ === index
        ? edited(tls13.clientHello, raw, (hello) => ({
          ...hello,
          extensions: {
            ...hello.extensions,
            encrypted_client_hello: edit(
              hello.extensions.encrypted_client_hello ?? pattern(0),
            ),
          },
        }))
        : undefined,
  };
}

for (
  const [name, alert, ech] of [
    ["of type inner", "illegal_parameter", Uint8Array.of(1)],
    ["of another type", "illegal_parameter", Uint8Array.of(2)],
    ["that is empty", "decode_error", pattern(0)],
  ] as const
) {
  Deno.test(`openClientHello() refuses an extension ${name}, by its alert`, async () => {
    const wires = crossed();
    using peer = new Peer(wires.forClient, editingHello(0, () => ech));
    const flow = clientHandshake(peer.io, await clientConfig(secretly()))
      .catch(tlsError);
    const error = tlsError(
      await assertRejects(() =>
        openClientHello(wires.forServer, { keys: current.pem })
      ),
    );
    assertEquals(error.alert, alert);
    assertEquals(tlsErrorOf(await flow), alert);
  });
}

type Edit = (raw: Uint8Array) => Uint8Array | undefined;

const outer = (change: Record<string, unknown>): Edit => (raw) => {
  const value = decode(ECHClientHello, raw, "test");
  assert(value !== "inner");
  return encode(ECHClientHello, { ...value, ...change });
};

const seconds: [name: string, alert: string, mischief: Mischief][] = [
  [
    "without the extension",
    "missing_extension",
    editingHello(1, () => undefined),
  ],
  [
    "of type inner",
    "illegal_parameter",
    editingHello(1, () => Uint8Array.of(1)),
  ],
  [
    "with another config_id",
    "illegal_parameter",
    editingHello(1, outer({ configId: 9 })),
  ],
  [
    "with another suite",
    "illegal_parameter",
    editingHello(1, outer({ cipherSuite: { kdfId: 1, aeadId: 2 } })),
  ],
  [
    "with a key again",
    "illegal_parameter",
    editingHello(1, outer({ enc: pattern(32) })),
  ],
  [
    "that cannot be decrypted",
    "decrypt_error",
    editingHello(1, outer({ payload: pattern(400) })),
  ],
  ["in whose place another message comes", "unexpected_message", {
    message: secondHello((raw) => Uint8Array.of(20, ...raw.subarray(1))),
  }],
  ["with a message behind it", "unexpected_message", {
    message: secondHello((raw) => Uint8Array.of(...raw, 20, 0, 0, 0)),
  }],
  ["with an alert in the middle", "unexpected_message", {
    record: secondRecord((bytes) => [
      [ContentType.handshake, bytes.subarray(0, 20)],
      [ContentType.alert, Uint8Array.of(1, 90)],
      [ContentType.handshake, bytes.subarray(20)],
    ]),
  }],
];

/** Changes the second ClientHello. */
function secondHello(
  edit: (raw: Uint8Array) => Uint8Array,
): NonNullable<Mischief["message"]> {
  let hellos = 0;
  return ({ name, raw }) =>
    name === "client_hello" && hellos++ === 1 ? edit(raw) : undefined;
}

/** Changes the records of the second ClientHello. */
function secondRecord(
  edit: (bytes: Uint8Array) => [number, Uint8Array][],
): NonNullable<Mischief["record"]> {
  let hellos = 0;
  return (type, bytes) =>
    type === ContentType.handshake && bytes[0] === 1 && hellos++ === 1
      ? edit(bytes)
      : undefined;
}

for (const [name, alert, mischief] of seconds) {
  Deno.test(`a client-facing server refuses a second ClientHello ${name}, by its alert`, async () => {
    const wires = crossed();
    const behind = crossed();
    using peer = new Peer(wires.forClient, mischief);
    const flow = clientHandshake(peer.io, await clientConfig(secretly()))
      .then(() => peer.readAlert(), tlsErrorOf);
    const { duplex } = await openClientHello(wires.forServer, {
      keys: current.pem,
    });
    const there = server(
      behind.forServer,
      await serverOptions(facing({ ech: "backend", groups: ["secp384r1"] })),
    );
    const shaking = there.handshake().catch(() => "failed");
    const error = await assertRejects(() =>
      pipeDuplex(duplex, behind.forClient)
    );
    assertEquals(tlsError(error).alert, alert);
    assertEquals(await flow, alert);
    assertEquals(await shaking, "failed");
  });
}

Deno.test("openClientHello() ends with its signal, and tells that a client has ended", async () => {
  const { forServer } = crossed();
  const controller = new AbortController();
  const opening = openClientHello(forServer, {
    keys: current.pem,
    signal: controller.signal,
  });
  const reason = new Error("too slow");
  controller.abort(reason);
  assertEquals(await assertRejects(() => opening), reason);
  const other = crossed();
  await other.forClient.writable.close();
  const error = await assertRejects(() =>
    openClientHello(other.forServer, { keys: current.pem })
  );
  assertEquals(tlsError(error).code, "truncated");
});

Deno.test("openClientHello() refuses options that mean nothing", async () => {
  const { forServer } = crossed();
  for (
    const options of [
      {},
      { keys: [] },
      { keys: 1 },
      { keys: current.pem, keyLog: 1 },
      { keys: current.pem, signal: 1 },
      { keys: current.pem, sni: () => {} },
    ]
  ) {
    await assertRejects(
      () => openClientHello(forServer, options as never),
      TypeError,
    );
  }
  assertEquals(forServer.readable.locked, false);
});

/** RFC 9849 section 5. */
Deno.test("what a client-facing server forwards has no name but in the encrypted part", async () => {
  await using ends = await split(secretly());
  await outcomes(ends);
  const { outer, info } = ends.opened;
  assert(outer.extensions.includes(ExtensionType.encrypted_client_hello));
  assert(!new TextDecoder("latin1").decode(outer.raw).includes(SECRET));
  assert(new TextDecoder("latin1").decode(info.raw).includes(SECRET));
});

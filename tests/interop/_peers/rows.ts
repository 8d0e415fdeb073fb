/**
 * The rows of the matrices: what two programs do with one another. Each row
 * says which pairs it is for, and fails where the two do not agree with it
 * or with one another.
 *
 * @module
 */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { concat } from "@std/bytes";
import {
  CLIENT_NAME,
  clientIdentity,
  type KeyType,
  SERVER_NAME,
  serverIdentity,
  trust,
} from "./material.ts";
import {
  type Abilities,
  type ClientPeer,
  type End,
  type Feature,
  payload,
  type Report,
  type ServerPeer,
  type Settings,
  type Version,
} from "./peer.ts";
import { SUITES_TLS13 } from "./suites.ts";
import { Tap } from "./tap.ts";

/** A client and a server that are to talk. */
export interface Pair {
  readonly client: ClientPeer;
  readonly server: ServerPeer;
}

/** One row. */
export interface Row {
  readonly name: string;
  /** Whether both programs have what it takes. */
  applies(pair: Pair): boolean;
  run(pair: Pair): Promise<void>;
}

const V13: readonly [Version, Version] = ["TLSv1.3", "TLSv1.3"];

/** All that there is to try with TLS 1.3. */
export function rowsTls13(): Row[] {
  return [
    ...SUITES_TLS13.map((suite) => suiteRow("TLSv1.3", suite)),
    ...[
      "X25519MLKEM768",
      "SecP256r1MLKEM768",
      "SecP384r1MLKEM1024",
      "x25519",
      "secp256r1",
      "secp384r1",
      "secp521r1",
      "x448",
    ].map(groupRow),
    ...(["P-256", "P-384", "P-521", "RSA", "Ed25519", "Ed448"] as const)
      .map(certificateRow),
    retryRow,
    alpnRow,
    alpnRefusalRow,
    serverNameRow,
    ...clientCertificateRows,
    resumptionRow,
    resumptionRetryRow,
    ...keyUpdateRows,
    bulkRow,
    ...halfCloseRows,
    ...closeRows,
  ];
}

function suiteRow(version: Version, suite: string): Row {
  return {
    name: `${version} ${suite}`,
    applies: both(({ cipherSuites, versions }) =>
      cipherSuites.includes(suite) && versions.includes(version)
    ),
    run(pair) {
      const settings: Settings = {
        versions: [version, version],
        cipherSuites: [suite],
      };
      return converse(pair, {
        client: settings,
        server: settings,
        expect: { version, cipherSuite: suite },
      });
    },
  };
}

function groupRow(group: string): Row {
  return {
    name: `group ${group}`,
    applies: both(({ groups }) => groups.includes(group)),
    run: (pair) =>
      converse(pair, {
        client: { versions: V13, groups: [group] },
        server: { versions: V13, groups: [group] },
        expect: { group },
      }),
  };
}

function certificateRow(keyType: KeyType): Row {
  return {
    name: `certificate ${keyType}`,
    applies: both(({ certificates }) => certificates.includes(keyType)),
    run: async (pair) =>
      await converse(pair, {
        client: { versions: V13 },
        server: { versions: V13, identity: await serverIdentity(keyType) },
        expect: { version: "TLSv1.3" },
      }),
  };
}

/** The client's share is for a group that the server does not take. */
const retryRow: Row = {
  name: "HelloRetryRequest",
  applies: ({ client, server }) =>
    has(client.client, "choice of groups") &&
    has(server.server, "choice of groups"),
  run: (pair) =>
    converse(pair, {
      client: { versions: V13, groups: ["x25519", "secp256r1", "secp521r1"] },
      server: { versions: V13, groups: ["secp521r1"] },
      expect: { group: "secp521r1" },
      retry: true,
    }),
};

const alpnRow: Row = {
  name: "ALPN",
  applies: both((abilities) => has(abilities, "alpn")),
  run: (pair) =>
    converse(pair, {
      client: { versions: V13, alpnProtocols: ["h2", "http/1.1"] },
      server: { versions: V13, alpnProtocols: ["http/1.1"] },
      expect: { alpnProtocol: "http/1.1" },
    }),
};

/** RFC 7301 section 3.2: no overlap is a fatal alert. */
const alpnRefusalRow: Row = {
  name: "ALPN without overlap is refused",
  applies: ({ client, server }) =>
    has(client.client, "alpn") && has(server.server, "alpn refusal"),
  run: (pair) =>
    refuse(pair, {
      client: { versions: V13, alpnProtocols: ["h2"] },
      server: { versions: V13, alpnProtocols: ["http/1.1"] },
      reason: /no.?application.?protocol|tlsv1 alert no application|120/i,
    }),
};

const serverNameRow: Row = {
  name: "SNI",
  applies: ({ client, server }) =>
    has(client.client, "sni") && has(server.server, "sni"),
  run: (pair) =>
    converse(pair, {
      client: { versions: V13, serverName: SERVER_NAME },
      server: { versions: V13 },
      expectServer: { serverName: SERVER_NAME },
    }),
};

const clientCertificateRows: Row[] = [
  {
    name: "client certificate required and given",
    applies: both((abilities) => has(abilities, "client certificate")),
    run: async (pair) =>
      await converse(pair, {
        client: { versions: V13, identity: await clientIdentity() },
        server: { versions: V13, clientAuth: "require" },
        expectServer: { peerName: CLIENT_NAME },
      }),
  },
  {
    name: "client certificate requested and not given",
    applies: ({ server }) => has(server.server, "client certificate"),
    run: (pair) =>
      converse(pair, {
        client: { versions: V13 },
        server: { versions: V13, clientAuth: "request" },
        expectServer: { peerName: null },
      }),
  },
  {
    name: "client certificate required and not given is refused",
    applies: ({ server }) => has(server.server, "client certificate refusal"),
    run: (pair) =>
      refuse(pair, {
        client: { versions: V13 },
        server: { versions: V13, clientAuth: "require" },
        // Tcl has no other word for an alert.
        reason:
          /certificate.?(is )?required|client_certificate_refused|116|software caused connection abort/i,
      }),
  },
];

const resumptionRow: Row = {
  name: "resumption",
  applies: both((abilities) => has(abilities, "resumption")),
  run: (pair) =>
    converse(pair, {
      client: { versions: V13, resume: true },
      server: { versions: V13 },
      expect: { resumed: true },
    }),
};

/** The binders cover both ClientHellos then (RFC 8446 section 4.2.11.2). */
const resumptionRetryRow: Row = {
  name: "resumption with HelloRetryRequest",
  applies: (pair) => resumptionRow.applies(pair) && retryRow.applies(pair),
  run: (pair) =>
    converse(pair, {
      client: {
        versions: V13,
        resume: true,
        groups: ["x25519", "secp256r1", "secp521r1"],
      },
      server: { versions: V13, groups: ["secp521r1"] },
      expect: { resumed: true, group: "secp521r1" },
      retry: true,
    }),
};

const keyUpdateRows: Row[] = (["client", "server"] as const).flatMap((side) =>
  [false, true].map((requestPeer): Row => ({
    name: `KeyUpdate from the ${side}${
      requestPeer ? ", and asked of the other end" : ""
    }`,
    applies: (pair) =>
      has(
        side === "client" ? pair.client.client : pair.server.server,
        requestPeer ? "key update request" : "key update",
      ),
    run: (pair) =>
      converse(pair, {
        client: { versions: V13 },
        server: { versions: V13 },
        expect: { version: "TLSv1.3" },
        async then(ends) {
          const other = side === "client" ? "server" : "client";
          const echoed = has(pair.server.server, "echo only");
          for (let round = 0; round < 3; round++) {
            await ends[side].updateKeys?.(requestPeer);
            if (!echoed) {
              // The other end has seen the request when it has this.
              await pass(ends[side], ends[other], 1000);
              // Its answer comes with its next data, not later.
              await pass(ends[other], ends[side], 1000);
            }
            await exchange(pair, ends, 20_000);
          }
          const answers = ends[side].keyUpdatesReceived?.();
          if (requestPeer && answers !== undefined) assertEquals(answers, 3);
        },
      }),
  }))
);

const bulkRow: Row = {
  name: "several MiB each way",
  applies: () => true,
  run: (pair) =>
    converse(pair, {
      client: { versions: V13 },
      server: { versions: V13 },
      expect: { version: "TLSv1.3" },
      then: (ends) =>
        exchange(
          pair,
          ends,
          Math.min(pair.client.client.bulk, pair.server.server.bulk),
        ),
    }),
};

/** RFC 8446 section 6.1: close_notify ends one direction alone. */
const halfCloseRows: Row[] = (["client", "server"] as const).map((side) => ({
  name: `half close by the ${side}`,
  applies: both((abilities) => has(abilities, "half close")),
  run: (pair) =>
    converse(pair, {
      client: { versions: V13 },
      server: { versions: V13 },
      expect: { version: "TLSv1.3" },
      async then(ends) {
        const other = side === "client" ? ends.server : ends.client;
        await ends[side].closeWrite?.();
        assert(await other.ended(), "the end of writing was not clean");
        const data = payload(100_000, 3);
        const [received] = await Promise.all([
          ends[side].receive(data.length),
          other.send(data),
        ]);
        assertSame(received, data);
      },
    }),
}));

const closeRows: Row[] = (["client", "server"] as const).map((side) => ({
  name: `close_notify by the ${side}`,
  applies: ({ client, server }) =>
    has(side === "client" ? client.client : server.server, "close notify") &&
    has(side === "client" ? server.server : client.client, "end report"),
  run: (pair) =>
    converse(pair, {
      client: { versions: V13 },
      server: { versions: V13 },
      expect: { version: "TLSv1.3" },
      async then(ends) {
        await ends[side].close();
        const other = side === "client" ? ends.server : ends.client;
        assert(await other.ended(), "the end was not clean");
      },
    }),
}));

/** What a conversation is to be like. */
export interface Conversation {
  readonly client: Settings;
  readonly server: Settings;
  /** What both must report, as far as they report it. */
  readonly expect?: Report;
  /** What the server must report. */
  readonly expectServer?: Report;
  /** What the programs need not agree on. */
  readonly differs?: readonly (keyof Report)[];
  /** Whether a HelloRetryRequest must be seen on the wire. */
  readonly retry?: boolean;
  /** What they do after they have exchanged some bytes. */
  then?(ends: Ends): Promise<void>;
}

/** Both ends of a connection. */
export interface Ends {
  readonly client: End;
  readonly server: End;
}

/** Connects the two, compares what they say, and lets them exchange data. */
export async function converse(
  pair: Pair,
  conversation: Conversation,
): Promise<void> {
  const { client, server } = await complete(conversation);
  await using listening = await pair.server.listen(server);
  await using tap = await Tap.start(listening.port);
  await using opened = new AsyncDisposableStack();
  const connecting = pair.client.connect(tap.port, client)
    .then((end) => opened.use(end));
  // Awaited below, where its failure counts.
  connecting.catch(() => {});
  if (client.resume === true) {
    const first = await listening.accept();
    await first.report();
    const silent = has(pair.client.client, "silent first connection") ||
      has(pair.server.server, "echo only");
    if (!silent) {
      await first.send(await first.receive(1));
    }
    await first.ended();
    await first.close();
  }
  const [clientEnd, serverEnd] = await Promise.all([
    connecting,
    listening.accept(),
    // A handshake that fails gives no connection to accept.
    connecting.then((end) => end.report()),
  ]);
  opened.use(serverEnd);
  const ends = { client: clientEnd, server: serverEnd };
  await compare(pair, ends, conversation);
  await exchange(pair, ends, 1000);
  if (conversation.retry === true) {
    assert(tap.sawRetry, "no HelloRetryRequest was seen on the wire");
  }
  await conversation.then?.(ends);
  // One of the two may have ended it already.
  await clientEnd.close().catch(() => {});
}

/** What a refusal is to be like. */
export interface Refusal {
  readonly client: Settings;
  readonly server: Settings;
  /** What the refused end says. */
  readonly reason: RegExp;
}

/** Connects the two, and sees the server refuse the client. */
export async function refuse(pair: Pair, refusal: Refusal): Promise<void> {
  const { client, server } = await complete(refusal);
  await using listening = await pair.server.listen(server);
  const accepting = listening.accept().then(async (end) => {
    await end.report();
    await end.close();
  });
  // A server that refuses may never give a connection.
  accepting.catch(() => {});
  const error = await assertRejects(async () => {
    await using end = await pair.client.connect(listening.port, client);
    await end.report();
    // A client of TLS 1.3 learns of it when it reads.
    await end.receive(1);
  });
  const said = describe(error);
  assert(refusal.reason.test(said), `the client was refused with: ${said}`);
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code, alert } = error as { code?: unknown; alert?: unknown };
  return [error.name, code, alert, error.message].filter(Boolean).join(" ");
}

async function complete(
  { client, server }: { client: Settings; server: Settings },
): Promise<{ client: Settings; server: Settings }> {
  const anchors = await trust();
  return {
    client: { trust: anchors, serverName: SERVER_NAME, ...client },
    server: {
      trust: anchors,
      identity: await serverIdentity(),
      clientAuth: "none",
      ...server,
    },
  };
}

async function compare(
  { client, server }: Pair,
  ends: Ends,
  { expect = {}, expectServer = {}, differs = [] }: Conversation,
): Promise<void> {
  const [ofClient, ofServer] = await Promise.all([
    ends.client.report(),
    ends.server.report(),
  ]);
  const want: Report = { version: "TLSv1.3", resumed: false, ...expect };
  for (const field of differs) delete want[field];
  check(`the client ${client.name}`, client.client, ofClient, want);
  check(`the server ${server.name}`, server.server, ofServer, {
    ...want,
    ...expectServer,
  });
  for (const field of ["version", "cipherSuite", "group"] as const) {
    if (ofClient[field] === undefined || ofServer[field] === undefined) {
      continue;
    }
    assertEquals(
      ofClient[field],
      ofServer[field],
      `the two differ on ${field}`,
    );
  }
}

function check(
  who: string,
  { reports }: Abilities,
  report: Report,
  want: Report,
): void {
  for (const field of reports) {
    if (want[field] === undefined) continue;
    // OpenSSL's programs tell it of TLS 1.3 alone.
    const untold = field === "group" && report.version !== "TLSv1.3";
    if (untold && report.group === undefined) continue;
    assertEquals(report[field], want[field], `${who} says ${field} is`);
  }
}

/** Sends as much each way, at the same time, and compares what arrives. */
export async function exchange(
  pair: Pair,
  { client, server }: Ends,
  length: number,
): Promise<void> {
  const blocked = has(pair.client.client, "blocking writes") &&
    has(pair.server.server, "blocking writes");
  if (blocked) {
    // Neither of the two reads while the other one does not.
    await pass(client, server, length);
    await pass(server, client, length);
    return;
  }
  const up = payload(length, 1);
  const echoed = has(pair.server.server, "echo only");
  const down = echoed ? up : payload(length, 2);
  const [atClient, atServer] = await Promise.all([
    client.receive(down.length),
    echoed ? up : server.receive(up.length),
    client.send(echoed ? inLines(up) : up),
    echoed || server.send(down),
  ]);
  assertSame(atClient, down);
  assertSame(atServer, up);
}

/** Sends one way alone, and compares what arrives. */
async function pass(from: End, to: End, length: number): Promise<void> {
  const data = payload(length, 3);
  const [received] = await Promise.all([to.receive(length), from.send(data)]);
  assertSame(received, data);
}

/** `gnutls-serv` answers whole lines; the receiving end drops their ends. */
function inLines(data: Uint8Array): Uint8Array {
  const LENGTH = 8000;
  const lines: Uint8Array<ArrayBuffer>[] = [];
  for (let at = 0; at < data.length; at += LENGTH) {
    lines.push(new Uint8Array(data.subarray(at, at + LENGTH)));
    lines.push(new Uint8Array([0x0a]));
  }
  return concat(lines);
}

function assertSame(actual: Uint8Array, expected: Uint8Array): void {
  assertEquals(actual.length, expected.length);
  for (let at = 0; at < expected.length; at++) {
    if (actual[at] !== expected[at]) {
      throw new Error(`byte ${at} of ${expected.length} differs`);
    }
  }
}

/** Whether a program has a feature. */
export function has({ features }: Abilities, feature: Feature): boolean {
  return features.includes(feature);
}

/** A row for which both programs must have something. */
export function both(test: (abilities: Abilities) => boolean): Row["applies"] {
  return ({ client, server }) => test(client.client) && test(server.server);
}

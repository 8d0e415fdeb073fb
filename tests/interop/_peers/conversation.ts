/**
 * A conversation of two programs: connects them, compares what they say and
 * what they hand over. Fails if the two do not agree with the expectation or
 * with one another.
 *
 * @module
 */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { concat } from "@std/bytes";
import { SERVER_NAME, serverIdentity, trust } from "./material.ts";
import {
  type Abilities,
  type ClientPeer,
  type End,
  type Feature,
  payload,
  type Report,
  type ServerPeer,
  type Settings,
} from "./peer.ts";
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

/** What a conversation is to be like. */
export interface Conversation {
  readonly client: Settings;
  readonly server: Settings;
  /** What both must report, as far as they report it. */
  readonly expect?: Report;
  /** What the client must report. */
  readonly expectClient?: Report;
  /** What the server must report. */
  readonly expectServer?: Report;
  /** What both must tell, and the same of it. */
  readonly share?: readonly (keyof Report)[];
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
  { expect = {}, expectClient = {}, expectServer = {}, ...more }: Conversation,
): Promise<void> {
  const [ofClient, ofServer] = await Promise.all([
    ends.client.report(),
    ends.server.report(),
  ]);
  const { share = [], differs = [] } = more;
  const want: Report = { version: "TLSv1.3", resumed: false, ...expect };
  for (const field of differs) delete want[field];
  check(`the client ${client.name}`, client.client, ofClient, {
    ...want,
    ...expectClient,
  });
  check(`the server ${server.name}`, server.server, ofServer, {
    ...want,
    ...expectServer,
  });
  for (const field of share) {
    assertEquals(typeof ofClient[field], "string", `the client's ${field}`);
    assertEquals(typeof ofServer[field], "string", `the server's ${field}`);
  }
  for (const field of SHARED) {
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

/** What is the same at both ends, as far as they tell it. */
const SHARED = [
  "version",
  "cipherSuite",
  "group",
  "exported",
  "exportedWithContext",
  "tlsUnique",
  "tlsServerEndPoint",
  "tlsExporter",
] as const;

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
export async function pass(from: End, to: End, length: number): Promise<void> {
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

/** Two payloads must not differ. */
export function assertSame(actual: Uint8Array, expected: Uint8Array): void {
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

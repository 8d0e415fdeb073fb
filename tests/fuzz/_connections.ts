/**
 * Targets: whole connections, of which somebody changes the bytes on the way,
 * or whose peer says other things than it should.
 *
 * @module
 */

import { noConnection } from "../_contexts.ts";
import type { TlsConn } from "../../connection/conn.ts";
import { clientHandshake } from "../../handshake/client.ts";
import { HandshakeIO } from "../../handshake/io/message_stream.ts";
import type { MessageKind } from "../../handshake/messages/message_kind.ts";
import { frameMessage } from "../../handshake/messages/framing.ts";
import { serverHandshake } from "../../handshake/server.ts";
import { Session } from "../../handshake/session/session.ts";
import { encode } from "../../record/codec.ts";
import { RecordLayer } from "../../record/layer.ts";
import { ContentType, HandshakeType, ProtocolVersion } from "../../registry.ts";
import { connectionOn, Drive, runConnection } from "./_connection.ts";
import {
  type MemoryTransport,
  TransportFault,
  wire,
} from "./_memory_transport.ts";
import { FlightMutator } from "./_mutate_flight.ts";
import { mutateMessage } from "./_mutate_value.ts";
import { quiet } from "./_quiet.ts";
import { partition, pick, type Random, someBytes } from "./_random.ts";
import {
  protectedScenarios,
  type Scenario,
  unprotectedScenarios,
} from "./_scenarios.ts";
import type { Target } from "./_target.ts";

const sessions = new Map<Scenario, Promise<Session | undefined>>();

/** The session that a first connection leaves. */
function sessionOf(scenario: Scenario): Promise<Session | undefined> {
  let session = sessions.get(scenario);
  if (session === undefined) {
    session = firstConnection(scenario);
    sessions.set(scenario, session);
  }
  return session;
}

async function firstConnection(
  scenario: Scenario,
): Promise<Session | undefined> {
  if (!scenario.resumes) return undefined;
  let left: Session | undefined;
  const client = {
    ...scenario.client,
    onSession: (session: Session) => {
      left = session;
    },
  };
  await runConnection({ ...scenario, client }, {});
  if (left === undefined) throw new Error(`${scenario.name} leaves no session`);
  // A copy, which nobody marks as used.
  return Session.import(left.export());
}

/** Changes what passes between our two ends. */
function wireTarget(scenario: Scenario): Target {
  const isTls13 = scenario.version === ProtocolVersion["TLSv1.3"];
  return {
    name: `wire ${scenario.name}`,
    weight: 3,
    async run(random) {
      const session = await sessionOf(scenario);
      const mutator = new FlightMutator(random, isTls13);
      const { client, server } = await runConnection(scenario, {
        pass: (bytes) => mutator.pass(bytes),
        fails: random(4) === 0,
        session,
        random: (length) => someBytes(random, length),
      });
      return `client: ${client}; server: ${server}`;
    },
  };
}

/** Cuts what passes into other pieces, which must change nothing. */
function partitionTarget(scenario: Scenario): Target {
  return {
    name: `partition ${scenario.name}`,
    weight: 1,
    async run(random) {
      const session = await sessionOf(scenario);
      const { client, server, isComplete } = await runConnection(scenario, {
        pass: (bytes) => partition(bytes, random),
        session,
      });
      if (client !== "clean" || server !== "clean" || !isComplete) {
        throw new Error(`In pieces it fails: ${client}; ${server}`);
      }
      return "clean";
    },
  };
}

/** Says other things than the flow would have it say. */
class FaultyIO extends HandshakeIO {
  readonly #random: Random;
  readonly #at: number;
  #index = 0;
  readonly #said: Uint8Array[] = [];

  constructor(records: RecordLayer, random: Random) {
    super(records, { maxCertificateSize: undefined });
    this.#random = random;
    this.#at = random(6);
  }

  override sendRaw(message: Uint8Array): void {
    for (const raw of this.#instead(message)) super.sendRaw(raw);
  }

  override sendUnhashed<T>(kind: MessageKind<T>, value: T): void {
    const message = frameMessage(kind.type, encode(kind.codec, value));
    for (const raw of this.#instead(message)) {
      this.records.writer.write(ContentType.handshake, raw);
    }
  }

  /** Sends what nobody asked for. */
  chatter(): void {
    const random = this.#random;
    const type = pick([22, 22, 22, 23, 21, 20], random);
    const bytes = type === 22
      ? pick([
        pick(this.#said, random) ?? new Uint8Array(4),
        frameMessage(HandshakeType.key_update, Uint8Array.of(random(2))),
        frameMessage(
          pick(Object.values(HandshakeType), random),
          someBytes(random, random(40)),
        ),
      ], random)
      : type === 21
      ? Uint8Array.of(1 + random(2), random(3) === 0 ? random(120) : 90)
      : someBytes(random, 1 + random(5));
    const times = pick([1, 1, 1, 1, 2, 35], random);
    for (let left = times; left > 0; left--) {
      this.records.writer.write(type, bytes);
    }
  }

  #instead(raw: Uint8Array): readonly Uint8Array[] {
    const random = this.#random;
    this.#said.push(raw);
    if (this.#index++ !== this.#at && random(12) > 0) return [raw];
    switch (random(8)) {
      case 0:
        return [];
      case 1:
        return [raw, raw];
      case 2:
        return [pick(this.#said, random), raw];
      case 3:
        return [raw, mutateMessage(pick(this.#said, random), random)];
      default:
        return [mutateMessage(raw, random)];
    }
  }
}

/** A peer that hashes, signs and seals what it should not say. */
function peerTarget(scenario: Scenario, side: "client" | "server"): Target {
  const ours = side === "client" ? "server" : "client";
  return {
    name: `hostile ${side} ${scenario.name}`,
    weight: 2,
    async run(random) {
      const on = wire();
      const conn = connectionOn(on[ours], scenario[ours]);
      const drive = new Drive(0);
      drive.run(conn, () => chat(conn));
      misbehave(on[side], scenario, side, random).catch(() => {
        // It has confused itself, or was refused.
      });
      await quiet(on.moves);
      on[ours].end();
      await quiet(on.moves);
      on[side].fail(new TransportFault("Over"));
      if (!drive.isSettled) throw new Error(`It hangs: ${drive.outcome}`);
      drive.check();
      return `${ours}: ${drive.outcome}`;
    },
  };
}

async function chat(conn: TlsConn): Promise<void> {
  await conn.handshake();
  await conn.write(new Uint8Array(100));
}

async function misbehave(
  transport: MemoryTransport,
  scenario: Scenario,
  side: "client" | "server",
  random: Random,
): Promise<void> {
  const records = new RecordLayer({ source: transport, sink: transport });
  const io = new FaultyIO(records, random);
  if (side === "client") await clientHandshake(io, scenario.client);
  else await serverHandshake(io, scenario.server, noConnection);
  for (let left = random(4); left > 0; left--) io.chatter();
  if (random(2) === 0) io.sendAlert("warning", "close_notify");
  await io.flush();
  while (await records.reader.read() !== undefined);
}

/** What speaks no TLS, or only begins to. */
function garbageTarget(side: "client" | "server"): Target {
  const scenario = protectedScenarios[0] as Scenario;
  return {
    name: `garbage to the ${side}`,
    weight: 2,
    async run(random) {
      const on = wire();
      const conn = connectionOn(on[side], scenario[side]);
      const drive = new Drive(0);
      drive.run(conn, () => chat(conn));
      for (const part of partition(garbage(random), random)) {
        on[side].deliver(part);
      }
      await quiet(on.moves);
      on[side].end();
      await quiet(on.moves);
      if (!drive.isSettled) throw new Error(`It hangs: ${drive.outcome}`);
      drive.check();
      return `${side}: ${drive.outcome}`;
    },
  };
}

function garbage(random: Random): Uint8Array {
  const bytes = someBytes(random, random(600));
  if (random(3) === 0) return bytes;
  const start = pick([
    [22, 3, 1, 0, 200, 1, 0, 0, 196],
    [22, 3, 3, 0, 90, 2, 0, 0, 86, 3, 3],
    [22, 3, 1, 64, 0],
    [21, 3, 3, 0, 2, 2, 40],
    [0x80, 0x2e, 1, 0, 2],
    [...new TextEncoder().encode("GET / HTTP/1.1\r\n")],
    [...new TextEncoder().encode("SSH-2.0-x\r\n")],
    [...new TextEncoder().encode("220 mail ESMTP\r\n")],
    [23, 3, 3, 0, 10],
    [20, 3, 3, 0, 1, 1],
  ], random);
  bytes.set(start.slice(0, bytes.length));
  return bytes;
}

/** All of them. */
export const connectionTargets: readonly Target[] = [
  ...unprotectedScenarios.map(wireTarget),
  ...unprotectedScenarios.map(partitionTarget),
  ...protectedScenarios.map(partitionTarget),
  ...protectedScenarios.flatMap((scenario) => [
    peerTarget(scenario, "client"),
    peerTarget(scenario, "server"),
  ]),
  garbageTarget("client"),
  garbageTarget("server"),
];

/**
 * A peer made of our own parts that breaks one rule at a time. What it alters
 * it also hashes, seals and goes on from, so that nothing but the rule under
 * test is broken.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import type { TlsConn } from "../connection/conn.ts";
import type {
  ClientOptions,
  ServerOptions,
} from "../connection/options/options.ts";
import { type Duplex, transportOf } from "../connection/transport/transport.ts";
import { client, server } from "../connection/wrap.ts";
import { TlsAlertError, type TlsAlertName, TlsError } from "../errors.ts";
import { clientHandshake } from "../handshake/client.ts";
import type { ClientConfig, ServerConfig } from "../handshake/common/config.ts";
import type { Established } from "../handshake/common/established.ts";
import { HandshakeIO, type Received } from "../handshake/io/message_stream.ts";
import type { Transcript } from "../handshake/io/transcript.ts";
import type { MessageKind } from "../handshake/messages/message_kind.ts";
import { frameMessage } from "../handshake/messages/framing.ts";
import { serverHandshake } from "../handshake/server.ts";
import { decode, encode } from "../record/codec.ts";
import { RecordLayer, type RecordLayerOptions } from "../record/layer.ts";
import { RecordWriter } from "../record/writer.ts";
import { ContentType, HandshakeType, nameOf } from "../registry.ts";
import { clientConfigOf, noConnection, serverConfigOf } from "./_contexts.ts";
import { clientOptions, crossed, serverOptions, tlsError } from "./_pair.ts";

/** What a hook is shown of a handshake message that is about to be sent. */
export interface Outgoing {
  /** Its name in the registry, such as `"server_hello"`. */
  readonly name: string;
  /** Header and body. */
  readonly raw: Uint8Array;
  /** How many messages were sent before. */
  readonly index: number;
}

/** What a peer does otherwise than it should. */
export interface Mischief {
  /**
   * What goes out in place of a message, each with its header: it is hashed
   * and protected as the flow would have the message. Nothing changes nothing.
   */
  readonly message?: (
    message: Outgoing,
  ) => Uint8Array | readonly Uint8Array[] | undefined | void;
  /** What goes out in place of a record's content, before protection. */
  readonly record?: (
    type: number,
    bytes: Uint8Array,
  ) => readonly (readonly [type: number, bytes: Uint8Array])[] | void;
  /** What it takes a message for that it reads; its hash is not changed. */
  readonly misread?: <T>(kind: MessageKind<T>, value: T) => T;
}

class MischievousWriter extends RecordWriter {
  mischief: Mischief["record"];

  override write(type: number, bytes: Uint8Array): Promise<void> | undefined {
    const instead = this.mischief?.(type, bytes) ?? [[type, bytes] as const];
    let last: Promise<void> | undefined;
    for (const [type, bytes] of instead) last = super.write(type, bytes);
    return last;
  }
}

class MischievousRecords extends RecordLayer {
  override readonly writer: MischievousWriter;

  constructor(options: RecordLayerOptions) {
    super(options);
    this.writer = new MischievousWriter(options.sink, options);
  }
}

class MischievousIO extends HandshakeIO {
  readonly #alter: Mischief["message"];
  readonly #misread: Mischief["misread"];
  #index = 0;

  constructor(records: RecordLayer, mischief: Mischief) {
    super(records, { maxCertificateSize: undefined });
    this.#alter = mischief.message;
    this.#misread = mischief.misread;
  }

  override async receive<T>(
    kind: MessageKind<T>,
    transcript?: Transcript,
  ): Promise<Received<T>> {
    const { value, raw } = await super.receive(kind, transcript);
    return { value: this.#misread?.(kind, value) ?? value, raw };
  }

  override sendRaw(message: Uint8Array, transcript?: Transcript): void {
    for (const raw of this.#instead(message)) super.sendRaw(raw, transcript);
  }

  override sendUnhashed<T>(kind: MessageKind<T>, value: T): void {
    const message = frameMessage(kind.type, encode(kind.codec, value));
    for (const raw of this.#instead(message)) {
      this.records.writer.write(ContentType.handshake, raw);
    }
  }

  #instead(raw: Uint8Array): readonly Uint8Array[] {
    const name = nameOf(HandshakeType, raw[0] as number);
    const instead = this.#alter?.({ name, raw, index: this.#index++ });
    if (instead === undefined) return [raw];
    return instead instanceof Uint8Array ? [instead] : instead;
  }
}

/** One end at the level of messages and records. */
export class Peer implements Disposable {
  readonly io: HandshakeIO;
  readonly records: RecordLayer;
  readonly #duplex: Duplex;

  constructor(duplex: Duplex, mischief: Mischief = {}) {
    const transport = transportOf(duplex);
    this.#duplex = duplex;
    const records = new MischievousRecords({
      source: transport,
      sink: transport,
    });
    records.writer.mischief = mischief.record;
    this.records = records;
    this.io = new MischievousIO(records, mischief);
    this.end = () => transport.close();
    this.cut = (reason) => transport.abort(reason);
  }

  /** Ends the transport both ways, without close_notify. */
  readonly end: () => Promise<void>;
  /** Breaks the transport. */
  readonly cut: (reason?: unknown) => void;

  /** Sends a handshake message that no flow has sent, and lets it leave. */
  async send<T>(kind: MessageKind<T>, value: T): Promise<void> {
    this.records.writer.write(
      ContentType.handshake,
      frameMessage(kind.type, encode(kind.codec, value)),
    );
    await this.records.writer.flush();
  }

  /** Sends a record's content, and lets it leave. */
  async sendRecord(type: number, bytes: Uint8Array): Promise<void> {
    this.records.writer.write(type, bytes);
    await this.records.writer.flush();
  }

  /** Reads records until an alert comes; its name. */
  async readAlert(): Promise<string> {
    for (;;) {
      const fragment = await this.records.reader.read();
      if (fragment === undefined) return "end";
      if (fragment.type !== ContentType.alert) continue;
      try {
        if (this.io.receiveAlert(fragment.bytes) === "closed") {
          return "close_notify";
        }
      } catch (error) {
        if (error instanceof TlsAlertError) return String(error.alert);
        throw error;
      }
    }
  }

  [Symbol.dispose](): void {
    this.cut();
  }

  /** The duplex, for bytes that are no record. */
  get duplex(): Duplex {
    return this.#duplex;
  }
}

/** What a client flow needs, of options. */
export async function clientConfig(
  options: ClientOptions = {},
): Promise<ClientConfig> {
  const all = await clientOptions(options);
  return await clientConfigOf(all);
}

/** What a server flow needs, of options. */
export async function serverConfig(
  options: ServerOptions = {},
): Promise<ServerConfig> {
  return await serverConfigOf(await serverOptions(options));
}

/** Our server against a client that breaks a rule. */
export async function hostileClient(
  mischief: Mischief,
  options: {
    client?: ClientOptions;
    server?: ServerOptions;
    config?: Partial<ClientConfig>;
  } = {},
): Promise<{ peer: Peer; conn: TlsConn; flow: () => Promise<Established> }> {
  const wires = crossed();
  const conn = server(wires.forServer, await serverOptions(options.server));
  const peer = new Peer(wires.forClient, mischief);
  const config = { ...await clientConfig(options.client), ...options.config };
  return {
    peer,
    conn,
    flow: async () => {
      const established = await clientHandshake(peer.io, config);
      await peer.io.flush();
      return established;
    },
  };
}

/** Our client against a server that breaks a rule. */
export async function hostileServer(
  mischief: Mischief,
  options: {
    client?: ClientOptions;
    server?: ServerOptions;
    config?: Partial<ServerConfig>;
  } = {},
): Promise<{ peer: Peer; conn: TlsConn; flow: () => Promise<Established> }> {
  const wires = crossed();
  const conn = client(wires.forClient, await clientOptions(options.client));
  const peer = new Peer(wires.forServer, mischief);
  const config = { ...await serverConfig(options.server), ...options.config };
  return {
    peer,
    conn,
    flow: async () => {
      const established = await serverHandshake(peer.io, config, noConnection);
      // Tickets that are not wanted any more; what came instead is to be read.
      await peer.io.flush().catch(() => {});
      return established;
    },
  };
}

/**
 * Runs a flow that breaks a rule against our end: ours fails with the
 * alert, and the alert arrives at the other end.
 */
export async function assertRefused(
  alert: TlsAlertName,
  { peer, conn, flow }: Awaited<ReturnType<typeof hostileClient>>,
): Promise<TlsError> {
  using _ = peer;
  const [ours, theirs] = await Promise.allSettled([
    conn.handshake().then((info) => {
      // Nobody is to wait for an alert that does not come.
      peer.cut(new Error("Accepted"));
      return info;
    }),
    flow().then(() => peer.readAlert()).catch((error) => {
      // A mistake of the test's must not leave ours waiting.
      if (!(error instanceof TlsError)) peer.cut(error);
      throw error;
    }),
  ]);
  if (ours.status === "fulfilled") {
    throw new Error(`It was accepted; the peer: ${Deno.inspect(theirs)}`);
  }
  const error = tlsError(ours.reason);
  assertEquals(error.alert, alert, error.message);
  assertEquals(error.stage, "handshake");
  assertEquals(await conn.closed, { clean: false, error });
  assertEquals(alertOf(theirs), alert, "the alert that arrived");
  return error;
}

/** The alert that a peer's flow or reading ended with. */
function alertOf(result: PromiseSettledResult<unknown>): unknown {
  if (result.status === "fulfilled") return result.value;
  return result.reason instanceof TlsAlertError
    ? result.reason.alert
    : result.reason;
}

/** Lets a flow that breaks a rule after the handshake be refused. */
export async function assertRefusedLater(
  alert: TlsAlertName,
  { peer, conn, flow }: Awaited<ReturnType<typeof hostileClient>>,
  misdeed: (ends: { peer: Peer; established: Established }) => Promise<void>,
): Promise<TlsError> {
  using _ = peer;
  const [, established] = await Promise.all([conn.handshake(), flow()]);
  const reading = conn.read(new Uint8Array(100));
  reading.catch(() => {});
  // It may be cut off in the middle.
  await misdeed({ peer, established }).catch(() => {});
  const arrived = await peer.readAlert();
  const error = await reading.then(
    (read) => {
      throw new Error(`It was accepted: read() gave ${read}`);
    },
    (error) => tlsError(error),
  );
  assertEquals(error.alert, alert, error.message);
  assertEquals(error.stage, "data");
  assertEquals(arrived, alert, "the alert that arrived");
  assertEquals(await conn.closed, { clean: false, error });
  return error;
}

/** A message of a kind with some of its fields changed. */
export function edited<T>(
  kind: MessageKind<T>,
  raw: Uint8Array,
  edit: (value: T) => T,
): Uint8Array {
  const value = decode(kind.codec, raw.subarray(4), kind.name);
  return frameMessage(kind.type, encode(kind.codec, edit(value)));
}

/** A mischief that edits the messages of one kind. */
export function editing<T>(
  kind: MessageKind<T>,
  edit: (value: T) => T,
): Mischief {
  return {
    message: ({ raw }) =>
      raw[0] === kind.type ? edited(kind, raw, edit) : undefined,
  };
}

/** A mischief that takes the messages of one kind for others. */
export function misreading<T>(
  kind: MessageKind<T>,
  edit: (value: T) => T,
): Mischief {
  return {
    misread: <U>(read: MessageKind<U>, value: U) =>
      // The same kind has the same type of values.
      Object.is(read, kind)
        ? edit(value as unknown as T) as unknown as U
        : value,
  };
}

/**
 * A connection again, from its bytes and its secrets: each record, what was in
 * it, and the messages.
 *
 * @module
 */

import {
  alertFields,
  changeCipherSpecFields,
  type DecodedMessage,
  type Field,
  MessageDecoder,
  recordHeaderFields,
} from "../../handshake/fields/decoder.ts";
import { MessageAssembler } from "../../handshake/messages/framing.ts";
import { RECORD_HEADER_LENGTH } from "../../record/plaintext.ts";
import type { Fragment } from "../../record/protection.ts";
import { ContentType, HandshakeType, ProtocolVersion } from "../../registry.ts";
import type { Capture, Sender } from "./capture.ts";
import { innerClientHello } from "./inner_client_hello.ts";
import {
  type Keys,
  keysTls12,
  keysTls13,
  nextKeys,
  type Secret,
  Secrets,
} from "./secrets.ts";

/** A record as it was on the wire, and as it was read. */
export interface ReplayedRecord {
  readonly sender: Sender;
  /** Header included. */
  readonly bytes: Uint8Array;
  /** The five bytes of the header. */
  readonly header: readonly Field[];
  /** What opened it; `undefined` if it was not protected. */
  readonly keys: Keys | undefined;
  /** Its number under these keys. */
  readonly sequenceNumber: number;
  /** Its content, protected or not; `undefined` if nothing opens it. */
  readonly content: Fragment | undefined;
  /** The messages that end in it. */
  readonly messages: readonly ReplayedMessage[];
  /** The fields of an alert or a change_cipher_spec. */
  readonly fields: readonly Field[];
  /** How many bytes of a message wait for the next record. */
  readonly isPartial: boolean;
}

/** A handshake message. */
export interface ReplayedMessage extends DecodedMessage {
  /** What it hides, if it is a ClientHelloOuter that could be opened. */
  readonly inner: DecodedMessage | undefined;
}

/** A connection as it was read. */
export interface Replayed {
  readonly records: readonly ReplayedRecord[];
  readonly secrets: readonly Secret[];
  /** ProtocolVersion. */
  readonly version: number | undefined;
  /** Whether there were more records than a page can hold. */
  readonly isCut: boolean;
}

/** Reads a connection again. */
export async function replay(capture: Capture): Promise<Replayed> {
  const connection = new Connection(
    new Secrets(capture.keyLog),
    suiteAhead(capture),
  );
  const waiting = { client: NOTHING, server: NOTHING };
  const records: ReplayedRecord[] = [];
  const replayed = (isCut: boolean) => ({
    records,
    secrets: connection.secrets.all,
    version: connection.version,
    isCut,
  });
  for (const { sender, bytes } of capture.chunks) {
    let rest = joined(waiting[sender], bytes);
    for (;;) {
      const length = lengthOfRecord(rest);
      if (length === undefined) break;
      if (records.length === MAX_RECORDS) return replayed(true);
      records.push(await connection.read(sender, rest.subarray(0, length)));
      rest = rest.subarray(length);
    }
    waiting[sender] = rest;
  }
  return replayed(capture.isCut);
}

function lengthOfRecord(bytes: Uint8Array): number | undefined {
  if (bytes.length < RECORD_HEADER_LENGTH) return undefined;
  const [, , , high = 0, low = 0] = bytes;
  const length = RECORD_HEADER_LENGTH + high * 256 + low;
  return length <= bytes.length ? length : undefined;
}

/** The state of one direction. */
interface Direction {
  keys: Keys | undefined;
  readonly assembler: MessageAssembler;
}

/** Follows the keys of a connection. */
class Connection {
  readonly secrets: Secrets;
  readonly #suite: number | undefined;
  readonly #decoder = new MessageDecoder();
  readonly #directions: Readonly<Record<Sender, Direction>> = {
    client: { keys: undefined, assembler: new MessageAssembler() },
    server: { keys: undefined, assembler: new MessageAssembler() },
  };
  #clientRandom = NOTHING;
  #serverRandom = NOTHING;
  #encryptThenMac = false;
  #isEarly = false;

  /** `suite` is what the server will choose: early data comes before that. */
  constructor(secrets: Secrets, suite: number | undefined) {
    this.secrets = secrets;
    this.#suite = suite;
  }

  get version(): number | undefined {
    return this.#decoder.negotiated?.version;
  }

  get #isTls13(): boolean {
    return this.version === ProtocolVersion["TLSv1.3"];
  }

  async read(sender: Sender, bytes: Uint8Array): Promise<ReplayedRecord> {
    const direction = this.#directions[sender];
    const isPlain = (this.#isTls13 || this.#isEarly) &&
      bytes[0] === ContentType.change_cipher_spec;
    const keys = isPlain ? undefined : direction.keys;
    const sequenceNumber = keys?.protection.sequenceNumber ?? 0;
    const content = await open(keys, bytes);
    const isHandshake = content?.type === ContentType.handshake;
    const messages = isHandshake
      ? await this.#messages(sender, direction, content.bytes)
      : [];
    if (content?.type === ContentType.change_cipher_spec) {
      await attempt(() => this.#changeKeys(sender));
    }
    return {
      sender,
      bytes,
      header: recordHeaderFields(bytes.subarray(0, RECORD_HEADER_LENGTH)),
      keys,
      sequenceNumber,
      content,
      messages,
      fields: content === undefined ? [] : shortFields(content),
      isPartial: isHandshake && direction.assembler.hasPartial,
    };
  }

  async #messages(
    sender: Sender,
    { assembler }: Direction,
    bytes: Uint8Array,
  ): Promise<ReplayedMessage[]> {
    const messages: ReplayedMessage[] = [];
    assembler.push(bytes);
    for (;;) {
      const raw = take(assembler);
      if (raw === undefined) return messages;
      const message = this.#decoder.decode(raw);
      const isHello = raw[0] === HandshakeType.client_hello;
      const inner = sender === "client" && isHello
        ? await attempt(() => innerClientHello(this.secrets, raw))
        : undefined;
      messages.push({
        ...message,
        inner: inner && new MessageDecoder().decode(inner),
      });
      await attempt(() => this.#follow(sender, message));
    }
  }

  /** Changes keys where a message does. */
  async #follow(sender: Sender, message: DecodedMessage): Promise<void> {
    const { bytes, fields, name } = message;
    switch (name) {
      case "ClientHello":
        this.#clientRandom = bytes.slice(6, 38);
        return await this.#beginEarly(has(fields, "early_data"));
      case "HelloRetryRequest":
        return await this.#beginEarly(false);
      case "ServerHello":
        this.#serverRandom = bytes.slice(6, 38);
        this.#encryptThenMac = has(fields, "encrypt_then_mac");
        if (this.#isTls13) await this.#handshakeKeys();
        return;
      case "EncryptedExtensions":
        if (!has(fields, "early_data")) await this.#endEarly();
        return;
      case "EndOfEarlyData":
        return await this.#endEarly();
      case "Finished":
        if (this.#isTls13) await this.#useLogged(sender, "TRAFFIC_SECRET_0");
        return;
      case "KeyUpdate": {
        const direction = this.#directions[sender];
        direction.keys = direction.keys && await nextKeys(direction.keys);
      }
    }
  }

  async #beginEarly(offers: boolean): Promise<void> {
    // In a renegotiation a ClientHello comes under keys.
    if (this.version !== undefined) return;
    const secret = this.secrets.find("CLIENT_EARLY_TRAFFIC_SECRET");
    this.#isEarly = offers && secret !== undefined;
    this.#directions.client.keys = this.#isEarly && secret !== undefined
      ? await keysTls13(this.#suite ?? 0, secret)
      : undefined;
  }

  async #endEarly(): Promise<void> {
    if (!this.#isEarly) return;
    this.#isEarly = false;
    await this.#useLogged("client", "HANDSHAKE_TRAFFIC_SECRET");
  }

  async #handshakeKeys(): Promise<void> {
    await this.#useLogged("server", "HANDSHAKE_TRAFFIC_SECRET");
    if (!this.#isEarly) {
      await this.#useLogged("client", "HANDSHAKE_TRAFFIC_SECRET");
    }
  }

  async #useLogged(sender: Sender, name: string): Promise<void> {
    const label = `${sender.toUpperCase()}_${name}`;
    const secret = this.secrets.find(label);
    const suite = this.#decoder.negotiated?.cipherSuite ?? 0;
    this.#directions[sender].keys = secret && await keysTls13(suite, secret);
  }

  /** RFC 5246 section 7.1: behind change_cipher_spec there are new keys. */
  async #changeKeys(sender: Sender): Promise<void> {
    const { negotiated } = this.#decoder;
    const secret = this.secrets.find("CLIENT_RANDOM", this.#clientRandom);
    if (this.#isTls13 || negotiated === undefined || secret === undefined) {
      return;
    }
    this.#directions[sender].keys = await keysTls12(
      {
        version: negotiated.version,
        suiteId: negotiated.cipherSuite,
        randoms: {
          clientRandom: this.#clientRandom,
          serverRandom: this.#serverRandom,
        },
        encryptThenMac: this.#encryptThenMac,
      },
      secret,
      sender,
    );
  }
}

/** What a record has; `undefined` if nothing opens it. */
async function open(
  keys: Keys | undefined,
  bytes: Uint8Array,
): Promise<Fragment | undefined> {
  const [type = 0] = bytes;
  if (keys === undefined) {
    // Without keys, application data is a record that is protected.
    return type === ContentType.application_data
      ? undefined
      : { type, bytes: bytes.slice(RECORD_HEADER_LENGTH) };
  }
  try {
    const { type, bytes: content } = await keys.protection.open(bytes.slice());
    return { type, bytes: content.slice() };
  } catch {
    return undefined;
  }
}

/**
 * What a handshake leads to that one side may have ended: the other can have sent
 * anything, and what comes of it is shown, be it of use or not.
 */
async function attempt<T>(step: () => Promise<T>): Promise<T | undefined> {
  try {
    return await step();
  } catch {
    return undefined;
  }
}

/** The next message; what is none ends the reading. */
function take(assembler: MessageAssembler): Uint8Array | undefined {
  try {
    return assembler.take()?.raw;
  } catch {
    return undefined;
  }
}

function shortFields({ type, bytes }: Fragment): Field[] {
  if (type === ContentType.alert) return alertFields(bytes);
  return type === ContentType.change_cipher_spec
    ? changeCipherSpecFields(bytes)
    : [];
}

/** Whether a message has an extension. */
function has(fields: readonly Field[], name: string): boolean {
  return fields.some((field) =>
    field.name === name || has(field.children, name)
  );
}

/** The suite of the first record of the server, if that is a ServerHello. */
function suiteAhead({ chunks }: Capture): number | undefined {
  const first = chunks.find(({ sender }) => sender === "server");
  const bytes = first?.bytes ?? NOTHING;
  const decoder = new MessageDecoder();
  decoder.decode(bytes.subarray(RECORD_HEADER_LENGTH, lengthOfRecord(bytes)));
  return decoder.negotiated?.cipherSuite;
}

function joined(one: Uint8Array, other: Uint8Array): Uint8Array {
  const all = new Uint8Array(one.length + other.length);
  all.set(one);
  all.set(other, one.length);
  return all;
}

/** A record of few bytes is some thousand characters of a page. */
const MAX_RECORDS = 1000;

const NOTHING: Uint8Array = new Uint8Array();

/**
 * What stands between two ends and changes what passes: messages, records and
 * their order. It reads records that nothing protects.
 *
 * @module
 */

import { concat } from "@std/bytes";
import { frameMessage } from "../../handshake/messages/framing.ts";
import { ContentType, HandshakeType } from "../../registry.ts";
import { mutateMessage } from "./_mutate_value.ts";
import { partition, pick, type Random, someBytes } from "./_random.ts";

/** A record as it is on the wire; in TLS 1.3 its type may be inside. */
interface WireRecord {
  readonly type: number;
  readonly version: number;
  readonly body: Uint8Array;
}

/** Content of one type, and the form in which it came. */
interface Content {
  readonly type: number;
  readonly bytes: Uint8Array;
  readonly isInner: boolean;
  readonly version: number;
}

/** Changes some of what passes. */
export class FlightMutator {
  readonly #random: Random;
  readonly #tls13: boolean;
  readonly #seen: WireRecord[] = [];
  readonly #messages: Uint8Array[] = [];
  /** Which writes, counted over both directions, are to be changed. */
  readonly #at: number;
  readonly #again: boolean;
  readonly #chunks: boolean;
  #writes = 0;
  #isCut = false;

  /** Draws what is to be done from `random`. */
  constructor(random: Random, tls13: boolean) {
    this.#random = random;
    this.#tls13 = tls13;
    this.#at = random(9);
    this.#again = random(4) === 0;
    this.#chunks = random(3) === 0;
  }

  /** What arrives in place of what was written, in pieces. */
  pass(bytes: Uint8Array): Uint8Array[] {
    const index = this.#writes++;
    const random = this.#random;
    if (this.#isCut) return [];
    const records = readRecords(bytes);
    this.#remember(records);
    const isDue = index === this.#at ||
      this.#again && index > this.#at && random(3) === 0;
    const passed = isDue ? this.#change(bytes, records) : bytes;
    return this.#chunks ? partition(passed, random) : [passed];
  }

  #remember(records: readonly WireRecord[]): void {
    for (const record of records) {
      if (this.#seen.length < 40) this.#seen.push(record);
    }
    const content = joinContent(records.map((r) => this.#contentOf(r)));
    for (const { type, bytes } of content) {
      if (type !== ContentType.handshake) continue;
      for (const message of splitMessages(bytes)) {
        if (this.#messages.length < 40) this.#messages.push(message);
      }
    }
  }

  #change(bytes: Uint8Array, records: WireRecord[]): Uint8Array {
    const random = this.#random;
    switch (random(10)) {
      case 0:
        return this.#changeBytes(bytes);
      case 1:
      case 2:
        return this.#changeRecords(records);
      default:
        return this.#changeMessages(records);
    }
  }

  #changeBytes(bytes: Uint8Array): Uint8Array {
    const random = this.#random;
    const changed = new Uint8Array(bytes);
    switch (random(4)) {
      case 0:
        this.#isCut = true;
        return bytes.subarray(0, random(bytes.length + 1));
      case 1:
        return concat([bytes, someBytes(random, 1 + random(40))]);
      case 2:
        return concat([someBytes(random, 1 + random(40)), bytes]);
      default:
        changed[random(bytes.length)] = random(256);
        return changed;
    }
  }

  /** Order, number, headers and kinds of records. */
  #changeRecords(records: WireRecord[]): Uint8Array {
    const random = this.#random;
    const at = random(records.length);
    const record = records[at];
    if (record === undefined) return writeRecords(records);
    const { type, version, body } = record;
    switch (random(9)) {
      case 0:
        records.splice(at, 1);
        break;
      case 1:
        records.splice(at, 0, record);
        break;
      case 2:
        records.reverse();
        break;
      case 3:
        records.splice(random(records.length + 1), 0, this.#strayRecord());
        break;
      case 4:
        records.splice(at, 0, pick(this.#seen, random));
        break;
      case 5:
        records[at] = { type, version: random(2 ** 16), body };
        break;
      case 6:
        records[at] = { type: pick(types, random), version, body };
        break;
      case 7: {
        const written = writeRecords(records);
        // The length of the first record.
        written[3 + random(2)] = random(256);
        return written;
      }
      default:
        return this.#stray(records, at);
    }
    return writeRecords(records);
  }

  /** Many stray records, or the same one many times. */
  #stray(records: WireRecord[], at: number): Uint8Array {
    const random = this.#random;
    const stray = this.#strayRecord();
    const count = pick([2, 5, 33, 40, 100], random);
    records.splice(at, 0, ...Array.from({ length: count }, () => stray));
    return writeRecords(records);
  }

  #strayRecord(): WireRecord {
    const random = this.#random;
    const type = pick(types, random);
    const bytes = type === ContentType.alert
      ? Uint8Array.of(1 + random(2), pick(alerts, random))
      : type === ContentType.change_cipher_spec
      ? Uint8Array.of(1)
      : type === ContentType.handshake
      ? this.#strayMessage()
      : someBytes(random, random(4) === 0 ? 0 : random(50));
    const content = random(8) === 0 ? someBytes(random, random(70)) : bytes;
    const isInner = this.#tls13 && random(3) > 0;
    return this.#recordOf({ type, bytes: content, isInner, version: 0x0303 });
  }

  #strayMessage(): Uint8Array {
    const random = this.#random;
    switch (random(4)) {
      case 0:
        return frameMessage(
          pick(Object.values(HandshakeType), random),
          someBytes(random, random(30)),
        );
      case 1:
        return frameMessage(HandshakeType.key_update, Uint8Array.of(random(3)));
      case 2:
        return frameMessage(HandshakeType.hello_request, new Uint8Array());
      default:
        return pick(this.#messages, random) ?? new Uint8Array(4);
    }
  }

  /** What handshake messages say, their order and number. */
  #changeMessages(records: WireRecord[]): Uint8Array {
    const random = this.#random;
    const contents = joinContent(records.map((r) => this.#contentOf(r)));
    const places = contents.flatMap(({ type }, at) =>
      type === ContentType.handshake ? [at] : []
    );
    const at = places.length === 0 ? -1 : pick(places, random);
    const content = contents[at];
    if (content === undefined) return this.#changeRecords(records);
    const messages = splitMessages(content.bytes);
    this.#changeList(messages);
    contents[at] = { ...content, bytes: concat(messages) };
    const size = random(3) === 0 ? 1 + random(200) : 2 ** 14;
    return writeRecords(
      contents.flatMap((each) =>
        fragments(each, size).map((part) => this.#recordOf(part))
      ),
    );
  }

  #changeList(messages: Uint8Array[]): void {
    const random = this.#random;
    const at = random(messages.length);
    const message = messages[at];
    if (message === undefined) return;
    switch (random(12)) {
      case 0:
        messages.splice(at, 1);
        break;
      case 1:
        messages.splice(at, 0, message);
        break;
      case 2:
        messages.reverse();
        break;
      case 3:
        messages.splice(
          random(messages.length + 1),
          0,
          mutateMessage(this.#strayMessage(), random),
        );
        break;
      default:
        messages[at] = mutateMessage(message, random);
        if (random(5) === 0) {
          messages[at] = mutateMessage(messages[at] ?? message, random);
        }
    }
  }

  #contentOf({ type, version, body }: WireRecord): Content {
    if (!this.#tls13 || type !== ContentType.application_data) {
      return { type, bytes: body, isInner: false, version };
    }
    const end = body.findLastIndex((byte) => byte !== 0);
    if (end < 0) return { type: 0, bytes: body, isInner: true, version };
    return {
      type: body[end] ?? 0,
      bytes: body.subarray(0, end),
      isInner: true,
      version,
    };
  }

  #recordOf({ type, bytes, isInner, version }: Content): WireRecord {
    if (!isInner) return { type, version, body: bytes };
    const padding = this.#random(6) === 0 ? this.#random(40) : 0;
    return {
      type: ContentType.application_data,
      version,
      body: concat([bytes, Uint8Array.of(type), new Uint8Array(padding)]),
    };
  }
}

const types: readonly number[] = [20, 21, 22, 23, 22, 21, 24, 0, 255];

/** close_notify, user_canceled, no_renegotiation and others. */
const alerts: readonly number[] = [0, 0, 90, 100, 10, 40, 20, 255];

function readRecords(bytes: Uint8Array): WireRecord[] {
  const records: WireRecord[] = [];
  for (let at = 0; at + 5 <= bytes.length;) {
    const [type = 0, high = 0, low = 0, more = 0, less = 0] = bytes.subarray(
      at,
      at + 5,
    );
    const end = at + 5 + (more << 8 | less);
    const body = bytes.slice(at + 5, end);
    records.push({ type, version: high << 8 | low, body });
    at = end;
  }
  return records;
}

function writeRecords(records: readonly WireRecord[]): Uint8Array {
  return concat(records.flatMap(({ type, version, body }) => {
    const { length } = body;
    return [
      Uint8Array.of(type, version >> 8, version, length >> 8, length),
      body,
    ];
  }));
}

/** Joins what may be one message in several records. */
function joinContent(contents: readonly Content[]): Content[] {
  const joined: Content[] = [];
  for (const content of contents) {
    const last = joined.at(-1);
    if (
      last !== undefined && last.type === content.type &&
      content.type === ContentType.handshake &&
      last.isInner === content.isInner
    ) {
      const bytes = concat([last.bytes, content.bytes]);
      joined[joined.length - 1] = { ...last, bytes };
    } else joined.push(content);
  }
  return joined;
}

function fragments(content: Content, size: number): Content[] {
  const { bytes } = content;
  if (content.type !== ContentType.handshake || bytes.length <= size) {
    return [content];
  }
  const parts: Content[] = [];
  for (let at = 0; at < bytes.length; at += size) {
    parts.push({ ...content, bytes: bytes.subarray(at, at + size) });
  }
  return parts;
}

function splitMessages(bytes: Uint8Array): Uint8Array[] {
  const messages: Uint8Array[] = [];
  for (let at = 0; at < bytes.length;) {
    const [, high = 0, middle = 0, low = 0] = bytes.subarray(at, at + 4);
    const end = at + 4 + (high << 16 | middle << 8 | low);
    messages.push(bytes.slice(at, end));
    at = end;
  }
  return messages;
}

/**
 * What a client-facing server changes in the bytes that it forwards: nothing but
 * the ClientHello that a HelloRetryRequest asks for (RFC 9849 section 7.1.1,
 * "Sending HelloRetryRequest").
 *
 * @module
 */

import { concat, equals } from "@std/bytes";
import { TlsProtocolError } from "../errors.ts";
import type { AcceptedEch } from "../handshake/ech/server.ts";
import { ClientHello } from "../handshake/messages/client_hello.ts";
import { MessageAssembler } from "../handshake/messages/framing.ts";
import { HELLO_RETRY_REQUEST_RANDOM } from "../handshake/messages/server_hello.ts";
import { decode } from "../record/codec.ts";
import {
  MAX_PLAINTEXT_LENGTH,
  readHeader,
  RECORD_HEADER_LENGTH,
  writeHeader,
} from "../record/plaintext.ts";
import { ContentType, HandshakeType, ProtocolVersion } from "../registry.ts";

/** The records of both directions, until nothing more is to be changed. */
export class InnerHellos {
  readonly #ech: AcceptedEch;
  /** What of the back end's answer has come; `undefined` once it is known. */
  #answer: AnswerHead | undefined = new AnswerHead();
  /** The back end has asked for another ClientHello, which has not come. */
  #isAsked = false;
  readonly #records = new RecordSplitter();
  readonly #assembler = new MessageAssembler();

  /** Continues behind the first ClientHello. */
  constructor(ech: AcceptedEch) {
    this.#ech = ech;
  }

  /** Looks at what comes from the back end; it is forwarded as it is. */
  answered(bytes: Uint8Array): void {
    const isRetry = this.#answer?.push(bytes);
    if (isRetry === undefined) return;
    this.#answer = undefined;
    this.#isAsked = isRetry;
  }

  /**
   * What to forward of the bytes that come from the client.
   *
   * @throws {TlsProtocolError} If the second ClientHello breaks a rule.
   */
  async push(bytes: Uint8Array): Promise<Uint8Array> {
    if (this.#answer === undefined && !this.#isAsked) return bytes;
    const forwarded: Uint8Array[] = [];
    for (const part of this.#records.split(bytes)) {
      if (!this.#isAsked) forwarded.push(part.bytes);
      else await this.#pushAsked(part, forwarded);
    }
    return concat(forwarded);
  }

  async #pushAsked(part: RecordPart, forwarded: Uint8Array[]): Promise<void> {
    if (part.type !== ContentType.handshake) {
      this.#refuseInterleaved();
      // Early data that the back end skips, change_cipher_spec, or an alert.
      forwarded.push(part.bytes);
      return;
    }
    // From the header on, or from the middle of a record that came too early.
    if (part.isHeader) checkLength(readHeader(part.bytes).length);
    else this.#assembler.push(part.bytes);
    const message = this.#assembler.peek();
    if (message === undefined) return;
    this.#assembler.take();
    if (message.type !== HandshakeType.client_hello) {
      throw unexpected("another message than ClientHello");
    }
    this.#refuseInterleaved();
    if (!part.isEnd) throw unexpected("handshake data behind ClientHello");
    const value = decode(ClientHello, message.body, "ClientHello");
    const { raw } = await this.#ech.openSecond({ value, raw: message.raw });
    this.#isAsked = false;
    forwarded.push(handshakeRecords(ProtocolVersion["TLSv1.2"], raw));
  }

  /** RFC 9846 section 5.1: no other record comes in the middle of a message. */
  #refuseInterleaved(): void {
    if (this.#assembler.hasPartial) throw unexpected("a record");
  }
}

/** RFC 9846 section 5.1: neither empty nor longer than 2^14 bytes. */
function checkLength(length: number): void {
  if (length === 0) throw unexpected("an empty record");
  if (length <= MAX_PLAINTEXT_LENGTH) return;
  throw new TlsProtocolError(
    "record_overflow",
    `Cannot accept a record: expected at most ${MAX_PLAINTEXT_LENGTH} bytes, got ${length}`,
  );
}

function unexpected(what: string): TlsProtocolError {
  return new TlsProtocolError(
    "unexpected_message",
    `Cannot accept ${what} where the second ClientHello is due`,
  );
}

/** A handshake message in records without protection. */
export function handshakeRecords(
  version: number,
  message: Uint8Array,
): Uint8Array {
  const records: Uint8Array[] = [];
  for (let at = 0; at < message.length; at += MAX_PLAINTEXT_LENGTH) {
    const fragment = message.subarray(at, at + MAX_PLAINTEXT_LENGTH);
    const header = new Uint8Array(RECORD_HEADER_LENGTH);
    const { length } = fragment;
    writeHeader(header, 0, { type: ContentType.handshake, version, length });
    records.push(header, fragment);
  }
  return concat(records);
}

/** A header, or some bytes of a record's body. */
interface RecordPart {
  readonly type: number;
  readonly bytes: Uint8Array;
  readonly isHeader: boolean;
  /** Nothing of the record follows. */
  readonly isEnd: boolean;
}

/** Finds where records begin, and keeps no more than a header. */
class RecordSplitter {
  #header: Uint8Array = new Uint8Array();
  #type = 0;
  /** Bytes of the record's body that have not come. */
  #left = 0;

  *split(bytes: Uint8Array): Generator<RecordPart> {
    let rest = bytes;
    while (rest.length > 0) {
      if (this.#left === 0) {
        const missing = RECORD_HEADER_LENGTH - this.#header.length;
        this.#header = concat([this.#header, rest.subarray(0, missing)]);
        rest = rest.subarray(missing);
        if (this.#header.length < RECORD_HEADER_LENGTH) return;
        const header = this.#header;
        this.#header = new Uint8Array();
        const { type, length } = readHeader(header);
        this.#type = type;
        this.#left = length;
        const isEnd = length === 0;
        yield { type, bytes: header, isHeader: true, isEnd };
        continue;
      }
      const part = rest.subarray(0, this.#left);
      rest = rest.subarray(part.length);
      this.#left -= part.length;
      const isEnd = this.#left === 0;
      yield { type: this.#type, bytes: part, isHeader: false, isEnd };
    }
  }
}

/** The begin of a server's first message, which tells ServerHellos apart. */
class AnswerHead {
  readonly #records = new RecordSplitter();
  #head: Uint8Array = new Uint8Array();

  /** Whether it is HelloRetryRequest; `undefined`, until that is known. */
  push(bytes: Uint8Array): boolean | undefined {
    for (const { type, bytes: part, isHeader } of this.#records.split(bytes)) {
      // An alert, or something that the client will refuse.
      if (type !== ContentType.handshake) return false;
      if (isHeader) continue;
      const missing = RANDOM_END - this.#head.length;
      this.#head = concat([this.#head, part.subarray(0, missing)]);
      if (this.#head[0] !== HandshakeType.server_hello) return false;
      if (this.#head.length < RANDOM_END) continue;
      const random = this.#head.subarray(RANDOM_START);
      return equals(random, HELLO_RETRY_REQUEST_RANDOM);
    }
    return undefined;
  }
}

/** Behind the header and legacy_version. */
const RANDOM_START = 4 + 2;
const RANDOM_END = RANDOM_START + 32;

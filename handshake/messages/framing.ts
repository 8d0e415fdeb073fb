/**
 * The framing of handshake messages (RFC 9846 section 4): a type, a length and
 * a body, cut into records and joined again without regard to their borders.
 *
 * @module
 */

import { TlsProtocolError } from "../../errors.ts";
import { type Codec, encodeWith, LengthPrefix } from "../../record/codec.ts";
import { HandshakeType, nameOf } from "../../registry.ts";

/** A whole handshake message. */
export interface HandshakeMessage {
  /** Its `HandshakeType`. */
  readonly type: number;
  /** What follows the header. */
  readonly body: Uint8Array;
  /** Header and body: what the transcript takes. */
  readonly raw: Uint8Array;
}

/** `uint24 length`, of what follows it. */
const length = new LengthPrefix(3, 0, 2 ** 24 - 1);

/** `msg_type` and `length`, in bytes. */
const HEADER_LENGTH = 4;

const NOTHING: Uint8Array<ArrayBuffer> = new Uint8Array(0);

/**
 * The largest body that is read, in bytes, unless its type says otherwise. A
 * length field reaches 16 MiB: without a limit a peer that is not
 * authenticated yet makes us hold that much for each connection.
 */
export const MAX_MESSAGE_SIZE = 2 ** 16;

/**
 * The largest ClientHello, in bytes, which is as large as its fields can be
 * (RFC 9846 section 4.2.2). It stops the same attack; a smaller limit would
 * refuse messages that are well formed.
 */
export const MAX_CLIENT_HELLO_SIZE = 2 + 32 + (1 + 32) + (2 + 2 ** 16 - 2) +
  (1 + 2 ** 8 - 1) + (2 + 2 ** 16 - 1);

/**
 * The largest NewSessionTicket, in bytes, which is as large as its fields can
 * be (RFC 9846 section 4.7.1): a ticket that is too large for us is dropped;
 * the connection continues.
 */
export const MAX_TICKET_MESSAGE_SIZE = 4 + 4 + (1 + 2 ** 8 - 1) +
  (2 + 2 ** 16 - 1) +
  (2 + 2 ** 16 - 1);

/**
 * The largest message with certificates or with names of authorities, in
 * bytes, unless the configuration says otherwise: it stops the same attack,
 * and bounds the certificates that are parsed before any is trusted.
 */
export const DEFAULT_MAX_CERTIFICATE_SIZE = 2 ** 17;

/** Options of {@linkcode MessageAssembler}. */
export interface MessageAssemblerOptions {
  /**
   * Largest Certificate, CompressedCertificate, CertificateRequest or
   * CertificateStatus, in bytes.
   *
   * @default {DEFAULT_MAX_CERTIFICATE_SIZE}
   */
  maxCertificateSize?: number | undefined;
}

/** Puts a header before a body. */
export function frameMessage(type: number, body: Uint8Array): Uint8Array {
  if (body.length >= 2 ** 24) {
    throw new RangeError(
      `Cannot frame a message: expected at most 2^24 - 1 bytes, got ${body.length}`,
    );
  }
  const raw = new Uint8Array(HEADER_LENGTH + body.length);
  new DataView(raw.buffer).setUint32(0, body.length);
  raw[0] = type;
  raw.set(body, HEADER_LENGTH);
  return raw;
}

/** Encodes a message, header included. */
export function encodeMessage<T>(
  type: number,
  codec: Codec<T>,
  value: T,
): Uint8Array {
  return encodeWith((writer) => {
    writer.uint(1, type);
    const start = length.begin(writer);
    codec.write(writer, value);
    length.end(writer, start);
  });
}

/**
 * Joins the fragments of handshake records into whole messages.
 *
 * Bytes are copied once on arrival, and memory grows with the bytes received,
 * not with the length in a header. A returned message never changes.
 */
export class MessageAssembler {
  /** Largest message with certificates that is read, in bytes. */
  maxCertificateSize: number;
  /** The bytes from `#start` to `#end` were received but not taken yet. */
  #buffer: Uint8Array<ArrayBuffer> = NOTHING;
  #start = 0;
  #end = 0;
  #next: HandshakeMessage | undefined;

  /** Starts with nothing. */
  constructor(options: MessageAssemblerOptions = {}) {
    this.maxCertificateSize = options.maxCertificateSize ??
      DEFAULT_MAX_CERTIFICATE_SIZE;
  }

  /**
   * Whether bytes are left that were not taken, of an unfinished message or of
   * further messages. "Handshake messages MUST NOT span key changes" (RFC 9846
   * section 5.1), so that there must be none where keys change.
   */
  get hasPartial(): boolean {
    return this.#end > this.#start;
  }

  /**
   * Adds the content of a handshake record. Take all messages with
   * {@linkcode take} before the next one, so that their sizes are checked.
   */
  push(fragment: Uint8Array): void {
    this.#makeRoom(fragment.length);
    this.#buffer.set(fragment, this.#end);
    this.#end += fragment.length;
  }

  /**
   * Returns the next message without taking it, or `undefined` if it is not
   * complete.
   *
   * @throws {TlsProtocolError} If its header says that it cannot be accepted:
   * `unexpected_message`, `decode_error` or `illegal_parameter`.
   */
  peek(): HandshakeMessage | undefined {
    return this.#next ??= this.#read();
  }

  /** Takes the message that {@linkcode peek} returns. */
  take(): HandshakeMessage | undefined {
    const message = this.peek();
    if (message !== undefined) this.#start += message.raw.length;
    this.#next = undefined;
    // An open connection needs no buffer for messages.
    if (!this.hasPartial) {
      this.#buffer = NOTHING;
      this.#start = this.#end = 0;
    }
    return message;
  }

  #read(): HandshakeMessage | undefined {
    const received = this.#buffer.subarray(this.#start, this.#end);
    if (received.length < HEADER_LENGTH) return undefined;
    const header = new DataView(received.buffer, received.byteOffset);
    const type = header.getUint8(0);
    const length = header.getUint32(0) % 2 ** 24;
    this.#checkSize(type, length);
    const size = HEADER_LENGTH + length;
    if (received.length < size) return undefined;
    const raw = received.subarray(0, size);
    return { type, body: raw.subarray(HEADER_LENGTH), raw };
  }

  /** Checks a header before the body arrives. */
  #checkSize(type: number, length: number): void {
    const name = names.get(type);
    if (name === undefined) {
      throw new TlsProtocolError(
        "unexpected_message",
        `Cannot accept a handshake message of unknown type ${
          nameOf(HandshakeType, type)
        }`,
      );
    }
    const most = this.#maxSize(type);
    if (length <= most) return;
    throw new TlsProtocolError(
      neverSoLarge.has(type) ? "decode_error" : "illegal_parameter",
      `Cannot accept ${name}: expected at most ${most} bytes, got ${length}`,
    );
  }

  #maxSize(type: number): number {
    if (type === HandshakeType.client_hello) return MAX_CLIENT_HELLO_SIZE;
    if (type === HandshakeType.new_session_ticket) {
      return MAX_TICKET_MESSAGE_SIZE;
    }
    return withCertificates.has(type)
      ? this.maxCertificateSize
      : MAX_MESSAGE_SIZE;
  }

  /** Moves to a buffer twice as large: each byte is moved once on average. */
  #makeRoom(length: number): void {
    if (this.#end + length <= this.#buffer.length) return;
    const waiting = this.#buffer.subarray(this.#start, this.#end);
    const needed = waiting.length + length;
    // Messages that were returned stay in the old buffer.
    const grown = new Uint8Array(Math.max(needed, 2 * waiting.length));
    grown.set(waiting);
    this.#buffer = grown;
    this.#start = 0;
    this.#end = waiting.length;
  }
}

const names: ReadonlyMap<number, string> = new Map(
  Object.entries(HandshakeType).map(([name, type]) => [type, name]),
);

/**
 * Messages that by their structure are never larger than our limit: "the
 * length of the message was incorrect" is `decode_error` (RFC 9846 section
 * 6.2). A message that is merely larger than our limit is `illegal_parameter`;
 * the RFC has no rule for it, and BoringSSL and OpenSSL do the same.
 */
const neverSoLarge: ReadonlySet<number> = new Set<number>([
  HandshakeType.hello_request,
  HandshakeType.client_hello,
  HandshakeType.new_session_ticket,
  HandshakeType.end_of_early_data,
  HandshakeType.server_hello_done,
  HandshakeType.finished,
  HandshakeType.key_update,
]);

/** Messages with certificates, or with data that grows with a list of them. */
const withCertificates: ReadonlySet<number> = new Set<number>([
  HandshakeType.certificate,
  HandshakeType.compressed_certificate,
  HandshakeType.certificate_request,
  HandshakeType.certificate_status,
]);

/**
 * The handshake's view of a connection: whole messages, read and sent by name.
 * Everything that is read or sent here enters the transcript.
 *
 * @module
 */

import type { RecordProtection } from "../../record/protection.ts";
import type { RecordLayer } from "../../record/layer.ts";
import { Alert } from "../../record/alert.ts";
import { decode, encode } from "../../record/codec.ts";
import {
  TlsAlertError,
  type TlsAlertName,
  TlsProtocolError,
} from "../../errors.ts";
import {
  AlertDescription,
  AlertLevel,
  ContentType,
  HandshakeType,
  ProtocolVersion,
} from "../../registry.ts";
import { isWarning, readAlert } from "../../record/alert.ts";
import { type EventListener, EventTeller } from "./event_teller.ts";
import { HelloRequest } from "../messages/empty_messages.ts";
import { kind, type MessageKind } from "../messages/message_kind.ts";
import {
  encodeMessage,
  type HandshakeMessage,
  MessageAssembler,
} from "../messages/framing.ts";
import {
  interleavedRecord,
  truncatedHandshake,
  unexpectedMessage,
  unexpectedRecord,
} from "./refused_records.ts";
import type { Session } from "../session/session.ts";
import type { Remarks } from "./remarks.ts";
import { Transcript } from "./transcript.ts";

/** Options of `HandshakeIO`. */
export interface HandshakeIOOptions {
  /** Largest Certificate message that is read, in bytes. */
  maxCertificateSize: number | undefined;
  /** Who hears of events; by default nobody. */
  listener?: EventListener | undefined;
}

/** Takes application data; the promise resolves when the caller has read it. */
type Deliver = (bytes: Uint8Array) => Promise<void> | void;

/** A message with the bytes that it came in. */
export interface Received<T> {
  /** What they mean. */
  readonly value: T;
  /** Header and body. */
  readonly raw: Uint8Array;
}

/** Messages in and out, over the record layer. */
export class HandshakeIO {
  /** The record layer. */
  readonly records: RecordLayer;
  /** Reports events to the option `onEvent`. */
  readonly tell: EventTeller;
  /** At a client, the session that this connection has left, the newest. */
  session: Session | undefined;
  readonly #assembler: MessageAssembler;
  #remarks: Remarks | undefined;
  #transcript: Transcript | undefined;
  /**
   * Takes application data during a renegotiation, and early data; without it
   * none may come.
   */
  #deliver: Deliver | undefined;
  #onNoRenegotiation: (() => void) | undefined;
  #ignoresHelloRequests = false;
  #skippedHelloRequests = 0;
  #tls13 = false;
  /** The handshake goes on: what comes later in TLS 1.3 comes as it likes. */
  #takesTurns = true;
  /**
   * RFC 9846 section 6.1, RFC 5246 section 7.2.1: close_notify says that
   * nothing more is sent. What the peer asks for after it gets no answer.
   */
  #hasSentCloseNotify = false;

  constructor(records: RecordLayer, options: HandshakeIOOptions) {
    this.records = records;
    this.tell = new EventTeller(options.listener ?? {});
    this.#assembler = new MessageAssembler({
      maxCertificateSize: options.maxCertificateSize,
    });
  }

  /** Sets the largest message with certificates that is read, in bytes. */
  set maxCertificateSize(bytes: number) {
    this.#assembler.maxCertificateSize = bytes;
  }

  /** What may explain how the connection ends. */
  get remarks(): Remarks {
    return this.#remarks ??= {};
  }

  /** All messages of the running handshake. */
  get transcript(): Transcript {
    return this.#transcript ??= new Transcript();
  }

  /** Begins the transcript of another handshake on the same connection. */
  startTranscript(): void {
    this.#transcript = undefined;
  }

  /**
   * Ignores HelloRequest from here on, for a client. RFC 5246 section 7.4.1.1:
   * "This message will be ignored by the client if the client is currently
   * negotiating a session."
   */
  ignoreHelloRequests(): void {
    this.#ignoresHelloRequests = true;
  }

  /** The client is no longer negotiating: HelloRequest counts again. */
  heedHelloRequests(): void {
    this.#ignoresHelloRequests = false;
  }

  /**
   * Calls back when the peer refuses to renegotiate (RFC 5246 section 7.2.2).
   */
  onNoRenegotiation(refused: () => void): void {
    this.#onNoRenegotiation = refused;
  }

  /**
   * Delivers application data that comes between the messages of a
   * renegotiation, or before the end of early data; reading goes on when the
   * promise of `deliver` resolves. Without `deliver`, none may come.
   */
  deliverApplicationData(deliver: Deliver | undefined): void {
    this.#deliver = deliver;
  }

  /**
   * Reads the message that the flow is at; any other is out of order.
   *
   * @param transcript Where the message is added: that of the handshake, unless
   * another exchange is under way beside it.
   * @throws {TlsProtocolError} `unexpected_message`, if it is another.
   */
  async read<T>(kind: MessageKind<T>, transcript?: Transcript): Promise<T> {
    return (await this.receive(kind, transcript)).value;
  }

  /** As `read`, but refuses application data even during a renegotiation. */
  async readWithoutData<T>(kind: MessageKind<T>): Promise<T> {
    const deliver = this.#deliver;
    this.#deliver = undefined;
    const value = await this.read(kind);
    this.#deliver = deliver;
    return value;
  }

  /** As `read`, with the bytes of the message. */
  async receive<T>(
    kind: MessageKind<T>,
    transcript: Transcript = this.transcript,
  ): Promise<Received<T>> {
    const message = await this.peek();
    if (message.type !== kind.type) {
      throw unexpectedMessage(message.type, kind.name);
    }
    const value = decode(kind.codec, message.body, kind.name);
    this.#assembler.take();
    transcript.add(message.raw);
    this.tell.message("read", message.raw);
    return { value, raw: message.raw };
  }

  /** Reads the message if it is the next one; leaves another where it is. */
  async readOptional<T>(kind: MessageKind<T>): Promise<T | undefined> {
    const message = await this.peek();
    return message.type === kind.type ? await this.read(kind) : undefined;
  }

  /** The next message, which stays the next. */
  async peek(): Promise<HandshakeMessage> {
    for (;;) {
      const message = this.buffered();
      if (message !== undefined) return message;
      const fragment = await this.records.reader.read();
      if (fragment === undefined) throw truncatedHandshake();
      await this.#accept(fragment.type, fragment.bytes);
    }
  }

  /** The next message if all of it is there. */
  buffered(): HandshakeMessage | undefined {
    for (;;) {
      const message = this.#assembler.peek();
      if (
        !this.#ignoresHelloRequests ||
        message?.type !== HandshakeType.hello_request
      ) return message;
      this.#skipHelloRequest();
    }
  }

  #skipHelloRequest(): void {
    this.takeUnhashed(helloRequest);
    if (++this.#skippedHelloRequests > MAX_HELLO_REQUESTS) {
      throw new TlsProtocolError(
        "unexpected_message",
        `Cannot accept more than ${MAX_HELLO_REQUESTS} HelloRequests in handshakes`,
      );
    }
  }

  /**
   * Reads the next message, of this kind, without adding it to the transcript.
   */
  takeUnhashed<T>(kind: MessageKind<T>): T {
    const message = this.#assembler.take();
    if (message === undefined) {
      throw new TypeError(`Cannot take ${kind.name}: it has not come`);
    }
    this.tell.message("read", message.raw);
    return decode(kind.codec, message.body, kind.name);
  }

  /**
   * Adds a handshake fragment that was read from the record layer elsewhere.
   */
  push(fragment: Uint8Array): void {
    this.#assembler.push(fragment);
  }

  /** RFC 9846 section 5.1: bytes of an unfinished message are there. */
  get hasPartialMessage(): boolean {
    return this.#assembler.hasPartial;
  }

  #accept(type: number, bytes: Uint8Array): Promise<void> | void {
    if (type === ContentType.handshake) return this.#assembler.push(bytes);
    this.refuseInterleaved(type);
    if (type === ContentType.alert) {
      if (this.receiveAlert(bytes) === "closed") {
        throw new TlsAlertError(
          AlertDescription.close_notify,
          "The peer closed the connection in the middle of the handshake",
        );
      }
      return;
    }
    if (type === ContentType.application_data && this.#deliver) {
      return bytes.length > 0 ? this.#deliver(bytes) : undefined;
    }
    throw unexpectedRecord(type);
  }

  /** RFC 9846 section 5.1: refuses a record in the middle of a message. */
  refuseInterleaved(type: number): void {
    if (this.#assembler.hasPartial) throw interleavedRecord(type);
  }

  /**
   * Reads an alert (RFC 9846 section 6): returns for a warning, throws for an
   * error.
   *
   * @throws {TlsAlertError} If it is a fatal one.
   */
  receiveAlert(bytes: Uint8Array): "closed" | "ignored" {
    const alert = readAlert(bytes);
    const { level, description } = alert;
    this.tell.alert("read", level, description);
    if (description === AlertDescription.close_notify) return "closed";
    if (description === AlertDescription.no_renegotiation && !this.#tls13) {
      this.#onNoRenegotiation?.();
    }
    if (isWarning(alert, this.#tls13)) return "ignored";
    throw new TlsAlertError(description);
  }

  /** Whether TLS 1.3 was negotiated. */
  get tls13(): boolean {
    return this.#tls13;
  }

  /**
   * TLS 1.3 was negotiated. RFC 9846 section 5: until the peer's Finished a
   * change_cipher_spec that means nothing is dropped.
   */
  enterTls13(): void {
    this.#tls13 = true;
    this.#ignoresHelloRequests = false;
    this.records.setVersion(ProtocolVersion["TLSv1.3"]);
    this.records.reader.changeCipherSpec = "drop";
  }

  /** The peer's Finished has come: what was allowed before it no longer is. */
  leaveHandshake(): void {
    this.#takesTurns = false;
    this.records.reader.changeCipherSpec = "refuse";
  }

  /**
   * Reads change_cipher_spec of TLS 1.2 and below, which may come nowhere but
   * here (RFC 5246 section 7.1): before there are keys we would continue
   * without them (CVE-2014-0224).
   *
   * @throws {TlsProtocolError} `unexpected_message`, if a message, whole or in
   * part, is there instead.
   */
  async readChangeCipherSpec(): Promise<void> {
    this.refuseInterleaved(ContentType.change_cipher_spec);
    const { reader } = this.records;
    reader.changeCipherSpec = "return";
    try {
      for (;;) {
        const fragment = await this.records.reader.read();
        if (fragment === undefined) throw truncatedHandshake();
        const { type, bytes } = fragment;
        if (type === ContentType.change_cipher_spec) {
          this.tell.tell({ type: "change_cipher_spec", direction: "read" });
          return;
        }
        if (type === ContentType.handshake) {
          throw unexpectedMessage(bytes[0] as number, "change_cipher_spec");
        }
        await this.#accept(type, bytes);
      }
    } finally {
      reader.changeCipherSpec = "refuse";
    }
  }

  /**
   * Sends a message; it leaves with the next `flush`.
   *
   * @param transcript Where the message is added: that of the handshake, unless
   * another exchange is under way beside it.
   */
  send<T>(kind: MessageKind<T>, value: T, transcript?: Transcript): void {
    this.sendRaw(encodeMessage(kind.type, kind.codec, value), transcript);
  }

  /** Sends a message that is framed already. */
  sendRaw(
    message: Uint8Array,
    transcript: Transcript = this.transcript,
  ): void {
    this.#requireTurn();
    transcript.add(message);
    this.#write(message);
  }

  /**
   * It is our turn: the peer's flight is over, and nothing of its next one can
   * be there, which would be an answer to what we have not said yet.
   */
  #requireTurn(): void {
    if (!this.#takesTurns) return;
    if (this.buffered() === undefined && !this.#assembler.hasPartial) return;
    throw new TlsProtocolError(
      "unexpected_message",
      "Cannot accept handshake data after the end of the peer's flight",
    );
  }

  /**
   * Sends a message that is not part of the transcript: after the handshake.
   */
  sendUnhashed<T>(kind: MessageKind<T>, value: T): void {
    this.#write(encodeMessage(kind.type, kind.codec, value));
  }

  #write(message: Uint8Array): void {
    if (this.#hasSentCloseNotify) return;
    this.tell.message("write", message);
    this.records.writer.write(ContentType.handshake, message);
  }

  /** Sends change_cipher_spec: one byte, one. */
  sendChangeCipherSpec(): void {
    if (this.#hasSentCloseNotify) return;
    this.records.writer.write(ContentType.change_cipher_spec, Uint8Array.of(1));
    this.tell.tell({ type: "change_cipher_spec", direction: "write" });
  }

  /** Sends an alert; it leaves with the next `flush`. */
  sendAlert(level: keyof typeof AlertLevel, alert: TlsAlertName): void {
    if (this.#hasSentCloseNotify) return;
    this.#hasSentCloseNotify = alert === "close_notify";
    const value = {
      level: AlertLevel[level],
      description: AlertDescription[alert],
    };
    this.tell.alert("write", value.level, value.description);
    this.records.writer.write(ContentType.alert, encode(Alert, value));
  }

  /** Waits until all that was sent has left. */
  flush(): Promise<void> {
    return this.records.writer.flush();
  }

  /**
   * Reads under other keys from here on.
   *
   * @throws {TlsProtocolError} `unexpected_message`, if a message is half read
   * or more follow: RFC 9846 section 5.1 has keys change at the end of a
   * record.
   */
  setReadProtection(protection: RecordProtection): void {
    if (this.#assembler.hasPartial) {
      throw new TlsProtocolError(
        "unexpected_message",
        "Cannot change keys: handshake data follows in the same record",
      );
    }
    this.records.reader.setProtection(protection);
    this.tell.tell({ type: "key_change", direction: "read" });
  }

  /** Writes under other keys from here on. */
  setWriteProtection(protection: RecordProtection): void {
    this.records.writer.setProtection(protection);
    this.tell.tell({ type: "key_change", direction: "write" });
  }
}

/** Stops a server that keeps a handshake waiting with what is to be ignored. */
const MAX_HELLO_REQUESTS = 32;

const helloRequest = kind("hello_request", "HelloRequest", HelloRequest);

/**
 * Handshake messages, alerts and headers of records as trees of fields. It uses
 * the codecs that the flows use, and is loaded only where somebody looks.
 *
 * @module
 */

import { Alert } from "../../record/alert.ts";
import {
  type Codec,
  decode,
  struct,
  uint16,
  uint24,
  uint8,
} from "../../record/codec.ts";
import {
  CipherSuite,
  HandshakeType,
  nameOf,
  ProtocolVersion,
} from "../../registry.ts";
import { CompressedCertificate } from "../messages/compressed_certificate.ts";
import { tls13 } from "../messages/message_kinds.ts";
import {
  clientKeyExchange,
  serverKeyExchange,
  signed,
  tls12,
} from "../messages/message_kinds_tls12.ts";
import type { MessageKind } from "../messages/message_kind.ts";
import { isHelloRetryRequest, ServerHello } from "../messages/server_hello.ts";
import { type Field, fieldsOf } from "./fields.ts";
import type { MessageMeaning } from "./meaning.ts";
import { HELLO_RETRY_REQUEST, messageMeaning } from "./message_meanings.ts";

export type { Field, MessageMeaning };

/** A handshake message with its fields. */
export interface DecodedMessage extends MessageMeaning {
  /** Header included. */
  readonly bytes: Uint8Array;
  /** All of its bytes, header included. */
  readonly fields: readonly Field[];
}

/** What the hellos of a connection have settled. */
export interface Negotiated {
  /** ProtocolVersion. */
  readonly version: number;
  /** CipherSuite. */
  readonly cipherSuite: number;
}

/**
 * Decodes the handshake messages of one connection, in their order: the form of
 * some depends on the version and on the suite.
 */
export class MessageDecoder {
  #negotiated: Negotiated | undefined;

  /** `negotiated` is what is known, if the handshake is over. */
  constructor(negotiated?: Negotiated) {
    this.#negotiated = negotiated;
  }

  /** What the hellos have settled. */
  get negotiated(): Negotiated | undefined {
    return this.#negotiated;
  }

  /** Decodes a message, header included; never throws. */
  decode(bytes: Uint8Array): DecodedMessage {
    const type = bytes[0] ?? 0;
    const body = bytes.subarray(HEADER_LENGTH);
    const isRetry = type === HandshakeType.server_hello &&
      isRetryRequest(type, body, bytes);
    if (type === HandshakeType.server_hello && !isRetry) this.#settle(body);
    const codec = isRetry ? tls13.helloRetryRequest.codec : this.#codecOf(type);
    const meaning = isRetry
      ? HELLO_RETRY_REQUEST
      : messageMeaning(type, this.#isTls13);
    return {
      ...meaning,
      bytes,
      fields: [
        ...headerFields(bytes),
        ...fieldsOf(codec, body, meaning.name, HEADER_LENGTH),
      ],
    };
  }

  get #isTls13(): boolean {
    return this.#negotiated?.version === ProtocolVersion["TLSv1.3"];
  }

  #settle(body: Uint8Array): void {
    try {
      const { legacyVersion, cipherSuite, extensions } = decode(
        ServerHello,
        body,
        "ServerHello",
      );
      const version = extensions.supported_versions ?? legacyVersion;
      this.#negotiated = { version, cipherSuite };
    } catch {
      // It has no form that could be decoded: what follows it has none either.
    }
  }

  #codecOf(type: number): Codec<unknown> {
    const kinds = this.#isTls13 ? KINDS_TLS13 : KINDS_TLS12;
    return kinds.get(type) ?? this.#tls12Codec(type) ?? nothing;
  }

  /** The messages whose form depends on the suite, or on an old version. */
  #tls12Codec(type: number): Codec<unknown> | undefined {
    const { version = 0, cipherSuite = 0 } = this.#negotiated ?? {};
    const isOld = version < ProtocolVersion["TLSv1.2"];
    const exchange = exchangeOf(cipherSuite);
    switch (type) {
      case HandshakeType.certificate_request:
        return isOld
          ? signed.certificateRequestTls10.codec
          : signed.certificateRequest.codec;
      case HandshakeType.certificate_verify:
        return isOld
          ? signed.certificateVerifyTls10.codec
          : signed.certificateVerify.codec;
      case HandshakeType.server_key_exchange:
        return serverCodec(exchange, isOld);
      case HandshakeType.client_key_exchange:
        return CLIENT_KEY_EXCHANGES[exchange]?.codec;
    }
    return undefined;
  }
}

/** The header of a record, or as much of it as there is. */
export function recordHeaderFields(bytes: Uint8Array): Field[] {
  return fieldsOf(RecordHeader, bytes, "TLSPlaintext");
}

/** An alert. */
export function alertFields(bytes: Uint8Array): Field[] {
  return fieldsOf(Alert, bytes, "Alert");
}

/** A change_cipher_spec. */
export function changeCipherSpecFields(bytes: Uint8Array): Field[] {
  return fieldsOf(ChangeCipherSpec, bytes, "ChangeCipherSpec");
}

/** `msg_type` and `length` (RFC 9846 section 4). */
function headerFields(bytes: Uint8Array): Field[] {
  const header = bytes.subarray(0, HEADER_LENGTH);
  return fieldsOf(HandshakeHeader, header, "Handshake");
}

function isRetryRequest(
  type: number,
  body: Uint8Array,
  raw: Uint8Array,
): boolean {
  return body.length >= 34 && isHelloRetryRequest({ type, body, raw });
}

/** How keys are exchanged, by the name of a suite. */
function exchangeOf(cipherSuite: number): string {
  const [, exchange = ""] = /^TLS_(.*?)_WITH_/.exec(
    nameOf(CipherSuite, cipherSuite),
  ) ?? [];
  return exchange === "PSK_DHE" ? "DHE_PSK" : exchange;
}

function serverCodec(
  exchange: string,
  isOld: boolean,
): Codec<unknown> | undefined {
  if (exchange === "DHE_RSA") {
    return (isOld ? serverKeyExchange.dheTls10 : serverKeyExchange.dhe).codec;
  }
  if (exchange === "ECDHE_RSA" || exchange === "ECDHE_ECDSA") {
    return (isOld ? serverKeyExchange.ecdheTls10 : serverKeyExchange.ecdhe)
      .codec;
  }
  return SERVER_KEY_EXCHANGES[exchange]?.codec;
}

/** What has no form that is known here: all of it is left over. */
const nothing: Codec<unknown> = { read: () => undefined, write: () => {} };

const RecordHeader: Codec<unknown> = struct("TLSPlaintext", {
  type: uint8,
  legacyRecordVersion: uint16,
  length: uint16,
});

const HandshakeHeader: Codec<unknown> = struct("Handshake", {
  msgType: uint8,
  length: uint24,
});

const ChangeCipherSpec: Codec<unknown> = struct("ChangeCipherSpec", {
  type: uint8,
});

const KINDS_TLS13 = kindsOf(Object.values(tls13))
  .set(HandshakeType.compressed_certificate, CompressedCertificate);

const KINDS_TLS12 = kindsOf(Object.values(tls12));

function kindsOf(
  kinds: readonly MessageKind<unknown>[],
): Map<number, Codec<unknown>> {
  // HelloRetryRequest has the number of ServerHello, and is not asked for here.
  return new Map(
    kinds.filter(({ name }) => name !== HELLO_RETRY_REQUEST.name)
      .map(({ type, codec }) => [type, codec]),
  );
}

const SERVER_KEY_EXCHANGES: Readonly<Record<string, MessageKind<unknown>>> = {
  DH_anon: serverKeyExchange.dhAnon,
  ECDH_anon: serverKeyExchange.ecdhAnon,
  PSK: serverKeyExchange.psk,
  RSA_PSK: serverKeyExchange.psk,
  DHE_PSK: serverKeyExchange.dhePsk,
  ECDHE_PSK: serverKeyExchange.ecdhePsk,
};

const CLIENT_KEY_EXCHANGES: Readonly<Record<string, MessageKind<unknown>>> = {
  RSA: clientKeyExchange.rsa,
  DHE_RSA: clientKeyExchange.dhe,
  DH_anon: clientKeyExchange.dhe,
  ECDHE_RSA: clientKeyExchange.ecdhe,
  ECDHE_ECDSA: clientKeyExchange.ecdhe,
  ECDH_anon: clientKeyExchange.ecdhe,
  PSK: clientKeyExchange.psk,
  RSA_PSK: clientKeyExchange.rsaPsk,
  DHE_PSK: clientKeyExchange.dhePsk,
  ECDHE_PSK: clientKeyExchange.ecdhePsk,
};

/** Of a handshake message. */
const HEADER_LENGTH = 4;

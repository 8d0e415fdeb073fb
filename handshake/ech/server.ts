/**
 * Encrypted ClientHello at a server (RFC 9849 section 7): in shared mode, in which
 * the server that has the keys answers for all names, at the client-facing server
 * of split mode, and at a server behind one.
 *
 * @module
 */

import {
  hasSuite,
  type HpkeContext,
  setupBaseReceiver,
} from "../../crypto/hpke/hpke.ts";
import { TlsProtocolError } from "../../errors.ts";
import { decode } from "../../record/codec.ts";
import type { ServerConfig } from "../common/config.ts";
import type { EchKey, EchKeys } from "../common/ech_keys.ts";
import type { ServerEch } from "../common/flow.ts";
import type { HandshakeIO, Received } from "../io/message_stream.ts";
import { Transcript } from "../io/transcript.ts";
import type { ClientHello } from "../messages/client_hello.ts";
import {
  ECHClientHello,
  type OuterECHClientHello,
} from "../messages/ech_client_hello.ts";
import type { ECHConfig } from "../messages/extension_table.ts";
import { tls13 } from "../messages/message_kinds.ts";
import type {
  HelloRetryRequest,
  ServerHello,
} from "../messages/server_hello.ts";
import { BackendEch } from "./backend.ts";
import { CONFIRMATION_LENGTH } from "./confirmation.ts";
import { ConfirmingEch } from "./confirming.ts";
import { decodeInner } from "./encoded_inner.ts";
import { logEch } from "./key_log.ts";
import { hpkeInfo, payloadIn } from "./outer_payload.ts";

/** The ClientHello to answer, and what is done otherwise from there on. */
export interface Opened {
  readonly received: Received<ClientHello>;
  readonly rest: AcceptedEch | BackendEch | RejectedEch;
}

/**
 * Looks at a first ClientHello with the extension encrypted_client_hello, and
 * opens it if it can.
 *
 * @throws {TlsProtocolError} `illegal_parameter`, if a rule of RFC 9849 is broken.
 */
export async function openEch(
  io: HandshakeIO,
  { random, keyLog }: Pick<ServerConfig, "random" | "keyLog">,
  ech: EchKeys | "backend",
  received: Received<ClientHello>,
): Promise<Opened> {
  if (ech === "backend") {
    return { received, rest: BackendEch.begin(received.value) };
  }
  const { keys, retryConfigs } = ech;
  const outer = outerOf(received.value);
  if (outer === undefined) throw innerFromNetwork();
  const body = received.raw.subarray(HEADER_LENGTH);
  for (const key of keys.filter((each) => isCandidate(each, outer))) {
    const context = await setUp(key, outer);
    const encoded = await context?.open(associatedData(body), outer.payload);
    if (context === undefined || encoded === undefined) continue;
    logEch({ keyLog }, received.value.random, {
      config: key.config.raw,
      sharedSecret: context.sharedSecret,
    });
    const { hello: value, raw } = decodeInner(encoded, body);
    // From here on ClientHelloInner is the ClientHello, in the transcript too.
    io.startTranscript();
    io.transcript.add(raw);
    return {
      received: { value, raw },
      rest: new AcceptedEch(outer, context, value.random),
    };
  }
  return { received, rest: new RejectedEch(random, retryConfigs) };
}

/** Section 7.1: by config_id, and a suite that the configuration has. */
function isCandidate(
  { config: { contents: { keyConfig } } }: EchKey,
  { configId, cipherSuite: { kdfId, aeadId } }: OuterECHClientHello,
): boolean {
  return keyConfig.configId === configId && hasSuite({ kdfId, aeadId }) &&
    keyConfig.cipherSuites.some((suite) =>
      suite.kdfId === kdfId && suite.aeadId === aeadId
    );
}

/** `SetupBaseR`; `undefined`, if the encapsulated key is none. */
async function setUp(
  { config, key }: EchKey,
  { cipherSuite, enc }: OuterECHClientHello,
): Promise<HpkeContext | undefined> {
  try {
    return await setupBaseReceiver(
      key,
      cipherSuite,
      enc,
      hpkeInfo(config.raw),
    );
  } catch (error) {
    if (error instanceof TlsProtocolError) return undefined;
    throw error;
  }
}

/** ClientHelloOuterAAD (section 5.2). */
function associatedData(body: Uint8Array): Uint8Array {
  const copy = body.slice();
  payloadIn(copy)?.fill(0);
  return copy;
}

/** The extension of a ClientHello that has it; `undefined` for an inner one. */
function outerOf(
  { extensions: { encrypted_client_hello: ech } }: ClientHello,
): OuterECHClientHello | undefined {
  if (ech === undefined) {
    // Section 7.1.1: "If not, it MUST abort the handshake with a
    // "missing_extension" alert."
    throw new TlsProtocolError(
      "missing_extension",
      "Cannot accept the second ClientHello: encrypted_client_hello is gone (RFC 9849 section 7.1.1)",
    );
  }
  const value = decode(ECHClientHello, ech, "encrypted_client_hello");
  return value === "inner" ? undefined : value;
}

/**
 * Section 7: "A shared mode server which receives a ClientHello with
 * ECHClientHello.type of inner MUST abort with an "illegal_parameter" alert".
 */
function innerFromNetwork(): TlsProtocolError {
  return new TlsProtocolError(
    "illegal_parameter",
    "Cannot accept ClientHello: encrypted_client_hello is of type inner, and nothing was encrypted (RFC 9849 section 7)",
  );
}

/** The ClientHello was opened. */
export class AcceptedEch extends ConfirmingEch {
  readonly #outer: OuterECHClientHello;
  readonly #context: HpkeContext;

  constructor(
    outer: OuterECHClientHello,
    context: HpkeContext,
    innerRandom: Uint8Array,
  ) {
    super(innerRandom);
    this.#outer = outer;
    this.#context = context;
  }

  async readSecond(io: HandshakeIO): Promise<Received<ClientHello>> {
    const received = await io.receive(tls13.clientHello, new Transcript());
    const opened = await this.openSecond(received);
    io.transcript.add(opened.raw);
    return opened;
  }

  /** Section 7.1.1, "Sending HelloRetryRequest". */
  async openSecond(
    received: Received<ClientHello>,
  ): Promise<Received<ClientHello>> {
    const outer = outerOf(received.value);
    if (outer === undefined) throw innerFromNetwork();
    this.#refuseChanges(outer);
    const body = received.raw.subarray(HEADER_LENGTH);
    const encoded = await this.#context.open(
      associatedData(body),
      outer.payload,
    );
    if (encoded === undefined) {
      throw new TlsProtocolError(
        "decrypt_error",
        "Cannot accept the second ClientHello: its encrypted_client_hello cannot be decrypted (RFC 9849 section 7.1.1)",
      );
    }
    const { hello: value, raw } = decodeInner(encoded, body);
    return { value, raw };
  }

  #refuseChanges({ configId, cipherSuite, enc }: OuterECHClientHello): void {
    const first = this.#outer;
    const wrong = configId !== first.configId
      ? "config_id changed"
      : cipherSuite.kdfId !== first.cipherSuite.kdfId ||
          cipherSuite.aeadId !== first.cipherSuite.aeadId
      ? "cipher_suite changed"
      : enc.length > 0
      ? "enc is not empty"
      : undefined;
    if (wrong === undefined) return;
    throw new TlsProtocolError(
      "illegal_parameter",
      `Cannot accept the second ClientHello: ${wrong} in encrypted_client_hello (RFC 9849 section 7.1.1)`,
    );
  }
}

/** No key opened it: it is for another key, or GREASE. */
class RejectedEch implements ServerEch {
  readonly state = "rejected";
  readonly retryConfigs: ECHConfig[];
  readonly #random: (length: number) => Uint8Array;

  constructor(
    random: (length: number) => Uint8Array,
    retryConfigs: ECHConfig[],
  ) {
    this.#random = random;
    this.retryConfigs = retryConfigs;
  }

  confirm(hello: ServerHello): ServerHello {
    return hello;
  }

  /** Section 7.1: 8 random bytes, so that nobody can tell. */
  confirmRetry(request: HelloRetryRequest): HelloRetryRequest {
    const encrypted_client_hello = this.#random(CONFIRMATION_LENGTH);
    return {
      ...request,
      extensions: { ...request.extensions, encrypted_client_hello },
    };
  }

  async readSecond(io: HandshakeIO): Promise<Received<ClientHello>> {
    return await io.receive(tls13.clientHello);
  }
}

/** Of a handshake message. */
const HEADER_LENGTH = 4;

/**
 * Early data of a client (RFC 9846 sections 2.3 and 4.3.10): sent behind the
 * first ClientHello, under a key of the session's PSK. Nobody but the caller
 * knows what may be replayed, so nothing else is sent there, and what the
 * server does not accept is not sent again.
 *
 * @module
 */

import {
  isTls13CipherSuite,
  type Tls13CipherSuite,
} from "../../crypto/suites/cipher_suites.ts";
import { TlsProtocolError } from "../../errors.ts";
import { noProtection } from "../../record/protection.ts";
import { CipherSuite, ContentType, nameOf } from "../../registry.ts";
import type { TakenSession } from "../common/client_sessions.ts";
import type { ClientConfig } from "../common/config.ts";
import type {
  AgreedOnHello,
  ClientHandshake,
  EarlyDataOut,
} from "../common/flow.ts";
import type { OfferedPsk } from "../common/offered_psk.ts";
import { protect } from "../common/traffic_secrets.ts";
import type { HandshakeIO } from "../io/message_stream.ts";
import { logSecret } from "../io/key_log.ts";
import { MAX_PLAINTEXT_LENGTH } from "../../record/plaintext.ts";
import { isTls13, type SessionState } from "../session/session_state.ts";
import { tls13 } from "../messages/message_kinds.ts";
import { sendCompatibilityChangeCipherSpec } from "./compatibility.ts";

/**
 * The session with what the caller sends early, if it can carry that: all of it
 * or nothing, as the server would take a part for the whole.
 */
export async function withEarlyData(
  io: HandshakeIO,
  config: ClientConfig,
  session: TakenSession | undefined,
): Promise<TakenSession | undefined> {
  const refused = (reason: string) => {
    io.tell.tell({ type: "early_data_refused", reason });
    return session;
  };
  if (session === undefined) return refused("there is no session to resume");
  const { state } = session;
  if (!isTls13(state) || state.maxEarlyData === 0) {
    return refused("the ticket does not allow early data");
  }
  const bytes = await config.earlyData?.({
    maxSize: state.maxEarlyData,
    alpnProtocol: state.alpnProtocol || undefined,
    cipherSuite: nameOf(CipherSuite, state.cipherSuite),
  });
  if (bytes === undefined) return refused("there is none for this session");
  // RFC 9846 section 4.7.1, max_early_data_size: "The maximum amount of 0-RTT
  // data that the client is allowed to send".
  if (bytes.length > state.maxEarlyData) {
    return refused(
      `the ticket allows ${state.maxEarlyData} bytes, there are ${bytes.length}`,
    );
  }
  return { ...session, earlyData: bytes };
}

/** Sends the early data that was offered; reading goes on meanwhile. */
export async function sendEarlyData(
  { io, config, offer }: ClientHandshake,
): Promise<EarlyDataOut | undefined> {
  const [psk] = offer.psks;
  const session = psk?.session;
  if (session?.earlyData === undefined) return undefined;
  // RFC 9846 appendix E.4: "If offering early data, the record is placed
  // immediately after the first ClientHello."
  sendCompatibilityChangeCipherSpec(io, offer.hello);
  const suite = suiteOf(config, session.state);
  const { early, hash } = psk as OfferedPsk; // it has the session
  const transcriptHash = hash.digest(offer.raw);
  const secret = early.clientEarlyTrafficSecret(transcriptHash);
  const { random } = offer.hello;
  logSecret(config, "CLIENT_EARLY_TRAFFIC_SECRET", random, secret);
  if (config.keyLog !== undefined) {
    const exporter = early.earlyExporterMasterSecret(transcriptHash);
    logSecret(config, "EARLY_EXPORTER_SECRET", random, exporter);
  }
  io.setWriteProtection(await protect(suite, secret));
  return new EarlyDataWriter(io, session.state, session.earlyData);
}

/** A session whose suite is not offered is not offered either. */
function suiteOf(
  config: ClientConfig,
  { cipherSuite }: SessionState,
): Tls13CipherSuite {
  const suite = config.cipherSuites.find(({ id }) => id === cipherSuite);
  if (suite !== undefined && isTls13CipherSuite(suite)) return suite;
  throw new TypeError("Cannot send early data: its cipher suite is off");
}

/** The early data of one connection. */
class EarlyDataWriter implements EarlyDataOut {
  readonly #io: HandshakeIO;
  readonly #state: SessionState;
  readonly #sending: Promise<void>;
  #isRejected = false;

  constructor(io: HandshakeIO, state: SessionState, bytes: Uint8Array) {
    this.#io = io;
    this.#state = state;
    // Not awaited: a server that has answered may wait until we read.
    this.#sending = this.#send(bytes);
    this.#sending.catch(() => {});
  }

  async #send(bytes: Uint8Array): Promise<void> {
    const { writer } = this.#io.records;
    const size = recordSize(this.#state);
    for (let at = 0; at < bytes.length && !this.#isRejected; at += size) {
      const part = bytes.subarray(at, at + size);
      await writer.write(ContentType.application_data, part);
    }
    await this.#io.flush();
  }

  async reject(reason: string): Promise<void> {
    this.#isRejected = true;
    this.#io.tell.tell({ type: "early_data_refused", reason });
    await this.#sending;
    // A second ClientHello is not protected.
    this.#io.setWriteProtection(noProtection);
  }

  async settle(
    { io, offer }: ClientHandshake,
    { suite, client, psk }: AgreedOnHello,
    { alpnProtocol, acceptsEarlyData }: Parameters<EarlyDataOut["settle"]>[2],
  ): Promise<void> {
    if (!acceptsEarlyData) {
      await this.reject("the server rejected it");
      io.setWriteProtection(await protect(suite, client));
      return;
    }
    const wrong = psk === undefined || psk !== offer.psks[0]
      ? "without the first PSK"
      : suite.id !== this.#state.cipherSuite
      ? "with another cipher suite than the session's"
      : (alpnProtocol ?? "") !== this.#state.alpnProtocol
      ? "with another ALPN protocol than the session's"
      : undefined;
    if (wrong === undefined) return;
    // RFC 9846 section 4.3.11 has the client verify selected_identity; what a
    // server must verify by section 4.3.10, a client can verify as well.
    throw new TlsProtocolError(
      "illegal_parameter",
      `Cannot accept EncryptedExtensions: it accepts early data ${wrong}`,
    );
  }

  async end(
    { io }: ClientHandshake,
    { suite, client }: AgreedOnHello,
  ): Promise<void> {
    if (this.#isRejected) return;
    await this.#sending;
    // Section 4.6: under the keys of the early data, behind the server's
    // Finished.
    io.send(tls13.endOfEarlyData, {});
    io.setWriteProtection(await protect(suite, client));
  }
}

/** Bytes of a record: the limit of the session counts the content type, too. */
function recordSize({ recordSizeLimit }: SessionState): number {
  return recordSizeLimit === 0
    ? MAX_PLAINTEXT_LENGTH
    : Math.min(MAX_PLAINTEXT_LENGTH, recordSizeLimit - 1);
}

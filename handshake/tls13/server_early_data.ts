/**
 * Early data at a server (RFC 9846 sections 4.3.10 and 8): whether it is
 * accepted, and how it is read.
 *
 * @module
 */

import { TlsProtocolError } from "../../errors.ts";
import type { RecordProtection } from "../../record/protection.ts";
import { ACME_TLS_1, ProtocolVersion } from "../../registry.ts";
import type { EarlyDataPolicy } from "../common/early_data_policy.ts";
import { EarlyDataQueue } from "../common/early_data_queue.ts";
import type { EstablishedEarly } from "../common/established.ts";
import type { ServerHandshake } from "../common/flow.ts";
import { protect } from "../common/traffic_secrets.ts";
import { logSecret } from "../io/key_log.ts";
import { tls13 } from "../messages/message_kinds.ts";
import type { SessionState } from "../session/session_state.ts";
import { recordUse } from "./anti_replay.ts";
import type { HandshakeSecrets } from "./secrets.ts";
import type { ServerChoice } from "./server_negotiate.ts";
import type { AcceptedPsk } from "./server_psk.ts";

/** Early data that was accepted. */
export interface AcceptedEarlyData {
  /** Its protection. */
  readonly protection: RecordProtection;
  /**
   * Reads it to its end, and goes on to the handshake keys. Call it when the
   * server's flight is on its way: "servers MUST process the client's ClientHello
   * and then immediately send their flight of messages, rather than waiting for
   * the client's EndOfEarlyData" (section 4.3.11.3).
   */
  receive(
    hs: ServerHandshake,
    keys: HandshakeSecrets,
    established: EstablishedEarly,
  ): Promise<void>;
}

/** Accepts early data, or says by an event why not; call it before ServerHello. */
export async function acceptEarlyData(
  hs: ServerHandshake,
  choice: ServerChoice,
): Promise<AcceptedEarlyData | undefined> {
  const { io, config, hello } = hs;
  const judged = await judge(hs, choice);
  if (typeof judged === "string") {
    io.tell.tell({ type: "early_data_refused", reason: judged });
    return undefined;
  }
  const { early } = judged.psk;
  const transcriptHash = io.transcript.hash();
  const secret = early.clientEarlyTrafficSecret(transcriptHash);
  logSecret(config, "CLIENT_EARLY_TRAFFIC_SECRET", hello.random, secret);
  if (config.keyLog !== undefined) {
    const exporter = early.earlyExporterMasterSecret(transcriptHash);
    logSecret(config, "EARLY_EXPORTER_SECRET", hello.random, exporter);
  }
  io.records.reader.keepEarlyData();
  return {
    protection: await protect(choice.suite, secret),
    receive: (hs, keys, established) =>
      receive(hs, keys, judged.maxSize, established),
  };
}

interface Accepted {
  readonly psk: AcceptedPsk;
  readonly maxSize: number;
}

/** What is accepted, or why nothing is. */
async function judge(
  { io, config, hello, retried, alpnProtocol }: ServerHandshake,
  { psk, suite }: ServerChoice,
): Promise<Accepted | string> {
  const policy = config.earlyData;
  if (policy === undefined) return `option "earlyData" is not set`;
  // Section 4.3.10: "the server MUST have selected the first key offered".
  if (psk?.session === undefined || psk.index !== 0) {
    return "no session was resumed by the first PSK";
  }
  if (retried) return "a HelloRetryRequest was needed";
  if (alpnProtocol === ACME_TLS_1) {
    return `connections of ${ACME_TLS_1} have no data (RFC 8737 section 3)`;
  }
  const { state } = psk.session;
  const mismatch = mismatchOf(state, policy, suite.id, alpnProtocol);
  if (mismatch !== undefined) return mismatch;
  // Section 4.3.10: "a server MUST validate that the ticket age [...] is within
  // a small tolerance of the time since the ticket was issued".
  const { ticketAgeSkew = Infinity } = psk;
  const ticket = hello.extensions.pre_shared_key?.identities[0]?.identity;
  if (ticket === undefined) return "there is no ticket";
  const { createdAt } = state;
  const use = { ticket, createdAt, ticketAgeSkew };
  return await recordUse(io, policy, config.now(), use) ??
    { psk, maxSize: state.maxEarlyData };
}

/** Section 4.3.10: the values that "are the same as those associated with" the PSK. */
function mismatchOf(
  state: SessionState,
  { maxSize }: EarlyDataPolicy,
  suite: number,
  alpnProtocol = "",
): string | undefined {
  if (state.maxEarlyData === 0) return "the ticket does not allow it";
  if (state.maxEarlyData > maxSize) {
    return `the ticket allows ${state.maxEarlyData} bytes, more than now`;
  }
  if (state.version !== ProtocolVersion["TLSv1.3"]) return "another version";
  if (state.cipherSuite !== suite) return "another cipher suite was selected";
  return state.alpnProtocol === alpnProtocol
    ? undefined
    : "another ALPN protocol was selected";
}

async function receive(
  { io, connection }: ServerHandshake,
  { suite, client }: HandshakeSecrets,
  maxSize: number,
  established: EstablishedEarly,
): Promise<void> {
  const { reader } = io.records;
  const { recordSizeLimit } = reader;
  // RFC 8449 section 4: what this handshake has settled holds for its own keys.
  reader.recordSizeLimit = Infinity;
  const queue = new EarlyDataQueue();
  connection.settle(established, queue);
  let left = maxSize;
  io.deliverApplicationData((bytes) => {
    left -= bytes.length;
    if (left < 0) throw tooMuch(maxSize);
    queue.push(bytes);
  });
  await io.read(tls13.endOfEarlyData);
  io.deliverApplicationData(undefined);
  reader.recordSizeLimit = recordSizeLimit;
  io.setReadProtection(await protect(suite, client));
  queue.end();
}

/**
 * Section 4.7.1, max_early_data_size: a server that gets more "SHOULD terminate
 * the connection with an "unexpected_message" alert".
 */
function tooMuch(maxSize: number): TlsProtocolError {
  return new TlsProtocolError(
    "unexpected_message",
    `Cannot accept early data: its ticket allows ${maxSize} bytes, and there are more`,
  );
}

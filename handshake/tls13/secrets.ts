/**
 * The traffic secrets of a handshake, the same for both sides (RFC 9846 section
 * 7.1), and their lines in the key log.
 *
 * @module
 */

import type { Tls13CipherSuite } from "../../crypto/suites/cipher_suites.ts";
import {
  EarlySecret,
  finishedVerifyData,
  type HandshakeSecret,
} from "../../crypto/key_schedule.ts";
import type { HmacKey } from "../../crypto/primitives/provider.ts";
import type { HandshakeConfig } from "../common/config.ts";
import type { HandshakeIO } from "../io/message_stream.ts";
import { logSecret } from "../io/key_log.ts";
import { TrafficSecrets } from "../common/traffic_secrets.ts";
import type { Transcript } from "../io/transcript.ts";

/** What secrets are derived from, and where they are logged. */
export interface SecretsOf {
  readonly io: HandshakeIO;
  readonly config: HandshakeConfig;
  /** ClientHello.random. */
  readonly clientRandom: Uint8Array;
}

/** What stands on ClientHello…ServerHello. */
export interface HandshakeSecrets {
  readonly suite: Tls13CipherSuite;
  readonly handshake: HandshakeSecret;
  /** client_handshake_traffic_secret, as a key for what is derived of it. */
  readonly client: HmacKey;
  /** server_handshake_traffic_secret, the same. */
  readonly server: HmacKey;
}

/** Early Secret, that of a PSK or of none, key exchange, Handshake Secret. */
export function deriveHandshakeSecrets(
  { io, config, clientRandom }: SecretsOf,
  suite: Tls13CipherSuite,
  early: EarlySecret | undefined,
  sharedSecret: Uint8Array,
): HandshakeSecrets {
  const { hash } = suite;
  const handshake = (early ?? EarlySecret.withoutPsk(hash))
    .handshakeSecret(sharedSecret);
  const transcriptHash = io.transcript.hash();
  const client = handshake.clientHandshakeTrafficSecret(transcriptHash);
  const server = handshake.serverHandshakeTrafficSecret(transcriptHash);
  logSecret(config, "CLIENT_HANDSHAKE_TRAFFIC_SECRET", clientRandom, client);
  logSecret(config, "SERVER_HANDSHAKE_TRAFFIC_SECRET", clientRandom, server);
  return {
    suite,
    handshake,
    client: hash.hmacKey(client),
    server: hash.hmacKey(server),
  };
}

/** verify_data of the Finished that comes next (section 4.5.3). */
export function nextVerifyData(
  { hash }: Tls13CipherSuite,
  senderSecret: HmacKey,
  transcript: Transcript,
): Uint8Array {
  return finishedVerifyData(hash, senderSecret, transcript.hash());
}

/** What stands on ClientHello…server Finished, and one more. */
export interface ApplicationSecrets {
  readonly traffic: TrafficSecrets;
  /** To be called when the client's Finished is in the transcript. */
  readonly resumptionMasterSecret: () => Uint8Array;
}

/** Master Secret; to be called when the server's Finished is in the transcript. */
export function deriveApplicationSecrets(
  { io, config, clientRandom }: SecretsOf,
  side: "client" | "server",
  { suite, handshake }: HandshakeSecrets,
): ApplicationSecrets {
  const master = handshake.masterSecret();
  const transcriptHash = io.transcript.hash();
  const client = master.clientApplicationTrafficSecret(transcriptHash);
  const server = master.serverApplicationTrafficSecret(transcriptHash);
  const exporter = master.exporterMasterSecret(transcriptHash);
  logSecret(config, "CLIENT_TRAFFIC_SECRET_0", clientRandom, client);
  logSecret(config, "SERVER_TRAFFIC_SECRET_0", clientRandom, server);
  logSecret(config, "EXPORTER_SECRET", clientRandom, exporter);
  return {
    traffic: new TrafficSecrets(
      suite,
      side === "client"
        ? { read: server, write: client, exporter }
        : { read: client, write: server, exporter },
    ),
    resumptionMasterSecret: () =>
      master.resumptionMasterSecret(io.transcript.hash()),
  };
}

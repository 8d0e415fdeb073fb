/**
 * Builds the result of a handshake of TLS 1.3, for both sides.
 *
 * @module
 */

import { ProtocolVersion } from "../../registry.ts";
import type { LocalIdentity } from "../common/local_identity.ts";
import type {
  EstablishedEarly,
  EstablishedTls13,
} from "../common/established.ts";
import type { ChosenIdentity } from "../common/negotiate.ts";
import type { SessionState } from "../session/session_state.ts";
import type { ApplicationSecrets, HandshakeSecrets } from "./secrets.ts";

/** What the messages settled. */
export interface OutcomeTls13 extends
  Pick<
    EstablishedTls13,
    | "group"
    | "alpnProtocol"
    | "serverName"
    | "earlyData"
    | "peer"
    | "psk"
    | "finished"
    | "verifyData"
    | "sharedSignatureSchemes"
    | "helloRetryRequest"
    | "postHandshakeAuth"
    | "clientCertificateType"
    | "certificateRequested"
    | "certificateRequest"
    | "ticketAgeSkew"
  > {
  /** What we signed with. */
  readonly identity: ChosenIdentity | undefined;
  /** The session that was resumed. */
  readonly session: {
    readonly state: SessionState;
    readonly localIdentity: LocalIdentity | undefined;
  } | undefined;
}

/**
 * Builds the result. Call it when the client's Finished is the last message of
 * the transcript.
 */
export function establishTls13(
  keys: HandshakeSecrets,
  application: ApplicationSecrets,
  { finished, verifyData, ...outcome }: OutcomeTls13,
): EstablishedTls13 {
  const { traffic } = application;
  traffic.complete(application.resumptionMasterSecret(), verifyData);
  finished.release();
  return {
    ...settleTls13(keys, outcome),
    finished,
    verifyData: traffic,
    exporter: traffic,
    traffic,
  };
}

/** The same before the client's Finished. */
export function settleTls13(
  { suite }: HandshakeSecrets,
  { identity, session, ...outcome }: Omit<
    OutcomeTls13,
    "finished" | "verifyData"
  >,
): EstablishedEarly {
  return {
    ...outcome,
    version: ProtocolVersion["TLSv1.3"],
    cipherSuite: suite,
    resumed: session !== undefined,
    session: session?.state,
    localIdentity: identity?.identity ?? session?.localIdentity,
    localSignatureScheme: identity?.scheme,
    extendedMasterSecret: true,
  };
}

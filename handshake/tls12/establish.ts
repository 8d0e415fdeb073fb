/**
 * Builds the result of a handshake of TLS 1.2 or below, for both sides.
 *
 * @module
 */

import type { EstablishedTls12 } from "../common/established.ts";
import type { EstablishedSession } from "../common/make_session_state.ts";
import { exporterTls12, type Tls12Parameters } from "./secrets.ts";

/** The parts of a handshake of these versions that a session keeps. */
export type SettledTls12 =
  & EstablishedSession
  & Pick<EstablishedTls12, "version">;

/** The parts that the last messages settle, and that no session keeps. */
export interface OutcomeTls12 extends
  Pick<
    EstablishedTls12,
    | "finished"
    | "localSignatureScheme"
    | "sharedSignatureSchemes"
    | "secureRenegotiation"
    | "sessionId"
    | "verifyData"
  > {
  /** The master secret. */
  readonly master: Uint8Array;
}

/** Builds the result. */
export function establishTls12(
  params: Tls12Parameters,
  settled: SettledTls12,
  { master, ...outcome }: OutcomeTls12,
): EstablishedTls12 {
  return {
    ...settled,
    ...outcome,
    resumed: settled.session !== undefined,
    earlyData: "none",
    exporter: exporterTls12(params, master),
    extendedMasterSecret: params.extendedMasterSecret,
    encryptThenMac: params.encryptThenMac,
  };
}

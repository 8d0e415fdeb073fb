/**
 * What a diagnosis goes by, and what it says: types only.
 *
 * @module
 */

import type { ConnectionInfo } from "../../connection/info.ts";
import type { Judged } from "../report/verdict.ts";

/** What is known of a connection that failed. */
export interface Case {
  /** Where it leads, such as `"example.com:443"`. */
  readonly name: string;
  /** The name that the certificate must be for. */
  readonly host: string;
  readonly now: Date;
  /** The server's certificates with the verdict, if it came to that. */
  readonly judged: Judged | undefined;
  /** What a handshake led to that permits everything, where that was tried. */
  readonly lesser: ConnectionInfo | undefined;
  /** Whether the server asked for a certificate, and none was there. */
  readonly isCertificateWanted: boolean;
}

/** What is wrong, and what to do. */
export interface Reason {
  /** A stable name. */
  readonly code: string;
  /** What is wrong: whole sentences. */
  readonly wrong: string;
  /** What to do: whole sentences, or empty. */
  readonly todo: string;
}

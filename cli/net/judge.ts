/**
 * Keeps what a handshake finds of the server's certificates.
 *
 * @module
 */

import type { ClientOptions } from "../../connection/options/options.ts";
import type { Judged } from "../report/verdict.ts";

/** The last verdict on a server. */
export interface Judgement {
  judged: Judged | undefined;
}

/**
 * Options with which the verdict is kept, whatever it is.
 *
 * @param options The verdict decides as these options say.
 */
export function judging(
  options: ClientOptions,
): { readonly options: ClientOptions; readonly found: Judgement } {
  const found: Judgement = { judged: undefined };
  const verify = (verdict: Judged) => {
    found.judged = verdict;
  };
  return { found, options: { ...options, verify } };
}

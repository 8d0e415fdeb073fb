/**
 * External pre-shared keys of either side: types only.
 *
 * @module
 */

import type { MaybePromise } from "../../crypto/primitives/provider.ts";

/** An external PSK, as a client has it. */
export interface ClientPsk {
  /** PSK identity (RFC 9846 section 4.3.11, RFC 4279 section 2). */
  readonly identity: Uint8Array;
  /** The key. */
  readonly key: Uint8Array;
  /** The hash that it is for (RFC 9846 section 4.3.11). */
  readonly hash: "SHA-256" | "SHA-384";
  /**
   * It is imported (RFC 9258) with this context, and used in no other way.
   */
  readonly importContext?: Uint8Array | undefined;
}

/** What a server's look-up finds. */
export type PskAnswer = Omit<ClientPsk, "identity">;

/** External PSKs of either side. */
export interface PskConfig {
  /** A client's keys, perhaps by the hint of a TLS 1.2 server. */
  readonly client?: (hint?: string) => MaybePromise<readonly ClientPsk[]>;
  /** A server's look-up. */
  readonly server?: (
    identity: Uint8Array,
  ) => MaybePromise<PskAnswer | undefined>;
  /** psk_identity_hint that a TLS 1.2 server sends. */
  readonly hint?: string | undefined;
}

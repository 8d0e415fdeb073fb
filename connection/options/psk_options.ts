/**
 * The forms of option `psk`: external pre-shared keys, and look-ups of them.
 *
 * @module
 */

import type { MaybePromise } from "../../crypto/primitives/provider.ts";
import type { ConnectionHandle } from "../../handshake/common/callback_info.ts";

/** An external PSK as a client gives it. */
export interface PskInput {
  /** PSK identity; a string is its UTF-8. */
  readonly identity: string | Uint8Array;
  /** The key: 16 random bytes or more. */
  readonly key: Uint8Array;
  /** The hash that it is used with. @default {"SHA-256"} */
  readonly hash?: "SHA-256" | "SHA-384" | undefined;
  /**
   * Imports the key into TLS 1.3 (RFC 9258): what is used are keys made of it, one
   * for each hash that suites have, so that one key is enough for all of them.
   * Both sides must do so, with the same context. `hash` is then that of the key
   * itself. The key is not used below TLS 1.3.
   */
  readonly import?: PskImport | undefined;
}

/** How an external PSK is imported (RFC 9258). */
export interface PskImport {
  /**
   * What the key was made for, such as the names of its two holders, which
   * nobody can then exchange; a string is its UTF-8. It is empty if not given.
   */
  readonly context?: string | Uint8Array | undefined;
}

/**
 * An external PSK as a server's look-up returns it. If it has an identity, that
 * must be the one asked for.
 */
export type PskAnswer =
  & Omit<PskInput, "identity">
  & Partial<Pick<PskInput, "identity">>;

/** A client's external PSKs. */
export type ClientPskOption =
  | PskInput
  | readonly PskInput[]
  | ((
    hint: string | undefined,
    connection: ConnectionHandle,
  ) => MaybePromise<PskInput | readonly PskInput[] | undefined | null>);

/** A server's look-up of external PSKs. */
export type ServerPskOption = (
  identity: Uint8Array,
  connection: ConnectionHandle,
) => MaybePromise<PskAnswer | undefined | null>;

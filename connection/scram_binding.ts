/**
 * The channel binding that SCRAM and other SASL mechanisms use on a connection.
 *
 * @module
 */

import type { ChannelBindingType } from "../handshake/common/channel_binding.ts";
import type { TlsConn } from "./conn.ts";

/** The channel binding of a connection, or the reason why there is none. */
export type ScramBinding = FoundScramBinding | NoScramBinding;

/** A channel binding, for a mechanism whose name ends in `-PLUS`. */
export interface FoundScramBinding {
  /** Its type. */
  readonly type: ChannelBindingType;
  /** Its bytes, the same at both ends. */
  readonly data: Uint8Array;
  /** The gs2-cbind-flag of RFC 5802 section 7, such as `"p=tls-exporter"`. */
  readonly flag: string;
}

/** No channel binding: only a mechanism without `-PLUS` can be used. */
export interface NoScramBinding {
  /** There is none. */
  readonly type: undefined;
  /** There are no bytes. */
  readonly data: undefined;
  /** The gs2-cbind-flag of RFC 5802 section 7: the client has no binding. */
  readonly flag: "n";
  /** Why each of the types is missing, in one sentence per type. */
  readonly reason: string;
}

/**
 * Finds the channel binding for SASL (RFC 5802 section 6): tls-exporter (RFC
 * 9266), or else tls-server-end-point (RFC 5929).
 *
 * @param conn A connection whose handshake is done.
 * @param types The types that the application protocol allows, in order of
 * preference. PostgreSQL, for one, has `["tls-server-end-point"]` alone.
 * @returns The first of the types that this connection has, or why it has none.
 * @throws {TypeError} If the handshake has not finished, or `types` has an
 * unknown name.
 *
 * @example The beginning of SCRAM's client-first-message
 * ```ts ignore
 * import { connect, scramBinding } from "@x/tls";
 *
 * await using conn = await connect({ hostname: "xmpp.example.com", port: 5223 });
 * const binding = scramBinding(conn);
 * const mechanism = binding.type ? "SCRAM-SHA-256-PLUS" : "SCRAM-SHA-256";
 * console.log(mechanism, `${binding.flag},,n=user,r=nonce`);
 * ```
 */
export function scramBinding(
  conn: TlsConn,
  types: readonly ChannelBindingType[] = DEFAULT_TYPES,
): ScramBinding {
  if (conn.info.version === undefined) {
    throw new TypeError(
      "Cannot give a channel binding: the handshake has not finished",
    );
  }
  const reasons: string[] = [];
  for (const type of types) {
    if (!TYPES.includes(type)) {
      throw new TypeError(
        `Cannot give a channel binding: expected a type of ${
          TYPES.join(", ")
        }, got ${String(type)}`,
      );
    }
    try {
      return { type, data: conn.channelBinding(type), flag: `p=${type}` };
    } catch (error) {
      // The connection is as it is: there is none of this type.
      if (!(error instanceof TypeError)) throw error;
      reasons.push(error.message);
    }
  }
  const reason = reasons.join(". ") || "No type of channel binding is allowed";
  return { type: undefined, data: undefined, flag: "n", reason };
}

const TYPES: readonly ChannelBindingType[] = [
  "tls-exporter",
  "tls-server-end-point",
  "tls-unique",
];

/** RFC 5929 section 3's tls-unique is not secure with all old peers. */
const DEFAULT_TYPES: readonly ChannelBindingType[] = [
  "tls-exporter",
  "tls-server-end-point",
];

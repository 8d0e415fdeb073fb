/**
 * Connections with early data to servers that do not speak TLS 1.3 any more.
 *
 * @module
 */

import type { TlsConn } from "../connection/conn.ts";
import { TlsAlertError, TlsError } from "../errors.ts";
import type { EarlyDataSession } from "../handshake/common/callback_info.ts";

/** Says what is sent as early data, for a session that is about to be resumed. */
export type GiveEarlyData = (
  session: EarlyDataSession,
) => Promise<Uint8Array | undefined>;

/**
 * Connects with early data, and once more without if the server has gone back to
 * TLS 1.2. RFC 9846 appendix D.3 (Zero-RTT Backward Compatibility): the client
 * MUST fail that connection, and SHOULD retry it with 0-RTT disabled. An attacker
 * gains nothing by it: the second ClientHello offers TLS 1.3 as the first one did,
 * so the random of the ServerHello still shows a downgrade.
 *
 * @throws What the last attempt throws.
 */
export async function connectEarly(
  give: GiveEarlyData,
  connect: (earlyData: GiveEarlyData | undefined) => Promise<TlsConn>,
): Promise<TlsConn> {
  let isSent = false;
  try {
    return await connect(async (session) => {
      const bytes = await give(session);
      isSent = bytes !== undefined;
      return bytes;
    });
  } catch (error) {
    if (!isSent || !isOfOldServer(error)) throw error;
    return await connect(undefined);
  }
}

/**
 * Whether a server of TLS 1.2 may have caused an error: by its ServerHello, or by
 * an alert about the early data behind the ClientHello.
 */
function isOfOldServer(error: unknown): boolean {
  return error instanceof TlsAlertError
    ? error.alert === "unexpected_message"
    : error instanceof TlsError && error.code === "no_common_version";
}

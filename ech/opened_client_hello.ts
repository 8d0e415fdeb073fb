/**
 * What a client-facing server gives, and gets: types only.
 *
 * @module
 */

import type { EchKeyInput } from "../connection/options/ech_options.ts";
import type { Duplex } from "../connection/transport/duplex.ts";
import type { ClientHelloInfo } from "../handshake/common/callback_info.ts";

/** Options of `openClientHello()`. */
export interface OpenClientHelloOptions {
  /** The keys, as in `ech.keys` of a server. */
  readonly keys: EchKeyInput | readonly EchKeyInput[];
  /** Gets the lines `ECH_SECRET` and `ECH_CONFIG` of the key log (RFC 9850). */
  readonly keyLog?: ((line: string) => void) | undefined;
  /**
   * Aborts the duplex, with its reason: a client may send nothing for as long
   * as it likes.
   */
  readonly signal?: AbortSignal | undefined;
}

/** What `openClientHello()` has seen. */
export interface OpenedClientHello {
  /**
   * `"accepted"`, if it was decrypted; `"rejected"`, if no key opens it, as with
   * GREASE; `"none"`, if the client does not use Encrypted ClientHello.
   */
  readonly ech: "accepted" | "rejected" | "none";
  /** What the client offers: in the ClientHello that was encrypted, if it was. */
  readonly info: ClientHelloInfo;
  /** What everyone on the way has seen of it. */
  readonly outer: ClientHelloInfo;
  /**
   * The connection, to be joined with that of a back end: the ClientHello that
   * was encrypted is in it, and of a second one the same. If none was decrypted,
   * it is the connection as it was.
   */
  readonly duplex: Duplex;
}

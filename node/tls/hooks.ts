/**
 * What the callbacks of a handshake ask of their socket.
 *
 * @module
 */

import type { Session } from "../../handshake/session/session.ts";
import type { PeerVerdict } from "../../handshake/common/callback_info.ts";
import type { HandshakeEvent } from "../../handshake/io/events.ts";
import type { NodeSocket } from "../socket.ts";
import type { SecureContext } from "./secure_context.ts";

/** A socket whose handshake is under way. */
export interface HookedSocket extends NodeSocket {
  /** The context that the name chose. */
  chosenContext: SecureContext | undefined;
  /** The protocol that `ALPNCallback` chose. */
  chosenProtocol: string | undefined;
  /** The context whose certificate to show, if it is another. */
  readonly keyCert: SecureContext | undefined;
  /** Judges the peer; returns whether to go on. */
  judge(verdict: PeerVerdict): boolean;
  /** The name that a client asks for. */
  noteServername(name: string | undefined): void;
  /** What happens on the connection. */
  noteEvent(event: HandshakeEvent): void;
  /** A client has a new session. */
  noteSession(session: Session): void;
  /** The ticket of the session that is offered. */
  noteTicket(ticket: Uint8Array): void;
  /** A callback has failed: Node closes without a word. */
  cutOff(error: unknown): void;
}

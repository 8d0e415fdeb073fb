/**
 * What a connection's callbacks and events have told so far.
 *
 * @module
 */

import type { HandshakeEvent, Session } from "../../../mod.ts";
import { AlertDescription, HandshakeType } from "../../../registry.ts";

/** Takes notes of one connection. */
export class Observer {
  /** Messages and alerts, in the runner's words. */
  trace = "";
  /** How often a ClientHello was read or written. */
  clientHellos = 0;
  /** The newest session of a client. */
  session: Session | undefined;
  /** How many new sessions there were since `forgetSessions`. */
  newSessions = 0;
  /** How many sessions a server has kept by their ID. */
  keptSessions = 0;
  /** Traffic secrets of TLS 1.3, by the key log's labels. */
  readonly secrets: Map<string, Uint8Array> = new Map();
  /** The peer's schemes, by IANA's names. */
  peerSchemes: readonly string[] | undefined;
  /** Types of certificates that the server accepts, by IANA's names. */
  certificateTypes: readonly string[] = [];
  /** Names of acceptable CAs, in DER. */
  authorities: readonly Uint8Array[] = [];
  /** How often the peer's certificate was judged. */
  verified = 0;
  /** How much early data the ticket allows. */
  earlySize = 0;
  /** Why early data was not accepted, or not offered. */
  earlyDataRefusal: string | undefined;
  /** Whether the server's first callback was asked. */
  sawClientHello = false;

  /** Takes an event. */
  onEvent(event: HandshakeEvent): void {
    switch (event.type) {
      case "message": {
        const [type = 0] = event.bytes;
        if (type === HandshakeType.client_hello) this.clientHellos++;
        this.trace += `${event.direction} hs ${type}\n`;
        break;
      }
      case "alert":
        this.trace += `${event.direction} alert ${
          event.level === "warning" ? 1 : 2
        } ${AlertDescription[event.alert]}\n`;
        break;
      case "early_data_refused":
        this.earlyDataRefusal = event.reason;
        break;
      case "change_cipher_spec":
        this.trace += `${event.direction} ccs\n`;
    }
  }

  /** Takes a line of the key log. */
  onKeyLog(line: string): void {
    const [label, , secret] = line.split(" ");
    if (label && secret) this.secrets.set(label, Uint8Array.fromHex(secret));
  }

  /** Takes a session. */
  onSession(session: Session): void {
    this.session = session;
    this.newSessions++;
  }
}

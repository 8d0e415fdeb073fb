/**
 * The protocols that start TLS within a connection: one row each.
 *
 * @module
 */

import type { SocketConn } from "../../connection/transport/transport.ts";
import { Failure } from "../base/exit.ts";
import { ldap, mysql, nats, postgres } from "./data.ts";
import { ftp, imap, lmtp, pop3, sieve, smtp } from "./mail.ts";
import { Wire } from "./wire.ts";
import { xmpp, xmppServer } from "./xmpp.ts";

/** How a protocol starts TLS. */
interface Start {
  /** The port that it is usually at. */
  readonly port: number;
  /** Speaks up to where TLS begins. */
  readonly start: (wire: Wire, host: string) => Promise<void>;
}

/** The names that `--starttls` takes. */
export function starttlsNames(): string[] {
  return Object.keys(STARTS);
}

/** The usual port of a protocol. */
export function starttlsPort(name: string): number | undefined {
  return STARTS[name]?.port;
}

/**
 * Speaks a protocol up to where TLS begins.
 *
 * @param host The name that the server is asked for, where the protocol has it.
 * @throws {Failure} If the server does not start TLS.
 */
export async function startTls(
  socket: SocketConn,
  name: string,
  host: string,
): Promise<void> {
  const wire = new Wire(socket);
  await STARTS[name]?.start(wire, host);
  // Somebody in the middle could put commands there, which the client would
  // take for the server's words under TLS.
  if (wire.unread > 0) {
    throw new Failure(
      "network",
      `Cannot start TLS: ${wire.unread} bytes in plain text follow the server's consent, perhaps from somebody in the middle`,
      { code: "starttls_injection" },
    );
  }
}

const STARTS: Readonly<Record<string, Start>> = {
  smtp: { port: 587, start: smtp },
  lmtp: { port: 24, start: lmtp },
  imap: { port: 143, start: imap },
  pop3: { port: 110, start: pop3 },
  ftp: { port: 21, start: ftp },
  sieve: { port: 4190, start: sieve },
  xmpp: { port: 5222, start: xmpp },
  "xmpp-server": { port: 5269, start: xmppServer },
  ldap: { port: 389, start: ldap },
  postgres: { port: 5432, start: postgres },
  mysql: { port: 3306, start: mysql },
  nats: { port: 4222, start: nats },
};

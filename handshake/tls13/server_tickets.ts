/**
 * The tickets that a server sends behind the handshake (RFC 9846 section
 * 4.7.1): stateless, sealed under its ticket keys.
 *
 * @module
 */

import { resumptionPsk } from "../../crypto/key_schedule.ts";
import { PskKeyExchangeMode } from "../../registry.ts";
import type { EstablishedTls13 } from "../common/established.ts";
import { Grease } from "../messages/grease.ts";
import { tls13 } from "../messages/message_kinds.ts";
import type { ServerHandshake } from "../common/flow.ts";
import { TicketStates } from "../session/session_codec.ts";
import { MAX_TICKET_LENGTH } from "../common/resumable.ts";
import {
  makeSessionState,
  MAX_TICKET_LIFETIME,
} from "../common/make_session_state.ts";

/** Queues the tickets; they leave with the next flush. */
export async function sendTickets(
  { io, config, hello }: ServerHandshake,
  established: EstablishedTls13,
): Promise<void> {
  const { ticketKeys, sessionTimeout } = config;
  const count = ticketCount({ config, hello }, established.resumed);
  if (ticketKeys === undefined || count === 0) return;
  const { hash } = established.cipherSuite;
  const resumptionSecret = hash.hmacKey(established.traffic.resumption);
  const ticketLifetime = Math.min(sessionTimeout, MAX_TICKET_LIFETIME);
  const maxEarlyData = config.earlyData?.maxSize ?? 0;
  const states = new TicketStates(
    await makeSessionState(established, config, {
      lifetime: ticketLifetime,
      context: config.sessionIdContext,
      maxEarlyData,
      // Each ticket has one of its own.
      secret: NO_SECRET,
    }),
  );
  for (let index = 0; index < count; index++) {
    const ticketNonce = Uint8Array.of(index);
    const [ticketAgeAdd = 0] = new Uint32Array(
      config.random(4).slice().buffer,
    );
    const ticket = await ticketKeys.seal(states.of({
      secret: resumptionPsk(hash, resumptionSecret, ticketNonce),
      ticketAgeAdd,
    }));
    if (ticket.length > MAX_TICKET_LENGTH) return;
    io.sendUnhashed(tls13.newSessionTicket, {
      ticketLifetime,
      ticketAgeAdd,
      ticketNonce,
      ticket,
      extensions: {
        ...(maxEarlyData > 0 ? { early_data: maxEarlyData } : {}),
        ...(config.grease
          ? { unknown: new Grease(config.random(8)).extensions() }
          : {}),
      },
    });
  }
}

/**
 * How many tickets follow a handshake: those of the configuration, or as many as
 * the client asks for (RFC 9149 section 3).
 */
export function ticketCount(
  { config, hello }: Pick<ServerHandshake, "config" | "hello">,
  resumed: boolean,
): number {
  const { psk_key_exchange_modes: modes = [], ticket_request: request } =
    hello.extensions;
  const { ticketKeys, tickets } = config;
  if (ticketKeys === undefined || tickets === 0) return 0;
  // Section 4.3.9: not to a client that could not use them.
  if (!modes.includes(PskKeyExchangeMode.psk_dhe_ke)) return 0;
  if (request === undefined) return tickets;
  return Math.min(
    resumed ? request.resumptionCount : request.newSessionCount,
    Math.max(tickets, MAX_REQUESTED_TICKETS),
  );
}

/**
 * RFC 9149 section 5: "Servers MUST [...] place a limit on the number of tickets
 * they are willing to vend": each costs a key and a sealing.
 */
const MAX_REQUESTED_TICKETS = 8;

const NO_SECRET = new Uint8Array();

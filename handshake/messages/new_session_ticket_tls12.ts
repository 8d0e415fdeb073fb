import {
  type Codec,
  struct,
  uint16,
  uint32,
  vector,
} from "../../record/codec.ts";

/** RFC 5077 section 3.3. */
export interface NewSessionTicketTls12 {
  /** In seconds; 0 if the server does not say. */
  ticketLifetimeHint: number;
  /** Empty if the server sends none after all. */
  ticket: Uint8Array;
}

/** RFC 5077 section 3.3. */
export const NewSessionTicketTls12: Codec<NewSessionTicketTls12> = struct(
  "NewSessionTicket",
  { ticketLifetimeHint: uint32, ticket: vector(uint16, 0, 2 ** 16 - 1) },
);

import {
  type Codec,
  struct,
  uint16,
  uint32,
  uint8,
  vector,
} from "../../record/codec.ts";
import { type Extensions, extensions } from "./extensions.ts";

/** RFC 9846 section 4.7.1. */
export interface NewSessionTicket {
  /** In seconds, at most 604800. */
  ticketLifetime: number;
  /** Hides the ticket's age, in milliseconds. */
  ticketAgeAdd: number;
  /** Unique over the tickets of a connection. */
  ticketNonce: Uint8Array;
  /** The value for `identity` in `pre_shared_key`. */
  ticket: Uint8Array;
  /** `early_data` is the only one. */
  extensions: Extensions<"NewSessionTicket">;
}

/** RFC 9846 section 4.7.1. */
export const NewSessionTicket: Codec<NewSessionTicket> = struct(
  "NewSessionTicket",
  {
    ticketLifetime: uint32,
    ticketAgeAdd: uint32,
    ticketNonce: vector(uint8, 0, 255),
    ticket: vector(uint16, 1, 2 ** 16 - 1),
    extensions: extensions("NewSessionTicket"),
  },
);

import { assertThrows } from "@std/assert";
import { createContext } from "../../mod.ts";
import { TicketKeys } from "../../handshake/session/ticket_keys.ts";
import { assertNotEquals } from "@std/assert";

Deno.test("a ticket key of zeros is refused", () => {
  for (const length of [32, 48]) {
    const ticketKeys = [new Uint8Array(length)];
    assertThrows(() => createContext({ ticketKeys }), TypeError, "all zeros");
  }
});

Deno.test("a server without ticket keys has random ones", () => {
  const [one, other] = [1, 2].map(() => new TicketKeys(undefined, Date.now));
  assertNotEquals(one?.export(), other?.export());
});

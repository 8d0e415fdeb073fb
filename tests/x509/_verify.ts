/**
 * A chain of three, and when it is valid.
 *
 * @module
 */

import { authority, server } from "./_authority.ts";

const DAY = 86_400_000;
export const now = new Date("2030-06-01T12:00:00Z");
export const valid = {
  notBefore: new Date(now.getTime() - DAY),
  notAfter: new Date(now.getTime() + DAY),
};
export const past = {
  notBefore: new Date(now.getTime() - 3 * DAY),
  notAfter: new Date(now.getTime() - DAY),
};

export const root = await authority("Root");
export const intermediate = await authority("Intermediate", root);
export const leaf = await server(intermediate);

/**
 * The handshake messages without content.
 *
 * @module
 */

import { type Codec, struct } from "../../record/codec.ts";

/** RFC 5246 section 7.4.1.1: an empty structure. */
export type HelloRequest = Record<never, never>;

/** RFC 5246 section 7.4.1.1. */
export const HelloRequest: Codec<HelloRequest> = struct("HelloRequest", {});

/** RFC 9846 section 4.6: an empty structure. */
export type EndOfEarlyData = Record<never, never>;

/** RFC 9846 section 4.6. */
export const EndOfEarlyData: Codec<EndOfEarlyData> = struct(
  "EndOfEarlyData",
  {},
);

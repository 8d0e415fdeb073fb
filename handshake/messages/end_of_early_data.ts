import { type Codec, struct } from "../../record/codec.ts";

/** RFC 9846 section 4.6: an empty structure. */
export type EndOfEarlyData = Record<never, never>;

/** RFC 9846 section 4.6. */
export const EndOfEarlyData: Codec<EndOfEarlyData> = struct(
  "EndOfEarlyData",
  {},
);

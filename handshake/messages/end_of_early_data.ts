import { type Codec, struct } from "../../record/codec.ts";

/** RFC 8446 section 4.5: an empty structure. */
export type EndOfEarlyData = Record<never, never>;

/** RFC 8446 section 4.5. */
export const EndOfEarlyData: Codec<EndOfEarlyData> = struct(
  "EndOfEarlyData",
  {},
);

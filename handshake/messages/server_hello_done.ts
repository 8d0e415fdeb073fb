import { type Codec, struct } from "../../record/codec.ts";

/** RFC 5246 section 7.4.5: an empty structure. */
export type ServerHelloDone = Record<never, never>;

/** RFC 5246 section 7.4.5. */
export const ServerHelloDone: Codec<ServerHelloDone> = struct(
  "ServerHelloDone",
  {},
);

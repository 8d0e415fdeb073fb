import { type Codec, rest, struct } from "../../record/codec.ts";

/** RFC 9846 section 4.5.3; RFC 5246 section 7.4.9. */
export interface Finished {
  /** As long as the hash in TLS 1.3; 12 bytes in TLS 1.2. */
  verifyData: Uint8Array;
}

/** RFC 9846 section 4.5.3; the verifier knows the length. */
export const Finished: Codec<Finished> = struct("Finished", {
  verifyData: rest,
});

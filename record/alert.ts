import { type Codec, struct, uint8 } from "./codec.ts";

/** RFC 9846 section 6, `Alert`. */
export interface Alert {
  /** AlertLevel: of no meaning in TLS 1.3. */
  level: number;
  /** AlertDescription. */
  description: number;
}

/** RFC 9846 section 6, `Alert`. */
export const Alert: Codec<Alert> = struct<Alert>("Alert", {
  level: uint8,
  description: uint8,
});

/** In bytes. */
export const ALERT_LENGTH = 2;

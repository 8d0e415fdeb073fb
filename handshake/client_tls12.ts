import type { Established } from "./established.ts";
export function clientHandshakeTls12(..._: unknown[]): Promise<Established> {
  throw new TypeError("TLS 1.2 is being written");
}

/**
 * What a handshake message is for the flows.
 *
 * @module
 */

import type { Codec } from "../../record/codec.ts";
import { HandshakeType } from "../../registry.ts";

/** A message that a step can ask for or send. */
export interface MessageKind<T> {
  /** HandshakeType. */
  readonly type: number;
  /** Its name in the RFC. */
  readonly name: string;
  /** Its encoding. */
  readonly codec: Codec<T>;
}

/** A message by its type, its name in the RFC and its codec. */
export function kind<T>(
  type: keyof typeof HandshakeType,
  name: string,
  codec: Codec<T>,
): MessageKind<T> {
  return { type: HandshakeType[type], name, codec };
}

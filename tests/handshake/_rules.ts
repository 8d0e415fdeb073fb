/**
 * Rules that our hostile peer breaks, one row each, and ways to break them.
 *
 * @module
 */

import { assertEquals, assertStringIncludes } from "@std/assert";
import type {
  ClientOptions,
  ServerOptions,
} from "../../connection/options/options.ts";
import type { TlsAlertName, TlsError, TlsErrorCode } from "../../errors.ts";
import { frameMessage } from "../../handshake/messages/framing.ts";
import { HandshakeType } from "../../registry.ts";
import type { Mischief } from "../_hostile_peer.ts";

/** A rule, and how we refuse who breaks it. */
export interface Rule {
  /** Its section, and what breaks it. */
  readonly name: string;
  readonly alert: TlsAlertName;
  readonly code?: TlsErrorCode;
  /** A part of the error's message. */
  readonly says?: string;
  readonly client?: ClientOptions;
  readonly server?: ServerOptions;
}

/** Checks that an error is about the rule. */
export function assertSays(error: TlsError, { code, says }: Rule): void {
  if (code !== undefined) assertEquals(error.code, code);
  if (says !== undefined) assertStringIncludes(error.message, says);
}

/** Drops the messages of these names. */
export function dropping(...names: (keyof typeof HandshakeType)[]): Mischief {
  return {
    message: ({ name }) => (names as string[]).includes(name) ? [] : undefined,
  };
}

/** Sends the messages of one name twice. */
export function repeating(name: keyof typeof HandshakeType): Mischief {
  return {
    message: (message) =>
      message.name === name ? [message.raw, message.raw] : undefined,
  };
}

/** Puts a message before those of one name. */
export function inserting(
  name: keyof typeof HandshakeType,
  type: keyof typeof HandshakeType,
  body: Uint8Array = new Uint8Array(),
): Mischief {
  return {
    message: (message) =>
      message.name === name
        ? [frameMessage(HandshakeType[type], body), message.raw]
        : undefined,
  };
}

/**
 * What the tables of fields say of each.
 *
 * @module
 */

import type { Registry } from "../../registry.ts";

/** How a value is written. */
export type Show =
  /** The names of a registry. */
  | Registry
  /** A number, with its unit. */
  | "seconds"
  | "milliseconds"
  | "bytes"
  | "number"
  /** A number whose value means nothing in itself. */
  | "hex"
  /** Bytes that are text. */
  | "text"
  /** DER of a certificate, of a name. */
  | "certificate"
  | "name"
  /** Other DER. */
  | "der";

/** What a field is. */
export interface Meaning {
  /** `"RFC 9846 section 4.2.2"`. */
  readonly section: string;
  /** What it is for, in a sentence. */
  readonly meaning: string | undefined;
  /** @default {its number, or how many bytes it has} */
  readonly show?: Show | undefined;
  /** What the RFC calls it, where that is not its name in the code. */
  readonly name?: string;
  /** Whether its content opens something: a trace leaves it out. */
  readonly isSecret?: boolean;
}

/** A row of a table of fields: where it is specified, and what it is for. */
export function row(section: string, meaning: string, show?: Show): Meaning {
  return { section: `RFC ${section}`, meaning, show };
}

/** What opens something: a trace leaves it out. */
export function secret(meaning: Meaning): Meaning {
  return { ...meaning, isSecret: true };
}

/** What the RFC calls otherwise than the code. */
export function named(name: string, meaning: Meaning): Meaning {
  return { ...meaning, name };
}

/** What an extension is. */
export interface ExtensionMeaning {
  /** `"RFC 9846 section 4.3.8"`. */
  readonly section: string;
  /** What it is for where it is offered or asked for, in a sentence. */
  readonly offer: string;
  /** What it says in an answer, if that is another thing. */
  readonly answer?: string;
  /** What the RFC calls its content. */
  readonly content?: string;
  /** The same where that is one value instead of a list. */
  readonly single?: string;
  readonly show?: Show | undefined;
  /** Whether its content opens something: a trace leaves it out. */
  readonly isSecret?: boolean;
}

/** What a message is. */
export interface MessageMeaning {
  /** Its name in the RFC: `"ClientHello"`. */
  readonly name: string;
  readonly section: string;
  /** What it is for. */
  readonly meaning: string;
}

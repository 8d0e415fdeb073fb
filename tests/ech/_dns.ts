/**
 * Answers of the DNS, and a server for DNS over HTTPS.
 *
 * @module
 */

import { encodeName } from "../../ech/domain_name.ts";
import { encodeServiceBinding, parseServiceBinding } from "../../ech/mod.ts";
import { concat } from "@std/bytes";
import { encode, uint16, uint32 } from "../../record/codec.ts";

/** A record, as a zone file has it. */
export interface Row {
  readonly name: string;
  readonly type: "HTTPS" | "CNAME" | "A";
  /** What stands behind the type. */
  readonly value: string | Uint8Array;
  readonly ttl?: number;
}

const TYPES = { A: 1, CNAME: 5, HTTPS: 65 };

/** An answer with these records, to a question of a type. */
export function answerOf(
  rows: readonly Row[],
  { name = "a.example", flags = 0x8180, type = TYPES.HTTPS } = {},
): Uint8Array<ArrayBuffer> {
  const header = [0, flags, 1, rows.length, 0, 0];
  return concat([
    ...header.map((value) => encode(uint16, value)),
    encodeName(name),
    encode(uint16, type),
    encode(uint16, 1),
    ...rows.map(encodeRow),
  ]);
}

function encodeRow({ name, type, value, ttl = 300 }: Row): Uint8Array {
  const data = value instanceof Uint8Array
    ? value
    : type === "CNAME"
    ? encodeName(value)
    : encodeServiceBinding(parseServiceBinding(value));
  return concat([
    encodeName(name),
    encode(uint16, TYPES[type]),
    encode(uint16, 1),
    encode(uint32, ttl),
    encode(uint16, data.length),
    data,
  ]);
}

/** The name that a question is for; fails for what is not one. */
export function questionOf(message: Uint8Array): string {
  const labels: string[] = [];
  let at = 12;
  for (let size = message[at++] ?? 0; size > 0; size = message[at++] ?? 0) {
    labels.push(new TextDecoder().decode(message.subarray(at, at + size)));
    at += size;
  }
  return labels.join(".");
}

/** The type that it is for: the two last fields are type and class. */
export function typeOf(message: Uint8Array): number {
  const at = 12 + encodeName(questionOf(message)).length;
  return (message[at] ?? 0) << 8 | (message[at + 1] ?? 0);
}

/** A response of a resolver. */
export function dnsResponse(body: Uint8Array<ArrayBuffer>): Response {
  return new Response(body, {
    headers: { "content-type": "application/dns-message" },
  });
}

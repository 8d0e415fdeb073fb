/**
 * Mutations that know the structure of a handshake message: fields of what a
 * codec gives, extensions as a list, and lengths wherever there may be some.
 *
 * @module
 */

import { concat } from "@std/bytes";
import type { MessageKind } from "../../handshake/messages/message_kind.ts";
import { tls13 } from "../../handshake/messages/message_kinds.ts";
import {
  clientKeyExchange,
  serverKeyExchange,
  signed,
  tls12,
} from "../../handshake/messages/message_kinds_tls12.ts";
import { frameMessage } from "../../handshake/messages/framing.ts";
import { decode, encode } from "../../record/codec.ts";
import { ExtensionType, HandshakeType } from "../../registry.ts";
import { mutations } from "../_mutate.ts";
import { derMutations } from "../_mutate_der.ts";
import { pick, type Random, someBytes } from "./_random.ts";

/** Every message that a codec is there for. */
const kinds: readonly MessageKind<unknown>[] = [
  ...Object.values(tls13),
  ...Object.values(tls12),
  ...Object.values(signed),
  ...Object.values(serverKeyExchange),
  ...Object.values(clientKeyExchange),
].map((kind) => kind as MessageKind<unknown>);

/** A message with something wrong, as its header has it or not. */
export function mutateMessage(raw: Uint8Array, random: Random): Uint8Array {
  switch (random(8)) {
    case 0:
    case 1:
    case 2:
      return mutateFields(raw, random) ?? mutateBody(raw, random);
    case 3:
    case 4:
      return mutateExtensions(raw, random) ?? mutateLength(raw, random);
    case 5:
      return mutateLength(raw, random);
    case 6:
      return mutateBody(raw, random);
    default:
      return mutateHeader(raw, random);
  }
}

/** Changes a field of the decoded message. */
function mutateFields(
  raw: Uint8Array,
  random: Random,
): Uint8Array | undefined {
  const candidates = kinds.filter((kind) => kind.type === raw[0]);
  const start = random(candidates.length || 1);
  for (let at = 0; at < candidates.length; at++) {
    const kind = candidates[(start + at) % candidates.length];
    if (kind === undefined) continue;
    try {
      const value = decode(kind.codec, raw.subarray(4), kind.name);
      return frameMessage(
        kind.type,
        encode(kind.codec, mutateValue(value, random)),
      );
    } catch {
      // It is of another kind, or what came out has no encoding.
    }
  }
  return undefined;
}

/** A copy of a value with one change somewhere in it. */
export function mutateValue(value: unknown, random: Random): unknown {
  if (typeof value === "number") return mutateNumber(value, random);
  if (value instanceof Uint8Array) return mutateBytes(value, random);
  if (Array.isArray(value)) return mutateList(value, random);
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value).filter(([, v]) => v !== undefined);
    if (entries.length === 0) return value;
    const at = random(entries.length);
    if (random(12) === 0) return Object.fromEntries(entries.toSpliced(at, 1));
    return Object.fromEntries(
      entries.map(([key, inner], index) => [
        key,
        index === at ? mutateValue(inner, random) : inner,
      ]),
    );
  }
  return value;
}

function mutateNumber(value: number, random: Random): number {
  return pick([
    value + 1,
    Math.max(0, value - 1),
    value ^ 1 << random(16),
    0,
    1,
    0xff,
    0xffff,
    0x0301 + random(5),
    random(2 ** 16),
    random(256),
  ], random);
}

function mutateBytes(value: Uint8Array, random: Random): Uint8Array {
  switch (random(6)) {
    case 0:
      return new Uint8Array();
    case 1:
      return someBytes(random, random(300));
    case 2:
      return new Uint8Array(value.length).fill(pick([0, 0xff, 1], random));
    default:
      return mutateDer(value, random) ?? mutateAny(value, random);
  }
}

function mutateAny(value: Uint8Array, random: Random): Uint8Array {
  const [mutated] = mutations([value], 1, random(2 ** 31));
  return mutated ?? value;
}

/** Keeps the lengths of a certificate and the like right. */
function mutateDer(value: Uint8Array, random: Random): Uint8Array | undefined {
  if (value[0] !== SEQUENCE || value.length < 40 || random(4) === 0) return;
  try {
    const [mutated] = derMutations([value], 1, random(2 ** 31));
    return mutated;
  } catch {
    return undefined; // Not DER.
  }
}

function mutateList(value: readonly unknown[], random: Random): unknown[] {
  const list = [...value];
  if (list.length === 0) return list;
  const at = random(list.length);
  switch (random(6)) {
    case 0:
      list.splice(at, 1);
      return list;
    case 1:
      list.splice(at, 0, list[random(list.length)]);
      return list;
    case 2:
      return list.reverse();
    case 3:
      return random(8) === 0
        ? Array.from({ length: 1 + random(2000) }, () => list[at])
        : [];
    default:
      list[at] = mutateValue(list[at], random);
      return list;
  }
}

/** Where a list of extensions is: its length field, and its end. */
interface ExtensionBlock {
  readonly start: number;
  readonly end: number;
}

/** Finds a place that reads as a list of extensions up to its very end. */
function findExtensions(
  raw: Uint8Array,
  random: Random,
): ExtensionBlock | undefined {
  const found: ExtensionBlock[] = [];
  for (let start = 4; start + 6 <= raw.length && found.length < 8; start++) {
    const end = start + 2 + uint16(raw, start);
    if (end === start + 2 || end > raw.length) continue;
    let at = start + 2;
    while (at + 4 <= end) at += 4 + uint16(raw, at + 2);
    if (at === end && known.has(uint16(raw, start + 2))) {
      found.push({ start, end });
    }
  }
  return found.length === 0 ? undefined : pick(found, random);
}

const known: ReadonlySet<number> = new Set(Object.values(ExtensionType));
const knownTypes: readonly number[] = [...known];

/** Takes extensions out, doubles, reorders and changes them, or adds some. */
function mutateExtensions(
  raw: Uint8Array,
  random: Random,
): Uint8Array | undefined {
  const block = findExtensions(raw, random);
  if (block === undefined) return undefined;
  const list: Uint8Array[] = [];
  for (let at = block.start + 2; at < block.end;) {
    const next = at + 4 + uint16(raw, at + 2);
    list.push(raw.slice(at, next));
    at = next;
  }
  changeList(list, random);
  const bytes = concat(list);
  if (bytes.length > 0xffff) return undefined;
  const body = concat([
    raw.subarray(4, block.start),
    Uint8Array.of(bytes.length >> 8, bytes.length & 0xff),
    bytes,
    raw.subarray(block.end),
  ]);
  return frameMessage(raw[0] ?? 0, body);
}

function changeList(list: Uint8Array[], random: Random): void {
  const at = random(list.length);
  const chosen = list[at] ?? new Uint8Array(4);
  switch (random(7)) {
    case 0:
      list.splice(at, 1);
      return;
    case 1:
      list.splice(random(list.length + 1), 0, chosen);
      return;
    case 2:
      list.splice(at, 1);
      list.splice(random(list.length + 1), 0, chosen);
      return;
    case 3: {
      const data = someBytes(random, random(20));
      list.splice(
        random(list.length + 1),
        0,
        extension(pick(knownTypes, random), data),
      );
      return;
    }
    case 4:
      list[at] = extension(pick(knownTypes, random), chosen.subarray(4));
      return;
    case 5: {
      const large = pick([0x0a0a, 0xfafa, 0x1234, 21], random);
      list.splice(at, 0, extension(large, new Uint8Array(random(3000))));
      return;
    }
    default: {
      const data = mutateBytes(chosen.subarray(4), random);
      list[at] = extension(uint16(chosen, 0), data.subarray(0, 0xffff));
    }
  }
}

function extension(type: number, data: Uint8Array): Uint8Array {
  const { length } = data;
  return concat([
    Uint8Array.of(type >> 8, type & 0xff, length >> 8, length & 0xff),
    data,
  ]);
}

/** Changes what may be the length of a vector. */
function mutateLength(raw: Uint8Array, random: Random): Uint8Array {
  const changed = new Uint8Array(raw);
  if (raw.length < 6) return mutateHeader(raw, random);
  const size = 1 + random(3);
  const start = 4 + random(raw.length - 4);
  for (let at = start; at + size <= raw.length; at++) {
    let length = 0;
    for (let byte = 0; byte < size; byte++) {
      length = length * 256 + (raw[at + byte] as number);
    }
    if (length === 0 || at + size + length > raw.length) continue;
    const last = at + size - 1;
    changed[last] = pick(
      [(raw[last] as number) + 1, (raw[last] as number) - 1, 0, 0xff],
      random,
    );
    if (size > 1 && random(3) === 0) changed[at] = random(256);
    return changed;
  }
  return mutateBody(raw, random);
}

/** Changes bytes, and has the header tell their number. */
function mutateBody(raw: Uint8Array, random: Random): Uint8Array {
  const [body] = mutations([raw.subarray(4)], 1, random(2 ** 31));
  return frameMessage(raw[0] ?? 0, body ?? new Uint8Array());
}

/** Changes type or length of a message. */
function mutateHeader(raw: Uint8Array, random: Random): Uint8Array {
  const changed = new Uint8Array(raw);
  switch (random(4)) {
    case 0:
      changed[0] = pick(Object.values(HandshakeType), random);
      break;
    case 1:
      changed[0] = random(256);
      break;
    case 2:
      changed[3] = (changed[3] ?? 0) + pick([1, -1, 4], random);
      break;
    default:
      changed.set(someBytes(random, 3), 1);
  }
  return changed;
}

function uint16(bytes: Uint8Array, at: number): number {
  return (bytes[at] as number) << 8 | (bytes[at + 1] as number);
}

/** The tag of what certificates are. */
const SEQUENCE = 0x30;

/**
 * The presentation format of service bindings (RFC 9460 section 2.1), as zone files
 * have it.
 *
 * @module
 */

import { decodeBase64, encodeBase64 } from "../encoding.ts";
import { encode, uint16, uint8, vector } from "../record/codec.ts";
import { parseIpAddress } from "../x509/certificate/ip_address.ts";
import { encodeName } from "./domain_name.ts";
import {
  keyByName,
  keyName,
  type ServiceBinding,
  type ServiceParams,
  SvcParamKey,
} from "./service_binding.ts";
import { paramsOf } from "./service_binding_wire.ts";

/**
 * Reads what stands behind the type of a record.
 *
 * @throws {TypeError} If it is malformed.
 */
export function readText(text: string): ServiceBinding {
  // deno-lint-ignore no-control-regex -- ASCII is these
  if (!/^[\x00-\x7f]*$/.test(text)) throw refuse("expected ASCII");
  const [first, name, ...words] = wordsOf(text);
  if (first === undefined || name === undefined) {
    throw refuse("expected a priority, a name and parameters");
  }
  if (!/^[0-9]{1,5}$/.test(first) || Number(first) > 65_535) {
    throw refuse(`"${first}" is not a priority`);
  }
  const targetName = name === "." ? "" : name.replace(/\.$/, "").toLowerCase();
  encodeName(targetName);
  const priority = Number(first);
  const values = new Map<number, Uint8Array>();
  for (const word of words) {
    const at = word.indexOf("=");
    const key = at < 0 ? word : word.slice(0, at);
    const number = keyByName(key);
    if (number === undefined) throw refuse(`"${key}" is not a parameter`);
    // Section 2.1: "SvcParamKeys MUST NOT appear more than once".
    if (values.has(number)) throw refuse(`${key} is there twice`);
    values.set(number, valueOf(number, at < 0 ? "" : word.slice(at + 1)));
  }
  if (priority === 0) return { priority, targetName, params: {} };
  return { priority, targetName, params: paramsOf(values) };
}

/** The words of a line: a quoted value, with spaces in it, is a part of one. */
function wordsOf(text: string): string[] {
  const words: string[] = [];
  let rest = text.trim();
  while (rest !== "") {
    const word = WORD.exec(rest)?.[0];
    if (word === undefined) {
      throw refuse(`"${rest}" has a quote without its end`);
    }
    rest = rest.slice(word.length);
    if (rest !== "" && !/^\s/.test(rest)) {
      throw refuse(`expected a space in front of "${rest}"`);
    }
    rest = rest.trimStart();
    words.push(word.replace(/^([^"=]*=)"(.*)"$/s, "$1$2"));
  }
  return words;
}

/** A key with a value in quotes, or anything without spaces and quotes. */
const WORD = /^(?:[^\s"=]+="(?:[^"\\]|\\.)*"|(?:[^\s"\\]|\\.)+)/s;

/** The value of a parameter on the wire. */
function valueOf(key: number, text: string): Uint8Array {
  const octets = octetsOf(text);
  switch (key) {
    case SvcParamKey.mandatory: {
      const keys = listOf(octets).map((name) => {
        const number = keyByName(utf8.decode(name));
        if (number === undefined) throw refuse(`mandatory has "${text}"`);
        return number;
      });
      // Section 8: in text they may be in any order.
      return joined(
        keys.toSorted((a, b) => a - b).map((n) => encode(uint16, n)),
      );
    }
    case SvcParamKey.alpn:
      return joined(listOf(octets).map((id) => encode(protocolName, id)));
    case SvcParamKey["no-default-alpn"]:
      if (text === "") return octets;
      throw refuse("no-default-alpn has a value");
    case SvcParamKey.port: {
      const port = utf8.decode(octets);
      if (/^[0-9]{1,5}$/.test(port) && Number(port) <= 65_535) {
        return encode(uint16, Number(port));
      }
      throw refuse(`"${text}" is not a port`);
    }
    case SvcParamKey.ipv4hint:
      return joined(addressesOf(text, 4));
    case SvcParamKey.ipv6hint:
      return joined(addressesOf(text, 16));
    case SvcParamKey.ech:
      return base64Of(text);
    default:
      return octets;
  }
}

/** RFC 9848 section 3: it "MUST NOT contain escape sequences". */
function base64Of(text: string): Uint8Array {
  const value = /\\/.test(text) ? undefined : decodeBase64(text);
  if (value === undefined) throw refuse("ech is not base64");
  return value;
}

function addressesOf(text: string, length: number): Uint8Array[] {
  return text.split(",").map((part) => {
    const address = parseIpAddress(part);
    if (address?.length === length) return address;
    throw refuse(`"${part}" is not an address of that family`);
  });
}

/**
 * Appendix A.1: the items of a comma-separated list, in which a backslash stands
 * before a comma or another one that belong to an item.
 */
function listOf(octets: Uint8Array): Uint8Array[] {
  const items: number[][] = [[]];
  for (let at = 0; at < octets.length; at++) {
    const octet = octets[at];
    if (octet === COMMA) {
      items.push([]);
      continue;
    }
    const item = octet === BACKSLASH ? octets[++at] : octet;
    if (item === undefined) throw refuse("a list ends with a backslash");
    items.at(-1)?.push(item);
  }
  if (items.some((item) => item.length === 0)) {
    throw refuse("an item of a list is empty");
  }
  return items.map((item) => Uint8Array.from(item));
}

/** RFC 1035 section 5.1: `\DDD` is an octet, `\X` is the character X. */
function octetsOf(text: string): Uint8Array {
  const octets: number[] = [];
  for (let at = 0; at < text.length; at++) {
    if (text[at] !== "\\") {
      octets.push(...encoder.encode(text[at]));
      continue;
    }
    const digits = /^[0-9]{3}/.exec(text.slice(at + 1))?.[0];
    if (digits !== undefined) {
      if (Number(digits) > 255) throw refuse(`"\\${digits}" is not an octet`);
      octets.push(Number(digits));
      at += 3;
      continue;
    }
    const next = text[++at];
    if (next === undefined || /[0-9]/.test(next)) {
      throw refuse(`"${text}" has a backslash before nothing`);
    }
    octets.push(...encoder.encode(next));
  }
  return Uint8Array.from(octets);
}

/** Writes what stands behind the type of a record. */
export function writeText(
  { priority, targetName, params }: ServiceBinding,
): string {
  const { mandatory, alpn, noDefaultAlpn, port, ech } = params;
  const words = [String(priority), `${targetName}.`];
  if (mandatory) words.push(`mandatory=${mandatory.join()}`);
  if (alpn) words.push(`alpn=${quoted(alpn.map(inList).join())}`);
  if (noDefaultAlpn) words.push("no-default-alpn");
  if (port !== undefined) words.push(`port=${port}`);
  if (params.ipv4hint) words.push(`ipv4hint=${params.ipv4hint.join()}`);
  if (ech) words.push(`ech=${quoted(encodeBase64(ech))}`);
  if (params.ipv6hint) words.push(`ipv6hint=${params.ipv6hint.join()}`);
  words.push(...othersOf(params));
  return words.join(" ");
}

function othersOf({ others = new Map() }: ServiceParams): string[] {
  return [...others].toSorted(([a], [b]) => a - b).map(([key, value]) =>
    value.length === 0 ? keyName(key) : `${keyName(key)}=${quoted(value)}`
  );
}

function inList(item: string): string {
  return item.replace(/[,\\]/g, "\\$&");
}

function quoted(value: string | Uint8Array): string {
  const octets = typeof value === "string" ? encoder.encode(value) : value;
  const text = Array.from(octets, (octet) => {
    const character = String.fromCharCode(octet);
    if (character === '"' || character === "\\") return `\\${character}`;
    if (octet >= 0x20 && octet < 0x7f) return character;
    return `\\${String(octet).padStart(3, "0")}`;
  }).join("");
  return `"${text}"`;
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

function refuse(why: string): TypeError {
  return new TypeError(
    `Cannot read the service binding: ${why} (RFC 9460 section 2.1)`,
  );
}

const protocolName = vector(uint8, 1, 255);
const encoder = new TextEncoder();
const utf8 = new TextDecoder();
const COMMA = 0x2c;
const BACKSLASH = 0x5c;

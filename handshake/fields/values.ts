/**
 * The value of a field in words.
 *
 * @module
 */

import { toHex } from "../../encoding.ts";
import { escapeText } from "../../escape.ts";
import { nameOf } from "../../registry.ts";
import { derContext, DerReader } from "../../x509/asn1/der.ts";
import { Certificate } from "../../x509/certificate/certificate.ts";
import { DistinguishedName } from "../../x509/certificate/name.ts";
import type { Show } from "./meaning.ts";

/** A number in words; `size` is its length in bytes. */
export function numberText(
  value: number,
  size: number,
  show: Show | undefined,
): string {
  switch (show) {
    case "seconds":
      return `${value} s${value >= 120 ? ` (${span(value)})` : ""}`;
    case "milliseconds":
      return `${value} ms`;
    case "bytes":
      return byteCount(value);
    case "hex":
      return `0x${value.toString(16).padStart(2 * size, "0")}`;
  }
  if (typeof show !== "object") return String(value);
  if (size === 2 && isGrease(value)) return `GREASE (${hex(value)})`;
  const name = nameOf(show, value);
  return name.startsWith("0x") ? hex(value, size) : name;
}

/** Bytes in words. */
export function bytesText(bytes: Uint8Array, show: Show | undefined): string {
  if (bytes.length === 0) return "empty";
  switch (show) {
    case "text":
      return quoted(bytes);
    case "certificate":
      return certificateText(bytes);
    case "name":
      return readable(bytes, nameText);
    case "hex":
      return bytes.length <= MAX_SHOWN ? toHex(bytes) : byteCount(bytes.length);
    default:
      return byteCount(bytes.length);
  }
}

/** `"1 byte"`, `"2 bytes"`. */
export function byteCount(length: number): string {
  return `${length} byte${length === 1 ? "" : "s"}`;
}

/** RFC 8701 section 2: a value without meaning, which keeps peers flexible. */
export function isGrease(value: number): boolean {
  return (value & 0x0f0f) === 0x0a0a && value >> 8 === (value & 0xff);
}

function hex(value: number, size = 2): string {
  return `0x${value.toString(16).padStart(2 * size, "0")}`;
}

function span(seconds: number): string {
  const hours = seconds / 3600;
  if (hours < 1) return `${Math.round(seconds / 60)} minutes`;
  const days = hours / 24;
  return days < 2 ? `${round(hours)} hours` : `${round(days)} days`;
}

function round(value: number): string {
  return value.toFixed(1).replace(/\.0$/, "");
}

function quoted(bytes: Uint8Array): string {
  return `"${escapeText(new TextDecoder().decode(bytes))}"`;
}

function certificateText(der: Uint8Array): string {
  return readable(der, (der) => {
    const { subject, issuer } = Certificate.parse(der);
    return `${subject || "no subject"}, issued by ${issuer || "no name"}`;
  });
}

function nameText(der: Uint8Array): string {
  return DistinguishedName.read(DerReader.of(der, NAME), "").toString();
}

/** What a reader makes of DER that nobody has checked. */
function readable(der: Uint8Array, read: (der: Uint8Array) => string): string {
  try {
    return escapeText(read(der));
  } catch {
    return byteCount(der.length);
  }
}

const NAME = derContext("the name", "malformed_certificate");

/** In bytes: randoms, keys of curves and the like are shown. */
const MAX_SHOWN = 32;

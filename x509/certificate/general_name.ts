/**
 * `GeneralName` (RFC 5280 section 4.2.1.6): the names of subjectAltName, of
 * name constraints and of distribution points.
 *
 * @module
 */

import { concat } from "@std/bytes";
import { toHex } from "../../encoding.ts";
import {
  checkDer,
  constructedTag,
  contextTag,
  type DerReader,
  Tag,
} from "../asn1/der.ts";
import { formatIpAddress, parseIpAddress } from "./ip_address.ts";
import { DistinguishedName } from "./name.ts";

/** A name with its kind. */
export type GeneralName =
  | {
    /** A DNS name, a mailbox (rfc822Name), a URI or an object identifier. */
    readonly type: "dns" | "email" | "uri" | "registeredId";
    /** As it stands in the certificate. */
    readonly value: string;
  }
  | {
    /** An IP address, or a subnet in name constraints. */
    readonly type: "ip";
    /** As text: `"192.0.2.1"`, `"2001:db8::1"`, `"192.0.2.0/24"`. */
    readonly value: string;
  }
  | {
    /** A distinguished name. */
    readonly type: "directoryName";
    /** Its RFC 4514 string. */
    readonly value: string;
    /** Its structured form. */
    readonly name: DistinguishedName;
  }
  | {
    /** A name whose kind is an object identifier. */
    readonly type: "otherName";
    /**
     * Its text, or `#` and the hexadecimal DER if it is not a character string.
     */
    readonly value: string;
    /** Which kind it is. */
    readonly oid: string;
    /** The value in DER. */
    readonly raw: Uint8Array;
  }
  | {
    /** Kinds that are not in use. */
    readonly type: "x400Address" | "ediPartyName";
    /** `#` and the hexadecimal DER. */
    readonly value: string;
    /** The name in DER. */
    readonly raw: Uint8Array;
  };

/**
 * How IP addresses are written: alone, or with a mask as constraints have it.
 */
export type AddressForm = "address" | "subnet";

/** Reads `GeneralNames`: one at the least. */
export function readGeneralNames(
  reader: DerReader,
  field: string,
  tag: number = Tag.SEQUENCE,
): GeneralName[] {
  const sequence = reader.sequence(field, tag);
  if (sequence.done) {
    sequence.fail("", "a list without names (RFC 5280 section 4.2.1.6)");
  }
  const names: GeneralName[] = [];
  while (!sequence.done) names.push(readGeneralName(sequence, "GeneralName"));
  return names;
}

/** Reads one `GeneralName`. */
export function readGeneralName(
  reader: DerReader,
  field: string,
  form: AddressForm = "address",
): GeneralName {
  const tag = reader.peek();
  const read = kinds.get(tag);
  if (read === undefined) {
    return reader.fail(
      field,
      tag === -1 ? "is missing" : "a kind of name that there is not",
    );
  }
  return read(reader, tag, form);
}

const kinds: ReadonlyMap<
  number,
  (reader: DerReader, tag: number, form: AddressForm) => GeneralName
> = new Map([
  [constructedTag(0), readOtherName],
  [contextTag(1), (reader: DerReader, tag: number): GeneralName => ({
    type: "email",
    value: reader.ia5String("rfc822Name", tag),
  })],
  [contextTag(2), (reader: DerReader, tag: number): GeneralName => ({
    type: "dns",
    value: reader.ia5String("dNSName", tag),
  })],
  [constructedTag(3), (reader: DerReader, tag: number) => (
    opaque("x400Address", reader, tag)
  )],
  [constructedTag(4), readDirectoryName],
  [constructedTag(5), (reader: DerReader, tag: number) => (
    opaque("ediPartyName", reader, tag)
  )],
  [contextTag(6), (reader: DerReader, tag: number): GeneralName => ({
    type: "uri",
    value: reader.ia5String("uniformResourceIdentifier", tag),
  })],
  [contextTag(7), readIpAddress],
  [contextTag(8), (reader: DerReader, tag: number): GeneralName => ({
    type: "registeredId",
    value: reader.oid("registeredID", tag),
  })],
]);

function readOtherName(reader: DerReader, tag: number): GeneralName {
  const sequence = reader.sequence("otherName", tag);
  const oid = sequence.oid("type-id");
  const wrapper = sequence.explicit(0, "value");
  sequence.end();
  const raw = wrapper.peekRaw("");
  checkDer(wrapper.inside("", raw));
  const text = wrapper.has(Tag.UTF8_STRING) || wrapper.has(Tag.IA5_STRING);
  const value = text ? wrapper.string("").value : `#${toHex(wrapper.raw(""))}`;
  wrapper.end();
  return { type: "otherName", value, oid, raw };
}

function readDirectoryName(reader: DerReader, tag: number): GeneralName {
  const wrapper = reader.sequence("directoryName", tag);
  const name = DistinguishedName.read(wrapper, "");
  wrapper.end();
  return {
    type: "directoryName",
    name,
    get value() {
      return name.toString();
    },
  };
}

function readIpAddress(
  reader: DerReader,
  tag: number,
  form: AddressForm,
): GeneralName {
  const bytes = reader.octetString("iPAddress", tag);
  const size = form === "address" ? bytes.length : bytes.length / 2;
  if (size !== 4 && size !== 16) {
    const wanted = form === "address" ? "4 or 16" : "8 or 32";
    reader.fail(
      "iPAddress",
      `expected ${wanted} bytes, got ${bytes.length} (RFC 5280 sections 4.2.1.6 and 4.2.1.10)`,
    );
  }
  const value = form === "address" ? formatIpAddress(bytes) : subnetText(bytes);
  return { type: "ip", value };
}

/** The bytes of an IP address; those of its mask behind, if it is a subnet. */
export function addressBytes(
  { value }: Extract<GeneralName, { type: "ip" }>,
): Uint8Array {
  const [text = "", mask] = value.split("/");
  const address = parseIpAddress(text) ?? new Uint8Array();
  if (mask === undefined) return address;
  return concat([
    address,
    parseIpAddress(mask) ?? prefixMask(Number(mask), address.length),
  ]);
}

function prefixMask(bits: number, length: number): Uint8Array {
  return Uint8Array.from(
    { length },
    (_, at) => 0xff << 8 - Math.min(Math.max(bits - 8 * at, 0), 8),
  );
}

/** `192.0.2.0/24`; with the mask as an address, if its bits have gaps. */
function subnetText(bytes: Uint8Array): string {
  const half = bytes.length / 2;
  const mask = bytes.subarray(half);
  const bits = Array.from(mask, (byte) => byte.toString(2).padStart(8, "0"))
    .join("");
  const prefix = /^1*0*$/.test(bits)
    ? bits.lastIndexOf("1") + 1
    : formatIpAddress(mask);
  return `${formatIpAddress(bytes.subarray(0, half))}/${prefix}`;
}

function opaque(
  type: "x400Address" | "ediPartyName",
  reader: DerReader,
  tag: number,
): GeneralName {
  const raw = reader.raw(type, tag);
  checkDer(reader.inside(type, raw));
  return { type, value: `#${toHex(raw)}`, raw };
}

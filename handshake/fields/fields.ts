/**
 * A tree of fields from what a codec read: each with its bytes, its value in
 * words, and what it is for. All bytes are in the tree, in their order.
 *
 * @module
 */

import { escapeText } from "../../escape.ts";
import type { Codec } from "../../record/codec.ts";
import {
  CertificateCompressionAlgorithm,
  CertificateType,
  CipherSuite,
  ClientCertificateType,
  ECPointFormat,
  ExtensionType,
  NamedGroup,
  nameOf,
  ProtocolVersion,
  PskKeyExchangeMode,
  SignatureScheme,
} from "../../registry.ts";
import { DelegatedCredential } from "../../x509/certificate/delegated_credential.ts";
import {
  ECHClientHello,
  OuterExtensions,
} from "../messages/ech_client_hello.ts";
import {
  type ExtensionMessage,
  extensionName,
  rowOf,
} from "../messages/extension_table.ts";
import { extensionMeaning } from "./extension_meanings.ts";
import type { Meaning, Show } from "./meaning.ts";
import { meaningOf } from "./meanings.ts";
import { observe, type Observed, type Read } from "./observed_reader.ts";
import { byteCount, bytesText, isGrease, numberText } from "./values.ts";

/** A field of a message, or of what is in one. */
export interface Field {
  /** As the RFC calls it: `"legacy_version"`. */
  readonly name: string;
  /** Where it begins, in bytes from the start of what was decoded. */
  readonly offset: number;
  /** Its bytes; those of its children together. */
  readonly bytes: Uint8Array;
  /** What they say, in words; one line. */
  readonly value: string;
  /** Where it is specified: `"RFC 9846 section 4.2.2"`. */
  readonly section: string | undefined;
  /** What it is for, in a sentence. */
  readonly meaning: string | undefined;
  /** Whether its value opens something: a trace shows its length alone. */
  readonly isSecret: boolean;
  /** What it consists of; empty for one value. */
  readonly children: readonly Field[];
}

/**
 * Decodes a struct into its fields; never throws.
 *
 * @param struct What it is called in its codec.
 * @param offset Where the bytes begin in what they belong to.
 */
export function fieldsOf(
  codec: Codec<unknown>,
  bytes: Uint8Array,
  struct: string,
  offset = 0,
): Field[] {
  return complete(observe(codec, bytes, struct, offset), bytes, struct, offset);
}

/** Fields for what was read, and one for what could not be. */
function complete(
  { reads, error }: Observed,
  bytes: Uint8Array,
  struct: string,
  offset: number,
): Field[] {
  const fields = nest(unitsOf(reads), struct);
  const why = error instanceof Error ? error.message : "no form is known";
  return withRest(fields, { offset, bytes }, escapeText(why));
}

/** Adds a field for the bytes behind the last one. */
function withRest(
  fields: readonly Field[],
  { offset, bytes }: Span,
  why: string,
): Field[] {
  const last = fields.at(-1);
  const end = last === undefined ? 0 : last.offset + last.bytes.length - offset;
  if (end >= bytes.length) return [...fields];
  const left = { offset: offset + end, bytes: bytes.subarray(end) };
  return [...fields, plainField("not decoded", left, why)];
}

/** A value with the length before it, if it is a vector. */
interface Unit {
  readonly label: string;
  readonly length: Read | undefined;
  readonly body: Read;
}

function unitsOf(reads: readonly Read[]): Unit[] {
  const units: Unit[] = [];
  let length: Read | undefined;
  for (const read of reads) {
    if (length !== undefined && isLengthOf(length, read)) units.pop();
    else length = undefined;
    units.push({ label: read.label, length, body: read });
    length = read;
  }
  return units;
}

function isLengthOf(length: Read, { bytes, number, label }: Read): boolean {
  return length.number === bytes.length && number === undefined &&
    length.label === label;
}

/** The fields of a struct, those of other structs in fields of their own. */
function nest(units: readonly Unit[], owner: string): Field[] {
  const fields: Field[] = [];
  for (let at = 0; at < units.length;) {
    const group = groupAt(units, at, owner);
    fields.push(
      ...group.struct === undefined
        ? group.units.map((unit) => fieldOf(unit))
        : [structField(group.struct, group.units, owner)],
    );
    at += group.units.length;
  }
  return fields;
}

interface Group {
  /** `undefined` for a field of the owner. */
  readonly struct: string | undefined;
  readonly units: readonly Unit[];
}

/** The fields of one struct from an index on: none comes twice in it. */
function groupAt(units: readonly Unit[], start: number, owner: string): Group {
  const struct = structOf(units[start]?.label ?? "");
  if (struct === undefined || struct === owner) {
    return { struct: undefined, units: units.slice(start, start + 1) };
  }
  const seen = new Set<string>();
  const group: Unit[] = [];
  for (let at = start; at < units.length; at++) {
    const unit = units[at];
    if (unit === undefined || structOf(unit.label) !== struct) break;
    if (seen.has(unit.label)) break;
    seen.add(unit.label);
    group.push(unit);
  }
  return { struct, units: group };
}

function structOf(label: string): string | undefined {
  const at = label.indexOf(".");
  return at < 0 ? undefined : label.slice(0, at);
}

function structField(
  struct: string,
  units: readonly Unit[],
  owner: string,
): Field {
  if (struct === "Extension") return extensionField(units, owner);
  const children = nest(units, struct);
  return {
    ...plainField(struct, spanOf(children), valueOf(children)),
    section: children[0]?.section,
    isSecret: children.some(({ isSecret }) => isSecret),
    children,
  };
}

/** The values of fields on one line; those of extensions would be too long. */
function valueOf(fields: readonly Field[]): string {
  return fields.filter(({ name }) => name !== LENGTH && name !== "extensions")
    .map(({ value }) => value).join(", ");
}

/** Where bytes are. */
type Span = Pick<Field, "offset" | "bytes">;

/** Where fields that stand side by side are. */
function spanOf(fields: readonly Field[]): Span {
  const [first] = fields;
  if (first === undefined) return { offset: 0, bytes: new Uint8Array() };
  const length = fields.reduce((sum, { bytes }) => sum + bytes.length, 0);
  const { buffer, byteOffset } = first.bytes;
  return {
    offset: first.offset,
    bytes: new Uint8Array(buffer, byteOffset, length),
  };
}

/** One value, or a vector with its length. */
function fieldOf(unit: Unit): Field {
  const { label, length, body } = unit;
  const meaning = meaningOf(label) ?? contentMeaning(unit);
  const { section, meaning: purpose, show, isSecret = false } = meaning ?? {};
  const name = meaning?.name ?? rfcName(label);
  const about = { name, section, meaning: purpose, isSecret };
  const items = body.items === undefined
    ? []
    : withRest(itemsOf(body, label, show), body, "malformed");
  const value = items.length === 0
    ? textOf(body, show)
    : items.map(({ value }) => value).join(", ");
  const field = { ...plainField(name, body, value), ...about };
  if (length === undefined) return field;
  const children = [
    plainField(LENGTH, length, byteCount(body.bytes.length)),
    ...items.length > 0 || body.bytes.length === 0
      ? items
      : [{ ...field, meaning: undefined }],
  ];
  return { ...field, ...spanOf(children), children };
}

function textOf({ bytes, number }: Read, show: Show | undefined): string {
  return number === undefined
    ? bytesText(bytes, show)
    : numberText(number, bytes.length, show);
}

/** The items of a list: structs, or values that are called by their type. */
function itemsOf(
  { items = [] }: Read,
  label: string,
  show: Show | undefined,
): Field[] {
  const fields = nest(unitsOf(items), structOf(label) ?? label);
  if (items[0]?.label !== label) return fields;
  const name = ITEM_NAMES.get(show) ?? "item";
  return fields.map((field) => ({
    ...field,
    name,
    meaning: undefined,
    children: field.children.map((child) =>
      child.name === LENGTH ? child : { ...child, name }
    ),
  }));
}

function plainField(name: string, span: Span, value: string): Field {
  return {
    name,
    offset: span.offset,
    bytes: span.bytes,
    value,
    section: undefined,
    meaning: undefined,
    isSecret: false,
    children: [],
  };
}

/** An extension, its content decoded by the table of all extensions. */
function extensionField(units: readonly Unit[], owner: string): Field {
  const [type, data] = units;
  const number = type?.body.number ?? 0;
  const name = nameOf(ExtensionType, number);
  const known = extensionMeaning(name);
  const content = data === undefined ? [] : contentOf(name, data, owner);
  const children = [...type === undefined ? [] : [fieldOf(type)], ...content];
  const shown = isGrease(number) ? `GREASE (${name})` : name;
  const isAnswer = !OFFERS.has(owner);
  return {
    ...plainField(shown, spanOf(children), valueOf(content) || "empty"),
    section: known?.section,
    meaning: (isAnswer ? known?.answer : undefined) ?? known?.offer ??
      unknownExtension(number),
    isSecret: known?.isSecret ?? false,
    children,
  };
}

/** `extension_data`, length and content. */
function contentOf(name: string, data: Unit, owner: string): Field[] {
  const { length, body: { bytes, offset } } = data;
  const codec = codecOf(name, owner);
  const fields = codec === undefined
    ? bytes.length === 0 ? [] : [fieldOf({ ...data, length: undefined })]
    : fieldsOf(codec, bytes, name, offset);
  return [
    ...length === undefined
      ? []
      : [plainField(LENGTH, length, byteCount(bytes.length))],
    ...fields,
  ];
}

function codecOf(name: string, owner: string): Codec<unknown> | undefined {
  const message = MESSAGES[owner] ?? (owner as ExtensionMessage);
  const own = INNER_CODECS[`${message} ${name}`];
  const known = extensionName(
    ExtensionType[name as keyof typeof ExtensionType],
  );
  if (own !== undefined || known === undefined) return own;
  const row = rowOf(known);
  return row[message] ??
    (message === "ServerHello" ? row.ServerHelloTls12 : undefined);
}

/** What the content of an extension is, by the extension. */
function contentMeaning({ label, length }: Unit): Meaning | undefined {
  const known = extensionMeaning(label);
  if (known === undefined) return undefined;
  const { section, content, single, show, isSecret = false } = known;
  const name = (length === undefined ? single : undefined) ?? content;
  return {
    section,
    meaning: undefined,
    show,
    isSecret,
    ...name === undefined ? {} : { name },
  };
}

function unknownExtension(type: number): string {
  return isGrease(type)
    ? "Means nothing: it keeps servers from refusing what they do not know (RFC 8701)."
    : "An extension that this module does not know.";
}

/** `ClientHello.legacyVersion` is `legacy_version` in the RFC. */
function rfcName(label: string): string {
  return label.slice(label.indexOf(".") + 1)
    .replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

const LENGTH = "length";

/** The messages whose extensions offer or ask; those of the others answer. */
const OFFERS: ReadonlySet<string> = new Set([
  "ClientHello",
  "CertificateRequest",
]);

/** In which messages structs with extensions are, where that is another name. */
const MESSAGES: Readonly<Record<string, ExtensionMessage>> = {
  CertificateEntry: "Certificate",
};

/** What the flows decode by themselves. */
const INNER_CODECS: Readonly<Record<string, Codec<unknown>>> = {
  "ClientHello encrypted_client_hello": ECHClientHello,
  "ClientHello ech_outer_extensions": OuterExtensions,
  "Certificate delegated_credential": DelegatedCredential,
};

/** What the RFCs call an item of a list, by how it is shown. */
const ITEM_NAMES: ReadonlyMap<Show | undefined, string> = new Map<
  Show | undefined,
  string
>([
  [CipherSuite, "CipherSuite"],
  [NamedGroup, "NamedGroup"],
  [ProtocolVersion, "ProtocolVersion"],
  [SignatureScheme, "SignatureScheme"],
  [PskKeyExchangeMode, "PskKeyExchangeMode"],
  [ECPointFormat, "ECPointFormat"],
  [ExtensionType, "ExtensionType"],
  [CertificateType, "CertificateType"],
  [ClientCertificateType, "ClientCertificateType"],
  [CertificateCompressionAlgorithm, "CertificateCompressionAlgorithm"],
  ["text", "ProtocolName"],
  ["name", "DistinguishedName"],
  ["certificate", "ASN.1Cert"],
]);

/**
 * Distinguished names (RFC 5280 section 4.1.2.4): read, shown and compared.
 *
 * @module
 */

import { equals } from "@std/bytes";
import { toHex } from "../../encoding.ts";
import { checkDer, type DerReader, Tag } from "../asn1/der.ts";
import { attributeTypes } from "../asn1/oids.ts";

/** One attribute of a name, such as `CN=example.com`. */
export interface NameAttribute {
  /** Short name of the type (`"CN"`), or its dotted object identifier. */
  readonly type: string;
  /** Object identifier of the type. */
  readonly oid: string;
  /**
   * The text; `#` and hexadecimal DER, if the value is not a character string.
   */
  readonly value: string;
  /** The value in DER. */
  readonly raw: Uint8Array;
}

/** The attributes of one level of a name; nearly always a single one. */
export type RelativeDistinguishedName = readonly NameAttribute[];

/**
 * A distinguished name. The levels are in the order of the certificate, the
 * country first as a rule; the string has the reverse order, as RFC 4514
 * defines it.
 *
 * @example Its parts
 * ```ts
 * import { Certificate, issueCertificate } from "@x/tls/x509";
 * import { assertEquals } from "@std/assert";
 *
 * const { cert } = await issueCertificate({ names: ["example.com"] });
 * const [certificate] = Certificate.fromPem(cert);
 * assertEquals(certificate?.subjectName.get("CN"), "example.com");
 * assertEquals(certificate?.subjectName.toString(), "CN=example.com");
 * ```
 */
export class DistinguishedName {
  /** The name in DER, as it was received. */
  readonly raw: Uint8Array;
  /** Its levels. */
  readonly rdns: readonly RelativeDistinguishedName[];
  #text: string | undefined;
  #keys: readonly string[] | undefined;
  #key: string | undefined;

  private constructor(
    raw: Uint8Array,
    rdns: readonly RelativeDistinguishedName[],
  ) {
    this.raw = raw;
    this.rdns = rdns;
  }

  /**
   * Reads a `Name`.
   *
   * @internal
   */
  static read(reader: DerReader, field: string): DistinguishedName {
    const raw = reader.peekRaw(field);
    const sequence = reader.sequence(field);
    const rdns: RelativeDistinguishedName[] = [];
    while (!sequence.done) {
      const rdn = sequence.collects
        ? sequence.attempt(RDN, () => readRdn(sequence.set(RDN)), () => [])
        : readRdn(sequence.set(RDN));
      if (rdn.length > 0) rdns.push(rdn);
    }
    return new DistinguishedName(raw, rdns);
  }

  /**
   * A name that cannot be read.
   *
   * @internal
   */
  static unread(raw: Uint8Array): DistinguishedName {
    return new DistinguishedName(raw, []);
  }

  /** Whether it has no levels at all. */
  get isEmpty(): boolean {
    return this.rdns.length === 0;
  }

  /**
   * The last value of an attribute, by short name or object identifier.
   *
   * @param type A short name, such as `"CN"`, or an object identifier.
   * @returns The value, or `undefined` if there is none.
   */
  get(type: string): string | undefined {
    return this.rdns.flat().findLast((attribute) =>
      attribute.type === type || attribute.oid === type
    )?.value;
  }

  /**
   * Whether both are the same name by RFC 5280 section 7.1.
   *
   * @param other The other name.
   * @returns Whether they are.
   */
  equals(other: DistinguishedName): boolean {
    return this === other || equals(this.raw, other.raw) ||
      this.key === other.key;
  }

  /**
   * The name as it is compared (RFC 5280 section 7.1): without regard to case,
   * to the types of strings, and to how much white space there is. Names are
   * the same if their keys are.
   */
  get key(): string {
    return this.#key ??= joinKeys(this.rdnKeys);
  }

  /** The same for each level: for subtrees of name constraints. */
  get rdnKeys(): readonly string[] {
    return this.#keys ??= this.rdns.map(rdnKey);
  }

  /**
   * The string of RFC 4514: `CN=example.com,O=Example\, Inc.,C=US`.
   *
   * @returns The string, the most specific attribute first.
   */
  toString(): string {
    return this.#text ??= this.rdns.toReversed().map((rdn) =>
      rdn.map(attributeText).join("+")
    ).join(",");
  }
}

const RDN = "RelativeDistinguishedName";

function readRdn(reader: DerReader): RelativeDistinguishedName {
  if (reader.done) {
    reader.fail("", "a SET without attributes (RFC 5280 section 4.1.2.4)");
  }
  const attributes: NameAttribute[] = [];
  while (!reader.done) attributes.push(readAttribute(reader));
  return attributes;
}

function readAttribute(reader: DerReader): NameAttribute {
  const sequence = reader.sequence("AttributeTypeAndValue");
  const oid = sequence.oid("type");
  const type = attributeTypes.get(oid) ?? oid;
  const raw = sequence.peekRaw("value");
  const value = readValue(sequence, type, raw);
  sequence.end();
  return { type, oid, value, raw };
}

function readValue(reader: DerReader, type: string, raw: Uint8Array): string {
  if (!stringTags.has(reader.peek())) {
    checkDer(reader.inside("value", raw));
    reader.raw("value");
    return `#${toHex(raw)}`;
  }
  const { value, irregular } = reader.string("value");
  if (irregular) {
    reader.deviation(type, "a character that its string type does not have");
  }
  if (value === "") reader.deviation(type, "an empty value");
  return value;
}

/** Attributes of one level have no order of their own. */
function rdnKey(rdn: RelativeDistinguishedName): string {
  const keys = rdn.map((attribute) =>
    `${attribute.oid}=${normalize(attribute)}`
  );
  return keys.length === 1 ? keys[0] as string : `+${joinKeys(keys.sort())}`;
}

/** Several keys as one, so that no value can pass for two. */
function joinKeys(keys: readonly string[]): string {
  return keys.map((key) => `${key.length}:${key}`).join("");
}

/**
 * String preparation (RFC 4518) as RFC 5280 section 7.1 asks for: mapped to
 * lower case and NFKC, white space folded. Other values compare by their DER.
 */
function normalize({ raw, value }: NameAttribute): string {
  if (!stringTags.has(raw[0] as number)) return value;
  const folded = ASCII.test(value)
    ? value.toLowerCase()
    : value.normalize("NFKC").toLowerCase().normalize("NFKC");
  return `"${folded.trim().replace(/\s+/g, " ")}`;
}

/** RFC 4514 sections 2.3 and 2.4. */
function attributeText({ type, oid, value, raw }: NameAttribute): string {
  if (!stringTags.has(raw[0] as number)) return `${type}=${value}`;
  // A type without a short name has its value in hexadecimal.
  if (type === oid) return `${type}=#${toHex(raw)}`;
  const escaped = value
    .replace(/^[ #]| $|[\\,+"<>;]/g, "\\$&")
    .replaceAll("\0", "\\00");
  return `${type}=${escaped}`;
}

const stringTags: ReadonlySet<number> = new Set([
  Tag.UTF8_STRING,
  Tag.PRINTABLE_STRING,
  Tag.T61_STRING,
  Tag.BMP_STRING,
  Tag.IA5_STRING,
  Tag.UNIVERSAL_STRING,
  Tag.NUMERIC_STRING,
  Tag.VISIBLE_STRING,
]);

// deno-lint-ignore no-control-regex
const ASCII = /^[\x00-\x7f]*$/;

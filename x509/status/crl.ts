/**
 * Certificate revocation lists (RFC 5280 section 5): read. Whether one can be
 * relied on, and for which certificates, `crl_check.ts` says.
 *
 * @module
 */

import { equals } from "@std/bytes";
import { TlsError } from "../../errors.ts";
import { type AlgorithmIdentifier, readAlgorithm } from "../asn1/algorithm.ts";
import { bytesKey } from "../asn1/bytes.ts";
import { readEntry, type RevokedCertificate } from "./crl_entry.ts";
import {
  type CrlExtensions,
  handledInCrls,
  readCrlExtensions,
} from "./crl_extensions.ts";
import { type DerContext, DerReader, Tag } from "../asn1/der.ts";
import {
  type Extension,
  readExtensions,
  unhandledCritical,
} from "../certificate/extensions.ts";
import { DistinguishedName } from "../certificate/name.ts";
import { ExtensionOid, signatureAlgorithmNames } from "../asn1/oids.ts";
import { isPem, parsePem } from "../asn1/pem.ts";
import { article, structureOf } from "../asn1/key_structure.ts";
import { contentsOfSerial } from "../certificate/serial_number.ts";

export type { CrlReason, RevokedCertificate } from "./crl_entry.ts";
export type {
  CrlExtensions,
  IssuingDistributionPoint,
} from "./crl_extensions.ts";

/**
 * A certificate revocation list. That it could be read says that it is well
 * formed and nothing else: `verifyChain` decides whether to rely on it.
 *
 * @example What a list says of a serial number
 * ```ts
 * import { Crl } from "@x/tls/x509";
 * import { assertEquals } from "@std/assert";
 *
 * const crl = Crl.parse(`-----BEGIN X509 CRL-----
 * MIG4MGwCAQEwBQYDK2VwMA0xCzAJBgNVBAMMAkNBFw0zMDA2MTQxMjAwMDBaFw0z
 * MDA2MTYxMjAwMDBaMCMwIQICSl8XDTMwMDEwMjAzMDQwNVowDDAKBgNVHRUEAwoB
 * AaAOMAwwCgYDVR0UBAMCAQEwBQYDK2VwA0EAzLy2AQEls1tZ0o3Fy5yAoi+SS5a4
 * FHfU8gmrcE5J/CNyDIqZ+TklVDHuiFRBT4hokYd2BH30qtinlfTYcVPyDA==
 * -----END X509 CRL-----`);
 * assertEquals(crl.issuer, "CN=CA");
 * assertEquals(crl.nextUpdate, new Date("2030-06-16T12:00:00Z"));
 * assertEquals(crl.find("4A5F")?.reason, "keyCompromise");
 * ```
 */
export class Crl implements Iterable<RevokedCertificate> {
  /** All of it, in DER. */
  readonly raw: Uint8Array;
  /** What the signature is over: TBSCertList, in DER. */
  readonly tbsCertList: Uint8Array;
  /** 1 or 2. */
  readonly version: number;
  /** Who signed it. */
  readonly issuerName: DistinguishedName;
  /** When it was issued. */
  readonly thisUpdate: Date;
  /** The time by which the next list is issued, if the list has it. */
  readonly nextUpdate: Date | undefined;
  /** The algorithm of the signature, with its parameters. */
  readonly signatureAlgorithmIdentifier: AlgorithmIdentifier;
  /** The signature. */
  readonly signature: Uint8Array;
  /** The extensions, in their order. */
  readonly extensions: readonly Extension[];
  /** The values of those extensions that are understood. */
  readonly extensionValues: CrlExtensions;
  /** Critical extensions that are not understood: object identifiers. */
  readonly unhandledCriticalExtensions: readonly string[];
  /**
   * Critical extensions of entries that are not understood; the list cannot be
   * used for any certificate then (RFC 5280 section 5.3).
   */
  readonly unhandledCriticalEntryExtensions: readonly string[];
  /**
   * Rules that it breaks and that lists in use break too, one sentence each: a
   * strict verification refuses it.
   */
  readonly deviations: readonly string[];
  readonly #entries: Entries;
  #index: EntryIndex | undefined;

  private constructor(der: Uint8Array) {
    const context = crlContext();
    const outer = DerReader.of(der, context);
    const reader = outer.sequence("");
    outer.end();
    this.raw = der;
    this.tbsCertList = reader.peekRaw("tbsCertList");
    const tbs = reader.sequence("tbsCertList");
    const algorithm = readAlgorithm(reader, "signatureAlgorithm");
    this.signatureAlgorithmIdentifier = algorithm;
    this.signature = reader.bitStringBytes("signatureValue");
    reader.end();

    this.version = readVersion(tbs);
    if (!equals(tbs.raw("signature"), algorithm.raw)) {
      tbs.fail(
        "signature",
        "differs from signatureAlgorithm (RFC 5280 section 5.1.1.2)",
      );
    }
    this.issuerName = DistinguishedName.read(tbs, "issuer");
    this.thisUpdate = tbs.time("thisUpdate");
    this.nextUpdate = tbs.has(Tag.UTC_TIME) || tbs.has(Tag.GENERALIZED_TIME)
      ? tbs.time("nextUpdate")
      : undefined;
    this.#entries = readEntries(tbs, this.version);
    const explicit = tbs.optionalExplicit(0, "crlExtensions");
    this.extensions = explicit ? readExtensions(explicit, "") : [];
    explicit?.end();
    tbs.end();
    if (this.extensions.length > 0 && this.version === 1) {
      tbs.fail("crlExtensions", "in a version 1 list");
    }
    this.extensionValues = readCrlExtensions(tbs, this.extensions);
    // Section 5.3.3: lists of several issuers have it, and no others.
    const { issuingDistributionPoint: idp } = this.extensionValues;
    if (idp?.indirectCrl) {
      this.#entries.unhandled.delete(ExtensionOid.certificateIssuer);
    }
    this.unhandledCriticalEntryExtensions = [...this.#entries.unhandled];
    this.unhandledCriticalExtensions = unhandledCritical(
      this.extensions,
      handledInCrls,
    );
    noteDeviations(this, tbs);
    // Entries break the same rule again and again.
    this.deviations = [...new Set(context.deviations)];
  }

  /**
   * Reads a list.
   *
   * @param input DER, or PEM with one `X509 CRL` block. DER is copied.
   * @returns The list.
   * @throws {TlsError} `malformed_crl`, if it is not a list, or breaks a rule
   * that deployed lists keep; the error names the field and the rule.
   * `malformed_pem`.
   */
  static parse(input: string | Uint8Array): Crl {
    const [crl, ...others] = Crl.parseAll(input);
    if (crl !== undefined && others.length === 0) return crl;
    throw new TlsError(
      "malformed_crl",
      `Cannot read the CRL: the PEM text has ${others.length + 1} of them`,
      { hint: "Crl.parseAll() reads all of them" },
    );
  }

  /**
   * Reads all lists of a PEM text, in their order.
   *
   * @param input PEM with one or more `X509 CRL` blocks, or DER of one. DER is
   * copied.
   * @returns The lists; one at the least.
   * @throws {TlsError} `malformed_crl` or `malformed_pem`, as `parse()`.
   *
   * @example As many as there are in a file
   * ```ts
   * import { Crl, TlsError } from "@x/tls/x509";
   * import { assertThrows } from "@std/assert";
   *
   * assertThrows(() => Crl.parseAll("none"), TlsError, "no X509 CRL");
   * ```
   */
  static parseAll(input: string | Uint8Array): Crl[] {
    if (typeof input !== "string" && !(input instanceof Uint8Array)) {
      throw new TypeError(
        "Cannot read the CRL: expected a string or Uint8Array",
      );
    }
    if (typeof input !== "string" && !isPem(input)) {
      const structure = structureOf(input);
      if (structure !== "CRL" && structure !== "unknown") {
        throw new TlsError(
          "malformed_crl",
          `Cannot read the CRL: this looks like ${article(structure)}`,
        );
      }
      return [new Crl(new Uint8Array(input))];
    }
    const blocks = parsePem(input);
    const crls = blocks.filter(({ label }) => label === "X509 CRL");
    if (crls.length > 0) return crls.map(({ der }) => new Crl(der));
    throw new TlsError(
      "malformed_crl",
      `Cannot read the CRL: the PEM text has no X509 CRL${
        blocks[0] ? `, but ${blocks[0].label}` : ""
      }`,
    );
  }

  /** The issuer as RFC 4514 string. */
  get issuer(): string {
    return this.issuerName.toString();
  }

  /** The algorithm of the signature: its RFC's name, or object identifier. */
  get signatureAlgorithm(): string {
    const { oid } = this.signatureAlgorithmIdentifier;
    return signatureAlgorithmNames.get(oid) ?? oid;
  }

  /** The number of the list (RFC 5280 section 5.2.3). */
  get crlNumber(): bigint | undefined {
    return this.extensionValues.crlNumber;
  }

  /** Whether it only has the changes since another list. */
  get isDelta(): boolean {
    return this.extensionValues.deltaCrlIndicator !== undefined;
  }

  /** How many certificates it lists. */
  get size(): number {
    return this.#entries.raw.length;
  }

  /**
   * What it says of a certificate. An index is made at the first call.
   *
   * @param serialNumber In hexadecimal as `Certificate.serialNumber`, or the
   * contents of its INTEGER.
   * @param issuer Who issued the certificate, if that is not the issuer of the
   * list: a list of several issuers (an indirect CRL, RFC 5280 section 5.2.5)
   * has entries for others.
   * @returns The entry, or `undefined` if the certificate is not listed.
   */
  find(
    serialNumber: string | Uint8Array,
    issuer: DistinguishedName = this.issuerName,
  ): RevokedCertificate | undefined {
    const { issuingDistributionPoint: idp } = this.extensionValues;
    this.#index ??= indexOf(
      this.#entries,
      this.issuerName,
      idp?.indirectCrl ?? false,
    );
    const contents = typeof serialNumber === "string"
      ? contentsOfSerial(serialNumber)
      : serialNumber;
    const raw = this.#index.get(issuer.key)?.get(bytesKey(contents));
    return raw && decodeEntry(raw);
  }

  /** All entries, in their order. */
  *[Symbol.iterator](): Generator<RevokedCertificate> {
    for (const raw of this.#entries.raw) yield decodeEntry(raw);
  }
}

/** Entries as they were received, and what all of them are refused for. */
interface Entries {
  readonly raw: readonly Uint8Array[];
  readonly unhandled: Set<string>;
}

/** Entries by the key of their issuer's name, and by serial number. */
type EntryIndex = ReadonlyMap<string, ReadonlyMap<string, Uint8Array>>;

/** All are read once, so that none can turn out to be malformed later. */
function readEntries(tbs: DerReader, version: number): Entries {
  const raw: Uint8Array[] = [];
  const unhandled = new Set<string>();
  if (!tbs.has(Tag.SEQUENCE)) return { raw, unhandled };
  const list = tbs.sequence("revokedCertificates");
  if (list.done) {
    tbs.deviation("revokedCertificates", "empty (RFC 5280 section 5.1.2.6)");
  }
  while (!list.done) {
    raw.push(list.peekRaw("entry"));
    const entry = readEntry(list);
    if (entry.extensions.length > 0 && version === 1) {
      list.fail("crlEntryExtensions", "in a version 1 list");
    }
    for (const oid of entry.unhandledCriticalExtensions) unhandled.add(oid);
  }
  return { raw, unhandled };
}

function decodeEntry(raw: Uint8Array): RevokedCertificate {
  return readEntry(DerReader.of(raw, crlContext()));
}

/**
 * Where a serial number is listed twice, the first entry counts. In an indirect
 * list an entry is of the issuer that it names, or of that of the entry before
 * it, or else of the list's own (RFC 5280 section 5.3.3).
 */
function indexOf(
  { raw }: Entries,
  issuer: DistinguishedName,
  isIndirect: boolean,
): EntryIndex {
  let ofIssuer = new Map<string, Uint8Array>();
  const index = new Map([[issuer.key, ofIssuer]]);
  const context = crlContext();
  for (const entry of raw) {
    if (isIndirect) {
      const named = issuerOf(decodeEntry(entry));
      if (named !== undefined) {
        ofIssuer = index.get(named) ?? new Map<string, Uint8Array>();
        index.set(named, ofIssuer);
      }
    }
    const reader = DerReader.of(entry, context).sequence("");
    const key = bytesKey(reader.integerBytes("userCertificate"));
    if (!ofIssuer.has(key)) ofIssuer.set(key, entry);
  }
  return index;
}

/**
 * The key of the name that an entry gives; an entry without a name has none.
 */
function issuerOf(
  { certificateIssuer }: RevokedCertificate,
): string | undefined {
  if (certificateIssuer === undefined) return undefined;
  for (const name of certificateIssuer) {
    if (name.type === "directoryName") return name.name.key;
  }
  return "";
}

function readVersion(tbs: DerReader): number {
  if (!tbs.has(Tag.INTEGER)) return 1;
  const version = tbs.integer("version") + 1;
  if (version !== 2) {
    tbs.fail("version", `${version} (RFC 5280 section 5.1.2.1)`);
  }
  return version;
}

/** What section 5 asks of issuers, and deployed lists do not always keep. */
function noteDeviations(crl: Crl, tbs: DerReader): void {
  if (crl.version === 1) {
    tbs.deviation("version", "1 (RFC 5280 section 5.1.2.1)");
  }
  if (crl.nextUpdate === undefined) {
    tbs.deviation("nextUpdate", "is missing (RFC 5280 section 5.1.2.5)");
  }
  const { crlNumber, authorityKeyIdentifier } = crl.extensionValues;
  if (crlNumber === undefined) {
    tbs.deviation("cRLNumber", "is missing (RFC 5280 section 5.2.3)");
  }
  if (authorityKeyIdentifier === undefined) {
    tbs.deviation(
      "authorityKeyIdentifier",
      "is missing (RFC 5280 section 5.2.1)",
    );
  }
  for (const { name, critical } of crl.extensions) {
    if (critical && name === "cRLNumber") {
      tbs.deviation("cRLNumber", "is critical (RFC 5280 section 5.2.3)");
    }
  }
}

function crlContext(): DerContext {
  return {
    what: "the CRL",
    maxLength: MAX_CRL_LENGTH,
    deviations: [],
    error: (message) => new TlsError("malformed_crl", message),
  };
}

/** Two million entries; the largest public lists have a tenth of it. */
const MAX_CRL_LENGTH = 1 << 26;

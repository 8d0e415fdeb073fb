/**
 * X.509 certificates (RFC 5280 section 4).
 *
 * @module
 */

import { equals } from "@std/bytes";
import { toHex } from "../../encoding.ts";
import { hashAlgorithms } from "../../crypto/primitives/hash.ts";
import type { AlgorithmIdentifier } from "../asn1/algorithm.ts";
import { berToDer } from "../asn1/ber.ts";
import type { DerContext } from "../asn1/der.ts";
import { TlsCertificateError } from "./errors.ts";
import {
  type CertificateExtensions,
  type Extension,
  handledInCertificates,
  type KeyUsage,
  unhandledCritical,
} from "./extensions.ts";
import type { GeneralName } from "./general_name.ts";
import { showInConsoles } from "./consoles.ts";
import { refuseUnknownOptions } from "../asn1/known_options.ts";
import type { DistinguishedName } from "./name.ts";
import { type NodeCertificate, toNodeObject } from "./node_object.ts";
import { keyPurposeNames, signatureAlgorithmNames } from "../asn1/oids.ts";
import { formatPem, isPem, parsePem } from "../asn1/pem.ts";
import { certificateLabels, refuseOtherBlocks } from "./pem_labels.ts";
import type { PublicKey } from "../../crypto/signatures/public_key.ts";
import { certificateContext, readCertificate } from "./read_certificate.ts";
import { formatSerial } from "./serial_number.ts";
import { splitTrusted } from "./trusted_certificate.ts";

/** Hash functions of fingerprints. */
export type FingerprintAlgorithm = "SHA-1" | "SHA-256" | "SHA-384" | "SHA-512";

/** Options of {@linkcode Certificate.parse}. */
export interface CertificateOptions {
  /**
   * Whether malformed parts are left out and named in
   * {@linkcode Certificate.problems}, so that the rest can be looked at. No
   * verification accepts such a certificate.
   *
   * @default {false}
   */
  lenient?: boolean | undefined;
}

/**
 * A certificate. Reading it checks only that it is well formed: {@linkcode
 * verifyChain} decides whether it can be trusted.
 *
 * @example What it says
 * ```ts
 * import { Certificate, issueCertificate } from "@x/tls/x509";
 * import { assertEquals } from "@std/assert";
 *
 * const { cert } = await issueCertificate({ names: ["example.com"] });
 * const [certificate] = Certificate.fromPem(cert);
 * assertEquals(certificate?.subjectAltName, [
 *   { type: "dns", value: "example.com" },
 * ]);
 * assertEquals(certificate?.isCa, false);
 * ```
 */
export class Certificate {
  static {
    // An uncaught error prints its whole chain of certificates.
    showInConsoles(Certificate, [
      "subject",
      "issuer",
      "serialNumber",
      "notBefore",
      "notAfter",
    ]);
  }

  /** All of it, in DER. */
  readonly raw: Uint8Array;
  /** The signed part: TBSCertificate, in DER. */
  readonly tbsCertificate: Uint8Array;
  /** 1, 2 or 3. */
  readonly version: number;
  /** Serial number in upper-case hexadecimal; behind a minus, if negative. */
  readonly serialNumber: string;
  /** The serial number's INTEGER: its contents. */
  readonly serialNumberBytes: Uint8Array;
  /** The authority that signed it. */
  readonly issuerName: DistinguishedName;
  /** The holder of the key. */
  readonly subjectName: DistinguishedName;
  /** The key. */
  readonly publicKey: PublicKey;
  /** The algorithm of the signature, with its parameters. */
  readonly signatureAlgorithmIdentifier: AlgorithmIdentifier;
  /** The signature. */
  readonly signature: Uint8Array;
  /** The extensions, in their order. */
  readonly extensions: readonly Extension[];
  /** The values of those extensions that are understood. */
  readonly extensionValues: CertificateExtensions;
  /** Critical extensions that are not understood: object identifiers. */
  readonly unhandledCriticalExtensions: readonly string[];
  /**
   * Rules that it breaks and that deployed certificates break too, one sentence
   * each: it can be read, and a strict verification refuses it.
   */
  readonly deviations: readonly string[];
  /**
   * The malformed parts, one sentence each; empty, unless it was read with
   * `lenient`. What could not be read is empty or missing, a time is an invalid
   * `Date`, a key of type `"unknown"`.
   */
  readonly problems: readonly string[];
  #isSelfIssued: boolean | undefined;
  /** In milliseconds since 1970. */
  readonly #notBefore: number;
  readonly #notAfter: number;

  private constructor(der: Uint8Array, context: DerContext, raw = der) {
    const fields = readCertificate(der, context);
    this.raw = raw;
    this.tbsCertificate = fields.tbsCertificate;
    this.version = fields.version;
    this.serialNumber = formatSerial(fields.serialNumberBytes);
    this.serialNumberBytes = fields.serialNumberBytes;
    this.issuerName = fields.issuerName;
    this.subjectName = fields.subjectName;
    const [notBefore, notAfter] = fields.validity;
    this.#notBefore = notBefore.getTime();
    this.#notAfter = notAfter.getTime();
    this.publicKey = fields.publicKey;
    this.signatureAlgorithmIdentifier = fields.signatureAlgorithm;
    this.signature = fields.signature;
    this.extensions = fields.extensions;
    this.extensionValues = fields.extensionValues;
    this.unhandledCriticalExtensions = unhandledCritical(
      fields.extensions,
      handledInCertificates,
    );
    this.deviations = context.deviations ?? NONE;
    this.problems = context.problems ?? NONE;
  }

  /**
   * Reads one certificate.
   *
   * @param der The certificate in DER. The bytes are copied.
   * @param options Whether a malformed one is read as far as possible; a
   * number, as `map()` passes it, is ignored.
   * @returns The certificate.
   * @throws {TlsCertificateError} `malformed_certificate`, if it is not DER or
   * breaks a rule of RFC 5280 that deployed certificates keep; the error names
   * the field and the rule. With `lenient`: if it has not even the fields of a
   * certificate.
   * @throws {TypeError} If it is given something else than bytes.
   *
   * @example What can be read of a certificate with a byte too many
   * ```ts
   * import { Certificate, issueCertificate } from "@x/tls/x509";
   * import { assertEquals } from "@std/assert";
   *
   * const { identity } = await issueCertificate({ names: ["example.com"] });
   * const der = Uint8Array.of(...identity.chain[0]?.raw ?? [], 0);
   *
   * const certificate = Certificate.parse(der, { lenient: true });
   * assertEquals(certificate.subject, "CN=example.com");
   * assertEquals(certificate.problems, ["1 bytes too many"]);
   * ```
   */
  static parse(
    der: Uint8Array,
    options: CertificateOptions | number = NO_OPTIONS,
  ): Certificate {
    const given = typeof options === "number" ? NO_OPTIONS : options;
    if (given !== NO_OPTIONS) {
      refuseUnknownOptions("Cannot read the certificate", given, ["lenient"]);
    }
    return given.lenient
      ? parseLeniently(der)
      : Certificate.parseAs("the certificate", der);
  }

  /**
   * Reads as far as possible, with a context that collects problems.
   *
   * @internal
   */
  static readIn(
    context: DerContext,
    der: Uint8Array,
    raw: Uint8Array,
  ): Certificate {
    return new Certificate(der, context, raw);
  }

  /**
   * Reads one certificate of several: the error says which one it is about.
   *
   * @param what As the object of "Cannot read": `"certificate 3"`.
   * @param der The certificate in DER. The bytes are copied.
   * @returns The certificate.
   * @throws {TlsCertificateError} `malformed_certificate`, as `parse()`.
   */
  static parseAs(what: string, der: Uint8Array): Certificate {
    if (!(der instanceof Uint8Array)) {
      throw new TypeError(
        `Cannot read ${what}: expected a Uint8Array; Certificate.fromPem() reads PEM text`,
      );
    }
    return new Certificate(new Uint8Array(der), certificateContext(what));
  }

  /**
   * Reads one certificate of a list: the error says its place, counted from 1,
   * and its subject, if that can be read.
   *
   * @param index Its place; the first one has 0.
   * @param der The certificate in DER. The bytes are copied.
   * @returns The certificate.
   * @throws {TlsCertificateError} `malformed_certificate`, as `parse()`.
   */
  static parseAt(index: number, der: Uint8Array): Certificate {
    const what = `certificate ${index + 1}`;
    try {
      return Certificate.parseAs(what, der);
    } catch (error) {
      const subject = error instanceof TlsCertificateError && subjectOf(der);
      if (!subject) throw error;
      return Certificate.parseAs(`${what} (${subject})`, der);
    }
  }

  /**
   * Reads all certificates of a PEM text, in their order. Other blocks and text
   * around them are ignored.
   *
   * @param text The text, or its bytes.
   * @returns The certificates, at least one.
   * @throws {TlsError} `malformed_pem`, if the text is not well formed.
   * @throws {TlsCertificateError} `malformed_certificate`, if it holds no
   * certificate, which says what it holds instead, or a malformed one.
   * @throws {TypeError} If it is given something else than text or bytes.
   */
  static fromPem(text: string | Uint8Array): Certificate[] {
    if (text instanceof Uint8Array && !isPem(text)) {
      throw new TypeError(
        "Cannot read the PEM text: it is DER, which Certificate.parse() reads",
      );
    }
    const blocks = parsePem(text);
    const found = blocks.filter(({ label }) => certificateLabels.has(label));
    if (found.length === 0) refuseOtherBlocks(blocks, text);
    return found.map(({ label, der }, at) => {
      const what = found.length === 1
        ? "the certificate"
        : `certificate ${at + 1}`;
      const bytes = label === "TRUSTED CERTIFICATE"
        ? splitTrusted(der, certificateContext(what)).certificate
        : der;
      return found.length === 1
        ? Certificate.parseAs(what, bytes)
        : Certificate.parseAt(at, bytes);
    });
  }

  /**
   * The first moment at which it is valid. Each read returns another `Date`: many
   * connections share a certificate, and a `Date` can be changed.
   */
  get notBefore(): Date {
    return new Date(this.#notBefore);
  }

  /** The last moment at which it is valid; another `Date` for each read. */
  get notAfter(): Date {
    return new Date(this.#notAfter);
  }

  /** The subject as RFC 4514 string: `"CN=example.com,O=Example,C=US"`. */
  get subject(): string {
    return this.subjectName.toString();
  }

  /** The issuer as RFC 4514 string. */
  get issuer(): string {
    return this.issuerName.toString();
  }

  /** The subject's other names: what host names are compared with. */
  get subjectAltName(): readonly GeneralName[] {
    return this.extensionValues.subjectAltName ?? [];
  }

  /** Whether basicConstraints say that it is a certification authority. */
  get isCa(): boolean {
    return this.extensionValues.basicConstraints?.ca ?? false;
  }

  /** What the key may be used for; empty, if the extension is absent. */
  get keyUsage(): readonly KeyUsage[] {
    return this.extensionValues.keyUsage ?? [];
  }

  /**
   * Purposes of the key: names such as `"serverAuth"`, unknown ones as object
   * identifiers; empty, if the extension is absent.
   */
  get extendedKeyUsage(): readonly string[] {
    return (this.extensionValues.extendedKeyUsage ?? []).map((oid) =>
      keyPurposeNames.get(oid) ?? oid
    );
  }

  /** The algorithm of the signature: its RFC's name, or object identifier. */
  get signatureAlgorithm(): string {
    const { oid } = this.signatureAlgorithmIdentifier;
    return signatureAlgorithmNames.get(oid) ?? oid;
  }

  /** Whether subject and issuer are the same name; the key is not compared. */
  get isSelfIssued(): boolean {
    return this.#isSelfIssued ??= this.subjectName.equals(this.issuerName);
  }

  /**
   * The extension of that object identifier.
   *
   * @param oid The object identifier, such as `"2.5.29.17"`.
   * @returns The extension, or `undefined` if there is none.
   */
  extension(oid: string): Extension | undefined {
    return this.extensions.find((extension) => extension.oid === oid);
  }

  /**
   * The digest of the certificate, in upper-case hexadecimal with colons.
   *
   * @param algorithm The hash function.
   * @returns The digest: `"B0:3C:…"`.
   * @throws {TypeError} If there is no such hash function.
   */
  fingerprint(algorithm: FingerprintAlgorithm = "SHA-256"): string {
    const hash = hashAlgorithms[algorithm];
    if (hash === undefined || !fingerprintAlgorithms.has(algorithm)) {
      throw new TypeError(
        `Cannot make a fingerprint with "${algorithm}": use SHA-1, SHA-256, SHA-384 or SHA-512`,
      );
    }
    const digest = toHex(hash.digest(this.raw)).toUpperCase();
    return digest.replace(/..(?=.)/g, "$&:");
  }

  /**
   * Whether both are the same, byte for byte.
   *
   * @param other The other certificate.
   * @returns Whether they are.
   */
  equals(other: Certificate): boolean {
    return this === other || equals(this.raw, other.raw);
  }

  /**
   * The certificate as PEM text.
   *
   * @returns One block, with a newline at its end.
   */
  toPem(): string {
    return formatPem("CERTIFICATE", this.raw);
  }

  /**
   * The object that Node's `getPeerCertificate()` returns.
   *
   * @param chain The certificates from which its issuers are taken, to fill
   * `issuerCertificate` as `getPeerCertificate(true)` does.
   * @returns The object, with `Uint8Array` for `Buffer`.
   */
  toNodeObject(chain?: readonly Certificate[]): NodeCertificate {
    return toNodeObject(this, chain);
  }
}

/** Parses strictly, or else without the malformed parts, or else as BER. */
function parseLeniently(der: Uint8Array): Certificate {
  const what = "the certificate";
  let problem: TlsCertificateError;
  try {
    return Certificate.parseAs(what, der);
  } catch (error) {
    if (!(error instanceof TlsCertificateError)) throw error;
    problem = error;
  }
  const raw = new Uint8Array(der);
  const context = () => ({ ...certificateContext(what), problems: [] });
  try {
    return Certificate.readIn(context(), raw, raw);
  } catch (error) {
    if (!(error instanceof TlsCertificateError)) throw error;
  }
  try {
    const problems = [problem.message.replace(`Cannot read ${what}: `, "")];
    const ber = { ...context(), problems };
    return Certificate.readIn(ber, berToDer(raw, ber), raw);
  } catch (error) {
    throw error instanceof TlsCertificateError ? problem : error;
  }
}

/**
 * The subject of a certificate that may be malformed, or "" if it cannot be
 * read.
 */
function subjectOf(der: Uint8Array): string {
  try {
    return parseLeniently(der).subject;
  } catch (error) {
    if (error instanceof TlsCertificateError) return "";
    throw error;
  }
}

const NO_OPTIONS: CertificateOptions = {};

const NONE: readonly string[] = [];

const fingerprintAlgorithms: ReadonlySet<string> = new Set([
  "SHA-1",
  "SHA-256",
  "SHA-384",
  "SHA-512",
]);

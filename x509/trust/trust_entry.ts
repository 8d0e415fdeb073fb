/**
 * The certificates of a trust store. Each is read in full when it is asked for:
 * a store has some 150 of them, and a process needs one or two.
 *
 * @module
 */

import { sha256 } from "../../crypto/primitives/hash.ts";
import { decodeBase64, toHex } from "../../encoding.ts";
import { TlsError } from "../../errors.ts";
import { Certificate } from "../certificate/certificate.ts";
import { constructedTag, derContext, DerReader } from "../asn1/der.ts";
import type { MozillaRoot } from "./mozilla_roots.ts";
import { DistinguishedName } from "../certificate/name.ts";
import { isPem, readPem } from "../asn1/pem.ts";
import { certificateLabels } from "../certificate/pem_labels.ts";
import {
  allowsUsage,
  splitTrusted,
  type TrustSettings,
} from "../certificate/trusted_certificate.ts";

/** A certificate of a bundle that could not be read. */
export interface TrustStoreProblem {
  /** Where it stands: the name of the file, if it is from one. */
  readonly source: string;
  /** Its place among the certificates of its source; the first has 0. */
  readonly index: number;
  /** Its subject, where that much could be read. */
  readonly subject: string | undefined;
  /** What is wrong with it. */
  readonly error: TlsError;
}

/** One certificate, read or not yet. */
export class TrustEntry {
  /** Where it stands. */
  readonly source: string;
  /** Its place there. */
  readonly index: number;
  /** The purposes that a `TRUSTED CERTIFICATE` comes with. */
  readonly settings: TrustSettings | undefined;
  #der: Uint8Array | undefined;
  readonly #base64: string;
  readonly #subjectKey: string | undefined;
  #certificate: Certificate | undefined;
  #error: TlsError | undefined;
  #outline: Outline | undefined;

  private constructor(
    source: string,
    index: number,
    der: Uint8Array | MozillaRoot,
    settings?: TrustSettings,
  ) {
    this.source = source;
    this.index = index;
    this.settings = settings;
    if (der instanceof Uint8Array) {
      this.#der = der;
      this.#base64 = "";
    } else [this.#subjectKey, this.#base64] = der;
  }

  /** An entry of the built-in list, which says what its subject is. */
  static ofRoot(source: string, index: number, row: MozillaRoot): TrustEntry {
    const [, , distrustAfter] = row;
    return new TrustEntry(
      source,
      index,
      row,
      distrustAfter === undefined
        ? undefined
        : { ...NO_SETTINGS, distrustAfter: new Date(distrustAfter) },
    );
  }

  /** An entry of bytes that have not been looked at. */
  static ofDer(source: string, index: number, der: Uint8Array): TrustEntry {
    return new TrustEntry(source, index, der);
  }

  /** An entry of a certificate that has been read. */
  static ofCertificate(certificate: Certificate): TrustEntry {
    const entry = new TrustEntry("", 0, certificate.raw);
    entry.#certificate = certificate;
    return entry;
  }

  /** An entry of OpenSSL's form with trust settings. */
  static ofTrusted(source: string, index: number, der: Uint8Array): TrustEntry {
    try {
      const { certificate, settings } = splitTrusted(
        der,
        derContext(naming(source, index), "malformed_certificate"),
      );
      return new TrustEntry(source, index, certificate, settings);
    } catch (error) {
      return TrustEntry.ofError(source, index, asTlsError(error));
    }
  }

  /** An entry that is not a certificate. */
  static ofError(source: string, index: number, error: TlsError): TrustEntry {
    const entry = new TrustEntry(source, index, new Uint8Array());
    entry.#error = error;
    return entry;
  }

  /** All of it, in DER. */
  get der(): Uint8Array {
    return this.#der ??= decodeBase64(this.#base64) ?? new Uint8Array();
  }

  /** The key of the subject, or `undefined` if it cannot be read. */
  get subjectKey(): string | undefined {
    return this.#subjectKey ?? this.subject?.key;
  }

  /** The subject, or `undefined` if it cannot be read. */
  get subject(): DistinguishedName | undefined {
    return this.#certificate?.subjectName ?? this.#scan().subject;
  }

  /** SubjectPublicKeyInfo, or `undefined` if it cannot be read. */
  get spki(): Uint8Array | undefined {
    return this.#certificate?.publicKey.spki ?? this.#scan().spki;
  }

  /** The certificate, or `undefined` if it is malformed. */
  get certificate(): Certificate | undefined {
    if (this.#certificate === undefined && this.#error === undefined) {
      this.#read();
    }
    return this.#certificate;
  }

  /** Whether it was found out that it cannot be read. */
  get isKnownUnreadable(): boolean {
    return this.#error !== undefined;
  }

  /** Why there is no certificate. */
  get problem(): TrustStoreProblem | undefined {
    if (this.certificate !== undefined || this.#error === undefined) {
      return undefined;
    }
    return {
      source: this.source,
      index: this.index,
      subject: this.subject?.toString(),
      error: this.#error,
    };
  }

  #read(): void {
    try {
      this.#certificate = Certificate.parse(this.der);
    } catch {
      // The name is worth its time only now that something is wrong.
      const subject = this.subject?.toString();
      const who = subject ? ` (${subject})` : "";
      try {
        this.#certificate = Certificate.parseAs(
          naming(this.source, this.index) + who,
          this.der,
        );
      } catch (error) {
        this.#error = asTlsError(error);
      }
    }
  }

  #scan(): Outline {
    return this.#outline ??= scan(this.der);
  }
}

/** The certificates of PEM text, or of bytes in PEM or DER; maybe none. */
export function entriesOf(
  source: string,
  data: string | Uint8Array,
): TrustEntry[] {
  if (typeof data !== "string" && !isPem(data)) {
    return [TrustEntry.ofDer(source, 0, data)];
  }
  const entries: TrustEntry[] = [];
  for (const block of readPem(data)) {
    const index = entries.length;
    if (block instanceof TlsError) {
      entries.push(TrustEntry.ofError(source, index, block));
    } else if (block.label === "TRUSTED CERTIFICATE") {
      entries.push(TrustEntry.ofTrusted(source, index, block.der));
    } else if (certificateLabels.has(block.label)) {
      entries.push(TrustEntry.ofDer(source, index, block.der));
    }
  }
  return entries;
}

/**
 * Equal for the same certificates with the same settings, in whatever order:
 * SHA-256 in hexadecimal.
 */
export function contentFingerprint(entries: readonly TrustEntry[]): string {
  const lines = entries.map(({ der, settings }) =>
    [
      toHex(sha256.digest(der)),
      allowsUsage(settings, "server"),
      allowsUsage(settings, "client"),
      settings?.distrustAfter?.getTime(),
    ].join(" ")
  );
  const text = lines.sort().join("\n");
  return toHex(sha256.digest(new TextEncoder().encode(text)));
}

interface Outline {
  readonly subject: DistinguishedName | undefined;
  readonly spki: Uint8Array | undefined;
}

/** Subject and key, by passing over what stands before them. */
function scan(der: Uint8Array): Outline {
  let subject: DistinguishedName | undefined;
  try {
    const tbs = DerReader.of(der, anyContext).sequence("").sequence("");
    if (tbs.has(constructedTag(0))) tbs.raw("version");
    const fields = ["serialNumber", "signature", "issuer", "validity"];
    for (const field of fields) tbs.raw(field);
    subject = DistinguishedName.read(tbs, "subject");
    return { subject, spki: tbs.raw("subjectPublicKeyInfo") };
  } catch (error) {
    asTlsError(error);
    return { subject, spki: undefined };
  }
}

/** "certificate 3 of roots.pem": counted from 1, as people do. */
function naming(source: string, index: number): string {
  return `certificate ${index + 1}${source === "" ? "" : ` of ${source}`}`;
}

/** Lets nothing pass but what reading throws. */
function asTlsError(error: unknown): TlsError {
  if (error instanceof TlsError) return error;
  throw error;
}

const NO_SETTINGS: TrustSettings = { trusted: undefined, rejected: [] };

const anyContext = derContext("the certificate", "malformed_certificate");

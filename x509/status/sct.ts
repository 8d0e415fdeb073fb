/**
 * Signed certificate timestamps (RFC 6962 section 3): read from the lists in
 * which certificates, TLS extensions and OCSP responses carry them.
 *
 * @module
 */

import { concat } from "@std/bytes";
import {
  type Codec,
  decode,
  encode,
  opaque,
  struct,
  uint16,
  uint24,
  uint8,
  vector,
} from "../../record/codec.ts";
import type { Certificate } from "../certificate/certificate.ts";
import {
  type DerContext,
  derContext,
  DerReader,
  explicit,
  sequence,
} from "../asn1/der.ts";
import { ExtensionOid } from "../asn1/oids.ts";

/** A promise of a log to make a certificate public. */
export interface SignedCertificateTimestamp {
  /** 0 for v1, the only one there is. */
  readonly version: number;
  /** SHA-256 of the log's key. */
  readonly logId: Uint8Array;
  /** When the log received it, in milliseconds since 1970. */
  readonly timestamp: number;
  /** Of a kind that no log uses. */
  readonly extensions: Uint8Array;
  /** SignatureScheme number of the signature. */
  readonly signatureScheme: number;
  /** The signature. */
  readonly signature: Uint8Array;
}

/**
 * Reads a SignedCertificateTimestampList (section 3.3), as the TLS extension
 * has it, or the items of one. Timestamps of unknown versions have empty fields behind the version.
 *
 * @throws {TlsProtocolError} `decode_error`
 */
export function readTimestampList(
  list: Uint8Array | readonly Uint8Array[],
): SignedCertificateTimestamp[] {
  const items = list instanceof Uint8Array
    ? decode(SctList, list, "SignedCertificateTimestampList")
    : list;
  return items.slice(0, MAX_TIMESTAMPS).map((item) => {
    if (item[0] !== 0) return { ...NONE, version: item[0] ?? 0 };
    const name = "SignedCertificateTimestamp";
    const sct = decode(SignedCertificateTimestampV1, item, name);
    return { ...sct, timestamp: toNumber(sct.timestamp) };
  });
}

/** What a log signs (section 3.2): the timestamp and what it is for. */
export function signedTimestampData(
  { version, timestamp, extensions }: SignedCertificateTimestamp,
  entry: LogEntry,
): Uint8Array {
  const header = {
    version,
    signatureType: CERTIFICATE_TIMESTAMP,
    timestamp: fromNumber(timestamp),
    entryType: entry.type === "x509_entry" ? 0 : 1,
  };
  return concat([
    encode(SignedHeader, header),
    entry.type === "x509_entry"
      ? encode(AsnCert, entry.certificate)
      : encode(PreCert, entry),
    encode(CtExtensions, extensions),
  ]);
}

/** What a log entered (section 3.1). */
export type LogEntry =
  | {
    /** A certificate as it is. */
    readonly type: "x509_entry";
    readonly certificate: Uint8Array;
  }
  | {
    /** A precertificate: the certificate before it got its timestamps. */
    readonly type: "precert_entry";
    readonly issuerKeyHash: Uint8Array;
    readonly tbsCertificate: Uint8Array;
  };

/**
 * The TBSCertificate that a log saw: without the extension that has the
 * timestamps (section 3.2).
 */
export function precertTbs(certificate: Certificate): Uint8Array {
  const reader = DerReader.of(certificate.tbsCertificate, CERTIFICATE);
  const tbs = reader.sequence("tbsCertificate");
  const fields: Uint8Array[] = [];
  while (!tbs.done) {
    const inside = tbs.optionalExplicit(3, "extensions");
    if (inside === undefined) fields.push(tbs.raw("field"));
    else fields.push(...withoutTimestamps(inside));
  }
  return sequence(...fields);
}

function withoutTimestamps(inside: DerReader): Uint8Array[] {
  const list = inside.sequence("");
  const kept: Uint8Array[] = [];
  while (!list.done) {
    const raw = list.peekRaw("Extension");
    const oid = list.sequence("Extension").oid("extnID");
    if (oid !== ExtensionOid.signedCertificateTimestampList) kept.push(raw);
  }
  return kept.length === 0 ? [] : [explicit(3, sequence(...kept))];
}

/** Milliseconds since 1970 have 41 bits, and 48 are read as a number. */
function toNumber(bytes: Uint8Array): number {
  return bytes.reduce((value, byte) => value * 256 + byte, 0);
}

function fromNumber(timestamp: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(timestamp));
  return bytes;
}

/** `opaque CtExtensions<0..2^16-1>`. */
const CtExtensions: Codec<Uint8Array> = vector(uint16, 0, 0xffff);

/** `opaque ASN.1Cert<1..2^24-1>`; TBSCertificate has the same form. */
const AsnCert: Codec<Uint8Array> = vector(uint24, 1, 0xffffff);

/** Section 3.3: `opaque SerializedSCT<1..2^16-1>` in a vector. */
const SctList: Codec<Uint8Array[]> = vector(
  uint16,
  1,
  0xffff,
  vector(uint16, 1, 0xffff),
);

type TimestampV1 = Omit<SignedCertificateTimestamp, "timestamp"> & {
  readonly timestamp: Uint8Array;
};

/** Section 3.2; `digitally-signed` is a scheme and a vector. */
const SignedCertificateTimestampV1: Codec<TimestampV1> = struct(
  "SignedCertificateTimestamp",
  {
    version: uint8,
    logId: opaque(32),
    timestamp: opaque(8),
    extensions: CtExtensions,
    signatureScheme: uint16,
    signature: vector(uint16, 0, 0xffff),
  },
);

interface SignedHeader {
  readonly version: number;
  readonly signatureType: number;
  readonly timestamp: Uint8Array;
  readonly entryType: number;
}

/** Section 3.2: what is signed, up to the entry. */
const SignedHeader: Codec<SignedHeader> = struct("digitally-signed", {
  version: uint8,
  signatureType: uint8,
  timestamp: opaque(8),
  entryType: uint16,
});

interface PreCert {
  readonly issuerKeyHash: Uint8Array;
  readonly tbsCertificate: Uint8Array;
}

/** Section 3.2. */
const PreCert: Codec<PreCert> = struct("PreCert", {
  issuerKeyHash: opaque(32),
  tbsCertificate: AsnCert,
});

const CERTIFICATE: DerContext = derContext(
  "the certificate",
  "malformed_certificate",
);

/** SignatureType `certificate_timestamp`. */
const CERTIFICATE_TIMESTAMP = 0;

/** Certificates have two or three; each one costs a signature check. */
const MAX_TIMESTAMPS = 16;

const NONE: SignedCertificateTimestamp = {
  version: 0,
  logId: new Uint8Array(0),
  timestamp: 0,
  extensions: new Uint8Array(0),
  signatureScheme: 0,
  signature: new Uint8Array(0),
};

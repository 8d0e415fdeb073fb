/**
 * Reads the fields of a certificate (RFC 5280 section 4.1).
 *
 * @module
 */

import { equals } from "@std/bytes";
import {
  type AlgorithmIdentifier,
  readAlgorithm,
  unreadAlgorithm,
} from "../asn1/algorithm.ts";
import {
  readSerialNumber,
  readUniqueIdentifiers,
  readValidity,
  readVersion,
  unreadTime,
} from "./certificate_fields.ts";
import { type DerContext, DerReader } from "../asn1/der.ts";
import { TlsCertificateError } from "./errors.ts";
import {
  type CertificateExtensions,
  type Extension,
  readExtensions,
  readExtensionValues,
} from "./extensions.ts";
import { DistinguishedName } from "./name.ts";
import { ExtensionOid } from "../asn1/oids.ts";
import { refuseOtherBlocks } from "./pem_labels.ts";
import { isKeystore } from "../asn1/key_structure.ts";
import {
  type PublicKey,
  readPublicKey,
  unreadKey,
} from "../../crypto/signatures/public_key.ts";

/** The fields of TBSCertificate, in their order. */
export interface TbsFields {
  /** 1, 2 or 3. */
  readonly version: number;
  /** The contents of the INTEGER. */
  readonly serialNumberBytes: Uint8Array;
  readonly issuerName: DistinguishedName;
  /** notBefore and notAfter. */
  readonly validity: readonly [Date, Date];
  readonly subjectName: DistinguishedName;
  readonly publicKey: PublicKey;
  readonly extensions: readonly Extension[];
  /** The values of those extensions that are understood. */
  readonly extensionValues: CertificateExtensions;
}

/** The fields of a certificate. */
export interface CertificateFields extends TbsFields {
  /** The signed part, in DER. */
  readonly tbsCertificate: Uint8Array;
  readonly signatureAlgorithm: AlgorithmIdentifier;
  readonly signature: Uint8Array;
}

/**
 * Reads a certificate. Rules that deployed certificates break are recorded in
 * the context; if it collects problems, so are malformed fields.
 *
 * @throws {TlsCertificateError} If it is malformed: the context's error.
 */
export function readCertificate(
  der: Uint8Array,
  context: DerContext,
): CertificateFields {
  const outer = DerReader.of(der, context);
  if (der[0] === HYPHEN) {
    outer.fail("", "this is PEM, which Certificate.fromPem() reads");
  }
  if (isKeystore(der)) refuseOtherBlocks([], der);
  const reader = outer.sequence("");
  outer.end();
  const tbsCertificate = reader.peekRaw("tbsCertificate");
  const tbs = reader.sequence("tbsCertificate");
  const signatureAlgorithm = reader.attempt(
    "signatureAlgorithm",
    () => readAlgorithm(reader, "signatureAlgorithm"),
    unreadAlgorithm,
  );
  const signature = reader.attempt(
    "signatureValue",
    () => reader.bitStringBytes("signatureValue"),
    contentsOf,
  );
  reader.end();
  const fields = {
    tbsCertificate,
    signatureAlgorithm,
    signature,
    ...readTbs(tbs, signatureAlgorithm),
  };
  noteDeviations(fields, tbs);
  return fields;
}

function readTbs(
  tbs: DerReader,
  signatureAlgorithm: AlgorithmIdentifier,
): TbsFields {
  const version = tbs.attempt("version", () => readVersion(tbs), () => 3);
  const serialNumberBytes = tbs.attempt(
    "serialNumber",
    () => readSerialNumber(tbs),
    contentsOf,
  );
  if (!equals(tbs.raw("signature"), signatureAlgorithm.raw)) {
    tbs.refuse(
      "signature",
      "differs from signatureAlgorithm (RFC 5280 section 4.1.1.2)",
    );
  }
  const issuerName = readName(tbs, "issuer");
  const validity = tbs.attempt(
    "validity",
    () => readValidity(tbs),
    () => [unreadTime(), unreadTime()] as const,
  );
  const subjectName = readName(tbs, "subject");
  const publicKey = tbs.attempt(
    "subjectPublicKeyInfo",
    () => readPublicKey(tbs, "subjectPublicKeyInfo"),
    unreadKey,
  );
  tbs.tolerate(() => readUniqueIdentifiers(tbs, version), undefined);
  const explicit = tbs.optionalExplicit(3, "extensions");
  const extensions = explicit === undefined ? [] : readExtensions(explicit, "");
  explicit?.end();
  tbs.end();
  return {
    version,
    serialNumberBytes,
    issuerName,
    validity,
    subjectName,
    publicKey,
    extensions,
    extensionValues: readExtensionValues(tbs, extensions),
  };
}

/** The context of reading a certificate, with a list of its deviations. */
export function certificateContext(what: string): DerContext {
  return {
    what,
    maxLength: MAX_CERTIFICATE_LENGTH,
    deviations: [],
    error: (message) =>
      new TlsCertificateError("malformed_certificate", message),
  };
}

function readName(tbs: DerReader, field: string): DistinguishedName {
  const read = () => DistinguishedName.read(tbs, field);
  return tbs.attempt(field, read, DistinguishedName.unread);
}

/** What is inside an element whose header is known to be good. */
function contentsOf(raw: Uint8Array): Uint8Array {
  return DerReader.of(raw, certificateContext("")).element("").contents;
}

/** Rules over several fields that deployed certificates break. */
function noteDeviations(
  { version, extensions, issuerName, subjectName }: CertificateFields,
  tbs: DerReader,
): void {
  if (extensions.length > 0 && version !== 3) {
    tbs.deviation(
      "extensions",
      `present in version ${version} (RFC 5280 section 4.1.2.9)`,
    );
  }
  if (issuerName.isEmpty) {
    tbs.deviation("issuer", "empty (RFC 5280 section 4.1.2.4)");
  }
  if (!subjectName.isEmpty) return;
  const names = extensions.find(({ oid }) =>
    oid === ExtensionOid.subjectAltName
  );
  if (!names?.critical) {
    tbs.deviation(
      "subject",
      "empty without a critical subjectAltName (RFC 5280 section 4.1.2.6)",
    );
  }
}

/** The beginning of PEM, which DER never has. */
const HYPHEN = 0x2d;

/**
 * Larger than any that is deployed, post-quantum ones too; stops those that are
 * made to cost time. Go has the same limit, for a whole chain.
 */
const MAX_CERTIFICATE_LENGTH = 1 << 18;

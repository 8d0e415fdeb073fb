/**
 * Certificates for development and tests: a certification authority that fits
 * into one call. It keeps no records and revokes nothing.
 *
 * @module
 */

import { copied, randomBytes } from "../../crypto/primitives/bytes.ts";
import { generatePkcs8 } from "../../crypto/signatures/generate_key.ts";
import {
  ecdsaCurveRows,
  octetKeyRows,
  type SigningKeyType,
} from "../../crypto/signatures/key_types.ts";
import type { SignatureSchemeName } from "../../crypto/signatures/signing_key.ts";
import { Certificate } from "../certificate/certificate.ts";
import {
  DerReader,
  explicit,
  integer,
  octetString,
  oid,
  sequence,
  time,
} from "../asn1/der.ts";
import { encodeExtensions, keyIdentifier } from "./issue_extensions.ts";
import { encodeName, isAlternativeName } from "./issue_names.ts";
import {
  checkIssueOptions,
  type IssuedCertificate,
  type IssueOptions,
} from "./issue_options.ts";
import {
  certificateScheme,
  encodeSignatureAlgorithm,
  signStructure,
} from "./issue_signature.ts";
import { KeyAlgorithm } from "../asn1/oids.ts";
import { nameOf } from "../certificate/refusal.ts";
import { formatPem } from "../asn1/pem.ts";
import { PrivateKey } from "../keys/private_key.ts";
import { PRIVATE_KEY } from "../asn1/key_structure.ts";

export type {
  ExtensionInput,
  NameConstraintsInput,
} from "./issue_extensions.ts";
export type { SubjectInput } from "./issue_names.ts";

export type {
  IssuedCertificate,
  IssuedKeyType,
  IssueOptions,
} from "./issue_options.ts";

/**
 * Issues a certificate for development and tests: self-signed, or by a CA that
 * an earlier call made.
 *
 * @param options The content of the certificate, and its issuer.
 * @returns The certificate and its key.
 * @throws {TypeError} If a name, usage or key type is not valid.
 * @throws {RangeError} If it would end before it begins.
 *
 * @example A server certificate of a CA of one's own
 * ```ts
 * import { issueCertificate, TrustStore, verifyChain } from "@x/tls/x509";
 * import { assertEquals } from "@std/assert";
 *
 * const ca = await issueCertificate({ ca: true, subject: "Development CA" });
 * const server = await issueCertificate({
 *   names: ["localhost", "127.0.0.1", "::1"],
 *   issuer: ca,
 * });
 * const verdict = await verifyChain({
 *   chain: server.identity.chain,
 *   trust: TrustStore.of(ca.cert),
 *   name: "localhost",
 * });
 * assertEquals(verdict.status, "verified");
 * ```
 */
export async function issueCertificate(
  options: IssueOptions,
): Promise<IssuedCertificate> {
  checkIssueOptions(options);
  checkIssuer(options.issuer);
  const own = withOwnBytes(options);
  const keyDer = options.key === undefined
    ? await generateKey(options.keyType ?? "P-256")
    : undefined;
  const key = await PrivateKey.parse(options.key ?? keyDer ?? "");
  const issuer = options.issuer?.identity;
  const signer = issuer?.key ?? key;
  const scheme = options.signatureScheme ?? certificateScheme(signer);
  const tbs = encodeTbs(own, key, scheme);
  const certificate = Certificate.parse(
    await signStructure(tbs, signer, scheme),
  );
  const chain = [certificate, ...(issuer?.chain ?? []).filter(isNotRoot)];
  return {
    cert: chain.map((one) => one.toPem()).join(""),
    key: options.key ?? formatPem("PRIVATE KEY", keyDer ?? new Uint8Array(0)),
    identity: { chain, key },
  };
}

/** The same options with bytes that nobody changes while the key is made. */
function withOwnBytes(options: IssueOptions): IssueOptions {
  const { extensions, serialNumber } = options;
  return Object.create(options, {
    extensions: {
      value: extensions?.map((each) => ({
        ...each,
        value: copied(each.value),
      })),
    },
    serialNumber: { value: copied(serialNumber) },
  });
}

/** RFC 5280 section 4.2.1.9: only a CA may sign certificates. */
function checkIssuer(issuer: IssuedCertificate | undefined): void {
  const certificate = issuer?.identity.chain[0];
  if (certificate === undefined || certificate.isCa) return;
  throw new TypeError(
    `Cannot issue the certificate: the issuer ${
      nameOf(certificate)
    } is not a CA; issue that one with "ca: true"`,
  );
}

/** RFC 9846 section 4.5.1: the trust anchor may be omitted from the chain. */
function isNotRoot(certificate: Certificate): boolean {
  return !(certificate.isCa && certificate.isSelfIssued);
}

/** RFC 5280 section 4.1: TBSCertificate. */
function encodeTbs(
  options: IssueOptions,
  key: PrivateKey,
  scheme: SignatureSchemeName,
): Uint8Array {
  const { names = [], ca = false } = options;
  const issuer = options.issuer?.identity.chain[0];
  const subject = encodeSubject(options);
  const { spki, bytes } = key.publicKey;
  return sequence(
    explicit(0, integer(2)), // v3
    integer(options.serialNumber ?? randomSerialNumber()),
    encodeSignatureAlgorithm(scheme),
    issuer?.subjectName.raw ?? subject,
    encodeValidity(options, issuer),
    subject,
    spki,
    explicit(
      3,
      encodeExtensions({
        names: ca ? names.filter(isAlternativeName) : names,
        emptySubject: subject.length === EMPTY_NAME_LENGTH,
        ca,
        pathLength: options.pathLength,
        keyUsage: options.keyUsage ?? defaultKeyUsage(ca, key),
        extendedKeyUsage: options.extendedKeyUsage ??
          (ca ? [] : ["serverAuth", "clientAuth"]),
        nameConstraints: options.nameConstraints,
        crlUrls: options.crlUrls ?? [],
        ocspUrls: options.ocspUrls ?? [],
        mustStaple: options.mustStaple ?? false,
        // RFC 5280 section 4.2.1.1: what the issuer has as its own.
        authorityKeyId: issuer?.extensionValues.subjectKeyIdentifier,
        subjectKeyId: keyIdentifier(bytes),
        extensions: options.extensions ?? [],
      }),
    ),
  );
}

function encodeSubject({ subject, names = [], ca }: IssueOptions): Uint8Array {
  if (subject !== undefined) return encodeName(subject);
  const name = names[0] ?? (ca ? "Development CA" : undefined);
  if (name === undefined) {
    throw new TypeError(
      "Cannot issue the certificate: it needs names or a subject",
    );
  }
  return name.length <= MAX_COMMON_NAME ? encodeName({ CN: name }) : sequence();
}

/** RFC 5280 section 4.1.2.5: UTCTime through 2049, no fractions of seconds. */
function encodeValidity(
  options: IssueOptions,
  issuer: Certificate | undefined,
): Uint8Array {
  const now = Date.now();
  const days = options.ca ? CA_DAYS : LEAF_DAYS;
  const end = Math.min(
    now + days * DAY,
    issuer?.notAfter.getTime() ?? Infinity,
  );
  const notAfter = options.notAfter ?? new Date(end);
  const notBefore = options.notBefore ??
    new Date(Math.min(now - CLOCK_SKEW, notAfter.getTime() - DAY));
  if (!(notBefore <= notAfter)) {
    throw new RangeError(
      `Cannot issue the certificate: notBefore ${notBefore} is after notAfter ${notAfter}`,
    );
  }
  return sequence(time(notBefore), time(notAfter));
}

function defaultKeyUsage(ca: boolean, key: PrivateKey): string[] {
  if (ca) return ["digitalSignature", "keyCertSign", "cRLSign"];
  return key.publicKey.type === "rsa"
    ? ["digitalSignature", "keyEncipherment"]
    : ["digitalSignature"];
}

/** RFC 5280 section 4.1.2.2: positive, at most 20 bytes. */
function randomSerialNumber(): Uint8Array {
  const serialNumber = randomBytes(16);
  // The same length always: neither negative nor with a leading zero.
  serialNumber[0] = 0x40 | (serialNumber[0] ?? 0) & 0x3f;
  return serialNumber;
}

/** A new private key in PKCS#8. */
export async function generateKey(keyType: string): Promise<Uint8Array> {
  const [type, bits] = keyTypeOf(keyType);
  const pkcs8 = await generatePkcs8(type, bits);
  if (type !== "rsa-pss") return pkcs8;
  const reader = DerReader.of(pkcs8, PRIVATE_KEY).sequence("");
  reader.integer("version");
  reader.raw("privateKeyAlgorithm");
  return sequence(
    integer(0),
    sequence(oid(KeyAlgorithm["id-RSASSA-PSS"])),
    octetString(reader.octetString("privateKey")),
  );
}

function keyTypeOf(keyType: string): [SigningKeyType, number] {
  const name = keyType.toLowerCase();
  const type = keyTypes.get(name);
  if (type !== undefined) return [type, DEFAULT_RSA_BITS];
  const [, rsa, bits] = /^(rsa|rsa-pss)-(\d{3,5})$/.exec(name) ?? [];
  if (rsa === undefined) {
    throw new TypeError(
      `Cannot issue the certificate: keyType "${keyType}" is not one of P-256, P-384, P-521, rsa-2048, rsa-3072, rsa-4096, rsa-pss-2048, ed25519, ed448, ml-dsa-44, ml-dsa-65, ml-dsa-87`,
    );
  }
  return [rsa === "rsa" ? "rsa" : "rsa-pss", Number(bits)];
}

const keyTypes: ReadonlyMap<string, SigningKeyType> = new Map<
  string,
  SigningKeyType
>([
  ...ecdsaCurveRows.flatMap(([type, { curve }]) =>
    [[type.toLowerCase(), type], [curve, type]] as const
  ),
  ["prime256v1", "P-256"],
  ["ec", "P-256"],
  ["ecdsa", "P-256"],
  ["rsa", "rsa"],
  ["rsa-pss", "rsa-pss"],
  ...octetKeyRows.map(([type]) => [type, type] as const),
]);

/** RFC 5280 appendix A.1, `ub-common-name`. */
const MAX_COMMON_NAME = 64;
/** `SEQUENCE {}`. */
const EMPTY_NAME_LENGTH = 2;
const DEFAULT_RSA_BITS = 2048;
const DAY = 86_400_000;
const CLOCK_SKEW = 300_000;
const LEAF_DAYS = 90;
const CA_DAYS = 3650;

/**
 * A certificate, for people and as JSON.
 *
 * @module
 */

import { escapeText } from "../../escape.ts";
import { toHex } from "../../encoding.ts";
import type { Certificate } from "../../x509/certificate/certificate.ts";
import type { PublicKey } from "../../crypto/signatures/public_key.ts";
import type { GeneralName } from "../../x509/certificate/general_name.ts";
import type { Json } from "../base/run.ts";
import { count, type Paint, table } from "../base/style.ts";

/** What `--json` says of a certificate. */
export function certificateJson(certificate: Certificate, now: Date): Json {
  return {
    subject: certificate.subject,
    issuer: certificate.issuer,
    serialNumber: certificate.serialNumber,
    notBefore: certificate.notBefore.toISOString(),
    notAfter: certificate.notAfter.toISOString(),
    daysLeft: daysLeft(certificate, now),
    names: certificate.subjectAltName.map(nameText),
    isCa: certificate.isCa,
    isSelfIssued: certificate.isSelfIssued,
    key: keyText(certificate),
    signatureAlgorithm: certificate.signatureAlgorithm,
    keyUsage: [...certificate.keyUsage],
    extendedKeyUsage: [...certificate.extendedKeyUsage],
    sha256: certificate.fingerprint("SHA-256"),
  };
}

/** A certificate in three lines: its subject, its issuer, its time. */
export function certificateSummary(
  certificate: Certificate,
  now: Date,
  paint: Paint,
): string[] {
  return table([
    ["subject", paint("title", shown(certificate.subject))],
    ["issuer", shown(certificate.issuer)],
    ["names", namesText(certificate)],
    ["valid", validityText(certificate, now, paint)],
    [
      "key",
      `${keyText(certificate)}, signed with ${certificate.signatureAlgorithm}`,
    ],
  ]);
}

/** All that a certificate says. */
export function certificateText(
  certificate: Certificate,
  now: Date,
  paint: Paint,
): string[] {
  const { extensionValues: values } = certificate;
  const urls = (values.authorityInfoAccess ?? []).map(
    ({ accessMethod, accessLocation }) =>
      `${METHODS[accessMethod] ?? accessMethod} ${
        shown(nameText(accessLocation))
      }`,
  );
  return [
    ...certificateSummary(certificate, now, paint),
    ...table([
      ["version", String(certificate.version)],
      ["serial", certificate.serialNumber],
      ["CA", certificate.isCa ? "yes" : "no"],
      ["usage", certificate.keyUsage.join(", ") || undefined],
      ["purposes", certificate.extendedKeyUsage.join(", ") || undefined],
      ["access", urls.join(", ") || undefined],
      ["key ID", hexOf(values.subjectKeyIdentifier)],
      ["issuer ID", hexOf(values.authorityKeyIdentifier?.keyIdentifier)],
      ["SHA-1", certificate.fingerprint("SHA-1")],
      ["SHA-256", certificate.fingerprint("SHA-256")],
    ]),
    ...certificate.extensions.map(({ oid, critical }) =>
      paint("faint", `  extension ${oid}${critical ? " (critical)" : ""}`)
    ),
  ];
}

/** Whole days until it expires; negative behind that. */
export function daysLeft(certificate: Certificate, now: Date): number {
  return Math.floor((certificate.notAfter.getTime() - now.getTime()) / DAY);
}

/** A name of a certificate, with its type where that is no DNS name. */
export function nameText({ type, value }: GeneralName): string {
  const text = typeof value === "string" ? value : String(value);
  return type === "dns" ? text : `${type}:${text}`;
}

/** The kind and size of its key. */
export function keyText(
  { publicKey }: PublicKeyOwner,
): string {
  const { type, bits, curve } = publicKey;
  const kind = TYPES[type] ?? type;
  if (curve !== undefined) return `${kind} ${curve}`;
  return type.startsWith("rsa") ? `${kind} ${bits} bits` : kind;
}

/** A certificate or a private key. */
interface PublicKeyOwner {
  readonly publicKey: PublicKey;
}

/** Text that a peer chose, on one line. */
export function shown(text: string): string {
  return text === "" ? "(empty)" : escapeText(text);
}

/** A date as people read it, to the second, in UTC. */
export function dateText(date: Date): string {
  return date.toISOString().replace("T", " ").replace(/\.\d+Z$/, " UTC");
}

function namesText({ subjectAltName }: Certificate): string | undefined {
  if (subjectAltName.length === 0) return undefined;
  const names = subjectAltName.slice(0, MAX_NAMES).map(nameText).map(shown);
  const more = subjectAltName.length - names.length;
  return names.join(", ") + (more > 0 ? `, and ${more} more` : "");
}

function validityText(
  certificate: Certificate,
  now: Date,
  paint: Paint,
): string {
  const days = daysLeft(certificate, now);
  const until = `${dateText(certificate.notBefore)} to ${
    dateText(certificate.notAfter)
  }`;
  if (certificate.notBefore > now) {
    return `${until} ${paint("bad", "(not yet)")}`;
  }
  return days < 0
    ? `${until} ${paint("bad", "(expired)")}`
    : `${until} ${
      paint(days < SOON ? "warning" : "good", `(${count(days, "day")} left)`)
    }`;
}

function hexOf(bytes: Uint8Array | undefined): string | undefined {
  return bytes && toHex(bytes).toUpperCase().replace(/..(?=.)/g, "$&:");
}

const DAY = 86_400_000;

/** Below this number of days it is high time to renew. */
const SOON = 14;

/** Certificates of large services have hundreds. */
const MAX_NAMES = 12;

const TYPES: Readonly<Record<string, string>> = {
  rsa: "RSA",
  "rsa-pss": "RSA-PSS",
  dsa: "DSA",
  ec: "EC",
  ed25519: "Ed25519",
  ed448: "Ed448",
};

const METHODS: Readonly<Record<string, string>> = {
  "1.3.6.1.5.5.7.48.1": "OCSP",
  "1.3.6.1.5.5.7.48.2": "issuer",
};

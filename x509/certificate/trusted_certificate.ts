/**
 * OpenSSL's `TRUSTED CERTIFICATE`: a certificate with, behind it, the purposes
 * for which it is trusted or refused (`openssl x509 -addtrust`, `-addreject`).
 *
 * @module
 */

import {
  constructedTag,
  type DerContext,
  DerReader,
  Tag,
} from "../asn1/der.ts";
import { KeyPurpose } from "../asn1/oids.ts";

/** For what a certificate of a trust store may be used. */
export interface TrustSettings {
  /** Purposes for which it is trusted, as object identifiers; nothing: all. */
  readonly trusted: readonly string[] | undefined;
  /** Purposes for which it is not, whatever else is said. */
  readonly rejected: readonly string[];
  /** From when on certificates that it vouches for are not trusted. */
  readonly distrustAfter?: Date | undefined;
}

/** Takes the certificate from what the PEM block has, and the settings. */
export function splitTrusted(
  der: Uint8Array,
  context: DerContext,
): { certificate: Uint8Array; settings: TrustSettings | undefined } {
  const reader = DerReader.of(der, context);
  const certificate = reader.raw("certificate");
  const settings = reader.done ? undefined : readSettings(reader);
  reader.end();
  return { certificate, settings };
}

/** `CertAux`, which `x509_aux` in OpenSSL's sources defines. */
function readSettings(reader: DerReader): TrustSettings {
  const sequence = reader.sequence("trust settings");
  const trusted = sequence.has(Tag.SEQUENCE)
    ? readPurposes(sequence, "trust", Tag.SEQUENCE)
    : undefined;
  const rejected = sequence.has(constructedTag(0))
    ? readPurposes(sequence, "reject", constructedTag(0))
    : [];
  // An alias, a key identifier and other algorithms are ignored.
  while (!sequence.done) sequence.raw("");
  return { trusted, rejected };
}

function readPurposes(
  reader: DerReader,
  field: string,
  tag: number,
): string[] {
  const list = reader.sequence(field, tag);
  const purposes: string[] = [];
  while (!list.done) purposes.push(list.oid("purpose"));
  return purposes;
}

/** Whether the settings let a certificate vouch for that side of TLS. */
export function allowsUsage(
  settings: TrustSettings | undefined,
  usage: "server" | "client",
): boolean {
  if (settings === undefined) return true;
  const purpose = usage === "server"
    ? KeyPurpose.serverAuth
    : KeyPurpose.clientAuth;
  const lists = (purposes: readonly string[]) =>
    purposes.includes(purpose) ||
    purposes.includes(KeyPurpose.anyExtendedKeyUsage);
  return !lists(settings.rejected) &&
    (settings.trusted === undefined || lists(settings.trusted));
}

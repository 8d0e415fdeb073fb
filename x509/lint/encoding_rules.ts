/**
 * Fields of TBSCertificate (RFC 5280 section 4.1), and DER: what the reader of
 * certificates lets pass and notes, since deployed certificates have it.
 *
 * @module
 */

import { BR_1_3, RFC_2459, RFC_3280, RFC_5280 } from "./dates.ts";
import type { CertificateRule } from "./rule.ts";
import { EVERY, type LintSubject } from "./subject.ts";

/** A rule whose violation the reader noted, by what its note looks like. */
interface NotedRule
  extends Pick<CertificateRule, "id" | "source" | "section" | "since"> {
  readonly requirement: string;
  readonly note: RegExp;
}

const notedRules: readonly NotedRule[] = [
  {
    id: "serial_number_negative",
    source: "RFC 5280",
    section: "4.1.2.2",
    since: RFC_3280,
    requirement: "The serial number is not negative.",
    note: /\.serialNumber: negative/,
  },
  {
    id: "serial_number_zero",
    source: "RFC 5280",
    section: "4.1.2.2",
    since: RFC_3280,
    requirement: "The serial number is positive.",
    note: /\.serialNumber: zero/,
  },
  {
    id: "serial_number_too_long",
    source: "RFC 5280",
    section: "4.1.2.2",
    since: RFC_3280,
    requirement: "The serial number has 20 octets or less.",
    note: /\.serialNumber: longer/,
  },
  {
    id: "generalized_time_before_2050",
    source: "RFC 5280",
    section: "4.1.2.5",
    since: RFC_2459,
    requirement: "Dates through the year 2049 are of type UTCTime.",
    note: /: a GeneralizedTime before 2050/,
  },
  {
    id: "unique_identifier",
    source: "RFC 5280",
    section: "4.1.2.8",
    since: RFC_5280,
    requirement: "There is no issuerUniqueID and no subjectUniqueID.",
    note: /\.(?:issuer|subject)UniqueID: present/,
  },
  {
    id: "extensions_version",
    source: "RFC 5280",
    section: "4.1.2.9",
    since: RFC_2459,
    requirement: "Extensions are present in version 3 alone.",
    note: /\.extensions: present in version/,
  },
  {
    id: "issuer_empty",
    source: "RFC 5280",
    section: "4.1.2.4",
    since: RFC_2459,
    requirement: "The issuer's name is not empty.",
    note: /\.issuer: empty/,
  },
  {
    id: "subject_empty",
    source: "RFC 5280",
    section: "4.1.2.6",
    since: RFC_2459,
    requirement:
      "If the subject's name is empty, there is a critical subjectAltName.",
    note: /\.subject: empty/,
  },
  {
    id: "key_usage_empty",
    source: "RFC 5280",
    section: "4.2.1.3",
    since: RFC_5280,
    requirement: "keyUsage has at least one bit.",
    note: /\.keyUsage: no usage/,
  },
  {
    id: "path_length_without_ca",
    source: "RFC 5280",
    section: "4.2.1.9",
    since: RFC_3280,
    requirement: "pathLenConstraint is present in certificates of CAs alone.",
    note: /pathLenConstraint: present without/,
  },
  {
    id: "name_constraints_distance",
    source: "RFC 5280",
    section: "4.2.1.10",
    since: RFC_2459,
    requirement:
      "Subtrees of nameConstraints have a minimum of 0 and no maximum.",
    note: /: minimum or maximum is present/,
  },
  {
    id: "distribution_point_empty",
    source: "RFC 5280",
    section: "4.2.1.13",
    since: RFC_3280,
    requirement: "A DistributionPoint has distributionPoint or cRLIssuer.",
    note: /: neither distributionPoint nor/,
  },
  {
    id: "rsa_key_parameters",
    source: "RFC 3279",
    section: "2.3.1",
    since: RFC_5280,
    requirement: "The algorithm of an RSA key has NULL for parameters.",
    note: /: rsaEncryption without NULL/,
  },
  {
    id: "ec_key_parameters",
    source: "RFC 5480",
    section: "2.1.1",
    since: RFC_5280,
    requirement: "An EC key names its curve.",
    note: /: an EC key without a named curve/,
  },
  {
    id: "string_characters",
    source: "RFC 5280",
    section: "A.1",
    since: RFC_2459,
    requirement:
      "Strings of names hold no character that their type does not have.",
    note: /: a character that its string type/,
  },
  {
    id: "default_value_encoded",
    source: "X.690",
    section: "11.5",
    since: RFC_5280,
    requirement: "Fields that have their default value are absent.",
    note: /\(X\.690 section 11\.5\)$/,
  },
  {
    id: "named_bits_padding",
    source: "X.690",
    section: "11.2.2",
    requirement: "Bit strings of named bits, as keyUsage, end with a one.",
    note: /\(X\.690 section 11\.2\.2\)$/,
  },
];

/** The same as rules; with one for all notes that none of them is about. */
const noted: readonly CertificateRule[] = [
  ...notedRules.map(({ note, ...rule }): CertificateRule => ({
    ...rule,
    roles: EVERY,
    check: ({ certificate }) =>
      certificate.deviations.filter((text) => note.test(text))
        .map(withoutCitation),
  })),
  {
    id: "encoding",
    source: "RFC 5280",
    section: "4.1",
    since: RFC_5280,
    roles: EVERY,
    requirement: "Everything else is encoded as the profile has it.",
    check: ({ certificate }) =>
      certificate.deviations
        .filter((text) => !notedRules.some(({ note }) => note.test(text)))
        .map(withoutCitation),
  },
];

/** The ids of rules that the reader of certificates checks. */
export const notedIds: ReadonlySet<string> = new Set(
  noted.map(({ id }) => id),
);

/** Rules on fields and their encoding. */
export const encodingRules: readonly CertificateRule[] = [
  ...noted,
  {
    id: "version",
    source: "BR",
    section: "7.1.1",
    since: BR_1_3,
    roles: EVERY,
    undated: true,
    requirement: "The certificate is of version 3.",
    check: ({ certificate: { version } }) =>
      version !== 3 && `it is of version ${version} and not 3`,
  },
  {
    id: "validity_reversed",
    source: "RFC 5280",
    section: "4.1.2.5",
    since: RFC_2459,
    roles: EVERY,
    requirement: "notAfter is not before notBefore.",
    check: ({ certificate: { notBefore, notAfter } }: LintSubject) =>
      notAfter < notBefore && "it ends before it begins",
  },
];

/** Notes carry the citation that the rule adds in its own words. */
function withoutCitation(note: string): string {
  return note.replace(/ \((?:RFC|X\.)[^()]*\)$/, "");
}

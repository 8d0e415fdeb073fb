/**
 * subjectAltName and issuerAltName: RFC 5280 sections 4.2.1.6 and 4.2.1.7, BR
 * 7.1.2.7.12.
 *
 * @module
 */

import { TlsError } from "../../errors.ts";
import { derContext, DerReader } from "../asn1/der.ts";
import {
  addressBytes,
  type GeneralName,
  readGeneralNames,
} from "../certificate/general_name.ts";
import { parseIpAddress } from "../certificate/ip_address.ts";
import { isDnsName, parseMailbox } from "../certificate/name_match.ts";
import { ExtensionOid } from "../asn1/oids.ts";
import {
  BR_1_0,
  BR_2_0,
  NO_INTERNAL_NAMES,
  RFC_2459,
  RFC_5280,
} from "./dates.ts";
import { isReservedAddress } from "./reserved_addresses.ts";
import type { CertificateRule, Facts } from "./rule.ts";
import { EVERY, LEAF, type LintSubject } from "./subject.ts";
import { quoted } from "./text.ts";

/** Rules on alternative names. */
export const alternativeNameRules: readonly CertificateRule[] = [
  {
    id: "san_missing",
    source: "BR",
    section: "7.1.2.7.12",
    since: BR_1_0,
    roles: LEAF,
    requirement: "There is a subjectAltName.",
    check: ({ values }) =>
      values.subjectAltName === undefined && "it has no subjectAltName",
  },
  {
    id: "san_name_type",
    source: "BR",
    section: "7.1.2.7.12",
    since: BR_1_0,
    roles: LEAF,
    requirement: "subjectAltName has dNSNames and iPAddresses alone.",
    check: ({ names }) =>
      names.filter(({ type }) => type !== "dns" && type !== "ip")
        .map(({ type, value }) =>
          `its subjectAltName has ${quoted(value)}, which is of type ${type}`
        ),
  },
  {
    id: "san_reserved_address",
    source: "BR",
    section: "7.1.2.7.12",
    since: BR_1_0,
    roles: LEAF,
    claimed: true,
    requirement:
      "An iPAddress is not a Reserved IP Address of IANA's registries, as 10.0.0.1 and fe80::1 are.",
    check: checkAddresses,
  },
  {
    id: "san_critical",
    source: "BR",
    section: "7.1.2.7.12",
    since: BR_2_0,
    roles: LEAF,
    undated: true,
    requirement: "subjectAltName is not critical, if the subject is not empty.",
    check: ({ certificate }) =>
      certificate.extension(ExtensionOid.subjectAltName)?.critical &&
      !certificate.subjectName.isEmpty &&
      "its subjectAltName is critical though it has a subject",
  },
  ...bothNames(
    "empty_name",
    RFC_2459,
    "Names are not empty.",
    ({ value }) => value === "",
    "is empty",
  ),
  ...bothNames(
    "mailbox",
    RFC_2459,
    "rfc822Names are mailboxes, without angle brackets or comments.",
    ({ type, value }) => type === "email" && value !== "" && !isMailbox(value),
    "is not a mailbox",
  ),
  ...bothNames(
    "uri_relative",
    RFC_5280,
    "URIs have a scheme and a part that is specific to it.",
    ({ type, value }) =>
      type === "uri" && value !== "" && !ABSOLUTE_URI.test(value),
    "is not an absolute URI",
  ),
  ...bothNames(
    "uri_host",
    RFC_5280,
    "The host of a URI is a fully qualified domain name or an IP address.",
    ({ type, value }) => type === "uri" && hasOtherHost(value),
    "has a host that is neither a fully qualified domain name nor an IP address",
  ),
  {
    id: "ian_encoding",
    source: "RFC 5280",
    section: "4.2.1.7",
    since: RFC_2459,
    roles: EVERY,
    requirement: "issuerAltName is a list of at least one name.",
    check: ({ certificate }) =>
      issuerNames(certificate) === undefined &&
      "its issuerAltName cannot be read",
  },
];

/** A rule for subjectAltName and one for issuerAltName. */
function bothNames(
  id: string,
  since: string,
  requirement: string,
  isWrong: (name: GeneralName) => boolean,
  fact: string,
): CertificateRule[] {
  const row = { source: "RFC 5280", since, roles: EVERY } as const;
  const facts = (field: string, names: readonly GeneralName[]): Facts =>
    names.filter(isWrong).map(({ value, type }) =>
      `the ${type} name ${quoted(value)} of its ${field} ${fact}`
    );
  return [
    {
      ...row,
      id: `san_${id}`,
      section: "4.2.1.6",
      requirement: `subjectAltName: ${requirement}`,
      check: ({ names }) => facts("subjectAltName", names),
    },
    {
      ...row,
      id: `ian_${id}`,
      section: "4.2.1.7",
      requirement: `issuerAltName: ${requirement}`,
      check: ({ certificate }) =>
        facts("issuerAltName", issuerNames(certificate) ?? []),
    },
  ];
}

/** The names of issuerAltName, or `undefined` if they cannot be read. */
function issuerNames(
  certificate: LintSubject["certificate"],
): readonly GeneralName[] | undefined {
  const extension = certificate.extension(ExtensionOid.issuerAltName);
  if (extension === undefined) return [];
  try {
    const reader = DerReader.of(extension.value, CONTEXT);
    const names = readGeneralNames(reader, "");
    reader.end();
    return names;
  } catch (error) {
    if (error instanceof TlsError) return undefined;
    throw error;
  }
}

function checkAddresses({ certificate, names }: LintSubject): Facts {
  if (certificate.notAfter < NO_INTERNAL_NAMES) return undefined;
  return names.flatMap((name) =>
    name.type === "ip" && isReservedAddress(addressBytes(name))
      ? [`${name.value} is a reserved IP address`]
      : []
  );
}

/** RFC 5280 section 4.2.1.6: "no phrase", "no comment", "not surrounded". */
function isMailbox(value: string): boolean {
  const domain = parseMailbox(value)?.domain;
  return domain !== undefined && !/[\s()<>]/.test(domain);
}

function hasOtherHost(uri: string): boolean {
  const authority = /^[a-z][a-z\d+.-]*:\/\/([^/?#]*)/i.exec(uri)?.[1];
  if (authority === undefined) return false;
  const host = authority.replace(/^.*@/, "").replace(/:\d*$/, "");
  return parseIpAddress(host) === undefined &&
    !(isDnsName(host.replace(/^\*\./, "")) && host.includes("."));
}

/** RFC 3986 section 3: a scheme, and something behind its colon. */
const ABSOLUTE_URI = /^[a-z][a-z\d+.-]*:(?:\/\/[^/?#]|\/[^/]|[^/]|\/\/\/.)/i;

const CONTEXT = derContext("the issuerAltName", "malformed_certificate");

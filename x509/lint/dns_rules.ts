/**
 * dNSNames: RFC 5280 section 4.2.1.6, and BR 7.1.2.7.12, by which they are of
 * the public DNS.
 *
 * @module
 */

import { isWildcardDnsName } from "../certificate/name_match.ts";
import { BR_1_0, BR_2_2, NO_INTERNAL_NAMES, RFC_2459 } from "./dates.ts";
import { decodePunycode } from "./punycode.ts";
import { type CertificateRule, type Facts, MAX_FACTS } from "./rule.ts";
import { LEAF, type LintSubject } from "./subject.ts";
import { quoted } from "./text.ts";
import { isTopLevelDomain } from "./top_level_domains.ts";

/** Rules on DNS names. */
export const dnsRules: readonly CertificateRule[] = [
  {
    id: "dns_name_underscore",
    source: "BR",
    section: "7.1.2.7.12",
    roles: LEAF,
    undated: true,
    requirement:
      "Labels of dNSNames have no underscore; they might from December 2018 to March 2019.",
    check: (subject) =>
      !mayHaveUnderscores(subject) && names(
        (name) => name.includes("_"),
        "is not a DNS name in preferred syntax: it has an underscore",
      )(subject),
  },
  {
    id: "dns_name_wildcard",
    source: "BR",
    section: "1.6.1",
    since: BR_1_0,
    roles: LEAF,
    undated: true,
    requirement:
      'An asterisk in a dNSName is the whole of its first label, and what follows is not a top-level domain: "*.example.com".',
    check: names(
      (name) => name.includes("*") && !isWildcardForm(name),
      "is not a wildcard name: the asterisk is to be the first of three labels or more",
    ),
  },
  {
    id: "dns_name_empty_label",
    source: "RFC 5280",
    section: "4.2.1.6",
    since: RFC_2459,
    roles: LEAF,
    requirement: "dNSNames have no empty label, also not at their end.",
    check: names(
      (name) => name.split(".").includes(""),
      "is not a DNS name in preferred syntax: a label is empty",
    ),
  },
  {
    id: "dns_name_too_long",
    source: "RFC 5280",
    section: "4.2.1.6",
    since: RFC_2459,
    roles: LEAF,
    requirement:
      "dNSNames have 253 characters or less, and their labels 63 or less.",
    check: names(
      (name) => name.length > 253 || name.split(".").some(isTooLong),
      "is not a DNS name in preferred syntax: it is too long",
    ),
  },
  {
    id: "dns_name_characters",
    source: "RFC 5280",
    section: "4.2.1.6",
    since: RFC_2459,
    roles: LEAF,
    requirement:
      "Labels of dNSNames are of letters, digits and hyphens, with no hyphen at either end.",
    check: names(
      (name) => name.split(".").some(hasOtherCharacters),
      "is not a DNS name in preferred syntax",
    ),
  },
  {
    id: "dns_name_reserved_label",
    source: "BR",
    section: "7.1.2.7.12",
    since: "2021-10-01",
    roles: LEAF,
    requirement:
      'Labels of dNSNames with "--" in the third and fourth place are A-labels.',
    check: names(
      (name) => name.split(".").some((label) => /^(?!xn)..--/i.test(label)),
      "has a label that is reserved",
    ),
  },
  {
    id: "dns_name_a_label",
    source: "RFC 5280",
    section: "7.2",
    since: RFC_2459,
    roles: LEAF,
    requirement: "A-labels of dNSNames are names in Punycode.",
    check: names(
      (name) => aLabels(name).some((label) => label === undefined),
      "has a label that stands for no Unicode name",
    ),
  },
  {
    id: "dns_name_normal_form",
    source: "RFC 5280",
    section: "7.2",
    since: "2018-05-01",
    roles: LEAF,
    requirement:
      "What A-labels of dNSNames stand for is in Unicode's normal form C (RFC 8399).",
    check: names(
      (name) =>
        aLabels(name).some((label) => label !== label?.normalize("NFC")),
      "has a label that is not in normal form C",
    ),
  },
  {
    id: "internal_name",
    source: "BR",
    section: "7.1.2.7.12",
    since: BR_1_0,
    roles: LEAF,
    claimed: true,
    requirement:
      "A dNSName is not an Internal Name: it ends in a top-level domain of the public DNS.",
    check: (subject) =>
      subject.certificate.notAfter >= NO_INTERNAL_NAMES && internal(subject),
  },
  {
    id: "dns_name_top_level",
    source: "BR",
    section: "3.2.2.4",
    since: BR_1_0,
    roles: LEAF,
    claimed: true,
    requirement: "A dNSName is not a top-level domain.",
    check: names(
      (name) => !name.includes(".") && isTopLevelDomain(name),
      "is a top-level domain",
    ),
  },
  {
    id: "reverse_zone_name",
    source: "BR",
    section: "4.2.2",
    since: BR_2_2,
    roles: LEAF,
    requirement: "A dNSName does not end in in-addr.arpa or ip6.arpa.",
    check: names(
      (name) => REVERSE_ZONE.test(name),
      "ends in an IP address reverse zone suffix",
    ),
  },
  {
    id: "onion_name",
    source: "BR",
    section: "B.1",
    since: "2015-05-01",
    roles: LEAF,
    requirement:
      "The label before .onion is the address of an onion service: version 3, or version 2 in certificates issued before October 2021.",
    check: (subject) =>
      names((name) => isBadOnion(name, subject), "is no .onion address")(
        subject,
      ),
  },
];

/** A check of all dNSNames, by what is wrong with one. */
function names(
  isWrong: (name: string) => boolean,
  fact: string,
): (subject: LintSubject) => Facts {
  return ({ dnsNames }) =>
    dnsNames.filter((name) => name !== "" && isWrong(name))
      .slice(0, MAX_FACTS)
      .map((name) => `${quoted(name)} ${fact}`);
}

/** The host names on which more than a form can be asked for. */
const internal = names(
  (name) => {
    const labels = name.replace(/\.$/, "").split(".");
    const last = labels.at(-1) ?? "";
    return last !== "" && !isTopLevelDomain(last);
  },
  "is an internal name: it ends in no top-level domain of the public DNS",
);

/** Ballot SC12. */
function mayHaveUnderscores({ certificate }: LintSubject): boolean {
  return certificate.notBefore >= new Date("2018-12-10") &&
    certificate.notBefore < new Date("2019-04-01");
}

function isWildcardForm(name: string): boolean {
  return isWildcardDnsName(name) ||
    // What else is wrong with it, other rules say.
    /^\*\.[^*.]+\.[^*]+$/.test(name);
}

function isTooLong(label: string): boolean {
  return label.length > 63;
}

function hasOtherCharacters(label: string): boolean {
  if (label === "") return false;
  // Redacted labels of precertificates, before they were given up.
  if (label === "?") return false;
  return !/^[a-z\d]([a-z\d-]*[a-z\d])?$/i.test(
    // Underscores and asterisks have rules of their own.
    label.replaceAll(/[_*]/g, "a"),
  );
}

/**
 * The Unicode form of the A-labels of a name, or `undefined` if they have none.
 */
function aLabels(name: string): (string | undefined)[] {
  // Longer ones take long, and have a rule of their own.
  return name.split(".").filter((label) =>
    /^xn--/i.test(label) && !isTooLong(label)
  )
    .map((label) => decodePunycode(label.slice(4)));
}

function isBadOnion(name: string, { certificate }: LintSubject): boolean {
  const labels = name.toLowerCase().split(".");
  if (labels.length < 2 || labels.at(-1) !== "onion") return false;
  const address = labels.at(-2) ?? "";
  return !/^[a-z2-7]{56}$/.test(address) &&
    !(/^[a-z2-7]{16}$/.test(address) &&
      certificate.notBefore < ONION_VERSION_3);
}

/** BR 1.6.1, IP Address Reverse Zone Suffix. */
const REVERSE_ZONE = /(?:^|\.)(?:in-addr|ip6)\.arpa$/i;

/** The Tor project ended version 2. */
const ONION_VERSION_3 = new Date("2021-10-15");

/**
 * keyUsage: RFC 5280 section 4.2.1.3, BR 7.1.2.7.11 for servers, 7.1.2.10.7 for
 * CAs.
 *
 * @module
 */

import type { KeyUsage } from "../certificate/extensions.ts";
import { ExtensionOid } from "../asn1/oids.ts";
import {
  BR_1_0,
  BR_2_0,
  RFC_2459,
  RFC_3280,
  RFC_5280,
  RFC_8813,
} from "./dates.ts";
import type { CertificateRule, Facts } from "./rule.ts";
import { CAS, EVERY, LEAF, type LintSubject, ROOT, SUB_CA } from "./subject.ts";
import { listed } from "./text.ts";

/** Rules on keyUsage. */
export const keyUsageRules: readonly CertificateRule[] = [
  {
    id: "key_usage_bits",
    source: "RFC 5280",
    section: "4.2.1.3",
    since: RFC_5280,
    roles: EVERY,
    requirement: "keyUsage has no bits but the nine that have names.",
    check: checkBits,
  },
  {
    id: "leaf_cert_sign",
    source: "RFC 5280",
    section: "4.2.1.9",
    since: RFC_3280,
    roles: ["leaf", "ocspResponder"],
    requirement: "keyCertSign is for CAs.",
    check: ({ certificate, values }) =>
      !certificate.isCa && values.keyUsage?.includes("keyCertSign") &&
      "its keyUsage has keyCertSign and it is not a CA",
  },
  {
    id: "leaf_crl_sign",
    source: "BR",
    section: "7.1.2.7.11",
    since: BR_1_0,
    roles: LEAF,
    requirement: "keyUsage of a server has no cRLSign.",
    check: ({ certificate, values }) =>
      !certificate.isCa && values.keyUsage?.includes("cRLSign") &&
      "its keyUsage has cRLSign and it is not a CA",
  },
  {
    id: "leaf_rsa_key_usage",
    source: "BR",
    section: "7.1.2.7.11",
    since: BR_2_0,
    roles: LEAF,
    requirement:
      "keyUsage of a server's RSA key has only digitalSignature, keyEncipherment and dataEncipherment.",
    check: (subject) =>
      isRsa(subject) && others(subject, [...RSA_USAGES, ...SIGNING_USAGES]),
  },
  {
    id: "leaf_ecdsa_key_usage",
    source: "BR",
    section: "7.1.2.7.11",
    since: BR_2_0,
    roles: LEAF,
    requirement:
      "keyUsage of a server's ECDSA key has digitalSignature, and nothing else but keyAgreement.",
    check: checkEcdsaUsage,
  },
  {
    id: "leaf_key_usage_critical",
    source: "BR",
    section: "7.1.2.7.6",
    since: BR_2_0,
    roles: LEAF,
    claimed: true,
    requirement: "keyUsage of a server is critical.",
    check: notCriticalKeyUsage,
  },
  {
    id: "ecdsa_encipherment",
    source: "RFC 8813",
    section: "3",
    since: RFC_8813,
    roles: ["root", "subCa", "ocspResponder"],
    requirement:
      "keyUsage of an ECDSA key has no keyEncipherment and no dataEncipherment.",
    check: ({ certificate: { publicKey }, values }) =>
      publicKey.type === "ec" && has(values.keyUsage, ENCIPHERMENT) &&
      "its keyUsage has encipherment and its key is of ECDSA",
  },
  {
    id: "rsa_key_usage",
    source: "RFC 3279",
    section: "2.3.1",
    since: RFC_3280,
    roles: LEAF,
    requirement:
      "keyUsage of an RSA key has only digitalSignature, nonRepudiation, keyEncipherment and dataEncipherment.",
    check: (subject) =>
      isRsa(subject) && !isOfProfile(subject) &&
      others(subject, [...RSA_USAGES, "nonRepudiation", ...SIGNING_USAGES]),
  },
  {
    id: "ca_rsa_key_usage",
    source: "RFC 3279",
    section: "2.3.1",
    since: RFC_3280,
    roles: CAS,
    requirement:
      "keyUsage of a CA's RSA key has no keyAgreement, encipherOnly and decipherOnly, and with keyCertSign or cRLSign no encipherment of both kinds.",
    check: checkRsaCaUsage,
  },
  {
    id: "ca_key_usage",
    source: "BR",
    section: "7.1.2.10.7",
    since: BR_2_0,
    roles: CAS,
    requirement:
      "keyUsage of a CA has only digitalSignature, keyCertSign and cRLSign.",
    check: (subject) =>
      others(subject, ["digitalSignature", "keyCertSign", "cRLSign"]),
  },
  {
    id: "sub_ca_key_usage_missing",
    source: "RFC 5280",
    section: "4.2.1.3",
    since: RFC_3280,
    roles: SUB_CA,
    requirement: "A CA has keyUsage.",
    check: ({ values }) =>
      values.keyUsage === undefined && "it is a CA without keyUsage",
  },
  {
    id: "root_key_usage_missing",
    source: "BR",
    section: "7.1.2.1.2",
    since: RFC_2459,
    roles: ROOT,
    requirement: "A root has keyUsage.",
    check: ({ values }) =>
      values.keyUsage === undefined && "it is a root without keyUsage",
  },
  {
    id: "ca_key_usage_critical",
    source: "BR",
    section: "7.1.2.10.7",
    since: BR_1_0,
    roles: CAS,
    claimed: true,
    requirement: "keyUsage of a CA is critical.",
    check: notCriticalKeyUsage,
  },
  {
    id: "ca_cert_sign",
    source: "BR",
    section: "7.1.2.10.7",
    since: BR_1_0,
    roles: CAS,
    requirement: "keyUsage of a CA has keyCertSign.",
    check: ({ values: { keyUsage } }) =>
      keyUsage !== undefined && !keyUsage.includes("keyCertSign") &&
      "it is a CA and its keyUsage has no keyCertSign",
  },
  {
    id: "ca_crl_sign",
    source: "BR",
    section: "7.1.2.10.7",
    since: BR_1_0,
    roles: CAS,
    claimed: true,
    requirement: "keyUsage of a CA has cRLSign.",
    check: ({ values: { keyUsage } }) =>
      keyUsage !== undefined && !keyUsage.includes("cRLSign") &&
      "it is a CA and its keyUsage has no cRLSign",
  },
];

/** A BIT STRING of up to 9 bits: 4 octets with its header. */
function checkBits({ certificate }: LintSubject): Facts {
  const value = certificate.extension(ExtensionOid.keyUsage)?.value;
  if (value === undefined) return undefined;
  const bits = (value.length - 3) * 8 - (value[2] ?? 0);
  return bits > 9 && `its keyUsage has ${bits} bits`;
}

function checkEcdsaUsage(subject: LintSubject): Facts {
  const { keyUsage } = subject.values;
  if (subject.certificate.publicKey.type !== "ec") return undefined;
  if (keyUsage !== undefined && !keyUsage.includes("digitalSignature")) {
    return "its keyUsage has no digitalSignature and its key is of ECDSA";
  }
  return others(subject, [
    "digitalSignature",
    "keyAgreement",
    ...SIGNING_USAGES,
  ]);
}

function checkRsaCaUsage(subject: LintSubject): Facts {
  if (!isRsa(subject)) return undefined;
  const { keyUsage = [] } = subject.values;
  if (
    has(keyUsage, SIGNING_USAGES) &&
    ENCIPHERMENT.every((usage) => keyUsage.includes(usage))
  ) return "its keyUsage has encipherment beside keyCertSign or cRLSign";
  return isOfProfile(subject) ? undefined : others(subject, [
    ...RSA_USAGES,
    "nonRepudiation",
    ...SIGNING_USAGES,
  ]);
}

/** Whether the profiles of the Baseline Requirements say more. */
function isOfProfile({ certificate, isForServers }: LintSubject): boolean {
  return isForServers && certificate.notBefore >= new Date(BR_2_0);
}

function notCriticalKeyUsage({ certificate }: LintSubject): Facts {
  return certificate.extension(ExtensionOid.keyUsage)?.critical === false &&
    "its keyUsage is not critical";
}

function isRsa({ certificate: { publicKey } }: LintSubject): boolean {
  return publicKey.modulus !== undefined;
}

/** A fact about bits that do not belong there. */
function others(
  { values }: LintSubject,
  allowed: readonly KeyUsage[],
): Facts {
  const found = values.keyUsage?.filter((usage) => !allowed.includes(usage));
  return found !== undefined && found.length > 0 &&
    `its keyUsage has ${listed(found)}`;
}

function has(
  usages: readonly KeyUsage[] | undefined,
  wanted: readonly KeyUsage[],
): boolean {
  return wanted.some((usage) => usages?.includes(usage));
}

const ENCIPHERMENT: readonly KeyUsage[] = [
  "keyEncipherment",
  "dataEncipherment",
];
const RSA_USAGES: readonly KeyUsage[] = ["digitalSignature", ...ENCIPHERMENT];

/** Those have rules of their own. */
const SIGNING_USAGES: readonly KeyUsage[] = ["keyCertSign", "cRLSign"];

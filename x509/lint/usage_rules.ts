/**
 * What a key is for: keyUsage and extKeyUsage (RFC 5280 sections 4.2.1.3 and
 * 4.2.1.12; BR 7.1.2.7.10 and 7.1.2.7.11 for servers, 7.1.2.10.6 and 7.1.2.10.7
 * for CAs).
 *
 * @module
 */

import type { KeyUsage } from "../extensions.ts";
import { ExtensionOid, KeyPurpose, keyPurposeNames } from "../oids.ts";
import {
  BR_1_0,
  BR_1_7_1,
  BR_2_0,
  RFC_2459,
  RFC_3280,
  RFC_5280,
  RFC_8813,
} from "./dates.ts";
import { areConsistent } from "./purposes.ts";
import type { CertificateRule, Facts } from "./rule.ts";
import { CAS, EVERY, LEAF, type LintSubject, ROOT, SUB_CA } from "./subject.ts";
import { listed } from "./text.ts";

/** Rules on keyUsage and extKeyUsage. */
export const usageRules: readonly CertificateRule[] = [
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
      "its keyUsage has keyCertSign and it is no CA",
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
      "its keyUsage has cRLSign and it is no CA",
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
  {
    id: "purpose_missing",
    source: "BR",
    section: "7.1.2.7.6",
    since: BR_1_0,
    roles: LEAF,
    undated: true,
    requirement: "A server has extKeyUsage.",
    check: ({ values }) =>
      values.extendedKeyUsage === undefined && "it has no extKeyUsage",
  },
  {
    id: "purpose_server",
    source: "BR",
    section: "7.1.2.7.10",
    since: BR_1_0,
    roles: LEAF,
    requirement:
      "extKeyUsage of a server has serverAuth; until September 2023 clientAuth would do.",
    check: checkServerPurpose,
  },
  {
    id: "purpose_any",
    source: "BR",
    section: "7.1.2.7.10",
    since: BR_2_0,
    roles: LEAF,
    undated: true,
    requirement: "extKeyUsage of a server has no anyExtendedKeyUsage.",
    check: (subject) => forbids(subject, [KeyPurpose.anyExtendedKeyUsage]),
  },
  {
    id: "purpose_forbidden",
    source: "BR",
    section: "7.1.2.7.10",
    since: BR_2_0,
    roles: LEAF,
    requirement:
      "extKeyUsage of a server has no codeSigning, emailProtection, timeStamping, OCSPSigning, and no signing of precertificates.",
    check: (subject) => forbids(subject, NOT_FOR_SERVERS),
  },
  {
    id: "sub_ca_purpose_forbidden",
    source: "BR",
    section: "7.1.2.10.6",
    since: BR_1_7_1,
    roles: SUB_CA,
    requirement:
      "extKeyUsage of a servers' CA has no codeSigning, emailProtection, timeStamping and OCSPSigning.",
    check: (subject) => forbids(subject, NOT_FOR_SERVERS),
  },
  {
    id: "sub_ca_purpose_any",
    source: "BR",
    section: "7.1.2.2.4",
    since: BR_1_7_1,
    roles: SUB_CA,
    requirement: "anyExtendedKeyUsage in a CA stands alone.",
    check: ({ values: { extendedKeyUsage: purposes = [] } }) =>
      purposes.length > 1 &&
      purposes.includes(KeyPurpose.anyExtendedKeyUsage) &&
      "its extKeyUsage has anyExtendedKeyUsage beside others",
  },
  {
    id: "root_purpose",
    source: "BR",
    section: "7.1.2.1.2",
    since: BR_1_0,
    roles: ROOT,
    undated: true,
    requirement: "A root has no extKeyUsage.",
    check: ({ values }) =>
      values.extendedKeyUsage !== undefined && "it is a root with extKeyUsage",
  },
  {
    id: "purpose_inconsistent",
    source: "RFC 5280",
    section: "4.2.1.12",
    since: RFC_5280,
    roles: EVERY.filter((role) => role !== "root" && role !== "subCa"),
    requirement:
      "The bits of keyUsage are consistent with the purposes of extKeyUsage.",
    check: ({ values: { keyUsage, extendedKeyUsage } }) =>
      keyUsage !== undefined && extendedKeyUsage !== undefined &&
      !areConsistent(keyUsage, extendedKeyUsage) &&
      `its keyUsage (${
        listed(keyUsage)
      }) is not consistent with its extKeyUsage`,
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

/** BR 7.1.2.7.10 as it stood in version 1: one of two. */
function checkServerPurpose({ certificate, values }: LintSubject): Facts {
  const purposes = values.extendedKeyUsage;
  if (
    purposes === undefined || purposes.includes(KeyPurpose.serverAuth) ||
    purposes.includes(KeyPurpose.anyExtendedKeyUsage)
  ) return undefined;
  const isOld = certificate.notBefore < new Date(BR_2_0);
  return !(isOld && purposes.includes(KeyPurpose.clientAuth)) &&
    "its extKeyUsage has no serverAuth";
}

function forbids(
  { values }: LintSubject,
  forbidden: readonly string[],
): Facts {
  return values.extendedKeyUsage?.filter((oid) => forbidden.includes(oid))
    .map((oid) => `its extKeyUsage has ${keyPurposeNames.get(oid) ?? oid}`);
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

const NOT_FOR_SERVERS: readonly string[] = [
  KeyPurpose.codeSigning,
  KeyPurpose.emailProtection,
  KeyPurpose.timeStamping,
  KeyPurpose.OCSPSigning,
  // Precertificate Signing Certificate (RFC 6962 section 3.1)
  "1.3.6.1.4.1.11129.2.4.4",
];

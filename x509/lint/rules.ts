/**
 * All rules for certificates.
 *
 * @module
 */

import { addressRules } from "./address_rules.ts";
import { alternativeNameRules } from "./alternative_name_rules.ts";
import { authorityRules } from "./authority_rules.ts";
import { dnsRules } from "./dns_rules.ts";
import { encodingRules } from "./encoding_rules.ts";
import { extensionRules } from "./extension_rules.ts";
import { identityRules } from "./identity_rules.ts";
import { keyRules } from "./key_rules.ts";
import { policyRules } from "./policy_rules.ts";
import type { CertificateRule } from "./rule.ts";
import { subjectRules } from "./subject_rules.ts";
import { usageRules } from "./usage_rules.ts";
import { validityRules } from "./validity_rules.ts";

/** Rules under the subjects that the documentation sorts them by. */
export const ruleGroups: ReadonlyMap<string, readonly CertificateRule[]> =
  new Map([
    ["Fields and encoding", encodingRules],
    ["Validity", validityRules],
    ["Keys and signatures", keyRules],
    ["Subject", subjectRules],
    ["Identity of servers", identityRules],
    ["CAs and OCSP responders", authorityRules],
    ["DNS names", dnsRules],
    ["Alternative names", alternativeNameRules],
    ["Key usage", usageRules],
    ["Extensions", extensionRules],
    ["Policies", policyRules],
    ["Addresses", addressRules],
  ]);

/** All rules, in the order of the documentation. */
export const rules: readonly CertificateRule[] = [...ruleGroups.values()]
  .flat();

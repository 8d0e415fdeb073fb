/**
 * All rules for certificates.
 *
 * @module
 */

import { addressRules } from "./address_rules.ts";
import { alternativeNameRules } from "./alternative_name_rules.ts";
import { authorityRules } from "./authority_rules.ts";
import { constraintRules } from "./constraint_rules.ts";
import { dnsRules } from "./dns_rules.ts";
import { encodingRules } from "./encoding_rules.ts";
import { extensionRules } from "./extension_rules.ts";
import { identityRules } from "./identity_rules.ts";
import { keyRules } from "./key_rules.ts";
import { keyUsageRules } from "./key_usage_rules.ts";
import { policyRules } from "./policy_rules.ts";
import { purposeRules } from "./purpose_rules.ts";
import type { CertificateRule } from "./rule.ts";
import { subjectRules } from "./subject_rules.ts";
import { timestampRules } from "./timestamp_rules.ts";
import { validationRules } from "./validation_rules.ts";
import { validityRules } from "./validity_rules.ts";

/** Rules under the subjects that the documentation sorts them by. */
export const ruleGroups: ReadonlyMap<string, readonly CertificateRule[]> =
  new Map([
    ["Fields and encoding", encodingRules],
    ["Validity", validityRules],
    ["Keys and signatures", keyRules],
    ["Subject", subjectRules],
    ["Types of servers", validationRules],
    ["Identity of servers", identityRules],
    ["CAs and OCSP responders", authorityRules],
    ["DNS names", dnsRules],
    ["Alternative names", alternativeNameRules],
    ["Key usage", keyUsageRules],
    ["Extended key usage", purposeRules],
    ["Extensions", extensionRules],
    ["Constraints", constraintRules],
    ["Certificate transparency", timestampRules],
    ["Policies", policyRules],
    ["Addresses", addressRules],
  ]);

/** All rules, in the order of the documentation. */
export const rules: readonly CertificateRule[] = [...ruleGroups.values()]
  .flat();

/** All chains with one thing wrong. */

import {
  formProbes,
  nameProbes,
  type Probe,
  subjectProbes,
} from "./_name_probes.ts";
import { extensionProbes } from "./_extension_probes.ts";
import { fieldProbes } from "./_field_probes.ts";
import { policyProbes } from "./_policy_probes.ts";
import { usageProbes } from "./_usage_probes.ts";

/** A rule each, what is changed so that it is broken, and a word on it. */
export const probes: readonly Probe[] = [
  ...nameProbes,
  ...subjectProbes,
  ...formProbes,
  ...fieldProbes,
  ...usageProbes,
  ...extensionProbes,
  ...policyProbes,
];

/** All chains with one thing wrong. */

import {
  formProbes,
  nameProbes,
  type Probe,
  subjectProbes,
} from "./_name_probes.ts";
import {
  extensionProbes,
  fieldProbes,
  policyProbes,
  usageProbes,
} from "./_profile_probes.ts";

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

/**
 * For how long certificates of servers are valid: BR 6.3.2.
 *
 * @module
 */

import { BR_2_2 } from "./dates.ts";
import type { CertificateRule } from "./rule.ts";
import { LEAF, type LintSubject } from "./subject.ts";

/** How many days a server's certificate may be valid, and when. */
interface Limit {
  readonly days: number;
  /** Whether the last second counts, as RFC 5280 section 4.1.2.5 has it. */
  readonly exact: boolean;
  readonly since: string;
  readonly until?: string;
}

const limits: readonly Limit[] = [
  // "no greater than 39 months"
  { days: 1188, exact: false, since: "2016-07-02", until: "2018-03-02" },
  { days: 825, exact: false, since: "2018-03-02", until: "2020-09-01" },
  { days: 398, exact: true, since: "2020-09-01", until: BR_2_2 },
  { days: 200, exact: true, since: BR_2_2, until: "2027-03-15" },
  { days: 100, exact: true, since: "2027-03-15", until: "2029-03-15" },
  { days: 47, exact: true, since: "2029-03-15" },
];

/** Rules on validity. */
export const validityRules: readonly CertificateRule[] = [
  ...limits.map(({ days, exact, ...dates }): CertificateRule => ({
    id: `validity_${days}_days`,
    source: "BR",
    section: "6.3.2",
    ...dates,
    roles: LEAF,
    requirement: `The certificate is valid for ${days} days or less.`,
    check: ({ certificate }) => {
      const found = validDays(certificate, exact);
      return found > days && `it is valid for ${found} days, more than ${days}`;
    },
  })),
];

/** Days that have begun. */
function validDays(
  { notBefore, notAfter }: LintSubject["certificate"],
  exact: boolean,
): number {
  const seconds = (notAfter.getTime() - notBefore.getTime()) / 1000;
  return Math.ceil((exact ? seconds + 1 : seconds) / 86_400);
}

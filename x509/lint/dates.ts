/**
 * From when on rules hold: the dates of the RFCs, and those at which versions
 * of the Baseline Requirements, or single rules of them, came into force.
 *
 * @module
 */

/** RFC 2459, the first profile of certificates. */
export const RFC_2459 = "1999-01-01";

/** RFC 3279, on algorithms, and RFC 3280, the second profile. */
export const RFC_3280 = "2002-04-01";

/** RFC 5280, the profile of today. */
export const RFC_5280 = "2008-05-01";

/** RFC 6818, which changed explicitText. */
export const RFC_6818 = "2013-01-01";

/** RFC 6962, certificate transparency. */
export const RFC_6962 = "2013-06-01";

/** RFC 8813, on key usage of elliptic curve keys. */
export const RFC_8813 = "2020-08-01";

/** Version 1.0: the Baseline Requirements as a whole. */
export const BR_1_0 = "2012-07-01";

/** Version 1.3.0, in the order of RFC 3647. */
export const BR_1_3 = "2015-04-16";

/** Version 1.3.1: individual validation. */
export const BR_1_3_1 = "2015-09-28";

/** The day after the last certificates for reserved IP addresses had to end. */
export const NO_INTERNAL_NAMES = new Date("2015-11-01");

/** Ballot 118: no SHA-1. */
export const NO_SHA1 = "2016-01-01";

/** Ballot 175: personal names, and the attributes that they need. */
export const BR_1_4_1 = "2016-09-07";

/** Version 1.4.8: names of CAs. */
export const BR_1_4_8 = "2017-06-08";

/** Version 1.7.1: algorithm identifiers byte for byte. */
export const BR_1_7_1 = "2020-08-20";

/** Ballot SC48: Domain Labels and common names as they stand in dNSNames. */
export const BR_1_8 = "2021-08-25";

/** Ballot SC47: no organizationalUnitName. */
export const NO_UNITS = "2022-09-01";

/** Ballot SC62, version 2.0: certificate profiles. */
export const BR_2_0 = "2023-09-15";

/** Ballot SC63: CRLs required, OCSP optional. */
export const BR_2_0_1 = "2024-03-15";

/** Ballots SC81 (200 days) and SC86 (no reverse zones). */
export const BR_2_2 = "2026-03-15";

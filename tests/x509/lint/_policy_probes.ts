/** Chains with one thing wrong: policies, and addresses of CRLs and responders. */

import {
  explicit,
  ia5String,
  integer,
  nullValue,
  oid,
  sequence,
  tlv,
  utf8String,
} from "../../../x509/asn1/der.ts";
import { leaf, subCa, valid } from "./_changes.ts";
import {
  access,
  CA_ISSUERS,
  crlPoint,
  DV,
  generalNames,
  name,
  OCSP,
  OV,
  policies,
  uri,
} from "./_fields.ts";
import type { Probe } from "./_name_probes.ts";

const CPS = oid("1.3.6.1.5.5.7.2.1");
const NOTICE = oid("1.3.6.1.5.5.7.2.2");
const cps = (text: string) => sequence(CPS, ia5String(text));
const notice = (text: Uint8Array) => sequence(NOTICE, sequence(text));

/** Policies, and addresses of CRLs and responders. */
export const policyProbes: readonly Probe[] = [
  ["leaf_policies_missing", leaf({ certificatePolicies: undefined })],
  ["leaf_policy_reserved", leaf({ certificatePolicies: policies("1.2.3") })],
  ["leaf_policy_reserved", {
    leaf: {
      subject: name(["C", "US"]),
      extensions: { certificatePolicies: policies(DV, "2.23.140.1.2.2") },
    },
  }, "and without an organization"],
  [
    "leaf_policy_any",
    leaf({ certificatePolicies: policies(DV, "2.5.29.32.0") }),
  ],
  ["sub_ca_policies_missing", subCa({ certificatePolicies: undefined })],
  [
    "sub_ca_policy_any",
    subCa({ certificatePolicies: policies(DV, "2.5.29.32.0") }),
  ],
  ["sub_ca_policy_reserved", subCa({ certificatePolicies: policies("1.2.3") })],
  ["sub_ca_policy_reserved", subCa({ certificatePolicies: policies(DV, OV) })],
  [
    "policy_qualifier",
    leaf({ certificatePolicies: policies([DV, notice(utf8String("Text"))]) }),
  ],
  [
    "policy_cps_uri",
    leaf({ certificatePolicies: policies([DV, cps("ldap://example.com")]) }),
  ],
  [
    "policy_any_qualifier",
    subCa({
      certificatePolicies: policies([
        "2.5.29.32.0",
        sequence(oid("1.2.3"), nullValue()),
      ]),
    }),
    "which is none that is allowed",
  ],
  [
    "policy_text_type",
    leaf({ certificatePolicies: policies([DV, notice(ia5String("Text"))]) }),
    "which is none that is allowed",
  ],
  [
    "policy_text_length",
    leaf({
      certificatePolicies: policies([DV, notice(utf8String("x".repeat(201)))]),
    }),
    "which is none that is allowed",
  ],
  [
    "policy_qualifier_encoding",
    leaf({ certificatePolicies: policies([DV, sequence(CPS, integer(1))]) }),
  ],
  [
    "policy_mapping_any",
    subCa({
      policyMappings: {
        value: sequence(sequence(oid("2.5.29.32.0"), oid("1.2.3"))),
        critical: true,
      },
    }),
  ],
  ["sub_ca_crl_missing", subCa({ cRLDistributionPoints: undefined })],
  [
    "leaf_crl_missing",
    leaf({
      cRLDistributionPoints: undefined,
      authorityInfoAccess: access([CA_ISSUERS, uri("http://ca.example.com")]),
    }),
  ],
  [
    "crl_url",
    leaf({
      cRLDistributionPoints: crlPoint(uri("ldap://ldap.example.com/cn=CA")),
    }),
    "and not of the scheme",
  ],
  [
    "crl_url",
    subCa({ cRLDistributionPoints: crlPoint(uri("https://crl.example.com")) }),
    "and not of the scheme",
  ],
  [
    "crl_scheme",
    leaf({
      cRLDistributionPoints: crlPoint(
        uri("http://crl.example.com"),
        uri("ldap://ldap.example.com/cn=CA"),
      ),
    }),
  ],
  [
    "crl_point",
    leaf({
      cRLDistributionPoints: {
        value: sequence(
          sequence(
            explicit(0, explicit(0, uri("http://crl.example.com").der)),
            tlv(0x81, Uint8Array.of(6, 0x40)),
          ),
        ),
      },
    }),
  ],
  [
    "crl_point",
    leaf({
      cRLDistributionPoints: {
        value: sequence(
          sequence(
            explicit(0, explicit(0, uri("http://crl.example.com").der)),
            explicit(2, tlv(0xa4, name(["CN", "CRL"]))),
          ),
        ),
      },
    }),
  ],
  [
    "distribution_point_empty",
    leaf({
      cRLDistributionPoints: {
        value: sequence(
          sequence(explicit(0, explicit(0, uri("http://crl.example.com").der))),
          sequence(tlv(0x81, Uint8Array.of(6, 0x40))),
        ),
      },
    }),
    "and so with reasons",
  ],
  ["leaf_aia_missing", leaf({ authorityInfoAccess: undefined })],
  ["leaf_aia_missing", {
    leaf: {
      ...valid("2022-10-01", 89).leaf,
      extensions: { authorityInfoAccess: undefined },
    },
  }],
  ["leaf_ocsp_missing", {
    leaf: {
      ...valid("2022-10-01", 89).leaf,
      extensions: {
        authorityInfoAccess: access([CA_ISSUERS, uri("http://ca.example.com")]),
      },
    },
  }],
  ["sub_ca_aia_missing", {
    subCa: {
      notBefore: new Date("2019-06-01"),
      extensions: { authorityInfoAccess: undefined },
    },
  }],
  [
    "aia_method",
    leaf({
      authorityInfoAccess: access([OCSP, uri("http://ocsp.example.com")], [
        "1.2.3",
        uri("http://example.com"),
      ]),
    }),
  ],
  [
    "aia_url",
    leaf({
      authorityInfoAccess: access([OCSP, uri("https://ocsp.example.com")]),
    }),
  ],
  [
    "aia_url",
    leaf({
      authorityInfoAccess: access([OCSP, uri("http://ocsp.example.com")], [
        CA_ISSUERS,
        uri("ldap://ca.example.com"),
      ]),
    }),
  ],
  [
    "aia_url",
    leaf({
      authorityInfoAccess: access([CA_ISSUERS, {
        der: generalNames("ca.example.com").slice(2),
      }]),
    }),
  ],
  [
    "aia_url",
    subCa({
      authorityInfoAccess: access([CA_ISSUERS, uri("https://ca.example.com")]),
    }),
  ],
  [
    "aia_repeated",
    leaf({
      authorityInfoAccess: access([OCSP, uri("http://ocsp.example.com")], [
        OCSP,
        uri("http://ocsp.example.com"),
      ]),
    }),
  ],
];

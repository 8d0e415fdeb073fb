/** Chains with one thing wrong: other extensions. */

import {
  boolean,
  explicit,
  ia5String,
  implicit,
  integer,
  nullValue,
  octetString,
  sequence,
  tlv,
} from "../../../x509/asn1/der.ts";
import { type Extensions, leaf, root, subCa } from "./_changes.ts";
import {
  access,
  CA_ISSUERS,
  crlPoint,
  DV,
  type ExtensionFields,
  name,
  OCSP,
  policies,
  uri,
  usage,
} from "./_fields.ts";
import type { Probe } from "./_name_probes.ts";

const constraints = (value: Uint8Array): Extensions => ({
  nameConstraints: { value, critical: true },
});
const permitted = (...bases: Uint8Array[]): Uint8Array =>
  sequence(explicit(0, ...bases.map((base) => sequence(base))));
const DNS_SUBTREE = implicit(2, ia5String("example.com"));

/** Extensions that are not of names, usage, policies or addresses. */
export const extensionProbes: readonly Probe[] = [
  [
    "authority_key_identifier_critical",
    leaf({
      authorityKeyIdentifier: {
        value: sequence(implicit(0, octetString(Uint8Array.of(1)))),
        critical: true,
      },
    }),
    "and not the issuer's",
  ],
  [
    "subject_key_identifier_critical",
    subCa({
      subjectKeyIdentifier: {
        value: octetString(Uint8Array.of(1)),
        critical: true,
      },
    }),
    "and not what the leaf has",
  ],
  [
    "subject_directory_attributes_critical",
    leaf({
      subjectDirectoryAttributes: {
        value: sequence(integer(1)),
        critical: true,
      },
    }),
  ],
  [
    "freshest_crl_critical",
    leaf({
      freshestCRL: {
        ...crlPoint(uri("http://crl.example.com/d")),
        critical: true,
      },
    }),
  ],
  [
    "authority_info_access_critical",
    leaf({
      authorityInfoAccess: {
        ...access([OCSP, uri("http://ocsp.example.com")]),
        critical: true,
      },
    }),
  ],
  [
    "authority_info_access_critical",
    subCa({
      authorityInfoAccess: {
        ...access([CA_ISSUERS, uri("http://ca.example.com")]),
        critical: true,
      },
    }),
  ],
  [
    "subject_info_access_critical",
    subCa({
      subjectInfoAccess: {
        ...access(["1.3.6.1.5.5.7.48.5", uri("http://ca.example.com")]),
        critical: true,
      },
    }),
  ],
  [
    "crl_distribution_points_critical",
    leaf({
      cRLDistributionPoints: {
        ...crlPoint(uri("http://crl.example.com")),
        critical: true,
      },
    }),
  ],
  [
    "crl_distribution_points_critical",
    subCa({
      cRLDistributionPoints: {
        ...crlPoint(uri("http://crl.example.com")),
        critical: true,
      },
    }),
  ],
  [
    "certificate_policies_critical",
    leaf({ certificatePolicies: { ...policies(DV), critical: true } }),
  ],
  [
    "policy_constraints_not_critical",
    subCa({
      policyConstraints: { value: sequence(tlv(0x80, Uint8Array.of(0))) },
    }),
  ],
  [
    "inhibit_any_policy_not_critical",
    subCa({ inhibitAnyPolicy: { value: integer(0) } }),
  ],
  ["extension_empty", leaf({ freshestCRL: { value: sequence() } })],
  ["aki_missing", leaf({ authorityKeyIdentifier: undefined })],
  ["aki_missing", subCa({ authorityKeyIdentifier: undefined })],
  ["aki_key_missing", leaf({ authorityKeyIdentifier: { value: sequence() } })],
  [
    "aki_certificate",
    leaf({
      authorityKeyIdentifier: {
        value: sequence(
          implicit(0, octetString(Uint8Array.of(1))),
          explicit(1, implicit(2, ia5String("a"))),
          implicit(2, integer(1)),
        ),
      },
    }),
    "and not the issuer's",
  ],
  [
    "aki_mismatch",
    leaf({
      authorityKeyIdentifier: {
        value: sequence(implicit(0, octetString(Uint8Array.of(1)))),
      },
    }),
  ],
  ["ski_missing", subCa({ subjectKeyIdentifier: undefined })],
  ["ski_missing", root({ subjectKeyIdentifier: undefined })],
  [
    "basic_constraints_not_critical",
    subCa({ basicConstraints: { value: sequence(boolean(true)) } }),
  ],
  [
    "leaf_basic_constraints_not_critical",
    leaf({ basicConstraints: { value: sequence() } }),
  ],
  [
    "leaf_ca",
    leaf({
      basicConstraints: { value: sequence(boolean(true)), critical: true },
    }),
  ],
  [
    "path_length_without_ca",
    leaf({ basicConstraints: { value: sequence(integer(0)), critical: true } }),
  ],
  [
    "path_length_without_cert_sign",
    subCa({ keyUsage: usage("digitalSignature", "cRLSign") }),
    "which a CA needs anyway",
  ],
  ["leaf_name_constraints", leaf(constraints(permitted(DNS_SUBTREE)))],
  [
    "name_constraints_host",
    subCa(constraints(permitted(DNS_SUBTREE, implicit(6, ia5String("host"))))),
  ],
  [
    "name_constraints_address",
    subCa(
      constraints(
        permitted(
          implicit(7, octetString(Uint8Array.of(10, 0, 0, 0, 255, 0, 0, 0))),
        ),
      ),
    ),
  ],
  [
    "name_constraints_distance",
    subCa(
      constraints(
        sequence(
          explicit(0, sequence(DNS_SUBTREE, tlv(0x80, Uint8Array.of(1)))),
        ),
      ),
    ),
  ],
  [
    "timestamps_empty",
    leaf({
      signedCertificateTimestampList: {
        value: octetString(Uint8Array.of(0, 0)),
      },
    }),
  ],
  [
    "timestamps_in_precertificate",
    leaf({
      signedCertificateTimestampList: timestamps("2026-06-01"),
      precertificatePoison: { value: nullValue(), critical: true },
    }),
  ],
  [
    "backdated",
    leaf({ signedCertificateTimestampList: timestamps("2026-06-10") }),
  ],
  ["root_issuer", {
    root: {
      issuer: name(["C", "us"], ["O", "Example Trust"], ["CN", "Example Root"]),
    },
  }],
];

/** A list of one timestamp of that day, signed by nobody. */
export function timestamps(day: string): ExtensionFields {
  const sct = new Uint8Array(1 + 32 + 8 + 2 + 4 + 8);
  const view = new DataView(sct.buffer);
  view.setBigUint64(33, BigInt(Date.parse(day)));
  view.setUint16(43, 0x0403);
  view.setUint16(45, 8);
  const list = new Uint8Array(4 + sct.length);
  new DataView(list.buffer).setUint16(0, 2 + sct.length);
  new DataView(list.buffer).setUint16(2, sct.length);
  list.set(sct, 4);
  return { value: octetString(list) };
}

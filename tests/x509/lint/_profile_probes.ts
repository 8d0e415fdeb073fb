/** Chains with one thing wrong: fields, keys, extensions, dates, addresses. */

import {
  bitString,
  boolean,
  explicit,
  generalizedTime,
  ia5String,
  implicit,
  integer,
  namedBits,
  nullValue,
  octetString,
  oid,
  sequence,
  time,
  tlv,
  utf8String,
} from "../../../x509/der.ts";
import {
  access,
  CA_ISSUERS,
  crlPoint,
  DV,
  type ExtensionFields,
  generalNames,
  name,
  OCSP,
  OV,
  policies,
  purposes,
  uri,
  usage,
} from "./_fields.ts";
import type { Probe } from "./_name_probes.ts";
import type { ChainChanges } from "./_public_chain.ts";

type Extensions = Record<string, ExtensionFields | undefined>;

const leaf = (extensions: Extensions): ChainChanges => ({
  leaf: { extensions },
});
const subCa = (extensions: Extensions): ChainChanges => ({
  subCa: { extensions },
});
const root = (extensions: Extensions): ChainChanges => ({
  root: { extensions },
});

/** A leaf that is valid for a time from a day on. */
function valid(from: string, days: number, extra = 0): ChainChanges {
  const notBefore = new Date(`${from}T00:00:00Z`);
  const notAfter = new Date(
    notBefore.getTime() + days * 86_400_000 + extra * 1000,
  );
  return { leaf: { notBefore, notAfter } };
}

const rsaLeaf = (extensions: Extensions): ChainChanges => ({
  leaf: { keyType: "rsa-2048", extensions },
});

const RSA = "1.2.840.113549.1.1.1";
const EC = "1.2.840.10045.2.1";

/** An RSA key of that many bits, that nobody has a private key for. */
function rsaSpki(bits: number, exponent = 65537, parameters = [nullValue()]) {
  const modulus = new Uint8Array(Math.ceil(bits / 8)).fill(0xa5);
  modulus[0] = 0xff >> (modulus.length * 8 - bits);
  return sequence(
    sequence(oid(RSA), ...parameters),
    bitString(sequence(integer(modulus), integer(exponent))),
  );
}

function ecSpki(curve: string, size: number): Uint8Array {
  return sequence(
    sequence(oid(EC), oid(curve)),
    bitString(Uint8Array.of(4, ...new Uint8Array(2 * size).fill(7))),
  );
}

/** Fields, validity, keys and signatures. */
export const fieldProbes: readonly Probe[] = [
  ["serial_number_zero", { leaf: { serialNumber: integer(0) } }],
  ["serial_number_negative", { leaf: { serialNumber: integer(-5) } }],
  [
    "serial_number_too_long",
    { leaf: { serialNumber: integer(new Uint8Array(21).fill(1)) } },
  ],
  [
    "generalized_time_before_2050",
    {
      leaf: {
        validity: sequence(
          time(new Date("2026-06-01T00:00:00Z")),
          generalizedTime(new Date("2026-08-01T00:00:00Z")),
        ),
      },
    },
  ],
  [
    "unique_identifier",
    { leaf: { uniqueId: tlv(0x81, Uint8Array.of(0, 1)) } },
  ],
  [
    "default_value_encoded",
    leaf({
      basicConstraints: {
        value: sequence(tlv(1, Uint8Array.of(0))),
        critical: true,
      },
    }),
  ],
  [
    "named_bits_padding",
    leaf({
      keyUsage: { value: bitString(Uint8Array.of(0x80)), critical: true },
    }),
  ],
  ["key_usage_empty", rsaLeaf({ keyUsage: usage() })],
  [
    "validity_reversed",
    {
      leaf: {
        notBefore: new Date("2026-06-02T00:00:00Z"),
        notAfter: new Date("2026-06-01T00:00:00Z"),
      },
    },
  ],
  ["validity_1188_days", valid("2017-01-01", 1200)],
  ["validity_825_days", valid("2019-06-03", 826)],
  ["validity_398_days", valid("2020-09-01", 399, -1)],
  ["validity_398_days", valid("2026-03-14", 398)],
  ["validity_200_days", valid("2026-03-15", 201, -1)],
  ["validity_200_days", valid("2027-03-14", 200)],
  ["validity_100_days", valid("2027-03-15", 100)],
  ["validity_100_days", valid("2029-03-14", 200)],
  ["validity_47_days", valid("2029-03-15", 47)],
  ["validity_47_days", valid("2030-01-01", 90)],
  ["rsa_key_too_short", { leaf: { spki: rsaSpki(1024) } }],
  ["rsa_key_size", { leaf: { spki: rsaSpki(2052) } }],
  ["rsa_exponent", { leaf: { spki: rsaSpki(2048, 1) } }],
  ["rsa_exponent", { leaf: { spki: rsaSpki(2048, 65536) } }],
  ["rsa_key_parameters", { leaf: { spki: rsaSpki(2048, 65537, []) } }],
  ["key_type", { leaf: { keyType: "ed25519" } }],
  ["key_type", { leaf: { keyType: "ml-dsa-44" } }],
  [
    "key_dsa",
    {
      leaf: {
        spki: sequence(
          sequence(oid("1.2.840.10040.4.1")),
          bitString(integer(5)),
        ),
      },
    },
  ],
  ["key_algorithm_encoding", { leaf: { keyType: "rsa-pss-2048" } }],
  ["ec_curve", { leaf: { spki: ecSpki("1.3.132.0.10", 32) } }],
  ["ec_curve", { leaf: { spki: ecSpki("1.3.132.0.33", 28) } }],
  [
    "ec_key_parameters",
    {
      leaf: {
        spki: sequence(
          sequence(oid(EC), sequence(integer(1))),
          bitString(Uint8Array.of(4, ...new Uint8Array(64).fill(7))),
        ),
      },
    },
    "and so on no curve that is allowed",
  ],
  ["ecdsa_hash", { subCa: { keyType: "P-384" } }, "as the leaf is signed"],
  ["ecdsa_hash", {
    leaf: { scheme: "ecdsa_secp256r1_sha256" },
    root: {
      keyType: "P-521",
    },
  }, "as the CA and the root are signed"],
  [
    "signature_algorithm_encoding",
    {
      leaf: {
        signatureAlgorithm: sequence(oid("1.2.840.10045.4.3.2"), nullValue()),
      },
    },
  ],
  [
    "rsa_signature_parameters",
    {
      subCa: { keyType: "rsa-2048" },
      leaf: {
        scheme: "rsa_pkcs1_sha256",
        signatureAlgorithm: sequence(oid("1.2.840.113549.1.1.11")),
      },
    },
  ],
  [
    "signature_sha1",
    { subCa: { keyType: "rsa-2048" }, leaf: { scheme: "rsa_pkcs1_sha1" } },
  ],
  [
    "signature_algorithm",
    { subCa: { keyType: "ed25519" }, leaf: { scheme: "ed25519" } },
    "and so by a key of another type",
  ],
];

/** Key usage and purposes. */
export const usageProbes: readonly Probe[] = [
  [
    "leaf_cert_sign",
    leaf({ keyUsage: usage("digitalSignature", "keyCertSign") }),
    "and not consistent",
  ],
  [
    "leaf_crl_sign",
    leaf({ keyUsage: usage("digitalSignature", "cRLSign") }),
    "and not consistent",
  ],
  [
    "leaf_rsa_key_usage",
    rsaLeaf({ keyUsage: usage("digitalSignature", "keyAgreement") }),
  ],
  [
    "leaf_rsa_key_usage",
    rsaLeaf({ keyUsage: usage("digitalSignature", "nonRepudiation") }),
    "and not consistent",
  ],
  [
    "leaf_ecdsa_key_usage",
    leaf({ keyUsage: usage("digitalSignature", "keyEncipherment") }),
  ],
  ["leaf_ecdsa_key_usage", leaf({ keyUsage: usage("keyAgreement") })],
  [
    "leaf_ecdsa_key_usage",
    leaf({ keyUsage: usage("digitalSignature", "nonRepudiation") }),
    "and not consistent",
  ],
  ["leaf_key_usage_critical", leaf({ keyUsage: { value: namedBits([0]) } })],
  [
    "key_usage_bits",
    leaf({ keyUsage: { value: namedBits([0, 10]), critical: true } }),
  ],
  ["purpose_inconsistent", rsaLeaf({ keyUsage: usage("dataEncipherment") })],
  [
    "ca_key_usage",
    subCa({
      keyUsage: usage(
        "digitalSignature",
        "nonRepudiation",
        "keyCertSign",
        "cRLSign",
      ),
    }),
  ],
  [
    "ecdsa_encipherment",
    subCa({ keyUsage: usage("keyEncipherment", "keyCertSign", "cRLSign") }),
    "which is nothing for a CA",
  ],
  ["ca_rsa_key_usage", {
    subCa: {
      keyType: "rsa-2048",
      extensions: {
        keyUsage: usage(
          "keyEncipherment",
          "dataEncipherment",
          "keyCertSign",
          "cRLSign",
        ),
      },
    },
    leaf: { scheme: "rsa_pkcs1_sha256" },
  }, "which is nothing for a CA"],
  ["sub_ca_key_usage_missing", subCa({ keyUsage: undefined })],
  ["root_key_usage_missing", root({ keyUsage: undefined })],
  ["ca_key_usage_critical", subCa({ keyUsage: { value: namedBits([5, 6]) } })],
  ["ca_key_usage_critical", root({ keyUsage: { value: namedBits([5, 6]) } })],
  [
    "ca_cert_sign",
    subCa({
      basicConstraints: { value: sequence(boolean(true)), critical: true },
      keyUsage: usage("digitalSignature", "cRLSign"),
    }),
  ],
  [
    "ca_crl_sign",
    subCa({ keyUsage: usage("digitalSignature", "keyCertSign") }),
  ],
  ["ca_crl_sign", root({ keyUsage: usage("keyCertSign") })],
  ["purpose_missing", leaf({ extKeyUsage: undefined })],
  ["purpose_server", leaf({ extKeyUsage: purposes("clientAuth") })],
  [
    "purpose_any",
    leaf({ extKeyUsage: purposes("serverAuth", "anyExtendedKeyUsage") }),
  ],
  [
    "purpose_forbidden",
    leaf({ extKeyUsage: purposes("serverAuth", "codeSigning") }),
  ],
  [
    "purpose_forbidden",
    leaf({ extKeyUsage: purposes("serverAuth", "emailProtection") }),
  ],
  [
    "purpose_forbidden",
    leaf({ extKeyUsage: purposes("serverAuth", "timeStamping") }),
  ],
  [
    "purpose_forbidden",
    leaf({ extKeyUsage: purposes("serverAuth", "OCSPSigning") }),
  ],
  [
    "purpose_forbidden",
    leaf({ extKeyUsage: purposes("serverAuth", "1.3.6.1.4.1.11129.2.4.4") }),
  ],
  [
    "ext_key_usage_critical",
    leaf({ extKeyUsage: { ...purposes("serverAuth"), critical: true } }),
  ],
  [
    "sub_ca_purpose_forbidden",
    subCa({ extKeyUsage: purposes("serverAuth", "emailProtection") }),
  ],
  [
    "sub_ca_purpose_forbidden",
    subCa({ extKeyUsage: purposes("serverAuth", "codeSigning") }),
  ],
  [
    "sub_ca_purpose_any",
    subCa({ extKeyUsage: purposes("serverAuth", "anyExtendedKeyUsage") }),
  ],
  ["root_purpose", root({ extKeyUsage: purposes("serverAuth") })],
];

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

/** A list of one timestamp of that day, signed by nobody. */
function timestamps(day: string): ExtensionFields {
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

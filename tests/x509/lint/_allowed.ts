/**
 * Chains of a public CA that are not as usual and break no rule: each is at the
 * limit of one, or of the last day before it was in force.
 */

import {
  explicit,
  ia5String,
  implicit,
  integer,
  octetString,
  oid,
  printableString,
  sequence,
  tlv,
  utf8String,
} from "../../../x509/asn1/der.ts";
import { leaf, root, rsaLeaf, subCa, valid } from "./_changes.ts";
import {
  access,
  type Attribute,
  CA_ISSUERS,
  crlPoint,
  DV,
  EV,
  type ExtensionFields,
  generalNames,
  IV,
  name,
  OCSP,
  OV,
  policies,
  purposes,
  uri,
  usage,
} from "./_fields.ts";
import { rsaSpki } from "./_field_probes.ts";
import { timestamps } from "./_extension_probes.ts";
import type { ChainChanges } from "./_public_chain.ts";

/** What is just allowed, and the chain. */
export type Allowed = readonly [string, ChainChanges];

const US: Attribute = ["C", "US"];
const UTAH: Attribute = ["ST", "Utah"];
const CN: Attribute = ["CN", "www.example.com"];

function identity(
  policy: string,
  attributes: readonly Attribute[],
  date?: string,
): ChainChanges {
  return {
    leaf: {
      ...date === undefined ? {} : valid(date, 90, -1).leaf,
      subject: name(...attributes, CN),
      extensions: { certificatePolicies: policies(policy) },
    },
  };
}

const ov = (...attributes: Attribute[]) => identity(OV, attributes);
const organization = (value: string | Uint8Array) => ov(US, UTAH, ["O", value]);

function names(
  list: Parameters<typeof generalNames>,
  dates: ChainChanges = {},
): ChainChanges {
  return {
    leaf: {
      ...dates.leaf,
      subject: name(US),
      extensions: { subjectAltName: { value: generalNames(...list) } },
    },
  };
}

/** A leaf of that day, changed. */
function dated(date: string, changes: ChainChanges): ChainChanges {
  return { ...changes, leaf: { ...changes.leaf, ...valid(date, 90, -1).leaf } };
}

const without = (
  fields: Record<string, ExtensionFields | undefined>,
  dates: ChainChanges = {},
): ChainChanges => ({ leaf: { ...dates.leaf, extensions: fields } });

const CPS = oid("1.3.6.1.5.5.7.2.1");
const cps = (text: string) => sequence(CPS, ia5String(text));
const notice = (text: string) =>
  sequence(oid("1.3.6.1.5.5.7.2.2"), sequence(utf8String(text)));

const CA_ONLY = access([CA_ISSUERS, uri("http://ca.example.com")]);

/** Subjects. */
const subjects: readonly Allowed[] = [
  ["64 characters of organizationName", organization("x".repeat(64))],
  ["64 characters beyond UTF-16's units", organization("😀".repeat(64))],
  ["organizationName of the other type", organization(printableString("Ex"))],
  ["128 of localityName", ov(US, ["L", "x".repeat(128)], ["O", "Ex"])],
  ["128 of stateOrProvinceName", ov(US, ["ST", "x".repeat(128)], ["O", "Ex"])],
  [
    "40 of postalCode and 128 of streetAddress",
    ov(
      US,
      UTAH,
      ["postalCode", "1".repeat(40)],
      ["street", "x".repeat(128)],
      ["O", "Ex"],
    ),
  ],
  ["a country that has no code", ov(["C", "XX"], UTAH, ["O", "Ex"])],
  [
    "what may be there twice",
    ov(
      ["DC", "com"],
      ["DC", "example"],
      US,
      UTAH,
      ["street", "One"],
      ["street", "Two"],
      ["O", "Ex"],
    ),
  ],
  [
    "64 characters of surname and givenName",
    identity(IV, [
      US,
      UTAH,
      ["SN", "x".repeat(64)],
      ["GN", "x".repeat(64)],
    ]),
  ],
  [
    "an individual with localityName",
    identity(IV, [US, ["L", "Ogden"], ["SN", "B"], ["GN", "A"]]),
  ],
  [
    "an individual with organizationName, until September 2023",
    identity(IV, [US, UTAH, ["O", "Ex"]], "2023-09-14"),
  ],
  [
    "extended validation with localityName",
    identity(EV, [
      US,
      ["L", "Ogden"],
      ["O", "Ex"],
      ["serialNumber", "1"],
      ["businessCategory", "Private Organization"],
      ["jurisdictionC", printableString("US")],
    ]),
  ],
  ["domain validation with countryName", identity(DV, [US])],
  [
    "other attributes of domain validation, until September 2023",
    identity(DV, [US, ["serialNumber", "1"]], "2023-09-14"),
  ],
  [
    "organizationalUnitName with organizationName, until September 2022",
    identity(OV, [US, UTAH, ["O", "Ex"], ["OU", "IT"]], "2022-08-31"),
  ],
  [
    "organizationalUnitName alone, until August 2021",
    identity(DV, [["OU", "IT"]], "2021-08-15"),
  ],
  ["no attribute but the name", identity(DV, [], "2022-01-01")],
  [
    "a name with its country and province, of no known policy",
    identity("1.2.3", [US, UTAH, ["O", "Ex"]], "2020-10-01"),
  ],
  [
    "the same with locality",
    identity("1.2.3", [US, ["L", "Ogden"], ["O", "Ex"]], "2020-10-01"),
  ],
  [
    "a common name in other case, until August 2021",
    dated("2021-08-24", {
      leaf: { subject: name(["CN", "WWW.EXAMPLE.com"]) },
    }),
  ],
  [
    "a CA with organizationalUnitName, until September 2023",
    {
      subCa: {
        notBefore: new Date("2023-09-14T23:59:59Z"),
        subject: name(US, ["O", "Trust"], ["OU", "CAs"], ["CN", "CA"]),
      },
    },
  ],
];

/** Names of servers. */
const serverNames: readonly Allowed[] = [
  ["a label of 63 characters", names([`${"a".repeat(63)}.example.com`])],
  [
    "a name of 253 characters",
    names([`${"abcdefghi.".repeat(24)}xx.example.com`.slice(-253)]),
  ],
  ["a wildcard", names(["*.example.com"])],
  ["labels of digits and hyphens", names(["1.a-b.example.com"])],
  ["a redacted label of a precertificate", names(["?.example.com"])],
  ["an A-label", names(["xn--mnchen-3ya.example.com"])],
  [
    "a label with -- in another place",
    names(["a--b.example.com", "abc--d.example.com"]),
  ],
  ["an onion address of version 3", names([`${"a2".repeat(28)}.onion`])],
  ["a name below an onion address", names([`www.${"a2".repeat(28)}.onion`])],
  [
    "an onion address of version 2, until October 2021",
    names([`${"a2".repeat(8)}.onion`], valid("2021-10-14", 90, -1)),
  ],
  [
    "a reserved label, until October 2021",
    names(["ab--cd.example.com"], valid("2021-09-30", 90, -1)),
  ],
  [
    "underscores from December 2018",
    names(["my_host.example.com"], valid("2018-12-10", 90, -1)),
  ],
  [
    "underscores until March 2019",
    names(["my_host.example.com"], valid("2019-03-31", 90, -1)),
  ],
  [
    "names of reverse zones, until March 2026",
    names(["5.113.0.203.in-addr.arpa"], valid("2026-03-14", 90, -1)),
  ],
  [
    "internal names and addresses that end before November 2015",
    names(
      ["db.internal", Uint8Array.of(10, 0, 0, 1)],
      valid("2015-08-01", 92, -1),
    ),
  ],
  ["an address that is somebody's", names([Uint8Array.of(1, 1, 1, 1)])],
  [
    "other names of the issuer",
    leaf({
      issuerAltName: {
        value: generalNames(
          uri("https://www.example.com/"),
          uri("https://user@192.0.2.1:443/"),
          uri("https://*.example.com/"),
          uri("urn:example"),
          { der: implicit(1, ia5String("a@example.com")) },
        ),
      },
    }),
  ],
];

/** Keys and signatures. */
const keys: readonly Allowed[] = [
  ["2048 bits of RSA", { leaf: { spki: rsaSpki(2048) } }],
  ["a public exponent of 3", { leaf: { spki: rsaSpki(2048, 3) } }],
  ["a public exponent of 257", { leaf: { spki: rsaSpki(2048, 257) } }],
  [
    "1024 bits of RSA that end with 2013",
    { leaf: { ...valid("2013-11-01", 61, -1).leaf, spki: rsaSpki(1024) } },
  ],
  ["a key on P-384", { leaf: { keyType: "P-384" } }],
  ["a key on P-521", { leaf: { keyType: "P-521" } }],
  ...(["sha256", "sha384", "sha512"] as const).flatMap((hash): Allowed[] => [
    [`RSA with ${hash}`, {
      subCa: { keyType: "rsa-2048" },
      leaf: { scheme: `rsa_pkcs1_${hash}` },
    }],
    [`RSASSA-PSS with ${hash}`, {
      subCa: { keyType: "rsa-2048" },
      leaf: { scheme: `rsa_pss_rsae_${hash}` },
    }],
  ]),
  [
    "P-384 with SHA-384",
    { subCa: { keyType: "P-384" }, leaf: { scheme: "ecdsa_secp384r1_sha384" } },
  ],
  [
    "P-521 with SHA-512",
    { subCa: { keyType: "P-521" }, leaf: { scheme: "ecdsa_secp521r1_sha512" } },
  ],
  [
    "another hash, until August 2020",
    dated("2020-08-19", { subCa: { keyType: "P-384" } }),
  ],
  [
    "SHA-1, until 2016",
    dated("2015-12-31", {
      subCa: { keyType: "rsa-2048" },
      leaf: { scheme: "rsa_pkcs1_sha1" },
    }),
  ],
];

/** Key usage and purposes. */
const usages: readonly Allowed[] = [
  ["no keyUsage of a server", leaf({ keyUsage: undefined })],
  [
    "keyAgreement with ECDSA",
    leaf({ keyUsage: usage("digitalSignature", "keyAgreement") }),
  ],
  [
    "keyEncipherment with RSA",
    rsaLeaf({ keyUsage: usage("digitalSignature", "keyEncipherment") }),
  ],
  ["keyEncipherment alone", rsaLeaf({ keyUsage: usage("keyEncipherment") })],
  ["a CA's two bits", subCa({ keyUsage: usage("keyCertSign", "cRLSign") })],
  ["a root's two bits", root({ keyUsage: usage("keyCertSign", "cRLSign") })],
  [
    "one encipherment of an RSA key that signs, until September 2023",
    {
      subCa: {
        keyType: "rsa-2048",
        notBefore: new Date("2023-09-14T23:59:59Z"),
        extensions: {
          keyUsage: usage("keyEncipherment", "keyCertSign", "cRLSign"),
        },
      },
      leaf: { scheme: "rsa_pkcs1_sha256" },
    },
  ],
  [
    "clients too",
    leaf({ extKeyUsage: purposes("serverAuth", "clientAuth") }),
  ],
  [
    "clients alone, until September 2023",
    dated("2023-09-14", leaf({ extKeyUsage: purposes("clientAuth") })),
  ],
  [
    "a CA for clients too",
    subCa({ extKeyUsage: purposes("serverAuth", "clientAuth") }),
  ],
  [
    "a CA for any purpose",
    subCa({ extKeyUsage: purposes("anyExtendedKeyUsage") }),
  ],
];

/** Policies. */
const policyChains: readonly Allowed[] = [
  [
    "a policy of the CA's beside the reserved one",
    leaf({ certificatePolicies: policies(DV, "1.2.3") }),
  ],
  [
    "two addresses of practice statements",
    leaf({
      certificatePolicies: policies([
        DV,
        cps("https://example.com/cps"),
        cps("http://example.com"),
      ]),
    }),
  ],
  [
    "a notice of 200 characters, until September 2023",
    dated(
      "2023-09-14",
      leaf({ certificatePolicies: policies([DV, notice("😀".repeat(200))]) }),
    ),
  ],
  [
    "a notice with a reference, until September 2023",
    dated(
      "2023-09-14",
      leaf({
        certificatePolicies: policies([
          DV,
          sequence(
            oid("1.3.6.1.5.5.7.2.2"),
            sequence(
              sequence(utf8String("Ex"), sequence(integer(1))),
              utf8String("Text"),
            ),
          ),
        ]),
      }),
    ),
  ],
  [
    "anyPolicy of a CA, with qualifiers that are for it",
    subCa({
      certificatePolicies: policies(["2.5.29.32.0", cps("http://a.example")]),
    }),
  ],
  [
    "a policy of the CA's own",
    subCa({ certificatePolicies: policies(DV, "1.2.3") }),
  ],
  [
    "no reserved policy, until September 2023",
    dated("2023-09-14", leaf({ certificatePolicies: policies("1.2.3") })),
  ],
  [
    "a mapping of other policies",
    subCa({
      policyMappings: {
        value: sequence(sequence(oid("1.2.3"), oid("1.2.4"))),
        critical: true,
      },
    }),
  ],
];

/** Addresses. */
const addresses: readonly Allowed[] = [
  ["a responder in place of a CRL", leaf({ cRLDistributionPoints: undefined })],
  [
    "seven days without either",
    without(
      { cRLDistributionPoints: undefined, authorityInfoAccess: CA_ONLY },
      valid("2026-06-28", 7),
    ),
  ],
  [
    "ten days without either, until March 2026",
    without(
      { cRLDistributionPoints: undefined, authorityInfoAccess: CA_ONLY },
      valid("2026-03-14", 10),
    ),
  ],
  [
    "neither, until March 2024",
    without(
      { cRLDistributionPoints: undefined, authorityInfoAccess: CA_ONLY },
      valid("2024-03-14", 90, -1),
    ),
  ],
  [
    "one location for two methods, two for one",
    leaf({
      authorityInfoAccess: access(
        [OCSP, uri("http://a.example.com")],
        [CA_ISSUERS, uri("http://a.example.com")],
        [OCSP, uri("http://b.example.com")],
      ),
    }),
  ],
  ["no authorityInfoAccess of a CA", subCa({ authorityInfoAccess: undefined })],
  [
    "two URLs of a CRL",
    leaf({
      cRLDistributionPoints: crlPoint(
        uri("http://a.example.com/1.crl"),
        uri("HTTP://b.example.com/1.crl"),
      ),
    }),
  ],
];

/** Other extensions. */
const others: readonly Allowed[] = [
  [
    "timestamps of 48 hours later",
    leaf({ signedCertificateTimestampList: timestamps("2026-06-03") }),
  ],
  [
    "permitted and excluded subtrees",
    subCa({
      nameConstraints: {
        value: sequence(
          explicit(
            0,
            sequence(implicit(2, ia5String("example.com"))),
            sequence(implicit(6, ia5String(".example.com"))),
            sequence(
              implicit(
                7,
                octetString(Uint8Array.of(8, 8, 8, 0, 255, 255, 255, 0)),
              ),
            ),
          ),
          // What is excluded may be reserved.
          explicit(
            1,
            sequence(
              implicit(
                7,
                octetString(Uint8Array.of(10, 0, 0, 0, 255, 0, 0, 0)),
              ),
            ),
          ),
        ),
        critical: true,
      },
    }),
  ],
  [
    "a critical subjectAltName of an empty subject",
    {
      leaf: {
        subject: sequence(),
        extensions: {
          subjectAltName: {
            value: generalNames("www.example.com"),
            critical: true,
          },
        },
      },
    },
  ],
  [
    "a validity that ends in the second in which it begins",
    {
      leaf: {
        notBefore: new Date("2026-06-01T00:00:00Z"),
        notAfter: new Date("2026-06-01T00:00:00Z"),
      },
    },
  ],
  ["no basicConstraints of a server", leaf({ basicConstraints: undefined })],
  [
    "a critical policyConstraints of a CA",
    subCa({
      policyConstraints: {
        value: sequence(tlv(0x80, Uint8Array.of(3))),
        critical: true,
      },
    }),
  ],
  [
    "a root without authorityKeyIdentifier",
    root({
      authorityKeyIdentifier: undefined,
    }),
  ],
];

/** All of them. */
export const allowed: readonly Allowed[] = [
  ...subjects,
  ...serverNames,
  ...keys,
  ...usages,
  ...policyChains,
  ...addresses,
  ...others,
];

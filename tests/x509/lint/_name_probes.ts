/** Chains with one thing wrong: names of servers and subjects. */

import {
  ia5String,
  implicit,
  octetString,
  oid,
  printableString,
  sequence,
  set,
  tlv,
  utf8String,
} from "../../../x509/asn1/der.ts";
import {
  type Attribute,
  encode,
  EV,
  type ExtensionFields,
  generalNames,
  IV,
  name,
  OV,
  policies,
  uri,
} from "./_fields.ts";
import type { ChainChanges, Fields } from "./_public_chain.ts";

/** A rule, what is changed so that it is broken, and a word on it. */
export type Probe = readonly [string, ChainChanges, string?];

/** A leaf with those names, and no common name. */
function names(...list: Parameters<typeof generalNames>): ChainChanges {
  return {
    leaf: {
      subject: name(["C", "US"]),
      extensions: { subjectAltName: { value: generalNames(...list) } },
    },
  };
}

function subject(...attributes: Attribute[]): ChainChanges {
  return { leaf: { subject: name(...attributes) } };
}

/** A leaf of another type, with attributes of its own. */
function identity(
  policy: string,
  attributes: readonly Attribute[],
  extensions: Record<string, ExtensionFields> = {},
): ChainChanges {
  return {
    leaf: {
      subject: name(...attributes, ["CN", "www.example.com"]),
      extensions: { certificatePolicies: policies(policy), ...extensions },
    },
  };
}

/** A subject of an organization; attributes take the place of its own. */
function ov(
  changes: Record<string, string | Uint8Array | undefined>,
): ChainChanges {
  const all: Record<string, string | Uint8Array | undefined> = {
    C: "US",
    ST: "Utah",
    O: "Example Inc",
    ...changes,
  };
  return identity(
    OV,
    ["DC", "C", "ST", "L", "postalCode", "street", "O", "OU"].flatMap((type) =>
      all[type] === undefined ? [] : [[type, all[type]] as Attribute]
    ),
  );
}

function dated(date: string, changes: ChainChanges, days = 90): ChainChanges {
  const notBefore = new Date(`${date}T00:00:00Z`);
  const fields: Partial<Fields> = {
    notBefore,
    notAfter: new Date(notBefore.getTime() + days * 86_400_000 - 1000),
  };
  return { ...changes, leaf: { ...changes.leaf, ...fields } };
}

/** Names of subjectAltName. */
export const nameProbes: readonly Probe[] = [
  ["internal_name", names("www.example.internal"), "a name of no TLD"],
  ["internal_name", names("printer.local")],
  ["internal_name", names("db.corp", "www.example.com")],
  ["internal_name", names("localhost"), "a bare name"],
  ["internal_name", names("intranet")],
  ["dns_name_top_level", names("com")],
  ["dns_name_underscore", names("my_host.example.com")],
  ["dns_name_wildcard", names("www.*.example.com")],
  ["dns_name_wildcard", names("w*.example.com")],
  ["dns_name_wildcard", names("*.com")],
  ["dns_name_empty_label", names("www..example.com")],
  ["dns_name_empty_label", names("www.example.com.")],
  ["dns_name_empty_label", names(".example.com")],
  ["dns_name_too_long", names(`${"a".repeat(64)}.example.com`)],
  ["dns_name_too_long", names(`${"abcdefghi.".repeat(25)}example.com`)],
  ["dns_name_characters", names("-www.example.com")],
  ["dns_name_characters", names("www-.example.com")],
  ["dns_name_characters", names("*.-a.example.com")],
  ["dns_name_characters", names("www example.com")],
  ["dns_name_characters", names("https://www.example.com")],
  ["dns_name_reserved_label", names("ab--cd.example.com")],
  ["dns_name_a_label", names("xn--999999999.example.com")],
  ["dns_name_normal_form", names("xn--e-xbb.example.com")],
  ["reverse_zone_name", names("5.113.0.203.in-addr.arpa")],
  ["reverse_zone_name", names("8.b.d.0.1.0.0.2.ip6.arpa")],
  ["onion_name", names("short.onion")],
  ["onion_name", names(`${"a2".repeat(8)}.onion`)],
  ["san_reserved_address", names(Uint8Array.of(10, 0, 0, 1))],
  ["san_reserved_address", names(Uint8Array.of(127, 0, 0, 1))],
  ["san_reserved_address", names(Uint8Array.of(192, 168, 1, 1))],
  ["san_reserved_address", names(Uint8Array.of(169, 254, 1, 1))],
  [
    "san_reserved_address",
    names(Uint8Array.of(0xfe, 0x80, ...new Uint8Array(13), 1)),
  ],
  [
    "san_reserved_address",
    names(Uint8Array.of(0x20, 1, 0xd, 0xb8, ...new Uint8Array(11), 1)),
  ],
  [
    "san_reserved_address",
    names(Uint8Array.of(0xfd, ...new Uint8Array(14), 1)),
  ],
  ["san_name_type", names("example.com", uri("https://www.example.com/"))],
  [
    "san_name_type",
    names("example.com", { der: implicit(1, ia5String("a@example.com")) }),
  ],
  [
    "san_name_type",
    names("example.com", { der: tlv(0xa4, name(["CN", "Example"])) }),
  ],
  [
    "san_name_type",
    names("example.com", { der: implicit(8, oid("1.2.3")) }),
  ],
  [
    "san_name_type",
    names("example.com", {
      der: implicit(
        0,
        sequence(oid("1.2.3"), tlv(0xa0, utf8String("example"))),
      ),
    }),
  ],
  [
    "san_missing",
    {
      leaf: {
        subject: name(["C", "US"]),
        extensions: { subjectAltName: undefined },
      },
    },
  ],
  [
    "san_critical",
    {
      leaf: {
        extensions: {
          subjectAltName: {
            value: generalNames("www.example.com"),
            critical: true,
          },
        },
      },
    },
  ],
  ["subject_empty", { leaf: { subject: sequence() } }],
  [
    "several_common_names",
    subject(["CN", "www.example.com"], ["CN", "example.com"]),
    "and so repeated",
  ],
  ["common_name", subject(["CN", "other.example.com"])],
  ["common_name", subject(["CN", "WWW.example.com"])],
  ["common_name", subject(["CN", "Example Inc"])],
];

/** Attributes of the subject. */
export const subjectProbes: readonly Probe[] = [
  ["subject_attribute_length", ov({ O: "x".repeat(65) })],
  ["subject_attribute_length", ov({ L: "x".repeat(129) })],
  ["subject_attribute_length", ov({ ST: "x".repeat(129) })],
  ["subject_attribute_length", ov({ street: "x".repeat(129) })],
  ["subject_attribute_length", ov({ postalCode: "1".repeat(41) })],
  [
    "subject_name_length",
    identity(IV, [["C", "US"], ["ST", "Utah"], ["SN", "x".repeat(65)], [
      "GN",
      "A",
    ]]),
  ],
  ["subject_printable_string", ov({ C: utf8String("US") })],
  ["subject_string_type", ov({ O: tlv(0x16, new TextEncoder().encode("A")) })],
  ["subject_string_type", ov({ O: tlv(0x14, new TextEncoder().encode("A")) })],
  ["subject_string_type", ov({ L: tlv(0x1e, Uint8Array.of(0, 65, 0, 66)) })],
  ["subject_control_characters", ov({ ST: "Utah\x01" })],
  ["subject_control_characters", ov({ O: "Example\tInc" })],
  ["string_characters", ov({ O: tlv(0x13, new TextEncoder().encode("A@B")) })],
  ["subject_metadata", ov({ L: "-" })],
  ["subject_metadata", ov({ L: " " })],
  ["subject_metadata", ov({ street: "." })],
  ["subject_country", ov({ C: "ZZ" })],
  ["subject_country", ov({ C: "USA" })],
  ["subject_country", ov({ C: "us" })],
  ["subject_country", { root: { subject: caName("UK") } }],
  [
    "subject_email",
    identity(OV, [["C", "US"], ["ST", "Utah"], ["O", "Example"], [
      "emailAddress",
      "a@example.com",
    ]]),
  ],
  [
    "subject_rdn_attributes",
    {
      leaf: {
        subject: sequence(
          set(encode(["C", "US"]), encode(["CN", "www.example.com"])),
        ),
      },
    },
  ],
  ["subject_order", subject(["CN", "www.example.com"], ["C", "US"])],
  [
    "subject_order",
    identity(OV, [["O", "Example"], ["C", "US"], ["ST", "Utah"]]),
  ],
  [
    "subject_repeated_attribute",
    identity(OV, [["C", "US"], ["ST", "Utah"], ["O", "A"], ["O", "B"]]),
  ],
  [
    "dv_subject",
    subject(["C", "US"], ["serialNumber", "1"], [
      "CN",
      "www.example.com",
    ]),
  ],
  ["dv_subject", {
    leaf: {
      subject: name(["C", "US"], ["ST", "Utah"], ["O", "Example"], [
        "CN",
        "www.example.com",
      ]),
    },
  }],
  [
    "dv_organization",
    dated(
      "2022-10-01",
      subject(["C", "US"], ["ST", "Utah"], ["O", "Example"], [
        "CN",
        "www.example.com",
      ]),
    ),
  ],
  ["ov_organization", ov({ O: undefined })],
  ["ov_country", ov({ C: undefined })],
  ["ov_locality", ov({ ST: undefined })],
  ["iv_name", identity(IV, [["C", "US"], ["ST", "Utah"], ["SN", "B"]])],
  ["iv_name", identity(IV, [["C", "US"], ["ST", "Utah"], ["GN", "A"]])],
  ["iv_country", identity(IV, [["ST", "Utah"], ["SN", "B"], ["GN", "A"]])],
  ["iv_locality", identity(IV, [["C", "US"], ["SN", "B"], ["GN", "A"]])],
  ["ev_organization", ev("O")],
  ["ev_country", ev("C")],
  ["ev_locality", ev("ST")],
  ["ev_business_category", ev("businessCategory")],
  ["ev_serial_number", ev("serialNumber")],
  [
    "personal_name_policy",
    identity(OV, [["C", "US"], ["ST", "Utah"], ["O", "Example"], ["SN", "B"], [
      "GN",
      "A",
    ]]),
  ],
  ["subject_unit", ov({ OU: "IT" })],
  [
    "subject_unit_alone",
    dated("2022-01-01", subject(["OU", "IT"], ["CN", "www.example.com"])),
  ],
  [
    "subject_identity_country",
    dated(
      "2020-10-01",
      identity("1.2.3", [["ST", "Utah"], ["O", "Example"]]),
    ),
  ],
  [
    "subject_identity_locality",
    dated("2020-10-01", identity("1.2.3", [["C", "US"], ["O", "Example"]])),
  ],
  [
    "subject_address_alone",
    dated("2020-10-01", identity("1.2.3", [["C", "US"], ["ST", "Utah"]])),
  ],
  ["ca_subject_empty", { subCa: { subject: sequence() } }, "without all"],
  ["ca_country", { subCa: { subject: caName(undefined) } }],
  ["ca_country", { root: { subject: caName(undefined) } }],
  [
    "ca_organization",
    { subCa: { subject: name(["C", "US"], ["CN", "Example CA"]) } },
  ],
  ["ca_common_name", { subCa: { subject: name(["C", "US"], ["O", "Trust"]) } }],
  [
    "ca_unit",
    {
      subCa: {
        subject: name(["C", "US"], ["O", "Trust"], ["OU", "CAs"], [
          "CN",
          "Example CA",
        ]),
      },
    },
  ],
  [
    "issuer_printable_string",
    {
      root: {
        subject: name(["C", utf8String("US")], ["O", "Trust"], ["CN", "Root"]),
      },
    },
    "of the root's subject too",
  ],
];

function caName(country: string | undefined): Uint8Array {
  return name(
    ...country === undefined ? [] : [["C", country] as const],
    ["O", "Example Trust"],
    ["CN", "Example CA"],
  );
}

/** An extended validation certificate without an attribute. */
function ev(without: string): ChainChanges {
  const attributes: readonly Attribute[] = [
    ["C", "US"],
    ["ST", "Utah"],
    ["O", "Example Inc"],
    ["serialNumber", "1234"],
    ["businessCategory", "Private Organization"],
    ["jurisdictionC", printableString("US")],
  ];
  return identity(EV, attributes.filter(([type]) => type !== without));
}

/** An issuerAltName. */
export function ian(...list: Parameters<typeof generalNames>): ChainChanges {
  return {
    leaf: { extensions: { issuerAltName: { value: generalNames(...list) } } },
  };
}

const EMPTY_IAN: ChainChanges = {
  leaf: { extensions: { issuerAltName: { value: octetString() } } },
};

/** Names of both kinds that are not well formed. */
export const formProbes: readonly Probe[] = [
  ["san_empty_name", names("example.com", ""), "not a name either"],
  [
    "san_mailbox",
    names("example.com", { der: implicit(1, ia5String("<a@example.com>")) }),
    "and not of a server's type",
  ],
  [
    "san_uri_relative",
    names("example.com", uri("index.html")),
    "and not of a server's type",
  ],
  [
    "san_uri_host",
    names("example.com", uri("https://host/")),
    "and not of a server's type",
  ],
  ["ian_empty_name", ian("")],
  ["ian_mailbox", ian({ der: implicit(1, ia5String("a@example.com (A)")) })],
  ["ian_uri_relative", ian(uri("index.html"))],
  ["ian_uri_host", ian(uri("https://host/"))],
  ["ian_uri_host", ian(uri("https://a..example/"))],
  ["ian_empty_name", ian(uri(""))],
  ["ian_encoding", EMPTY_IAN],
];

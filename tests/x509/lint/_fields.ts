/** Fields of certificates in DER, in few words. */

import {
  explicit,
  ia5String,
  implicit,
  namedBits,
  octetString,
  oid,
  printableString,
  sequence,
  set,
  utf8String,
} from "../../../x509/asn1/der.ts";
import { keyUsages } from "../../../x509/certificate/extension_values.ts";
import { KeyPurpose } from "../../../x509/asn1/oids.ts";

/** What stands in an extension. */
export interface ExtensionFields {
  readonly value: Uint8Array;
  readonly critical?: boolean;
}

/** An attribute: its type and text, or its value in DER. */
export type Attribute = readonly [string, string | Uint8Array];

/** A `Name` of one attribute a level. */
export function name(...attributes: Attribute[]): Uint8Array {
  return sequence(...attributes.map((attribute) => set(encode(attribute))));
}

/** One attribute. */
export function encode([type, value]: Attribute): Uint8Array {
  const text = type === "C" || type === "serialNumber"
    ? printableString
    : type === "DC" || type === "emailAddress"
    ? ia5String
    : utf8String;
  return sequence(
    oid(ATTRIBUTES[type] ?? type),
    typeof value === "string" ? text(value) : value,
  );
}

/** GeneralNames: text is a dNSName, bytes an iPAddress. */
export function generalNames(
  ...names: (string | Uint8Array | { der: Uint8Array })[]
): Uint8Array {
  return sequence(
    ...names.map((each) =>
      typeof each === "string"
        ? implicit(2, ia5String(each))
        : each instanceof Uint8Array
        ? implicit(7, octetString(each))
        : each.der
    ),
  );
}

/** A uniformResourceIdentifier. */
export function uri(text: string): { der: Uint8Array } {
  return { der: implicit(6, ia5String(text)) };
}

/** An extKeyUsage value of names or object identifiers. */
export function purposes(...names: string[]): ExtensionFields {
  const known: Readonly<Record<string, string>> = KeyPurpose;
  return { value: sequence(...names.map((each) => oid(known[each] ?? each))) };
}

/** A keyUsage value. */
export function usage(...names: string[]): ExtensionFields {
  const known: readonly string[] = keyUsages;
  return {
    value: namedBits(names.map((each) => known.indexOf(each))),
    critical: true,
  };
}

/** A certificatePolicies value; qualifiers in DER stand with a policy. */
export function policies(
  ...items: (string | [string, ...Uint8Array[]])[]
): ExtensionFields {
  const all = items.map((item) => typeof item === "string" ? [item] : item);
  return {
    value: sequence(
      ...all.map(([policy, ...qualifiers]) =>
        sequence(
          oid(policy as string),
          ...qualifiers.length > 0
            ? [sequence(...qualifiers as Uint8Array[])]
            : [],
        )
      ),
    ),
  };
}

/** A cRLDistributionPoints value, of one point that has those names. */
export function crlPoint(...names: { der: Uint8Array }[]): ExtensionFields {
  const full = explicit(0, ...names.map(({ der }) => der));
  return { value: sequence(sequence(explicit(0, full))) };
}

/** An authorityInfoAccess value, of methods and locations. */
export function access(
  ...items: [string, { der: Uint8Array }][]
): ExtensionFields {
  return {
    value: sequence(
      ...items.map(([method, { der }]) => sequence(oid(method), der)),
    ),
  };
}

export const OCSP = "1.3.6.1.5.5.7.48.1";
export const CA_ISSUERS = "1.3.6.1.5.5.7.48.2";
export const DV = "2.23.140.1.2.1";
export const OV = "2.23.140.1.2.2";
export const IV = "2.23.140.1.2.3";
export const EV = "2.23.140.1.1";

const ATTRIBUTES: Readonly<Record<string, string>> = {
  DC: "0.9.2342.19200300.100.1.25",
  C: "2.5.4.6",
  ST: "2.5.4.8",
  L: "2.5.4.7",
  postalCode: "2.5.4.17",
  street: "2.5.4.9",
  O: "2.5.4.10",
  SN: "2.5.4.4",
  GN: "2.5.4.42",
  OU: "2.5.4.11",
  CN: "2.5.4.3",
  serialNumber: "2.5.4.5",
  businessCategory: "2.5.4.15",
  jurisdictionC: "1.3.6.1.4.1.311.60.2.1.3",
  emailAddress: "1.2.840.113549.1.9.1",
};

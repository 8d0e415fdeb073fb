/**
 * What `issueCertificate` takes, and what it returns.
 *
 * @module
 */

import type { SignatureSchemeName } from "../../crypto/signatures/signing_key.ts";
import type {
  ExtensionInput,
  NameConstraintsInput,
} from "./issue_extensions.ts";
import type { SubjectInput } from "./issue_names.ts";
import type { Identity } from "../keys/key_pair.ts";
import {
  anything,
  array,
  bytes,
  checkOptionTypes,
  date,
  flag,
  type OptionType,
  strings,
} from "../asn1/known_options.ts";
import type { PrivateKey } from "../keys/private_key.ts";

/** The kinds of keys that {@linkcode issueCertificate} makes. */
export type IssuedKeyType =
  | "P-256"
  | "P-384"
  | "P-521"
  | "rsa-2048"
  | "rsa-3072"
  | "rsa-4096"
  | "rsa-pss-2048"
  | "ed25519"
  | "ed448"
  | "ml-dsa-44"
  | "ml-dsa-65"
  | "ml-dsa-87";

/** Options of {@linkcode issueCertificate}. */
export interface IssueOptions {
  /**
   * DNS names (also with a wildcard), IP addresses, mailboxes and URIs for
   * subjectAltName; the first one is the common name, unless there is a
   * `subject`. A CA may have any text for its first name.
   */
  names?: readonly string[];
  /**
   * The subject, if it is not the first name: a common name, an RFC 4514
   * string, or attributes such as `{ C: "US", CN: "Example" }`.
   */
  subject?: SubjectInput;
  /**
   * An earlier result, which signs this one. Without it the certificate is
   * self-signed.
   */
  issuer?: IssuedCertificate;
  /**
   * Whether it is a certification authority, which can be an `issuer`.
   *
   * @default {false}
   */
  ca?: boolean;
  /**
   * How many CAs may follow below this one, for a CA alone.
   *
   * @default {any number}
   */
  pathLength?: number;
  /**
   * The kind of key to make; `"rsa"`, `"ecdsa"` and IANA's names of the curves
   * are understood too.
   *
   * @default {"P-256"}
   */
  keyType?: IssuedKeyType | (string & Record<never, never>);
  /** A private key in PEM, instead of a new one: for re-issued CAs. */
  key?: string;
  /**
   * From when on it is valid.
   *
   * @default {five minutes ago, since clocks differ}
   */
  notBefore?: Date;
  /**
   * Until when it is valid.
   *
   * @default {90 days from now, ten years for a CA; no longer than the issuer}
   */
  notAfter?: Date;
  /**
   * Names of RFC 5280 section 4.2.1.3.
   *
   * @default {["digitalSignature"], with "keyEncipherment" for RSA; for a CA
   * "keyCertSign" and "cRLSign" as well}
   */
  keyUsage?: readonly string[];
  /**
   * Names of RFC 5280 section 4.2.1.12 or dotted object identifiers.
   *
   * @default {["serverAuth", "clientAuth"]; none for a CA}
   */
  extendedKeyUsage?: readonly string[];
  /** Which names a CA may issue for, and which it may not. */
  nameConstraints?: NameConstraintsInput;
  /** Where its CRLs are, for cRLDistributionPoints. */
  crlUrls?: readonly string[];
  /** Where its OCSP responder is, for authorityInfoAccess. */
  ocspUrls?: readonly string[];
  /**
   * Whether servers have to staple an OCSP response (RFC 7633).
   *
   * @default {false}
   */
  mustStaple?: boolean;
  /** Further extensions; one with an OID that is there already replaces it. */
  extensions?: readonly ExtensionInput[];
  /**
   * The scheme of the signature.
   *
   * @default {the strongest that the issuer's key is made for}
   */
  signatureScheme?: SignatureSchemeName;
  /**
   * The serial number, big-endian.
   *
   * @default {16 random bytes}
   */
  serialNumber?: Uint8Array;
}

/** A certificate with its key. */
export interface IssuedCertificate {
  /**
   * PEM: the certificate and the CAs between it and the root. The root is not
   * among them; it is the `cert` of its own result.
   */
  readonly cert: string;
  /** PEM: the private key as PKCS#8, not encrypted. */
  readonly key: string;
  /** Both, ready for the option `certificates`. */
  readonly identity: Identity<PrivateKey>;
}

/**
 * Finds a caller's mistakes.
 *
 * @throws {TypeError} If there is one.
 */
export function checkIssueOptions(options: IssueOptions): void {
  checkOptionTypes("Cannot issue the certificate", options, OPTIONS);
  if (options.pathLength !== undefined && !options.ca) {
    throw new TypeError(
      'Cannot issue the certificate: "pathLength" is for a CA alone',
    );
  }
}

const OPTIONS: Readonly<Record<keyof IssueOptions, OptionType>> = {
  names: strings,
  subject: [
    "text or an object of attributes",
    (v) => typeof v === "string" || (typeof v === "object" && v !== null),
  ],
  issuer: [
    "the result of an earlier call",
    (v) => typeof v === "object" && v !== null && "identity" in v,
  ],
  ca: flag,
  pathLength: [
    "a whole number from 0 on",
    (v) => typeof v === "number" && Number.isInteger(v) && v >= 0,
  ],
  keyType: anything,
  key: anything,
  notBefore: date,
  notAfter: date,
  keyUsage: strings,
  extendedKeyUsage: strings,
  nameConstraints: anything,
  crlUrls: strings,
  ocspUrls: strings,
  mustStaple: flag,
  extensions: array,
  signatureScheme: anything,
  serialNumber: bytes,
};
